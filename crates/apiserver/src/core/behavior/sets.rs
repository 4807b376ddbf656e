//! Stateful sets with numbered pods, which come and are replaced one after the other, and daemon sets with one pod on
//! the only node.

use super::{
    find, pod,
    template::{self, number},
};
use crate::core::{Core, object, options::DeleteOptions, registry::Served, store::Key};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

const REVISION_LABEL: &str = "controller-revision-hash";

pub(super) fn stateful_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "statefulsets", key) else { return };
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let replicas = template::pods_for(number(&set, "/spec/replicas"));
    let names: Vec<String> = (0..replicas).map(|ordinal| format!("{}-{ordinal}", key.name)).collect();
    let latest =
        format!("{}-{}", key.name, template::hash(set.pointer("/spec/template").unwrap_or(&Value::Null)));
    let maker = Maker { served: &served, set: &set, pods: &pods, revision: &latest, now };
    maker.remove(core, |name, _| !names.iter().any(|wanted| wanted == name));
    if maker.keep_in_order(core, &names) {
        maker.replace_one(core, &names);
    }
    let owned = template::children(core, &pods, &set);
    let ready = owned.iter().filter(|(_, pod)| pod::is_ready(pod)).count();
    let with = |wanted: &str| owned.iter().filter(|(_, pod)| revision(pod) == Some(wanted)).count();
    let updated = with(&latest);
    let current = set.pointer("/status/currentRevision").and_then(Value::as_str);
    let is_over = updated == owned.len() && ready == names.len();
    let current = current.filter(|_| !is_over).unwrap_or(&latest).to_owned();
    let currents = with(&current);
    let generation = number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status = json!({
            "observedGeneration": generation, "replicas": owned.len(), "availableReplicas": ready,
            "currentRevision": current, "updateRevision": latest, "collisionCount": 0,
        });
        template::set_counts(
            &mut status,
            &[("readyReplicas", ready), ("currentReplicas", currents), ("updatedReplicas", updated)],
        );
        object::as_map_mut(set).insert("status".into(), status);
    });
}

pub(super) fn daemon_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "daemonsets", key) else { return };
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let hash = template::hash(set.pointer("/spec/template").unwrap_or(&Value::Null));
    let name = format!("{}-{}", key.name, &hash[..5]);
    let maker = Maker { served: &served, set: &set, pods: &pods, revision: &hash, now };
    if is_replacing(&set) {
        maker.remove(core, |_, pod| revision(pod) != Some(&hash));
    }
    if template::children(core, &pods, &set).is_empty() {
        maker.make(core, &name);
    }
    let owned = template::children(core, &pods, &set);
    let ready = owned.iter().filter(|(_, pod)| pod::is_ready(pod)).count();
    let updated = owned.iter().filter(|(_, pod)| revision(pod) == Some(&hash)).count();
    let generation = number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status = json!({
            "currentNumberScheduled": owned.len(), "numberMisscheduled": 0, "desiredNumberScheduled": 1,
            "numberReady": ready, "observedGeneration": generation,
        });
        template::set_counts(
            &mut status,
            &[
                ("updatedNumberScheduled", updated),
                ("numberAvailable", ready),
                ("numberUnavailable", 1_usize.saturating_sub(ready)),
            ],
        );
        object::as_map_mut(set).insert("status".into(), status);
    });
}

fn revision(pod: &Value) -> Option<&str> {
    object::meta(pod, "labels")?.get(REVISION_LABEL)?.as_str()
}

/// Whether pods of an older template are replaced by the set itself.
fn is_replacing(set: &Value) -> bool {
    set.pointer("/spec/updateStrategy/type").and_then(Value::as_str) != Some("OnDelete")
}

/// What makes and removes the pods of a set.
struct Maker<'m> {
    served: &'m Arc<Served>,
    set: &'m Value,
    pods: &'m Arc<Served>,
    /// Of the present template.
    revision: &'m str,
    now: Timestamp,
}

impl Maker<'_> {
    fn remove(&self, core: &mut Core, is_surplus: impl Fn(&str, &Value) -> bool) {
        for (pod, object) in template::children(core, self.pods, self.set) {
            if is_surplus(&pod.name, &object) {
                let _gone = core.delete(self.pods, &pod, &DeleteOptions::default(), self.now).is_err();
            }
        }
    }

    fn make(&self, core: &mut Core, name: &str) {
        let mut pod = template::pod(self.set, self.served, name);
        let labels = object::meta_mut(&mut pod).entry("labels").or_insert_with(|| json!({}));
        labels[REVISION_LABEL] = self.revision.into();
        template::create(core, self.pods, pod, self.now);
    }

    /// Makes the pods that are not there, each when those before it are ready. Tells whether all are made.
    fn keep_in_order(&self, core: &mut Core, names: &[String]) -> bool {
        let is_parallel =
            self.set.pointer("/spec/podManagementPolicy").and_then(Value::as_str) == Some("Parallel");
        for name in names {
            let key = Key::new(object::namespace(self.set), name);
            match core.store.get(&self.pods.storage, &key).map(|pod| pod::is_ready(&pod.value())) {
                Some(true) => continue,
                Some(false) => {}
                None => self.make(core, name),
            }
            if !is_parallel {
                return false;
            }
        }
        true
    }

    /// Removes the last pod of an older template when all behind it are new and ready.
    fn replace_one(&self, core: &mut Core, names: &[String]) {
        if !is_replacing(self.set) {
            return;
        }
        let kept = number(self.set, "/spec/updateStrategy/rollingUpdate/partition");
        let owned: BTreeMap<String, Value> = template::children(core, self.pods, self.set)
            .into_iter()
            .map(|(key, pod)| (key.name.to_string(), pod))
            .collect();
        for name in names.iter().skip(usize::try_from(kept).unwrap_or(0)).rev() {
            let Some(pod) = owned.get(name) else { return };
            if revision(pod) != Some(self.revision) {
                self.remove(core, |found, _| found == name);
                return;
            }
            if !pod::is_ready(pod) {
                return;
            }
        }
    }
}
