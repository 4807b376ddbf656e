//! Ownership on whole Kubernetes objects: `metadata.managedFields` in and out, and what kube-apiserver's field manager
//! does around apply and update. Reads no clock; refuses to default, convert and store.

use std::fmt;
use std::sync::LazyLock;

use kro_object::Timestamp;
use serde_json::Value;

use crate::element::Path;
use crate::ownership::{Conflict, Error, OnConflict, Owner, Updater, Versions};
use crate::set::FieldSet;
use crate::value::equal;

mod entries;
mod last_applied;
mod scale;

pub use entries::{ManagedFields, Manager, Operation, ReadError};
pub use scale::ReplicasPaths;

/// How many update entries an object may have; older ones are joined to one of [`ANCIENT`].
pub const MAX_UPDATE_MANAGERS: usize = 10;
/// The manager of joined update entries.
pub const ANCIENT: &str = "ancient-changes";
/// The manager of everything that was there before the first apply to an object without entries.
pub const BEFORE_FIRST_APPLY: &str = "before-first-apply";
/// The manager whose applies take over what client-side apply recorded in an annotation.
pub const KUBECTL: &str = "kubectl";

/// Keeps the books for one kind of request: a kind in a version, perhaps a subresource, at a time.
#[derive(Clone, Copy)]
pub struct FieldManager<'a> {
    /// The versions of the kind, with the fields that this kind of request cannot own.
    pub versions: &'a dyn Versions,
    /// The version of the request, such as `apps/v1`.
    pub api_version: &'a str,
    /// The kind.
    pub kind: &'a str,
    /// The subresource, empty for the object itself.
    pub subresource: &'a str,
    /// What an object of the version is before it exists: `apiVersion`, `kind`, and what the server always writes.
    pub empty: &'a Value,
    /// The time of the request.
    pub now: Timestamp,
}

/// Why an apply is refused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ApplyError {
    /// The configuration is of another kind or version; this one.
    WrongKind(String),
    /// The configuration has `metadata.managedFields`.
    HasManagedFields,
    /// The live object's `metadata.managedFields` cannot be read.
    UnreadableManagedFields(String),
    /// Others own fields that would change.
    Conflicts(Vec<Conflict<Manager>>),
    /// Anything else, as text that reads after "failed to".
    Failed(String),
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongKind(kind) => write!(f, "invalid object type: {kind}"),
            Self::HasManagedFields => f.write_str("metadata.managedFields must be nil"),
            Self::UnreadableManagedFields(why) => write!(f, "failed to decode managed fields: {why}"),
            Self::Conflicts(conflicts) => write_conflicts(f, conflicts),
            Self::Failed(what) => write!(f, "failed to {what}"),
        }
    }
}

impl std::error::Error for ApplyError {}

/// `Apply failed with 1 conflict: …`, or several by manager, one path a line.
fn write_conflicts(f: &mut fmt::Formatter<'_>, conflicts: &[Conflict<Manager>]) -> fmt::Result {
    if let [Conflict { manager, path }] = conflicts {
        return write!(f, "Apply failed with 1 conflict: conflict with {manager}: {path}");
    }
    write!(f, "Apply failed with {} conflicts: ", conflicts.len())?;
    let by_manager = conflicts.chunk_by(|a, b| a.manager == b.manager);
    for (at, of_one) in by_manager.enumerate() {
        write!(f, "{}conflicts with {}:", if at > 0 { "\n" } else { "" }, of_one[0].manager)?;
        of_one.iter().try_for_each(|conflict| write!(f, "\n- {}", conflict.path))?;
    }
    Ok(())
}

impl fmt::Debug for FieldManager<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldManager")
            .field("api_version", &self.api_version)
            .field("kind", &self.kind)
            .field("subresource", &self.subresource)
            .finish_non_exhaustive()
    }
}

