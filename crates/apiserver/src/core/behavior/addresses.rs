//! What clouds and storage hand out: addresses of load balancers and ingresses, volumes for claims.

use super::find;
use crate::{
    Outcome,
    core::{Core, object, store::Key},
};
use kro_object::Timestamp;
use serde_json::{Value, json};

/// The address every load balancer and ingress gets: one of those reserved for documentation (RFC 5737).
const EXTERNAL_IP: &str = "203.0.113.10";

pub(super) fn service(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, service)) = find(core, "", "services", key) else { return };
    let is_balancer = service.pointer("/spec/type").and_then(Value::as_str) == Some("LoadBalancer");
    let is_granted = core.outcome(&served.storage, key) != Outcome::Pending;
    if is_balancer && is_granted && service.pointer("/status/loadBalancer/ingress").is_none() {
        core.adjust(&served, key, Some("status"), now, &mut |service| {
            let status = object::child_mut(service, "status");
            status.insert("loadBalancer".into(), json!({"ingress": [{"ip": EXTERNAL_IP, "ipMode": "VIP"}]}));
        });
    }
}

pub(super) fn ingress(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, ingress)) = find(core, "networking.k8s.io", "ingresses", key) else { return };
    let is_granted = core.outcome(&served.storage, key) != Outcome::Pending;
    if is_granted && ingress.pointer("/status/loadBalancer/ingress").is_none() {
        core.adjust(&served, key, Some("status"), now, &mut |ingress| {
            let status = object::child_mut(ingress, "status");
            status.insert("loadBalancer".into(), json!({"ingress": [{"ip": EXTERNAL_IP}]}));
        });
    }
}

pub(super) fn claim(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, claim)) = find(core, "", "persistentvolumeclaims", key) else { return };
    let is_bound = claim.pointer("/status/phase").and_then(Value::as_str) == Some("Bound");
    if is_bound || core.outcome(&served.storage, key) == Outcome::Pending {
        return;
    }
    let volume = format!("pvc-{}", object::meta_text(&claim, "uid"));
    if claim.pointer("/spec/volumeName").is_none() {
        core.adjust(&served, key, None, now, &mut |claim| {
            object::child_mut(claim, "spec").insert("volumeName".into(), volume.as_str().into());
        });
        return;
    }
    let modes = claim.pointer("/spec/accessModes").cloned().unwrap_or_else(|| json!([]));
    let size = claim.pointer("/spec/resources/requests/storage").cloned().unwrap_or_else(|| "1Gi".into());
    core.adjust(&served, key, Some("status"), now, &mut |claim| {
        let bound = json!({"phase": "Bound", "accessModes": modes, "capacity": {"storage": size}});
        object::as_map_mut(claim).insert("status".into(), bound);
    });
}
