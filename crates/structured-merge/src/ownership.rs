//! Who owns which fields, and how that changes: [`Updater::apply`] and [`Updater::update`].
//! Knows neither time nor how owners are written into an object; see [`crate::managed_fields`] for both.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::check::{Duplicates, Problems};
use crate::compare::Comparison;
use crate::element::Path;
use crate::set::FieldSet;
use crate::types::MergeSchema;

mod prune;

/// What one manager owns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The fields, by their paths in `version`.
    pub fields: FieldSet,
    /// The API version that the paths are of.
    pub version: String,
    /// Whether the fields come from an apply. Fields that an applier lets go of are removed from the object.
    pub applied: bool,
}

/// Owners by manager. `M` tells managers apart; a name will do.
pub type Ownership<M = String> = BTreeMap<M, Owner>;

/// The versions of one kind: schemas, and how an object gets from one to another.
pub trait Versions {
    /// The schema of a version; `None` if the version is not served (any more). Its owners are then forgotten.
    fn schema(&self, version: &str) -> Option<&MergeSchema>;

    /// An object of any version as one of `version`, which has a schema.
    fn convert(&self, object: &Value, version: &str) -> Result<Value, String>;

    /// Fields of a version that nobody can own, and what lies below them.
    fn unowned(&self, version: &str) -> Option<&FieldSet> {
        let _ = version;
        None
    }
}

/// A kind with one schema, whatever the version is called.
impl Versions for MergeSchema {
    fn schema(&self, _: &str) -> Option<&MergeSchema> {
        Some(self)
    }

    fn convert(&self, object: &Value, _: &str) -> Result<Value, String> {
        Ok(object.clone())
    }
}

/// What to do about fields that others own and the configuration changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnConflict {
    /// Fail and say whose they are.
    Report,
    /// Take them.
    Force,
}

/// A field that an apply would change although another manager owns it.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict<M = String> {
    /// Who owns the field.
    pub manager: M,
    /// The field.
    pub path: Path,
}

/// What an apply leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied<'a, M = String> {
    /// The new object; `None` if it is as it was. Applied on nothing, it is the configuration itself.
    pub object: Option<Cow<'a, Value>>,
    /// The new owners.
    pub owners: Ownership<M>,
}

impl<M> Applied<'_, M> {
    /// The same with an object of its own.
    pub fn into_owned(self) -> Applied<'static, M> {
        Applied { object: self.object.map(|object| Cow::Owned(object.into_owned())), owners: self.owners }
    }
}

/// Why an apply or an update is refused.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error<M = String> {
    /// The version of the request has no schema.
    UnknownVersion(String),
    /// The applied configuration, or the new object, does not fit the schema.
    Invalid(Problems),
    /// The live object does not fit the schema.
    InvalidLive(Problems),
    /// An object cannot be had in a version that some owner's fields are of.
    Convert {
        /// What was to be converted, as in "failed to convert `what`".
        what: &'static str,
        /// Why it failed.
        message: String,
    },
    /// Others own fields that would change; by manager, then by path.
    Conflicts(Vec<Conflict<M>>),
}

impl<M: fmt::Display> fmt::Display for Error<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVersion(version) => write!(f, "no schema for version {version:?}"),
            Self::Invalid(problems) | Self::InvalidLive(problems) => problems.fmt(f),
            Self::Convert { what, message } => write!(f, "failed to convert {what}: {message}"),
            Self::Conflicts(conflicts) => {
                for (at, Conflict { manager, path }) in conflicts.iter().enumerate() {
                    write!(f, "{}conflict with {manager}: {path}", if at > 0 { "\n" } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

impl<M: fmt::Display + fmt::Debug> std::error::Error for Error<M> {}

/// Changes objects of one kind and keeps the books of who owns what.
#[derive(Clone, Copy)]
pub struct Updater<'a> {
    versions: &'a dyn Versions,
}

impl fmt::Debug for Updater<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Updater").finish_non_exhaustive()
    }
}

impl<'a> Updater<'a> {
    /// For the kind with these versions.
    pub fn new(versions: &'a dyn Versions) -> Self {
        Self { versions }
    }

