//! The entries of `metadata.managedFields`: read, order, limit, write.

use std::collections::BTreeMap;
use std::fmt;

use kro_object::Timestamp;
use serde_json::{Map, Value};

use crate::ownership::{Owner, Ownership};
use crate::set::{FieldSet, ParseFieldsV1Error};

use super::ANCIENT;

/// How a manager wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// By server-side apply.
    Apply,
    /// In any other way.
    Update,
}

/// Who wrote: what tells entries apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Manager {
    /// The name a client gave, or the beginning of its user agent.
    pub name: String,
    /// How it wrote.
    pub operation: Operation,
    /// The version it wrote in. Appliers have none here: they stay the same through all versions.
    pub api_version: Option<String>,
    /// Where it wrote to, empty for the object itself.
    pub subresource: String,
}

/// As conflicts name a manager: `"kubectl" with subresource "scale" using v1`.
impl fmt::Display for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)?;
        if !self.subresource.is_empty() {
            write!(f, " with subresource {:?}", self.subresource)?;
        }
        if let Some(version) = &self.api_version {
            write!(f, " using {version}")?;
        }
        Ok(())
    }
}

/// The entries of an object: who owns what, since when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ManagedFields {
    /// The fields of each manager.
    pub owners: Ownership<Manager>,
    /// When each manager last changed something, in whole seconds. An apply that changed nothing has no time.
    pub times: BTreeMap<Manager, Timestamp>,
}

/// Why entries cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not a list of maps of text.
    #[error("managed fields entries must be a list of objects")]
    Form,
    /// An operation that is none.
    #[error("operation must be `Apply` or `Update`")]
    Operation,
    /// An entry without version.
    #[error("apiVersion must not be empty")]
    ApiVersion,
    /// An entry that does not say how its fields are written.
    #[error("missing fieldsType in managed fields entry {0}")]
    NoFieldsType(usize),
    /// An entry whose fields are written in an unknown way.
    #[error("invalid fieldsType {1:?} in managed fields entry {0}")]
    FieldsType(usize, String),
    /// A time that is none.
    #[error("time of managed fields entry {0} is not a time")]
    Time(usize),
    /// Fields that are not fieldsV1.
    #[error("error decoding set")]
    Fields(#[from] ParseFieldsV1Error),
}

impl ManagedFields {
    /// Whether nobody owns anything.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// Reads `metadata.managedFields`; null is no entries.
    pub fn read(entries: &Value) -> Result<Self, ReadError> {
        let entries = match entries {
            Value::Null => &[][..],
            Value::Array(entries) => entries,
            _ => return Err(ReadError::Form),
        };
        let mut managed = Self::default();
        for (at, entry) in entries.iter().enumerate() {
            managed.read_entry(at, entry.as_object().ok_or(ReadError::Form)?)?;
        }
        Ok(managed)
    }

    fn read_entry(&mut self, at: usize, entry: &Map<String, Value>) -> Result<(), ReadError> {
        let text = |name: &str| match entry.get(name) {
            None | Some(Value::Null) => Ok(""),
            Some(Value::String(text)) => Ok(text.as_str()),
            Some(_) => Err(ReadError::Form),
        };
        let operation = match text("operation")? {
            "Apply" => Operation::Apply,
            "Update" => Operation::Update,
            _ => return Err(ReadError::Operation),
        };
        let version = match text("apiVersion")? {
            "" => return Err(ReadError::ApiVersion),
            version => version.to_owned(),
        };
        match text("fieldsType")? {
            "FieldsV1" => {}
            "" => return Err(ReadError::NoFieldsType(at)),
            other => return Err(ReadError::FieldsType(at, other.to_owned())),
        }
        let manager = Manager {
            name: text("manager")?.to_owned(),
            operation,
            api_version: (operation == Operation::Update).then(|| version.clone()),
            subresource: text("subresource")?.to_owned(),
        };
        let fields = match entry.get("fieldsV1") {
            None | Some(Value::Null) => FieldSet::new(),
            Some(fields) => FieldSet::from_fields_v1_value(fields)?,
        };
        match text("time")? {
            "" => self.times.remove(&manager),
            time => {
                let time: Timestamp = time.parse().map_err(|_| ReadError::Time(at))?;
                self.times.insert(manager.clone(), time.whole_seconds())
            }
        };
        self.owners.insert(manager, Owner { fields, version, applied: operation == Operation::Apply });
        Ok(())
    }

