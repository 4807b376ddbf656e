//! The `scale` subresource: replicas of any kind through one shape.

use super::{
    Request,
    create::settle_namespace,
    patch::{check_name, check_version, produce, read_patch},
};
use crate::{
    core::{
        Core, Reply,
        body::Body,
        decode, managed,
        negotiate::BodyFormat,
        object,
        options::{self, WriteOptions},
        patch::{PatchKind, merge},
        registry::{Served, builtin::SCALE},
    },
    field_error::FieldError,
    status::Status,
};
use serde_json::{Map, Value, json};
use std::mem;

/// Where a kind keeps what its scale shows, as JSON pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScalePaths {
    pub spec_replicas: String,
    pub status_replicas: String,
    /// Where the selector stands as text; builtin kinds have a structured one in `spec.selector`.
    pub selector: Option<String>,
}

impl Core {
    pub(super) fn get_scale(&self, request: &Request<'_>) -> Result<Reply, Status> {
        let served = &request.served;
        let key = request.key();
        let stored = self
            .store
            .get(&served.storage, &key)
            .ok_or_else(|| Status::not_found(served.named(), &key.name))?;
        request.answer_scale(scale_of(served, &served.present(stored))?)
    }

    pub(super) fn write_scale(&mut self, request: &mut Request<'_>, is_patch: bool) -> Result<Reply, Status> {
        let (served, key) = (request.served.clone(), request.key());
        let kind = is_patch.then(|| PatchKind::of(&request.call.content_type, served.is_builtin()));
        let kind = kind.transpose()?;
        let is_apply = kind == Some(PatchKind::Apply);
        let options_kind = if is_patch { options::PATCH } else { options::UPDATE };
        let options = WriteOptions::parse(request.call, options_kind, is_apply)?;
        let sent = self.read_scale(request, kind, &options)?;
        let mut writer = request.writer(&options.field_manager, options.dry_run);
        let paths = paths(&served);
        let is_first = served.custom.is_some()
            && self
                .store
                .get(&served.storage, &key)
                .is_some_and(|stored| served.present(stored).pointer(&paths.spec_replicas).is_none());
        writer.owns_settled = true;
        let mut warnings = mem::take(&mut request.warnings);
        let updated = self.update(&served, &key, &writer, &mut |core, old| {
            let old = old.cloned().unwrap_or_default();
            let mut present_of = old.clone();
            if old.pointer(&paths.spec_replicas).is_none() {
                set_pointer(&mut present_of, &paths.spec_replicas, 0.into());
            }
            let present = scale_of(&served, &present_of)?;
            let mut wanted = match &sent {
                Sent::Whole(scale) => scale.clone(),
                Sent::Applied(config) => {
                    let mut wanted = present.clone();
                    merge::apply(&mut wanted, config);
                    wanted
                }
                Sent::Patch(kind, patch) => decode::patched(
                    &SCALE,
                    &|| produce(*kind, &present, &patch.value, &SCALE),
                    patch,
                    *kind,
                    options.field_validation,
                    &mut warnings,
                )?,
            };
            check_name(&key.name, &wanted)?;
            settle_namespace(request, &mut wanted)?;
            check_version(&wanted)?;
            let replicas = replicas(&served, &paths, &key.name, &wanted)?;
            if is_first && replicas == 0 {
                let path = paths.spec_replicas.replace('/', ".");
                return Err(Status::bad_request(format!("the spec replicas field {path:?} cannot be empty")));
            }
            let mut new = old.clone();
            for field in ["resourceVersion", "uid"] {
                let given = object::meta_text(&wanted, field);
                if !given.is_empty() {
                    object::set_meta(&mut new, field, Some(given.into()));
                }
            }
            set_pointer(&mut new, &paths.spec_replicas, replicas.into());
            if is_apply {
                let mut applied = json!({"apiVersion": served.api_version(), "kind": &*served.kind, "metadata": {"name": &*key.name}});
                set_pointer(&mut applied, &paths.spec_replicas, replicas.into());
                new = managed::apply(&core.registry, Some(&old), &applied, &served, &writer, options.force)?;
                if served.custom.is_some() {
                    // The real server cannot, either.
                    return Err(Status::unexpected(format!(
                        "failed to convert new object (/{}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1",
                        key.name
                    )));
                }
            } else if is_owned(&old, &paths.spec_replicas) {
                let mut owned = old.clone();
                set_pointer(&mut owned, &paths.spec_replicas, replicas.into());
                let path = &paths.spec_replicas;
                let mut owned = without_zero(owned, path);
                managed::update(
                    &core.registry,
                    Some(&without_zero(old, path)),
                    &mut owned,
                    &served,
                    &writer,
                );
                object::copy_meta(&owned, &mut new, "managedFields");
            }
            Ok(new)
        });
        request.warnings = warnings;
        request.answer_scale(scale_of(&served, &updated?.object)?)
    }

