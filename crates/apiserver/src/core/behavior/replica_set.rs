//! Replica sets: one pod per replica; of too many, those go that are not ready.

use super::{find, pod, template};
use crate::core::{Core, object, options::DeleteOptions, store::Key};
use kro_object::Timestamp;
use serde_json::json;

pub(super) fn replica_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "replicasets", key) else { return };
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let replicas = usize::try_from(template::number(&set, "/spec/replicas")).unwrap_or(0);
    let mut owned = template::children(core, &pods, &set);
    owned.retain(|(_, pod)| !object::is_deleting(pod) && !pod::has_ended(pod));
    let pod_template = set.pointer("/spec/template").cloned().unwrap_or_default();
    for _ in owned.len()..replicas {
        let name = core.ids.name(&format!("{}-", key.name));
        let spec = pod_template.get("spec").cloned().unwrap_or_default();
        let mut pod = template::child(&set, &served, &name, &pod_template, &spec);
        object::set_meta(&mut pod, "generateName", Some(format!("{}-", key.name).into()));
        template::create(core, &pods, pod, now);
    }
    owned.sort_by_key(|(_, pod)| !pod::is_ready(pod));
    for (pod, _) in owned.drain(..).skip(replicas) {
        let _gone = core.delete(&pods, &pod, &DeleteOptions::default(), now).is_err();
    }
    let owned: Vec<_> = template::children(core, &pods, &set)
        .into_iter()
        .filter(|(_, pod)| !object::is_deleting(pod) && !pod::has_ended(pod))
        .collect();
    let ready = owned.iter().filter(|(_, object)| pod::is_ready(object)).count();
    let generation = template::number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status =
            json!({"replicas": owned.len(), "observedGeneration": generation, "terminatingReplicas": 0});
        for (field, count) in
            [("fullyLabeledReplicas", owned.len()), ("readyReplicas", ready), ("availableReplicas", ready)]
        {
            if count > 0 {
                status[field] = count.into();
            }
        }
        object::as_map_mut(set).insert("status".into(), status);
    });
}
