//! Custom resource definitions as objects: defaults, validation, names, what becomes of them.
//! What their schemas do to instances stands in `custom.rs`.

mod defaults;
mod keywords;
mod rules;
mod serving;
mod structural;
mod validate;

pub(super) use self::{keywords::unknown_formats, validate::validate};
use super::{
    Core,
    deletion::Deleted,
    object,
    options::DeleteOptions,
    registry::Served,
    store::{Key, ResourceId},
    write::{Writer, seconds},
};
use kro_object::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const FINALIZER: &str = "customresourcecleanup.apiextensions.k8s.io";
const MANAGER: &str = "kube-apiserver";

/// Defaults of a definition.
pub(super) fn default(crd: &mut Value) {
    let spec = object::child_mut(crd, "spec");
    let conversion = spec.entry("conversion").or_insert_with(|| json!({"strategy": "None"}));
    object::as_map_mut(conversion).entry("strategy").or_insert_with(|| "None".into());
    if let Some(Value::Object(names)) = spec.get_mut("names") {
        let kind = names.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !kind.is_empty() {
            let singular = names.entry("singular").or_insert_with(|| "".into());
            if singular == "" {
                *singular = kind.to_lowercase().into();
            }
            let list_kind = names.entry("listKind").or_insert_with(|| "".into());
            if list_kind == "" {
                *list_kind = format!("{kind}List").into();
            }
        }
    }
}

pub(super) fn prepare_create(crd: &mut Value) {
    let stored = storage_version(crd).map_or_else(|| json!([]), |version| json!([version]));
    object::as_map_mut(crd).insert(
        "status".into(),
        json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored}),
    );
}

/// A new storage version is remembered among the stored ones.
pub(super) fn prepare_update(new: &mut Value) {
    if let Some(version) = storage_version(new) {
        let stored = object::child_mut(new, "status").entry("storedVersions").or_insert_with(|| json!([]));
        if let Value::Array(list) = stored
            && !list.iter().any(|known| known == &version)
        {
            list.push(version.into());
        }
    }
}

fn versions(crd: &Value) -> impl Iterator<Item = &Value> {
    crd.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten()
}

fn storage_version(crd: &Value) -> Option<String> {
    versions(crd)
        .find(|version| version.get("storage") == Some(&Value::Bool(true)))
        .and_then(|version| version.get("name"))
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn text<'a>(crd: &'a Value, pointer: &str) -> &'a str {
    crd.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn condition<'a>(crd: &'a Value, kind: &str) -> Option<&'a Value> {
    crd.pointer("/status/conditions")?.as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// Whether a condition of a definition is true.
fn is_true(crd: &Value, kind: &str) -> bool {
    condition(crd, kind).is_some_and(|condition| condition["status"] == "True")
}

impl Core {
    /// Does what the controllers of custom resource definitions do after one has changed.
    pub(super) fn reconcile_crd(&mut self, name: &str, now: Timestamp) {
        let Some(served) =
            self.registry.get("apiextensions.k8s.io", "v1", "customresourcedefinitions").cloned()
        else {
            return;
        };
        let key = Key::new("", name);
        let Some(crd) = self.store.get(&served.storage, &key).map(|crd| crd.to_value()) else {
            self.unserve(name);
            return;
        };
        if object::is_deleting(&crd) {
            self.finalize_crd(&served, &key, &crd, now);
            return;
        }
        let (accepted, conflict) = self.accept_names(&served, &crd);
        self.write_names(&served, &key, &crd, &accepted, conflict.as_ref(), now);
        let Some(crd) = self.store.get(&served.storage, &key).map(|crd| crd.to_value()) else { return };
        if is_true(&crd, "NamesAccepted") && !is_true(&crd, "Established") {
            self.set_conditions(
                &served,
                &key,
                &[("Established", true, "InitialNamesAccepted", "the initial names have been accepted")],
                now,
            );
        }
        if let Some(crd) = self.store.get(&served.storage, &key).map(|crd| crd.to_value()) {
            self.unserve(name);
            if is_true(&crd, "Established") {
                self.serve_crd(&crd);
            }
        }
    }

