//! A definition that is being deleted: what becomes of its instances, its CRD, and then of itself.

use super::{Input, Pass};
use crate::{
    Shared, api, crd,
    events::{self, Note},
    queue::Outcome,
    reconcile::{Effect, Report},
};
use kro_api::{ConditionStatus, Policy, ResourceGraphDefinition, names::FINALIZER, policy::WithInstances};
use kro_cluster::{Error, Part, Precondition, Query};
use kro_object::{Gvk, Object, ResourceType};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// How often a definition looks for its last instance, beside hearing of it.
const LOOK: Duration = Duration::from_mins(1);

/// The definition is being deleted: stop serving, delete the CRD if that is wanted, let the definition go.
pub(super) async fn reconcile(shared: &Arc<Shared>, input: &Input, object: Object) -> Result<Report, Error> {
    let started = tokio::time::Instant::now();
    let report = Report::new(Outcome::Done).with(Effect::Unserve);
    if !object.metadata().has_finalizer(FINALIZER) {
        return Ok(report);
    }
    let policy = Policy::of(shared.options.profile, &object);
    if policy.with_instances != WithInstances::Strand {
        let left = left(shared, &object).await?;
        if !left.is_empty() {
            return wait(shared, input, object, &policy, left).await;
        }
    }
    if shared.options.allow_crd_deletion
        && let Some(definition) = ResourceGraphDefinition::decode(object.clone()).value
    {
        let name = kro_graph::crd_name(&definition.spec.schema);
        crd::delete(shared, &name, &object.key().name).await?;
    } else if input.instances > 0 {
        let message = format!(
            "{} instances are left without a controller; they cannot be deleted until the definition is back",
            input.instances
        );
        tracing::warn!(definition = %object.key().name, "{message}");
        let note = Note { warning: true, reason: "InstancesStranded".to_owned(), message };
        events::write(shared, &object, "kro", &note).await;
    }
    let without: Vec<&str> = object.metadata().finalizers().filter(|name| *name != FINALIZER).collect();
    let patch = json!({"metadata": {
        "finalizers": without, "resourceVersion": object.metadata().resource_version(),
    }});
    match shared.cluster.merge(&api::definitions(), &object.key(), Part::Main, &patch).await {
        Ok(_) => shared.metrics.definition_deleted(&object.key().name, started.elapsed()),
        Err(error) if error.is_not_found() => {}
        Err(error) => return Err(error),
    }
    Ok(report)
}

/// The kind of a definition's instances, as it is written.
fn instances(object: &Object) -> Option<ResourceType> {
    let schema = ResourceGraphDefinition::decode(object.clone()).value?.spec.schema;
    let plural = kro_graph::plural::plural(&schema.kind);
    let gvk = Gvk::new(&schema.group, &schema.api_version, &schema.kind);
    Some(ResourceType::new(gvk, &plural, schema.scope))
}

/// The instances there are, as the server says.
async fn left(shared: &Shared, object: &Object) -> Result<Vec<Object>, Error> {
    let Some(resource) = instances(object) else { return Ok(Vec::new()) };
    match shared.cluster.list(&resource, &Query::all()).await {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        other => other,
    }
}

/// Instances are left: they are served on, and deleted first if the policy says so.
async fn wait(
    shared: &Arc<Shared>,
    input: &Input,
    object: Object,
    policy: &Policy,
    left: Vec<Object>,
) -> Result<Report, Error> {
    let count = left.len();
    let mut message = format!("{count} instances are left; the definition goes when they are gone");
    if policy.with_instances == WithInstances::Cascade
        && let Some(resource) = instances(&object)
    {
        message = format!("{count} instances are being deleted first");
        for instance in left.iter().filter(|instance| !instance.metadata().is_deleting()) {
            let uid = instance.metadata().uid().map(ToOwned::to_owned);
            let precondition = Precondition { uid, resource_version: None };
            match shared.cluster.delete(&resource, &instance.key(), precondition).await {
                Err(error) if !error.is_conflict() => return Err(error),
                _ => {}
            }
        }
    }
    let mut pass = Pass::new(shared, object, input.crds);
    pass.serve_last_good(input);
    pass.set("ControllerReady", ConditionStatus::Unknown, "InstancesRemain", &message);
    pass.finish(Ok(Outcome::Again(LOOK))).await
}