impl FieldManager<'_> {
    /// A create, an update or a patch other than apply: sets `metadata.managedFields` of `object`, which comes with
    /// what the client sent. `live` is the stored object, if there is one.
    ///
    /// Clients may rewrite the entries; an empty list, or one empty entry, resets them. An object without entries that
    /// exists already is not tracked. If the books cannot be kept, the entries are dropped and the write goes on.
    pub fn update(&self, live: Option<&Value>, object: &mut Value, manager: &str) {
        let managed = self.sent_or_stored(live, object);
        set_entries(object, None);
        let managed = if managed.is_empty() && live.is_some() {
            managed
        } else {
            self.record(live.unwrap_or(self.empty), object, managed, manager).unwrap_or_default()
        };
        set_entries(object, managed.write());
    }

    /// Server-side apply: the object to store, with its `metadata.managedFields`. Defaulting is left to the caller.
    pub fn apply(
        &self,
        live: Option<&Value>,
        config: &Value,
        manager: &str,
        on_conflict: OnConflict,
    ) -> Result<Value, ApplyError> {
        check_applied(config, self.api_version, self.kind)?;
        let live = live.unwrap_or(self.empty);
        let mut managed =
            ManagedFields::read(live.pointer("/metadata/managedFields").unwrap_or(&Value::Null))
                .map_err(|error| ApplyError::UnreadableManagedFields(error.to_string()))?;
        if managed.is_empty() {
            managed = self.record(self.empty, live, managed, BEFORE_FIRST_APPLY).map_err(|error| {
                ApplyError::Failed(format!("create manager for existing fields: {error}"))
            })?;
        }

        let applier = self.manager(manager, Operation::Apply);
        let mut result = self.merge(live, config, managed.clone(), &applier, on_conflict);
        if let Err(ApplyError::Conflicts(conflicts)) = &mut result
            && manager == KUBECTL
            && let Some(owned) = last_applied::owned(self, live)
        {
            conflicts.retain(|conflict| !owned.contains(&conflict.path));
            if conflicts.is_empty() {
                result = self.merge(live, config, managed, &applier, OnConflict::Force);
            }
        }
        let (mut object, managed) = result?;
        if manager == KUBECTL {
            last_applied::renew(&mut object, config);
        }
        set_entries(&mut object, managed.write());
        Ok(object)
    }

    /// Merges and prunes; the entries have no time for `applier` if it is new and the object stays as it is.
    fn merge(
        &self,
        live: &Value,
        config: &Value,
        mut managed: ManagedFields,
        applier: &Manager,
        on_conflict: OnConflict,
    ) -> Result<(Value, ManagedFields), ApplyError> {
        let updater = Updater::new(self.versions);
        let owners = std::mem::take(&mut managed.owners);
        let applied = updater
            .apply(live, config, self.api_version, owners, applier, on_conflict)
            .map_err(|error| self.explain(error, live, config))?;
        managed.owners = applied.owners;
        managed.strip(applier);
        let object = match applied.object {
            Some(object) if !equal(&object, live) => {
                managed.times.insert(applier.clone(), self.now.whole_seconds());
                object.into_owned()
            }
            _ => live.clone(),
        };
        Ok((object, managed))
    }

    /// Gives what changes from `live` to `object` to `manager`.
    fn record(
        &self,
        live: &Value,
        object: &Value,
        mut managed: ManagedFields,
        manager: &str,
    ) -> Result<ManagedFields, Error<Manager>> {
        // A manager of its own, which no client can be: it has no version.
        let current = Manager { api_version: None, ..self.manager("current-operation", Operation::Update) };
        let owners = std::mem::take(&mut managed.owners);
        managed.owners =
            Updater::new(self.versions).update(live, object, self.api_version, owners, &current)?;
        managed.strip(&current);
        if let Some(mut owner) = managed.owners.remove(&current) {
            let manager = self.manager(manager, Operation::Update);
            if let Some(before) = managed.owners.remove(&manager) {
                owner.fields = owner.fields.union(&before.fields);
            }
            managed.owners.insert(manager.clone(), owner);
            managed.times.insert(manager, self.now.whole_seconds());
        }
        managed.cap(MAX_UPDATE_MANAGERS);
        Ok(managed)
    }

    fn manager(&self, name: &str, operation: Operation) -> Manager {
        Manager {
            name: if name.is_empty() { "unknown" } else { name }.to_owned(),
            operation,
            api_version: (operation == Operation::Update).then(|| self.api_version.to_owned()),
            subresource: self.subresource.to_owned(),
        }
    }

    /// The entries that a write starts from.
    fn sent_or_stored(&self, live: Option<&Value>, object: &Value) -> ManagedFields {
        let read = |object: &Value| {
            object.pointer("/metadata/managedFields").and_then(|entries| ManagedFields::read(entries).ok())
        };
        let stored = || live.and_then(read).unwrap_or_default();
        if !self.subresource.is_empty() {
            return stored();
        }
        if is_reset(object.pointer("/metadata/managedFields")) {
            return ManagedFields::default();
        }
        read(object).filter(|managed| !managed.is_empty()).unwrap_or_else(stored)
    }

    fn explain(&self, error: Error<Manager>, live: &Value, config: &Value) -> ApplyError {
        match error {
            Error::Conflicts(conflicts) => ApplyError::Conflicts(conflicts),
            Error::Invalid(problems) => {
                ApplyError::Failed(format!("create typed patch object ({}): {problems}", self.title(config)))
            }
            Error::InvalidLive(problems) => {
                ApplyError::Failed(format!("create typed live object ({}): {problems}", self.title(live)))
            }
            Error::Convert { .. } => ApplyError::Failed(format!("prune fields: {error}")),
            Error::UnknownVersion(_) => ApplyError::Failed(format!("find the type: {error}")),
        }
    }

    /// Namespace, name and kind, as the server's messages name an object.
    fn title(&self, object: &Value) -> String {
        let text = |path| object.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
        format!("{namespace}/{name}; {}", title(self.api_version, self.kind))
    }
}