    /// The names of a definition that no other one of its group has, and the first conflict.
    fn accept_names(
        &self,
        served: &Served,
        crd: &Value,
    ) -> (Map<String, Value>, Option<(&'static str, String)>) {
        let (group, own) = (text(crd, "/spec/group"), object::name(crd));
        let mut kinds: Vec<&str> = Vec::new();
        let mut resources: Vec<&str> = Vec::new();
        // Names are `plural.group`, so most others are told apart without being read.
        let suffix = format!(".{group}");
        let others: Vec<_> = self
            .store
            .list(&served.storage, None)
            .filter(|(key, _)| key.name.ends_with(&suffix))
            .map(|(_, other)| other.value())
            .collect();
        for other in &others {
            if object::name(other) == own || text(other, "/spec/group") != group {
                continue;
            }
            let names = |field: &str| text(other, &format!("/status/acceptedNames/{field}"));
            kinds.extend([names("kind"), names("listKind")]);
            resources.extend([names("plural"), names("singular")]);
            resources.extend(object::texts(other.pointer("/status/acceptedNames/shortNames")));
        }
        let mut accepted =
            crd.pointer("/status/acceptedNames").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut conflict = None;
        let wanted = |field: &str| text(crd, &format!("/spec/names/{field}")).to_owned();
        let mut take = |field: &str, value: String, taken: &[&str], reason: &'static str| {
            if !value.is_empty() && taken.contains(&value.as_str()) {
                conflict = Some((reason, format!("{value:?} is already in use")));
            } else if value.is_empty() {
                accepted.remove(field);
            } else {
                accepted.insert(field.into(), value.into());
            }
        };
        take("plural", wanted("plural"), &resources, "PluralConflict");
        take("singular", wanted("singular"), &resources, "SingularConflict");
        let short_names = object::texts(crd.pointer("/spec/names/shortNames"));
        let short_conflict = short_names.iter().find(|name| resources.contains(name)).copied();
        take("kind", wanted("kind"), &kinds, "KindConflict");
        take("listKind", wanted("listKind"), &kinds, "ListKindConflict");
        if let Some(name) = short_conflict {
            conflict.get_or_insert(("ShortNamesConflict", format!("{name:?} is already in use")));
        } else {
            set_list(&mut accepted, "shortNames", crd.pointer("/spec/names/shortNames"));
        }
        set_list(&mut accepted, "categories", crd.pointer("/spec/names/categories"));
        (accepted, conflict)
    }

