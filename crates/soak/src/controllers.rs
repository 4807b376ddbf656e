//! What a whole cluster has beside its API server, as far as stories need it: Deployments become available, and
//! objects go with their owner.

use crate::server::Real;
use kro_apiserver::core::Call;
use kro_object::{Object, ResourceType};
use kro_sim::{path, story};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// How often they look.
const PACE: Duration = Duration::from_millis(500);

/// Starts them. What fails is done at the next look.
pub(crate) fn start(runtime: &Runtime, server: Arc<Real>) {
    runtime.spawn(async move {
        loop {
            let _ = look(&server).await;
            tokio::time::sleep(PACE).await;
        }
    });
}

async fn look(server: &Real) -> anyhow::Result<()> {
    let mut uids = BTreeSet::new();
    let mut owned = Vec::new();
    for resource in story::resources() {
        for object in server.list(&resource).await? {
            uids.extend(object.metadata().uid().map(str::to_owned));
            if &*resource.gvk.kind == "Deployment" {
                roll_out(server, &resource, &object).await?;
            }
            if !owners(&object).is_empty() {
                owned.push((resource.clone(), object));
            }
        }
    }
    // Lists are read one after the other: an owner made meanwhile is newer than what it owns would be.
    for (resource, object) in owned.iter().filter(|(_, object)| owners(object).is_disjoint(&uids)) {
        let uid = object.metadata().uid().unwrap_or_default();
        let body = json!({"preconditions": {"uid": uid}}).to_string().into();
        let path = path(resource, &object.key());
        let call = Call {
            method: http::Method::DELETE,
            path,
            content_type: "application/json".into(),
            body,
            ..Call::default()
        };
        server.request(&call).await?;
    }
    Ok(())
}

fn owners(object: &Object) -> BTreeSet<String> {
    let owners = object.metadata().get("ownerReferences").and_then(Value::as_array);
    owners.into_iter().flatten().filter_map(|owner| owner["uid"].as_str().map(str::to_owned)).collect()
}

/// All replicas are there at once.
async fn roll_out(server: &Real, resource: &ResourceType, object: &Object) -> anyhow::Result<()> {
    let value = object.to_value();
    let (replicas, generation) = (&value["spec"]["replicas"], &value["metadata"]["generation"]);
    if value["status"]["observedGeneration"] == *generation {
        return Ok(());
    }
    let patch = json!({"status": {
        "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
        "readyReplicas": replicas, "availableReplicas": replicas,
        "conditions": [{"type": "Available", "status": "True"}],
    }});
    let call = Call {
        method: http::Method::PATCH,
        path: format!("{}/status", path(resource, &object.key())),
        content_type: "application/merge-patch+json".into(),
        body: patch.to_string().into(),
        ..Call::default()
    };
    server.request(&call).await.map(drop)
}