/// A kind as Go prints it; the core group is empty but has its slash.
fn title(api_version: &str, kind: &str) -> String {
    let group = if api_version.contains('/') { "" } else { "/" };
    format!("{group}{api_version}, Kind={kind}")
}

/// Refuses a configuration of another version or kind, and one that comes with entries.
pub fn check_applied(config: &Value, api_version: &str, kind: &str) -> Result<(), ApplyError> {
    let text = |field| config.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("apiVersion") != api_version || text("kind") != kind {
        return Err(ApplyError::WrongKind(title(text("apiVersion"), text("kind"))));
    }
    if config.pointer("/metadata/managedFields").is_some_and(Value::is_array) {
        return Err(ApplyError::HasManagedFields);
    }
    Ok(())
}

/// Puts the times of `old` back if nothing but the times of entries differs, so that a write without effect is none.
pub fn keep_times(old: &Value, new: &mut Value) {
    let Some(before) = old.pointer("/metadata/managedFields") else { return };
    let Some(after) = new.pointer_mut("/metadata/managedFields") else { return };
    if before == after || !differ_in_times_alone(before, after) {
        return;
    }
    let after = std::mem::replace(after, before.clone());
    if old != new {
        set_entries(new, Some(after));
    }
}

fn differ_in_times_alone(before: &Value, after: &Value) -> bool {
    let (Some(before), Some(after)) = (before.as_array(), after.as_array()) else { return false };
    before.len() == after.len()
        && before.iter().zip(after).all(|(a, b)| match (a.as_object(), b.as_object()) {
            (Some(a), Some(b)) => timeless(a).eq(timeless(b)),
            _ => a == b,
        })
}

fn timeless(entry: &serde_json::Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    entry.iter().filter(|(name, _)| *name != "time")
}

/// Whether a client asks for the entries to be forgotten.
fn is_reset(entries: Option<&Value>) -> bool {
    match entries.and_then(Value::as_array).map(Vec::as_slice) {
        Some([]) => true,
        Some([Value::Object(entry)]) => entry.is_empty(),
        _ => false,
    }
}

/// Sets or removes `metadata.managedFields`.
fn set_entries(object: &mut Value, entries: Option<Value>) {
    let Some(object) = object.as_object_mut() else { return };
    match entries {
        Some(entries) => {
            let metadata = object.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
            if let Some(metadata) = metadata.as_object_mut() {
                metadata.insert("managedFields".to_owned(), entries);
            }
        }
        None => {
            if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("managedFields");
            }
        }
    }
}

impl ManagedFields {
    /// Takes from an entry what the server alone sets.
    fn strip(&mut self, manager: &Manager) {
        if let Some(Owner { fields, .. }) = self.owners.get_mut(manager) {
            *fields = fields.difference(&STRIPPED);
            if fields.is_empty() {
                self.owners.remove(manager);
            }
        }
    }
}

/// What no entry lists: identity, and what the server sets.
static STRIPPED: LazyLock<FieldSet> = LazyLock::new(|| {
    let top = ["apiVersion", "kind", "metadata"].map(|name| Path::from_iter([name]));
    let metadata = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "clusterName",
        "generation",
        "managedFields",
        "resourceVersion",
    ]
    .map(|name| Path::from_iter(["metadata", name]));
    top.into_iter().chain(metadata).collect()
});

#[cfg(test)]
mod tests;