    /// The entries: appliers first, then by time in whole seconds, name, version and subresource. `None` if there is none.
    pub fn write(&self) -> Option<Value> {
        let mut entries: Vec<_> = self.owners.iter().collect();
        entries.sort_by_key(|(manager, owner)| {
            let operation = operation(owner);
            (operation, self.seconds(manager), &manager.name, &owner.version, &manager.subresource)
        });
        let entries: Vec<Value> = entries.iter().map(|(m, owner)| self.write_entry(m, owner)).collect();
        (!entries.is_empty()).then_some(Value::Array(entries))
    }

    fn write_entry(&self, manager: &Manager, owner: &Owner) -> Value {
        let mut entry = Map::new();
        let mut set = |name: &str, value: Value| entry.insert(name.to_owned(), value);
        let is_apply = operation(owner) == Operation::Apply;
        set("operation", if is_apply { "Apply" } else { "Update" }.into());
        set("apiVersion", owner.version.as_str().into());
        set("fieldsType", "FieldsV1".into());
        set("fieldsV1", owner.fields.to_fields_v1_value());
        if !manager.name.is_empty() {
            set("manager", manager.name.as_str().into());
        }
        if let Some(time) = self.times.get(manager) {
            set("time", time.to_rfc3339().into());
        }
        if !manager.subresource.is_empty() {
            set("subresource", manager.subresource.as_str().into());
        }
        Value::Object(entry)
    }

    /// Joins the oldest update entries to one by version, until at most `max` update entries are left.
    pub(super) fn cap(&mut self, max: usize) {
        let mut updaters: Vec<Manager> = self
            .owners
            .iter()
            .filter(|(_, owner)| !owner.applied)
            .map(|(manager, _)| manager.clone())
            .collect();
        let mut count = updaters.len();
        updaters.sort_by_key(|manager| self.seconds(manager));
        // The oldest of a version stays as it is until a second one comes to join it.
        let mut oldest: BTreeMap<String, Manager> = BTreeMap::new();
        for manager in updaters {
            if count <= max {
                break;
            }
            let Some(version) = self.owners.get(&manager).map(|owner| owner.version.clone()) else {
                continue;
            };
            let bucket = Manager {
                name: ANCIENT.to_owned(),
                operation: Operation::Update,
                api_version: Some(version.clone()),
                subresource: String::new(),
            };
            let Some(first) = oldest.get(&version) else {
                oldest.insert(version, manager);
                continue;
            };
            if !self.owners.contains_key(&bucket)
                && let Some(owner) = self.owners.remove(first)
            {
                self.owners.insert(bucket.clone(), owner);
            }
            if manager != bucket
                && let Some(owner) = self.owners.remove(&manager)
                && let Some(joined) = self.owners.get_mut(&bucket)
            {
                joined.fields = joined.fields.union(&owner.fields);
            }
            count -= 1;
            match self.times.get(&manager).copied() {
                Some(time) => self.times.insert(bucket, time),
                None => self.times.remove(&bucket),
            };
        }
    }

    /// Seconds since 1970, 0 without a time.
    fn seconds(&self, manager: &Manager) -> i64 {
        self.times.get(manager).map_or(0, |time| time.unix_seconds())
    }
}

fn operation(owner: &Owner) -> Operation {
    if owner.applied { Operation::Apply } else { Operation::Update }
}
