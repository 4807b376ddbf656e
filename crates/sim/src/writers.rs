//! Several operators: whose lease covers what one writes. Nobody else may write it, whatever each believes.

use crate::{admin::Admin, observer::Request, operator::lease, policies::kind_of};
use kro_api::names::{self, labels};
use kro_cluster::Share;
use kro_object::{GroupKind, Gvk, Object, ObjectKey, ResourceType, Scope};
use std::collections::BTreeSet;

/// What only a leader writes.
const OF_LEADERS: [&str; 3] = ["/resourcegraphdefinitions", "/graphrevisions", "/customresourcedefinitions"];

/// A rule for operators of these names. Without shards the leader alone writes.
pub(crate) fn one_writer(
    admin: Admin,
    names: BTreeSet<String>,
    shards: Option<u32>,
) -> impl Fn(&Request, Option<&Object>, Option<&Object>) -> Result<(), String> + Send {
    move |request, before, after| {
        let is_about_lease = request.path.contains("/leases");
        if request.verb == "GET" || is_about_lease || !names.contains(&request.client) {
            return Ok(());
        }
        // Who deletes a definition deletes its instances, if its policy says so.
        let is_instance = |object: &Object| {
            object.gvk().is_ok_and(|gvk| &*gvk.group == names::GROUP)
                && object.metadata().label(labels::INSTANCE_NAME).is_none()
        };
        let cascades = request.verb == "DELETE" && before.is_some_and(is_instance);
        let is_of_leader = cascades || OF_LEADERS.iter().any(|kind| request.path.contains(kind));
        let covering = match shards {
            None => Some(lease()),
            Some(_) if is_of_leader => Some(lease()),
            Some(count) => before.or(after).and_then(|object| lease_of(&admin, object, count)),
        };
        // Events and questions are free.
        let Some(covering) = covering else { return Ok(()) };
        let live = admin.get(&leases(), &covering);
        let holder = live.as_ref().and_then(|lease| lease.as_value_at("spec")?["holderIdentity"].as_str());
        if holder == Some(&request.client) {
            return Ok(());
        }
        Err(format!(
            "{} wrote {} while {holder:?} held the lease {}",
            request.client, request.path, covering.name
        ))
    }
}

fn leases() -> ResourceType {
    ResourceType::new(Gvk::new("coordination.k8s.io", "v1", "Lease"), "leases", Scope::Namespaced)
}

/// The lease of the shard that an instance is in, or the instance of a child.
fn lease_of(admin: &Admin, object: &Object, shards: u32) -> Option<ObjectKey> {
    let metadata = object.metadata();
    let (kind, key) = match metadata.label(labels::INSTANCE_NAME) {
        Some(name) => {
            let label = |name| metadata.label(name).unwrap_or_default();
            let kind = GroupKind::new(label(labels::INSTANCE_GROUP), label(labels::INSTANCE_KIND));
            (kind, ObjectKey::namespaced(label(labels::INSTANCE_NAMESPACE), name))
        }
        None => (object.gvk().ok()?.group_kind(), object.key()),
    };
    let definitions = admin.all(names::GROUP, "ResourceGraphDefinition");
    let definition = definitions.iter().find(|definition| kind_of(definition) == kind)?.key().name;
    let namespace = key.namespace.as_deref().unwrap_or_default();
    let shard = Share::none(shards).shard_of(&format!("{definition}/{namespace}/{}", key.name));
    let ObjectKey { namespace, name } = lease();
    Some(ObjectKey { namespace, name: format!("{name}-shard-{shard}").into() })
}
