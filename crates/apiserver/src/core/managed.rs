//! `managedFields` of every write, and server-side apply. The seam to structured merge: verbs call these and nothing else.

use super::{
    object,
    registry::{Registry, Served, api_version},
    strategy, typed,
    write::Writer,
};
use crate::status::{Cause, Details, Status};
use kro_structured_merge::{
    FieldSet, MergeSchema, OnConflict, Path, Versions,
    managed_fields::{self, ApplyError, FieldManager},
};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// Records who owns what after a create, update or patch other than apply. `new` arrives with whatever
/// `managedFields` the client sent and leaves with what is to be stored.
pub(crate) fn update(
    registry: &Registry,
    old: Option<&Value>,
    new: &mut Value,
    served: &Served,
    writer: &Writer,
) {
    with_manager(registry, served, writer, |fields| fields.update(old, new, &writer.manager));
    if writer.subresource.as_deref() == Some("scale") {
        untime_scale(new);
    }
}

/// Entries of the scale subresource have no time, and so come before the other updates.
fn untime_scale(new: &mut Value) {
    let Some(Value::Array(entries)) = object::meta_mut(new).get_mut("managedFields") else { return };
    for entry in entries.iter_mut().filter(|entry| entry["subresource"] == "scale") {
        object::as_map_mut(entry).remove("time");
    }
    let text =
        |entry: &Value, field: &str| entry.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    entries.sort_by_key(|entry| (text(entry, "operation"), text(entry, "time"), text(entry, "manager")));
}

/// Server-side apply: the merged object with its `managedFields`, or who is in the way. Not yet defaulted.
pub(crate) fn apply(
    registry: &Registry,
    live: Option<&Value>,
    applied: &Value,
    served: &Served,
    writer: &Writer,
    force: bool,
) -> Result<Value, Status> {
    let on_conflict = if force { OnConflict::Force } else { OnConflict::Report };
    let result = with_manager(registry, served, writer, |fields| {
        fields.apply(live, applied, &writer.manager, on_conflict)
    });
    result.map_err(|error| refuse(&error))
}

/// Refuses to apply an object of another kind, or one with entries of its own.
pub(crate) fn check(served: &Served, applied: &Value) -> Result<(), Status> {
    managed_fields::check_applied(applied, &served.api_version(), &served.kind)
        .map_err(|error| refuse(&error))
}

/// Takes back new times of entries in a write that changes nothing else.
pub(crate) fn keep_times(old: &Value, new: &mut Value) {
    managed_fields::keep_times(old, new);
}

fn with_manager<T>(
    registry: &Registry,
    served: &Served,
    writer: &Writer,
    write: impl FnOnce(FieldManager<'_>) -> T,
) -> T {
    let subresource = writer.subresource.as_deref();
    let unowned = strategy::reset_fields(served, subresource).iter().map(|&field| Path::from_iter([field]));
    let versions = KindVersions { registry, served, unowned: unowned.collect() };
    write(FieldManager {
        versions: &versions,
        api_version: &served.api_version(),
        kind: &served.kind,
        subresource: subresource.unwrap_or_default(),
        empty: &served.ownership.of(served).empty,
        now: writer.now,
    })
}

/// All versions of a kind, and what a kind of request cannot own.
struct KindVersions<'a> {
    registry: &'a Registry,
    served: &'a Served,
    unowned: FieldSet,
}

impl KindVersions<'_> {
    fn version(&self, version: &str) -> Option<&Served> {
        if version == self.served.api_version() {
            return Some(self.served);
        }
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let same = group == &*self.served.group;
        same.then(|| self.registry.get(group, version, &self.served.plural)).flatten().map(AsRef::as_ref)
    }
}

impl Versions for KindVersions<'_> {
    fn schema(&self, version: &str) -> Option<&MergeSchema> {
        self.version(version).map(|served| &served.ownership.of(served).schema)
    }

    fn convert(&self, object: &Value, version: &str) -> Result<Value, String> {
        let served = self.version(version).ok_or_else(|| format!("no corresponding type for {version}"))?;
        let mut out = object.clone();
        let version = api_version(&served.group, &served.version);
        if served.custom.is_some() {
            object::as_map_mut(&mut out).insert("apiVersion".into(), version.into());
        } else {
            super::kinds::convert(served, &mut out, &version);
        }
        Ok(out)
    }

    fn unowned(&self, _: &str) -> Option<&FieldSet> {
        (!self.unowned.is_empty()).then_some(&self.unowned)
    }
}

fn refuse(error: &ApplyError) -> Status {
    match error {
        ApplyError::WrongKind(_) | ApplyError::HasManagedFields => Status::bad_request(error.to_string()),
        ApplyError::Conflicts(conflicts) => {
            let causes = conflicts.iter().map(|conflict| Cause {
                reason: "FieldManagerConflict",
                message: format!("conflict with {}", conflict.manager),
                field: conflict.path.to_string(),
            });
            Status {
                code: 409,
                reason: "Conflict",
                message: error.to_string(),
                details: Some(Box::new(Details { causes: causes.collect(), ..Details::default() })),
            }
        }
        _ => Status::unexpected(error.to_string()),
    }
}

/// What ownership of the fields of a kind in a version depends on.
#[derive(Debug, Default)]
pub(crate) struct Ownership(OnceLock<Kind>);

#[derive(Debug)]
struct Kind {
    /// How values merge.
    schema: MergeSchema,
    /// What an object is before it is created: for builtin kinds, with the structs that are always written.
    empty: Value,
}

impl Ownership {
    fn of(&self, served: &Served) -> &Kind {
        self.0.get_or_init(|| {
            let builtin = served.schema();
            let mut empty = served.go_kind().map_or_else(|| json!({}), typed::empty);
            empty["apiVersion"] = served.api_version().into();
            empty["kind"] = served.kind.as_ref().into();
            let schema = match (&served.custom, builtin) {
                (Some(custom), _) => custom
                    .schema
                    .as_deref()
                    .map(|schema| MergeSchema::of_custom_resource(schema, &kro_k8s_schemas::object_meta())),
                (None, schema) => schema.as_deref().map(MergeSchema::new),
            };
            Kind { schema: schema.unwrap_or_else(MergeSchema::deduced), empty }
        })
    }
}
