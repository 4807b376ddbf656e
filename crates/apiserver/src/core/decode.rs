//! From a body to an object of the endpoint's kind: kind checks, metadata, unknown fields, defaults.

use super::{
    body::{self, Body, Source},
    metadata,
    metadata::json_type,
    negotiate::{self, BodyFormat},
    object,
    options::FieldValidation,
    patch::{GoValue, PatchKind},
    registry::{Registry, Served},
    strategy,
    typed::{self, print},
};
use crate::{field_error::FieldError, status::Status};
use kro_object::Gvk;
use serde_json::{Map, Value};

/// Reads and decodes the body of a create or update. Complaints that are no errors go to `warnings`.
pub(crate) fn object(
    registry: &Registry,
    served: &Served,
    body: &mut Source<'_>,
    content_type: &str,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let bytes = body.bytes();
    let format = negotiate::body_format(content_type)?;
    if format == BodyFormat::Protobuf && !served.is_builtin() {
        return Err(Status::unsupported_media_type("application/json, application/yaml"));
    }
    let unrecognized = |why: String| {
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): {why} ({})",
            served.kind,
            snippet(bytes)
        ))
    };
    let mut read = body.read(format).map_err(unrecognized)?;
    if read.value.is_null() {
        read.value = Value::Object(Map::new());
    }
    check_header(&read.value, format).map_err(unrecognized)?;
    let value = std::mem::take(&mut read.value);
    let value = identify(registry, served, value, bytes)?;
    settle(served, value, Some(&read), validation, warnings, |why| {
        let version = served.version.as_ref();
        Status::bad_request(format!(
            "{0} in version {version:?} cannot be handled as a {0}: {why}",
            served.kind
        ))
    })
}

/// Decodes the value that a patch produces. Refusals quote it as it was produced, which is done again for them; a
/// strategic patch is quoted itself.
pub(crate) fn patched(
    served: &Served,
    produce: &dyn Fn() -> Result<Value, Status>,
    patch: &Body<'_>,
    patch_kind: PatchKind,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let mut value = produce()?;
    let is_strategic = patch_kind == PatchKind::Strategic;
    let refuse = |why: String| {
        let value = produce().unwrap_or_default();
        let quoted = match served.go_kind() {
            _ if is_strategic => GoValue(&patch.value).to_string(),
            Some(kind) => print::print(kind, &value, Some(&patch_kind.touched(&patch.value))),
            None => crate::encode::to_text(&value),
        };
        Status::invalid("", "", "", &[FieldError::invalid_text("patch", &quoted, why)])
    };
    if let Some(kind) = served.go_kind().filter(|_| is_strategic) {
        typed::unstructured::check(kind, &value).map_err(refuse)?;
        // It is made into an object of the kind without asking what it says of itself.
        name_kind(served, &mut value);
    }
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    match (text("apiVersion"), text("kind")) {
        (_, "") if !served.is_builtin() => {
            return Err(refuse(format!("Object 'Kind' is missing in '{}'", crate::encode::to_text(&value))));
        }
        ("", _) if !served.is_builtin() => {
            let why = "Object 'apiVersion' is missing in 'object has no apiVersion field'";
            return Err(Status::internal(why));
        }
        // Whether they are the right ones is for validation to say.
        _ if !served.is_builtin() => {}
        (version, "") if version == served.api_version() => name_kind(served, &mut value),
        ("", kind) if kind.is_empty() || *kind == *served.kind => {
            return Err(internal(&value, validation, warnings, refuse));
        }
        _ => {
            if let Some(why) = other_kind(served, &value) {
                return Err(refuse(why));
            }
        }
    }
    settle(served, value, Some(patch), validation, warnings, refuse)
}

fn name_kind(served: &Served, object: &mut Value) {
    let map = object::as_map_mut(object);
    map.insert("apiVersion".into(), served.api_version().into());
    map.insert("kind".into(), served.kind.as_ref().into());
}