    /// What a write of a scale has sent.
    fn read_scale<'c>(
        &self,
        request: &mut Request<'c>,
        kind: Option<PatchKind>,
        options: &WriteOptions,
    ) -> Result<Sent<'c>, Status> {
        match kind {
            Some(PatchKind::Apply) => {
                let read = request.body.read(BodyFormat::Yaml).map_err(Status::bad_request)?;
                Ok(Sent::Applied(read.value))
            }
            Some(kind) => Ok(Sent::Patch(kind, read_patch(&mut request.body, kind)?)),
            None => {
                let read = decode::object(
                    &self.registry,
                    &SCALE,
                    &mut request.body,
                    &request.call.content_type,
                    options.field_validation,
                    &mut request.warnings,
                );
                let read = read.map_err(|status| {
                    if request.served.custom.is_some() && status.code == 400 {
                        // The server cannot name the kind to say what is wrong with it.
                        let why = "no kind is registered for the type v1.Scale in scheme \"pkg/runtime/scheme.go:111\"";
                        return Status::bad_request(why);
                    }
                    status
                })?;
                check_name(&request.key().name, &read)?;
                Ok(Sent::Whole(read))
            }
        }
    }
}

/// A scale in the ways it is written.
#[derive(Debug)]
enum Sent<'b> {
    Whole(Value),
    Applied(Value),
    Patch(PatchKind, Body<'b>),
}

/// The number of replicas that a decoded scale asks for.
fn replicas(served: &Served, paths: &ScalePaths, name: &str, wanted: &Value) -> Result<i64, Status> {
    let replicas = wanted.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(0);
    if replicas >= 0 {
        return Ok(replicas);
    }
    if served.custom.is_some() {
        let field = paths.spec_replicas.replace('/', ".");
        let error = FieldError::invalid(field, &replicas.into(), "should be a non-negative integer");
        return Err(Status::invalid(&served.group, &served.kind, name, &[error]));
    }
    let error = FieldError::invalid("spec.replicas", &replicas.into(), "must be greater than or equal to 0");
    Err(Status::invalid("autoscaling", "Scale", name, &[error]))
}

fn paths(served: &Served) -> ScalePaths {
    served.custom.as_ref().and_then(|custom| custom.scale.clone()).unwrap_or_else(|| ScalePaths {
        spec_replicas: "/spec/replicas".into(),
        status_replicas: "/status/replicas".into(),
        selector: None,
    })
}

/// The `Scale` of an object.
fn scale_of(served: &Served, object: &Value) -> Result<Value, Status> {
    let paths = paths(served);
    let number = |pointer: &str| object.pointer(pointer).and_then(Value::as_i64);
    let spec = number(&paths.spec_replicas);
    if served.custom.is_some() && spec.is_none() {
        let path = paths.spec_replicas.replace('/', ".");
        return Err(Status::internal(format!("the spec replicas field {path:?} does not exist")));
    }
    let mut meta = Map::new();
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        if let Some(value) = object::meta(object, field) {
            meta.insert(field.into(), value.clone());
        }
    }
    let mut status = json!({"replicas": number(&paths.status_replicas).unwrap_or(0)});
    let selector = match &paths.selector {
        Some(pointer) => object.pointer(pointer).and_then(Value::as_str).map(str::to_owned),
        None if served.custom.is_none() => Some(selector_text(object.pointer("/spec/selector"))),
        None => None,
    };
    if let Some(selector) = selector.filter(|text| !text.is_empty()) {
        status["selector"] = selector.into();
    }
    let spec = match spec.unwrap_or(0) {
        0 => json!({}),
        replicas => json!({"replicas": replicas}),
    };
    Ok(
        json!({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": meta, "spec": spec, "status": status}),
    )
}

/// A structured label selector in the text form.
fn selector_text(selector: Option<&Value>) -> String {
    let Some(selector) = selector.and_then(Value::as_object) else { return String::new() };
    let mut out = Vec::new();
    let labels = if selector.contains_key("matchLabels") || selector.contains_key("matchExpressions") {
        selector.get("matchLabels").and_then(Value::as_object)
    } else {
        Some(selector)
    };
    for (key, value) in labels.into_iter().flatten() {
        out.push(format!("{key}={}", value.as_str().unwrap_or_default()));
    }
    for expression in selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let key = expression.get("key").and_then(Value::as_str).unwrap_or_default();
        let values = object::texts(expression.get("values")).join(",");
        out.push(match expression.get("operator").and_then(Value::as_str) {
            Some("In") => format!("{key} in ({values})"),
            Some("NotIn") => format!("{key} notin ({values})"),
            Some("Exists") => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    out.join(",")
}

/// Whether the number of replicas is anybody's. While it is nobody's, whoever changes it does not get it: a scale
/// without owners has nothing to keep books of.
fn is_owned(object: &Value, pointer: &str) -> bool {
    let fields = pointer.replace('/', "/f:");
    object::meta(object, "managedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .any(|entry| entry.get("fieldsV1").is_some_and(|owned| owned.pointer(&fields).is_some()))
}

/// The object as ownership sees it: a scale leaves out a number of replicas that is 0, so nobody can own that.
fn without_zero(mut object: Value, pointer: &str) -> Value {
    if let Some((parent, name)) = pointer.rsplit_once('/')
        && let Some(Value::Object(fields)) = object.pointer_mut(parent)
        && fields.get(name) == Some(&0.into())
    {
        fields.remove(name);
    }
    object
}

/// Sets the value at a JSON pointer of plain keys, making objects on the way.
fn set_pointer(target: &mut Value, pointer: &str, value: Value) {
    let mut at = target;
    for segment in pointer.split('/').skip(1) {
        at = object::as_map_mut(at).entry(segment).or_insert(Value::Null);
    }
    *at = value;
}