    /// Server-side apply: merges the configuration of `manager` into the live object (null if there is none).
    ///
    /// The manager then owns exactly what it applied. What it owned before and lets go of is removed from the object,
    /// unless somebody else owns it too. Both values must be of `version`. On errors nothing has changed.
    pub fn apply<'c, M: Ord + Clone>(
        &self,
        live: &Value,
        config: &'c Value,
        version: &str,
        owners: Ownership<M>,
        manager: &M,
        on_conflict: OnConflict,
    ) -> Result<Applied<'c, M>, Error<M>> {
        let schema = self.schema(version)?;
        schema.check(config, Duplicates::Refuse).map_err(Error::Invalid)?;
        schema.check(live, Duplicates::Allow).map_err(Error::InvalidLive)?;
        let mut owners = self.reconciled(owners);

        let mut fields = schema.field_set(config);
        if let Some(unowned) = self.versions.unowned(version) {
            fields = fields.without(unowned);
        }
        let mut object = if live.is_null() {
            (!config.is_null()).then_some(Cow::Borrowed(config))
        } else {
            schema.merge_checked(live, config).map(Cow::Owned)
        };

        let owner = Owner { fields, version: version.to_owned(), applied: true };
        let last = owners.insert(manager.clone(), owner);
        if let Some(last) = last.filter(|last| !last.fields.is_empty()) {
            let merged = object.as_deref().unwrap_or(live);
            if let Some(pruned) = self.prune(merged, version, &owners, manager, &last)? {
                object = Some(Cow::Owned(pruned));
            }
        }
        let has_others = owners.keys().any(|other| other != manager);
        if let Some(object) = object.as_deref().filter(|_| has_others) {
            self.take_over(version, live, object, &mut owners, manager, on_conflict)?;
        }
        owners.retain(|_, owner| !owner.fields.is_empty());
        Ok(Applied { object, owners })
    }

    /// Any other write: `manager` owns what it changed from `live` (null at creation) to `object`, besides what it
    /// owned already. Others lose what was changed or removed. Both values must be of `version`.
    pub fn update<M: Ord + Clone>(
        &self,
        live: &Value,
        object: &Value,
        version: &str,
        owners: Ownership<M>,
        manager: &M,
    ) -> Result<Ownership<M>, Error<M>> {
        let schema = self.schema(version)?;
        schema.check(object, Duplicates::Allow).map_err(Error::Invalid)?;
        schema.check(live, Duplicates::Allow).map_err(Error::InvalidLive)?;
        let mut owners = self.reconciled(owners);
        let changes = self.take_over(version, live, object, &mut owners, manager, OnConflict::Force)?;

        let before = owners.remove(manager).map(|owner| owner.fields).unwrap_or_default();
        let mut fields = before.difference(&changes.removed).union(&changes.written());
        if let Some(unowned) = self.versions.unowned(version) {
            fields = fields.without(unowned);
        }
        owners.insert(manager.clone(), Owner { fields, version: version.to_owned(), applied: false });
        owners.retain(|_, owner| !owner.fields.is_empty());
        Ok(owners)
    }

    fn schema<M>(&self, version: &str) -> Result<&'a MergeSchema, Error<M>> {
        self.versions.schema(version).ok_or_else(|| Error::UnknownVersion(version.to_owned()))
    }

    /// The owners under today's schemas.
    fn reconciled<M: Ord>(&self, mut owners: Ownership<M>) -> Ownership<M> {
        owners.retain(|_, owner| match self.versions.schema(&owner.version) {
            Some(schema) => {
                if let Some(fields) = schema.reconcile(&owner.fields) {
                    owner.fields = fields;
                }
                true
            }
            None => false,
        });
        owners
    }

    /// Takes from everybody but `manager` what changes between two objects of `version`; returns the changes.
    fn take_over<M: Ord + Clone>(
        &self,
        version: &str,
        live: &Value,
        object: &Value,
        owners: &mut Ownership<M>,
        manager: &M,
        on_conflict: OnConflict,
    ) -> Result<Comparison, Error<M>> {
        let changes = self.changes(version, live, object)?;
        let written = changes.written();
        let mut elsewhere = BTreeMap::new();
        let mut conflicts = Vec::new();
        for (other, owner) in owners.iter_mut().filter(|(other, _)| *other != manager) {
            let (written, removed) = if owner.version == version {
                (&written, &changes.removed)
            } else {
                if !elsewhere.contains_key(&owner.version) {
                    let live = self.convert(live, &owner.version, "old object")?;
                    let object = self.convert(object, &owner.version, "new object")?;
                    let changes = self.changes(&owner.version, &live, &object)?;
                    elsewhere.insert(owner.version.clone(), (changes.written(), changes.removed));
                }
                let (written, removed) = &elsewhere[&owner.version];
                (written, removed)
            };
            if owner.fields.intersects(written) {
                if on_conflict == OnConflict::Report {
                    let paths = owner.fields.intersection(written).paths();
                    conflicts.extend(paths.into_iter().map(|path| Conflict { manager: other.clone(), path }));
                }
                owner.fields = owner.fields.difference(written);
            }
            if owner.fields.intersects(removed) {
                owner.fields = owner.fields.difference(removed);
            }
        }
        if conflicts.is_empty() { Ok(changes) } else { Err(Error::Conflicts(conflicts)) }
    }

    /// What changes between two objects of a version, as far as it can be owned.
    fn changes<M>(&self, version: &str, live: &Value, object: &Value) -> Result<Comparison, Error<M>> {
        let changes = self.schema(version)?.compare(live, object);
        Ok(match self.versions.unowned(version) {
            Some(unowned) => changes.without(unowned),
            None => changes,
        })
    }

    /// An object in another version; nothing stays nothing.
    fn convert<M>(&self, object: &Value, version: &str, what: &'static str) -> Result<Value, Error<M>> {
        if object.is_null() {
            return Ok(Value::Null);
        }
        let fail = |message| Error::Convert { what, message };
        let object = self.versions.convert(object, version).map_err(fail)?;
        self.schema(version)?
            .check(&object, Duplicates::Refuse)
            .map_err(|problems| fail(problems.to_string()))?;
        Ok(object)
    }
}