/// What becomes of an object without a version: it is decoded as Go's internal type, which knows no JSON fields, and
/// so has no name.
fn internal(
    value: &Value,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
    refuse: impl Fn(String) -> Status,
) -> Status {
    let mut fields: Vec<&String> = value.as_object().into_iter().flat_map(Map::keys).collect();
    fields.retain(|field| !matches!(field.as_str(), "apiVersion" | "kind"));
    fields.sort();
    let unknown: Vec<String> = fields.iter().map(|field| format!("unknown field {field:?}")).collect();
    match validation {
        FieldValidation::Strict if !unknown.is_empty() => {
            return refuse(format!("strict decoding error: {}", unknown.join(", ")));
        }
        FieldValidation::Warn => warnings.extend(unknown),
        _ => {}
    }
    Status::bad_request(format!(
        "the name of the object ({} based on URL) was undeterminable: name must be provided",
        object::name(value)
    ))
}

/// What the decoder says if a patch has made something else of an object of a builtin kind.
fn other_kind(served: &Served, value: &Value) -> Option<String> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if kind == &*served.kind && api_version == served.api_version() {
        return None;
    }
    if api_version.is_empty() {
        let group = &served.group;
        return Some(format!(
            "no kind {kind:?} is registered for the internal version of group {group:?} in scheme \"pkg/runtime/scheme.go:111\""
        ));
    }
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let Some(known) = kro_k8s_schemas::go_kind(&Gvk::new(group, version, kind)) else {
        return Some(format!(
            "no kind {kind:?} is registered for version {api_version:?} in scheme \"pkg/runtime/scheme.go:111\""
        ));
    };
    let outcome = typed::decode(known, &mut value.clone(), &mut Vec::new());
    Some(outcome.err().unwrap_or_else(|| {
        format!(
            "converting ({version}.{kind}) to ({}.{}): unknown conversion",
            internal_package(&served.group),
            served.kind
        )
    }))
}

/// Decodes and defaults an object that the server itself made.
pub(crate) fn settled(served: &Served, object: &mut Value) {
    let mut unknown = Vec::new();
    let outcome = super::kinds::decode(served, object, &mut unknown);
    debug_assert_eq!(outcome, Ok(()), "the server makes objects of the right types");
    strategy::default(served, object);
}

/// Decodes and defaults what an apply has made of an object.
pub(crate) fn applied(served: &Served, object: &mut Value) -> Result<(), Status> {
    super::kinds::decode(served, object, &mut Vec::new()).map_err(Status::unexpected)?;
    metadata::drop_empty(object);
    strategy::default(served, object);
    Ok(())
}

/// Checks the types of an object's fields, drops unknown ones and fills in defaults.
fn settle(
    served: &Served,
    mut value: Value,
    read: Option<&Body<'_>>,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
    refuse: impl Fn(String) -> Status,
) -> Result<Value, Status> {
    let mut unknown = Vec::new();
    let map = object::as_map_mut(&mut value);
    let meta = map.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
    if meta.is_null() {
        *meta = Value::Object(Map::new());
    }
    let is_builtin = served.is_builtin();
    if is_builtin && !meta.is_object() {
        return Err(refuse(format!(
            "json: cannot unmarshal {} into Go struct field {}.metadata of type v1.ObjectMeta",
            json_type(meta),
            served.kind
        )));
    }
    let path = if is_builtin { "metadata" } else { "" };
    metadata::decode(meta, path, "metadata", &mut unknown).map_err(&refuse)?;
    match &served.custom {
        Some(custom) => {
            custom.decode_embedded(&mut value, &mut unknown).map_err(&refuse)?;
            unknown.extend(custom.prune(&mut value));
            unknown.sort();
        }
        None => super::kinds::decode(served, &mut value, &mut unknown).map_err(&refuse)?,
    }
    let mut problems = read.map(|body| body.problems.clone()).unwrap_or_default();
    if let (Some(body), true) = (read, is_builtin) {
        body.sort(&mut unknown);
    }
    problems.extend(unknown.iter().map(|path| format!("unknown field {path:?}")));
    match validation {
        FieldValidation::Ignore => {}
        FieldValidation::Warn => warnings.extend(body::as_warnings(&problems)),
        FieldValidation::Strict if problems.is_empty() => {}
        FieldValidation::Strict => {
            return Err(refuse(format!("strict decoding error: {}", problems.join(", "))));
        }
    }
    strategy::default(served, &mut value);
    Ok(value)
}

