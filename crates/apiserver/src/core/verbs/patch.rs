//! A change of an object by one of four kinds of patches.

use super::{
    Request,
    create::{owners_warning, settle_namespace},
};
use crate::{
    core::{
        Core, Reply,
        access::Attributes,
        body::{self, Body, Source},
        decode, managed, metadata,
        negotiate::BodyFormat,
        object,
        options::{self, FieldValidation, WriteOptions},
        patch::{PatchKind, json, merge, strategic},
        registry::Served,
        store::Key,
        write::Writer,
    },
    field_error::FieldError,
    status::Status,
};
use serde_json::Value;
use std::mem;

impl Core {
    pub(super) fn patch_verb(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let kind = PatchKind::of(&request.call.content_type, request.served.is_builtin())?;
        let options = WriteOptions::parse(request.call, options::PATCH, kind == PatchKind::Apply)?;
        let writer = request.writer(&options.field_manager, options.dry_run);
        let key = request.key();
        if kind == PatchKind::Apply {
            return self.apply_verb(request, &key, writer, &options);
        }
        if self.store.get(&request.served.storage, &key).is_none() {
            return Err(Status::not_found(request.served.named(), &key.name));
        }
        let body = read_patch(&mut request.body, kind)?;
        let mut warnings = mem::take(&mut request.warnings);
        let served = request.served.clone();
        let mut repeated = Vec::new();
        let patched = self.update(&served, &key, &writer, &mut |_, old| {
            let old = old.unwrap_or(&Value::Null);
            let produce = || produce(kind, old, &body.value, &served);
            let mut new =
                decode::patched(&served, &produce, &body, kind, options.field_validation, &mut warnings)?;
            check_name(object::name(old), &new)?;
            settle_namespace(request, &mut new)?;
            check_uid(&served, old, &new)?;
            check_version(&new)?;
            repeated.extend(metadata::unite_owners(&mut new));
            Ok(new)
        });
        if patched.is_ok() {
            warnings.extend(owners_warning(&repeated, " after mutating admission happens"));
        }
        request.warnings = warnings;
        request.answer_written(200, patched?)
    }

    fn apply_verb(
        &mut self,
        request: &mut Request<'_>,
        key: &Key,
        writer: Writer,
        options: &WriteOptions,
    ) -> Result<Reply, Status> {
        let served = request.served.clone();
        let mut body = request.body.read(BodyFormat::Yaml).map_err(|why| {
            Status::bad_request(format!("error decoding YAML: error converting YAML to JSON: {why}"))
        })?;
        let mut applied = mem::take(&mut body.value);
        if applied.is_null() {
            applied = Value::Object(serde_json::Map::new());
        }
        check_applied(request, &applied)?;
        let problems = mem::take(&mut body.problems);
        let writer = Writer { owns_settled: true, ..writer };
        match options.field_validation {
            FieldValidation::Warn => request.warnings.extend(body::as_warnings(&problems)),
            FieldValidation::Strict if !problems.is_empty() => {
                return Err(Status::bad_request(format!(
                    "error strict decoding YAML: error converting YAML to JSON: {}",
                    problems.join(", ")
                )));
            }
            _ => {}
        }
        let force = options.force;
        let mut merged = |core: &mut Self, old: Option<&Value>| -> Result<Value, Status> {
            check_version(&applied)?;
            let mut new = managed::apply(&core.registry, old, &applied, &served, &writer, force)?;
            decode::applied(&served, &mut new)?;
            settle_namespace(request, &mut new)?;
            check_name(&key.name, &new)?;
            Ok(new)
        };
        if self.store.get(&served.storage, key).is_some() {
            let updated = self.update(&served, key, &writer, &mut merged)?;
            return request.answer_written(200, updated);
        }
        if request.subresource.is_some() {
            return Err(Status::not_found(served.named(), &key.name));
        }
        let create = Attributes {
            verb: "create".into(),
            group: served.group.to_string(),
            resource: served.plural.to_string(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            ..Attributes::default()
        };
        self.demand(&request.user, &create)?;
        let new = merged(self, None)?;
        let created = self.create(&served, new, &writer)?;
        request.answer_written(201, created)
    }
}

/// A write may not make another object of the one it names.
pub(super) fn check_name(wanted: &str, new: &Value) -> Result<(), Status> {
    let name = object::name(new);
    if name == wanted {
        return Ok(());
    }
    Err(Status::bad_request(if name.is_empty() {
        format!("the name of the object ({wanted} based on URL) was undeterminable: name must be provided")
    } else {
        format!("the name of the object ({name}) does not match the name on the URL ({wanted})")
    }))
}

/// Nor another incarnation.
fn check_uid(served: &Served, old: &Value, new: &Value) -> Result<(), Status> {
    let given = object::meta_text(new, "uid");
    if given.is_empty() || given == object::meta_text(old, "uid") {
        return Ok(());
    }
    let error = FieldError::invalid_text("metadata.uid", given, "field is immutable");
    // Metadata is checked twice, here as in every update.
    Err(Status::invalid(&served.storage.group, &served.kind, object::name(old), &[error.clone(), error]))
}

/// A version that is no number is an error that nobody has thought of.
pub(super) fn check_version(object: &Value) -> Result<(), Status> {
    let version = object::meta_text(object, "resourceVersion");
    if !version.is_empty() && version.parse::<u64>().is_err() {
        return Err(Status::unexpected(format!("strconv.ParseUint: parsing {version:?}: invalid syntax")));
    }
    Ok(())
}

fn check_applied(request: &Request<'_>, applied: &Value) -> Result<(), Status> {
    let served = &request.served;
    if !applied.is_object() {
        return Err(Status::bad_request(format!(
            "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            metadata::json_type(applied)
        )));
    }
    managed::check(served, applied)
}

/// Reads a JSON, merge or strategic patch.
pub(super) fn read_patch<'c>(body: &mut Source<'c>, kind: PatchKind) -> Result<Body<'c>, Status> {
    let what = if kind == PatchKind::Strategic { "" } else { "error decoding patch: " };
    let mut body = body.read(BodyFormat::Json).map_err(|why| {
        let why = why.strip_prefix("couldn't get version/kind; json parse error: ").unwrap_or(&why);
        Status::bad_request(format!("{what}{why}"))
    })?;
    match (kind, &body.value) {
        (PatchKind::Json, _) | (_, Value::Object(_)) => {}
        (PatchKind::Strategic, Value::Null) => body.value = Value::Object(serde_json::Map::new()),
        (_, Value::Null) => return Err(Status::bad_request("Invalid JSON Patch")),
        (_, other) => {
            return Err(Status::bad_request(format!(
                "{what}json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
                metadata::json_type(other)
            )));
        }
    }
    if kind == PatchKind::Json {
        let mut unknown = json::unknown_fields(&body.value);
        if unknown.len() > 1 {
            body.sort_as_written(&mut unknown);
        }
        body.problems.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
        for problem in &mut body.problems {
            problem.insert_str(0, "json patch ");
        }
    }
    Ok(body)
}

/// What a patch makes of an object.
pub(super) fn produce(kind: PatchKind, old: &Value, patch: &Value, served: &Served) -> Result<Value, Status> {
    match kind {
        PatchKind::Json => json::apply(old, patch),
        PatchKind::Merge => {
            let mut new = old.clone();
            merge::apply(&mut new, patch);
            Ok(new)
        }
        PatchKind::Strategic => strategic::apply(old, patch, served),
        PatchKind::Apply => unreachable!("invariant: applies are handled apart"),
    }
}
