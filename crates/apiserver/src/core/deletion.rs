//! Deletions: what must hold for one to begin, what keeps the object, and what is told of it in the end.

use super::{
    Core, object,
    options::{DeleteOptions, Propagation},
    policy::Attempt,
    registry::Served,
    store::Key,
    stored::Stored,
    strategy,
    write::seconds_after,
};
use crate::status::Status;
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

/// What became of a deletion.
#[derive(Debug)]
pub(crate) enum Deleted {
    /// The object is gone; this was its last state.
    Gone(Value),
    /// Something still holds it; this is its present state.
    Pending(Value),
}

impl Core {
    /// Deletes an object, or begins to.
    pub(crate) fn delete(
        &mut self,
        served: &Arc<Served>,
        key: &Key,
        options: &DeleteOptions,
        now: Timestamp,
    ) -> Result<Deleted, Status> {
        let Some(stored) = self.store.get(&served.storage, key).cloned() else {
            return Err(Status::not_found(served.named(), &key.name));
        };
        let old = served.present(&stored);
        check_delete_preconditions(served, &old, options)?;
        strategy::check_delete(served, &key.name)?;
        self.check_policies(Attempt {
            served,
            operation: "DELETE",
            subresource: None,
            new: None,
            old: Some(&old),
            dry_run: options.dry_run,
        })?;
        let mut new = old.clone();
        strategy::hold(served, &mut new, now);
        let finalizers = finalizers_for(served, &new, options);
        let list = if finalizers.is_empty() { None } else { Some(Value::from(finalizers.clone())) };
        object::set_meta(&mut new, "finalizers", list);
        let grace = strategy::grace_period(served, &old, options);
        let ends_now = grace == 0 && strategy::is_released(served, &new);
        // Pods are told to end before they do, however little time they have.
        if ends_now && !served.is("", "pods") {
            return Ok(self.finish_delete(served, key, &stored, new, options.dry_run));
        }
        if !object::is_deleting(&old) {
            begin_delete(served, &mut new, now, grace);
        } else if object::meta(&new, "deletionGracePeriodSeconds")
            .and_then(Value::as_i64)
            .is_some_and(|old| old > grace)
        {
            object::set_meta(&mut new, "deletionTimestamp", Some(seconds_after(now, grace).into()));
            object::set_meta(&mut new, "deletionGracePeriodSeconds", Some(grace.into()));
        }
        let mut last = stored;
        if new != old && !options.dry_run {
            object::set_revision(&mut new, self.store.next_revision());
            last = Arc::new(served.to_stored(&new).0);
            self.store.write(&served.storage, key.clone(), Some(last.clone()));
        }
        if ends_now {
            return Ok(self.finish_delete(served, key, &last, new, options.dry_run));
        }
        Ok(Deleted::Pending(new))
    }

    /// Removes an object; the answer has the revision of the removal.
    fn finish_delete(
        &mut self,
        served: &Served,
        key: &Key,
        stored: &Arc<Stored>,
        mut new: Value,
        dry_run: bool,
    ) -> Deleted {
        if !dry_run {
            self.forget(served, key, stored);
            object::set_revision(&mut new, self.store.revision());
        }
        Deleted::Gone(new)
    }

    /// Removes an object; `last` is what watchers are told it was.
    pub(crate) fn forget(&mut self, served: &Served, key: &Key, last: &Arc<Stored>) {
        self.store.remove(&served.storage, key, last.clone());
    }
}

/// Marks an object whose deletion begins.
fn begin_delete(served: &Served, new: &mut Value, now: Timestamp, grace: i64) {
    object::set_meta(new, "deletionTimestamp", Some(seconds_after(now, grace).into()));
    strategy::begin_delete(served, new, grace);
    let generation = object::meta(new, "generation").and_then(Value::as_i64).unwrap_or_default();
    if generation > 0 && !served.is_crd() {
        object::set_meta(new, "generation", Some((generation + 1).into()));
    }
}

fn check_delete_preconditions(served: &Served, old: &Value, options: &DeleteOptions) -> Result<(), Status> {
    let name = object::name(old);
    for (wanted, field, label) in
        [(&options.uid, "uid", "UID"), (&options.resource_version, "resourceVersion", "ResourceVersion")]
    {
        let Some(wanted) = wanted else { continue };
        let present = object::meta_text(old, field);
        if wanted != present {
            let why = if field == "uid" {
                format!(
                    "the UID in the precondition ({wanted}) does not match the UID in record ({present}). The object might have been deleted and then recreated"
                )
            } else {
                format!(
                    "the {label} in the precondition ({wanted}) does not match the {label} in record ({present}). The object might have been modified"
                )
            };
            let kind = crate::status::Named { group: &served.group, plural: &served.kind };
            let mut status = Status::conflict(kind, name, &why);
            if let Some(details) = &mut status.details {
                details.kind = served.kind.to_string();
            }
            return Err(status);
        }
    }
    Ok(())
}

/// The finalizers after a deletion with the given propagation has begun.
fn finalizers_for(served: &Served, old: &Value, options: &DeleteOptions) -> Vec<String> {
    const ORPHAN: &str = "orphan";
    const FOREGROUND: &str = "foregroundDeletion";
    let mut out: Vec<String> = object::finalizers(old).into_iter().map(str::to_owned).collect();
    let had = |name: &str| out.iter().any(|finalizer| finalizer == name);
    let policy = options.propagation.unwrap_or_else(|| {
        if had(ORPHAN) {
            Propagation::Orphan
        } else if had(FOREGROUND) {
            Propagation::Foreground
        } else {
            strategy::default_propagation(served)
        }
    });
    out.retain(|finalizer| finalizer != ORPHAN && finalizer != FOREGROUND);
    match policy {
        Propagation::Orphan => out.push(ORPHAN.into()),
        Propagation::Foreground => out.push(FOREGROUND.into()),
        Propagation::Background => {}
    }
    out
}

/// The Status that answers a finished deletion.
pub(crate) fn deleted_status(served: &Served, last: &Value) -> Value {
    let mut details =
        json!({"name": object::name(last), "kind": &*served.plural, "uid": object::meta_text(last, "uid")});
    if !served.group.is_empty() {
        details["group"] = served.group.as_ref().into();
    }
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})
}