/// The part of a body that every decoder looks at first.
pub(crate) fn check_header(value: &Value, format: BodyFormat) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    let prefix = if format == BodyFormat::Json {
        "couldn't get version/kind; json parse error"
    } else {
        "couldn't get version/kind"
    };
    let Value::Object(map) = value else {
        return Err(format!(
            "{prefix}: json: cannot unmarshal {} into Go value of type struct {{ APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }}",
            json_type(value)
        ));
    };
    for field in ["apiVersion", "kind"] {
        if let Some(wrong) = map.get(field).filter(|value| !value.is_string() && !value.is_null()) {
            return Err(format!(
                "{prefix}: json: cannot unmarshal {} into Go struct field .{field} of type string",
                json_type(wrong)
            ));
        }
    }
    Ok(())
}

/// Checks that the body is of the endpoint's kind; builtin endpoints fill in what is missing.
fn identify(registry: &Registry, served: &Served, mut value: Value, bytes: &[u8]) -> Result<Value, Status> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    let wanted = served.api_version();
    let wrong_version = |given: &str| {
        Err(Status::bad_request(format!(
            "the API version in the data ({given}) does not match the expected API version ({wanted})"
        )))
    };
    if api_version.matches('/').count() > 1 && !kind.is_empty() {
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): unexpected GroupVersion string: {api_version} ({})",
            served.kind,
            snippet(bytes)
        )));
    }
    if served.custom.is_some() {
        if kind.is_empty() {
            return Err(Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {}): Object 'Kind' is missing in '{}' ({})",
                served.kind,
                String::from_utf8_lossy(bytes),
                snippet(bytes)
            )));
        }
        if api_version != wanted {
            return wrong_version(&api_version);
        }
        // Whether it is the right kind is for validation to say.
        return Ok(value);
    }
    let given_version = if api_version.is_empty() { wanted.clone() } else { api_version };
    let given_kind = if kind.is_empty() { served.kind.to_string() } else { kind };
    if given_version != wanted || given_kind != *served.kind {
        let (group, version) = given_version.split_once('/').unwrap_or(("", &given_version));
        let is_other_version = registry.kind(group, version, &given_kind).is_some()
            || FORMER_VERSIONS.contains(&given_version.as_str());
        if group == &*served.group && given_kind == *served.kind && is_other_version {
            return wrong_version(&given_version);
        }
        let why = if registry.kind(group, version, &given_kind).is_some() {
            format!(
                "converting ({version}.{given_kind}) to ({}.{}): unknown conversion",
                internal_package(&served.group),
                served.kind
            )
        } else {
            format!(
                "no kind {given_kind:?} is registered for version {given_version:?} in scheme \"pkg/runtime/scheme.go:111\""
            )
        };
        return Err(Status::bad_request(format!(
            "{given_kind} in version {version:?} cannot be handled as a {}: {why}",
            served.kind
        )));
    }
    let map = object::as_map_mut(&mut value);
    map.insert("apiVersion".into(), wanted.into());
    map.insert("kind".into(), served.kind.as_ref().into());
    Ok(value)
}

/// Versions no longer served that the real server still knows how to read.
const FORMER_VERSIONS: [&str; 6] = [
    "apps/v1beta1",
    "apps/v1beta2",
    "batch/v1beta1",
    "policy/v1beta1",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
];

/// The Go package of a group's internal types.
fn internal_package(group: &str) -> &str {
    if group.is_empty() { "core" } else { group.split('.').next().unwrap_or(group) }
}

/// The beginning of a body as error messages quote it: text if it looks like JSON, else hexadecimal.
fn snippet(bytes: &[u8]) -> String {
    const SHOWN: usize = 30;
    if bytes.is_empty() {
        return "<empty>".into();
    }
    let head = &bytes[..bytes.len().min(SHOWN)];
    let mut out = if bytes[0] == b'{' {
        String::from_utf8_lossy(head).into_owned()
    } else {
        crate::encode::hex(head).to_ascii_lowercase()
    };
    if bytes.len() > SHOWN {
        out.push_str(" ...");
    }
    out
}
