//! Replica sets: one pod per replica; of too many, those go that are not ready.

use super::{find, pod, template};
use crate::core::{Core, object, options::DeleteOptions, store::Key};
use kro_object::Timestamp;
use serde_json::json;

pub(super) fn replica_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "replicasets", key) else { return };
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let replicas = template::pods_for(template::number(&set, "/spec/replicas"));
    let counted = |core: &Core| {
        let mut owned = template::children(core, &pods, &set);
        owned.retain(|(_, pod)| !object::is_deleting(pod) && !pod::has_ended(pod));
        owned
    };
    let mut owned = counted(core);
    for _ in owned.len()..replicas {
        template::create_pod(core, &pods, &set, &served, now);
    }
    owned.sort_by_key(|(_, pod)| !pod::is_ready(pod));
    for (pod, _) in owned.drain(..).skip(replicas) {
        let _gone = core.delete(&pods, &pod, &DeleteOptions::default(), now).is_err();
    }
    let owned = counted(core);
    let ready = owned.iter().filter(|(_, object)| pod::is_ready(object)).count();
    let generation = template::number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status =
            json!({"replicas": owned.len(), "observedGeneration": generation, "terminatingReplicas": 0});
        template::set_counts(
            &mut status,
            &[("fullyLabeledReplicas", owned.len()), ("readyReplicas", ready), ("availableReplicas", ready)],
        );
        object::as_map_mut(set).insert("status".into(), status);
    });
}