    fn write_names(
        &mut self,
        served: &Arc<Served>,
        key: &Key,
        crd: &Value,
        accepted: &Map<String, Value>,
        conflict: Option<&(&'static str, String)>,
        now: Timestamp,
    ) {
        let names_changed = crd.pointer("/status/acceptedNames").and_then(Value::as_object) != Some(accepted);
        let mut conditions = Vec::new();
        match conflict {
            None => conditions.push(("NamesAccepted", true, "NoConflicts", "no conflicts found".to_owned())),
            Some((reason, message)) => conditions.push(("NamesAccepted", false, *reason, message.clone())),
        }
        if condition(crd, "Established").is_none() {
            conditions.push(if conflict.is_none() {
                ("Established", false, "Installing", "the initial names have been accepted".to_owned())
            } else {
                ("Established", false, "NotAccepted", "not all names are accepted".to_owned())
            });
        }
        let is_same = conditions.iter().all(|(kind, status, reason, message)| {
            condition(crd, kind).is_some_and(|present| {
                present["status"] == truth(*status)
                    && present["reason"] == *reason
                    && present["message"] == *message
            })
        });
        if is_same && !names_changed {
            return;
        }
        let accepted = accepted.clone();
        self.change_crd_status(served, key, now, &mut |status| {
            status.insert("acceptedNames".into(), Value::Object(accepted.clone()));
            for (kind, value, reason, message) in &conditions {
                put_condition(status, kind, *value, reason, message, now);
            }
        });
    }

    fn set_conditions(
        &mut self,
        served: &Arc<Served>,
        key: &Key,
        conditions: &[(&str, bool, &str, &str)],
        now: Timestamp,
    ) {
        self.change_crd_status(served, key, now, &mut |status| {
            for (kind, value, reason, message) in conditions {
                put_condition(status, kind, *value, reason, message, now);
            }
        });
    }

    fn change_crd_status(
        &mut self,
        served: &Arc<Served>,
        key: &Key,
        now: Timestamp,
        change: &mut dyn FnMut(&mut Map<String, Value>),
    ) {
        let writer = Writer::named(MANAGER, now).at("status");
        let outcome = self.update(served, key, &writer, &mut |_, old| {
            let mut new = old.cloned().unwrap_or_default();
            change(object::child_mut(&mut new, "status"));
            Ok(new)
        });
        // A definition that has gone meanwhile needs no status.
        let _gone = outcome.is_err();
    }

    /// Deletes the instances of a definition that is going; it goes when they are gone.
    fn finalize_crd(&mut self, served: &Arc<Served>, key: &Key, crd: &Value, now: Timestamp) {
        if !object::finalizers(crd).contains(&FINALIZER) {
            return;
        }
        let id = ResourceId {
            group: text(crd, "/spec/group").into(),
            plural: text(crd, "/status/acceptedNames/plural").into(),
        };
        let instances: Vec<Key> = self.store.list(&id, None).map(|(key, _)| key.clone()).collect();
        let mut is_held = false;
        if let Some(resource) = self.registry.stored(&id).cloned() {
            for instance in instances {
                let outcome = self.delete(&resource, &instance, &DeleteOptions::default(), now);
                is_held |= matches!(outcome, Ok(Deleted::Pending(_)));
            }
        }
        let (value, reason, message) = if is_held {
            (true, "InstanceDeletionInProgress", "CustomResource deletion is in progress")
        } else {
            (false, "InstanceDeletionCompleted", "removed all instances")
        };
        let is_same = condition(crd, "Terminating").is_some_and(|present| present["reason"] == reason);
        if !is_same {
            self.set_conditions(served, key, &[("Terminating", value, reason, message)], now);
        }
        if is_held {
            return;
        }
        self.unserve(&key.name);
        let writer = Writer::named(MANAGER, now);
        let outcome = self.update(served, key, &writer, &mut |_, old| {
            let mut new = old.cloned().unwrap_or_default();
            let rest: Vec<String> = object::finalizers(&new)
                .into_iter()
                .filter(|name| *name != FINALIZER)
                .map(str::to_owned)
                .collect();
            object::set_meta(&mut new, "finalizers", (!rest.is_empty()).then(|| rest.into()));
            Ok(new)
        });
        let _gone = outcome.is_err();
    }
}

/// The finalizer that holds a definition until its instances are gone, and the condition that tells of it.
pub(super) fn hold(crd: &mut Value, now: Timestamp) {
    let mut finalizers: Vec<Value> =
        object::meta(crd, "finalizers").and_then(Value::as_array).cloned().unwrap_or_default();
    if !finalizers.iter().any(|name| name == FINALIZER) {
        finalizers.push(FINALIZER.into());
    }
    object::set_meta(crd, "finalizers", Some(finalizers.into()));
    let message = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon";
    let status = object::child_mut(crd, "status");
    put_condition(status, "Terminating", true, "InstanceDeletionPending", message, now);
}

fn set_list(names: &mut Map<String, Value>, field: &str, list: Option<&Value>) {
    match list {
        Some(list) => names.insert(field.into(), list.clone()),
        None => names.remove(field),
    };
}

fn truth(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// Sets a condition, moving its transition time only when its status changes.
fn put_condition(
    status: &mut Map<String, Value>,
    kind: &str,
    value: bool,
    reason: &str,
    message: &str,
    now: Timestamp,
) {
    let list = status.entry("conditions").or_insert_with(|| json!([]));
    if !list.is_array() {
        *list = json!([]);
    }
    let Value::Array(list) = list else { return };
    let new = json!({
        "type": kind, "status": truth(value), "lastTransitionTime": seconds(now), "reason": reason, "message": message,
    });
    match list.iter_mut().find(|present| present["type"] == kind) {
        Some(present) => {
            let since = present["lastTransitionTime"].clone();
            let is_same = present["status"] == new["status"];
            *present = new;
            if is_same {
                present["lastTransitionTime"] = since;
            }
        }
        None => list.push(new),
    }
}
