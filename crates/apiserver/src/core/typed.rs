//! Objects of builtin kinds as Go reads and writes them: wrong types are refused, unknown fields vanish, empty values are
//! written or left out as the struct says, quantities and times are canonical. The tables come from kro-k8s-schemas.
//!
//! It refuses to default or to judge values.

pub(super) mod print;
pub(super) mod protobuf;
mod schema_defaults;
mod special;
pub(super) mod time;
pub(super) mod unstructured;

pub(crate) use self::schema_defaults::SchemaDefaults;

use super::{metadata::json_type, place::Place};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use kro_k8s_schemas::{Definition, Empty, GoField, GoName, GoType, Named};
use serde_json::{Map, Value};
use smallvec::SmallVec;

/// Reads an object of a kind in place; its metadata has been read already. Paths of unknown fields go to `unknown`.
pub(super) fn decode(kind: GoName, object: &mut Value, unknown: &mut Vec<String>) -> Result<(), String> {
    let Value::Object(map) = object else { return Ok(()) };
    let metadata = map.remove("metadata");
    let outcome = Decoder { unknown }.fields(kind, map, &Place::ROOT);
    if let Some(metadata) = metadata {
        map.insert("metadata".into(), metadata);
    }
    outcome
}

/// An object of a kind before anything is set: structs inside are there, lists and maps that are always written are null.
pub(super) fn empty(kind: GoName) -> Value {
    let mut empty = zero(&GoType::Named(kind));
    object_without_metadata(&mut empty);
    empty
}

fn object_without_metadata(value: &mut Value) {
    if let Value::Object(map) = value {
        map.remove("metadata");
    }
}

/// Makes null of the empty lists that are always written: the form in which objects are stored does not know one from
/// the other.
pub(super) fn forget_empty_lists(kind: GoName, object: &mut Value) {
    let metadata = object.as_object_mut().and_then(|map| map.remove("metadata"));
    if has_empty_list(object) {
        forget_lists(&GoType::Named(kind), object);
    }
    if let (Value::Object(map), Some(metadata)) = (object, metadata) {
        map.insert("metadata".into(), metadata);
    }
}

fn has_empty_list(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty() || items.iter().any(has_empty_list),
        Value::Object(map) => map.values().any(has_empty_list),
        _ => false,
    }
}

fn forget_lists(go_type: &GoType, value: &mut Value) {
    match (resolved(go_type), value) {
        (GoType::Pointer(inner), value) => forget_lists(inner, value),
        (GoType::List(inner), Value::Array(items)) => {
            for item in items {
                forget_lists(inner, item);
            }
        }
        (GoType::Map(inner), Value::Object(map)) => {
            for value in map.values_mut() {
                forget_lists(inner, value);
            }
        }
        (GoType::Named(name), Value::Object(map)) => {
            for field in name.json_fields() {
                let Some(value) = map.get_mut(&*field.name) else { continue };
                if is_always_written(field) && value.as_array().is_some_and(Vec::is_empty) {
                    *value = Value::Null;
                } else {
                    forget_lists(&field.go_type, value);
                }
            }
        }
        _ => {}
    }
}

/// Where a value stands.
#[derive(Clone, Copy)]
struct Site<'p> {
    /// The innermost struct.
    go_struct: &'p Named,
    place: Place<'p>,
}

impl Site<'_> {
    fn mismatch(&self, found: &Value, wanted: &GoType) -> String {
        let found = match found {
            Value::Number(number) if !matches!(wanted, GoType::String) && is_integral(wanted) => {
                format!("number {number}")
            }
            other => json_type(other).to_owned(),
        };
        format!(
            "json: cannot unmarshal {found} into Go struct field {}.{} of type {}",
            self.go_struct.base(),
            self.place.fields(),
            shown(wanted)
        )
    }
}

fn is_integral(go_type: &GoType) -> bool {
    matches!(resolved(go_type), GoType::Int32 | GoType::Int64)
}

/// A type behind its names, as far as it is no struct.
fn resolved(go_type: &GoType) -> &GoType {
    match go_type {
        GoType::Named(name) => match &name.get().definition {
            Definition::Alias(inner) => resolved(inner),
            _ => go_type,
        },
        other => other,
    }
}

/// A type as Go's messages write it.
fn shown(go_type: &GoType) -> String {
    match go_type {
        GoType::Bool => "bool".into(),
        GoType::Int32 => "int32".into(),
        GoType::Int64 => "int64".into(),
        GoType::Float64 => "float64".into(),
        GoType::String => "string".into(),
        GoType::Bytes => "[]uint8".into(),
        GoType::Any => "interface {}".into(),
        GoType::Pointer(inner) => format!("*{}", shown(inner)),
        GoType::List(inner) => format!("[]{}", shown(inner)),
        GoType::Map(inner) => format!("map[string]{}", shown(inner)),
        GoType::Named(name) => name.get().short(),
    }
}

/// What Go writes for a value that nobody set.
fn zero(go_type: &GoType) -> Value {
    match go_type {
        GoType::Bool => false.into(),
        GoType::Int32 | GoType::Int64 | GoType::Float64 => 0.into(),
        GoType::String => "".into(),
        GoType::Bytes | GoType::Any | GoType::Pointer(_) | GoType::List(_) | GoType::Map(_) => Value::Null,
        GoType::Named(name) => {
            let named = name.get();
            match &named.definition {
                Definition::Alias(inner) => zero(inner),
                Definition::Custom => special::zero(named),
                Definition::Struct(_) => {
                    let mut map = Map::new();
                    for field in name.json_fields().iter().filter(|field| is_always_written(field)) {
                        map.insert(field.name.to_string(), zero(&field.go_type));
                    }
                    Value::Object(map)
                }
            }
        }
    }
}

/// Whether Go writes a field that nobody set.
fn is_always_written(field: &GoField) -> bool {
    match field.empty {
        Empty::Keep => true,
        Empty::OmitZero => false,
        Empty::Omit => matches!(resolved(&field.go_type), GoType::Named(_)),
    }
}

/// Whether Go leaves out a field with this value.
fn is_left_out(field: &GoField, value: &Value) -> bool {
    match field.empty {
        Empty::Keep => false,
        Empty::OmitZero => *value == zero(&field.go_type),
        Empty::Omit => match resolved(&field.go_type) {
            GoType::Pointer(_) | GoType::Any => value.is_null(),
            GoType::Bytes | GoType::List(_) | GoType::Map(_) => match value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
                _ => false,
            },
            GoType::Named(_) => false,
            scalar => *value == zero(scalar),
        },
    }
}

/// As many fields as nearly all structs have at most.
const MOST_FIELDS: usize = 64;

struct Decoder<'u> {
    unknown: &'u mut Vec<String>,
}

impl Decoder<'_> {
    fn fields(
        &mut self,
        name: GoName,
        map: &mut Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let fields = name.json_fields();
        let mut present: SmallVec<[Option<&mut Value>; MOST_FIELDS]> = SmallVec::new();
        present.resize_with(fields.len(), || None);
        let mut has_unknown = false;
        for (name, value) in map.iter_mut() {
            match fields.iter().position(|field| *field.name == **name) {
                Some(at) => present[at] = Some(value),
                None => {
                    self.unknown.push(place.field(name).strict());
                    has_unknown = true;
                }
            }
        }
        let (mut left_out, mut written) =
            (SmallVec::<[&GoField; 8]>::new(), SmallVec::<[&GoField; 8]>::new());
        for (field, value) in fields.iter().zip(present) {
            // Metadata of the whole object stands apart.
            if place.is_root() && &*field.name == "metadata" {
                continue;
            }
            match value {
                Some(value) => {
                    let site = Site { go_struct: name.get(), place: place.field(&field.name) };
                    self.value(&field.go_type, value, site)?;
                    if is_left_out(field, value) {
                        left_out.push(field);
                    }
                }
                None if is_always_written(field) => written.push(field),
                None => {}
            }
        }
        if has_unknown {
            map.retain(|name, _| fields.iter().any(|field| *field.name == **name));
        }
        for field in left_out {
            map.remove(&*field.name);
        }
        for field in written {
            map.insert(field.name.to_string(), zero(&field.go_type));
        }
        Ok(())
    }

    fn value(&mut self, go_type: &GoType, value: &mut Value, site: Site<'_>) -> Result<(), String> {
        if value.is_null() {
            *value = zero(go_type);
            return Ok(());
        }
        match (go_type, &mut *value) {
            (GoType::Pointer(inner), _) => self.value(inner, value, site),
            (GoType::Any, _)
            | (GoType::Bool, Value::Bool(_))
            | (GoType::String, Value::String(_))
            | (GoType::Float64, Value::Number(_)) => Ok(()),
            (GoType::Int32, Value::Number(number)) => match number.as_i64().map(i32::try_from) {
                Some(Ok(_)) => Ok(()),
                _ => Err(site.mismatch(value, go_type)),
            },
            (GoType::Int64, Value::Number(number)) if number.as_i64().is_some() => Ok(()),
            (GoType::Bytes, Value::String(text)) => {
                let bytes = STANDARD.decode(text.replace(['\n', '\r'], "")).map_err(|error| match error {
                    base64::DecodeError::InvalidByte(at, _) => {
                        format!("illegal base64 data at input byte {at}")
                    }
                    _ => format!("illegal base64 data at input byte {}", text.len() / 4 * 4),
                })?;
                *text = STANDARD.encode(bytes);
                Ok(())
            }
            (GoType::List(inner), Value::Array(list)) => {
                for (index, item) in list.iter_mut().enumerate() {
                    self.value(inner, item, Site { place: site.place.index(index), ..site })?;
                }
                Ok(())
            }
            (GoType::Map(inner), Value::Object(map)) => {
                for (key, entry) in map {
                    self.value(inner, entry, Site { place: site.place.key(key), ..site })?;
                }
                Ok(())
            }
            (GoType::Named(name), _) => {
                let named = name.get();
                match &named.definition {
                    Definition::Custom => special::decode(self, named, value, site),
                    Definition::Struct(_) => match value {
                        Value::Object(map) => self.fields(*name, map, &site.place),
                        other => Err(site.mismatch(other, go_type)),
                    },
                    Definition::Alias(inner) => {
                        if matches!(
                            (resolved(inner), &*value),
                            (GoType::String, Value::String(_))
                                | (GoType::Map(_), Value::Object(_))
                                | (GoType::List(_), Value::Array(_))
                                | (GoType::Bool, Value::Bool(_))
                        ) {
                            self.value(inner, value, site)
                        } else {
                            Err(site.mismatch(value, go_type))
                        }
                    }
                }
            }
            (_, found) => Err(site.mismatch(found, go_type)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kro_object::Gvk;
    use serde_json::json;

    fn read(group: &str, kind: &str, object: Value) -> (Result<(), String>, Value, Vec<String>) {
        let kind = kro_k8s_schemas::go_kind(&Gvk::new(group, "v1", kind)).expect("a builtin kind");
        let (mut object, mut unknown) = (object, Vec::new());
        let outcome = decode(kind, &mut object, &mut unknown);
        (outcome, object, unknown)
    }

    #[test]
    fn structs_are_written_and_empty_values_are_not() {
        let (outcome, object, unknown) = read(
            "apps",
            "Deployment",
            json!({"spec": {
                "paused": false, "replicas": 0, "minReadySeconds": 0, "nope": 1,
                "template": {"spec": {"containers": [{"name": "a", "args": [], "tty": null}]}},
            }}),
        );
        assert_eq!(outcome, Ok(()));
        assert_eq!(
            object,
            json!({
                "spec": {
                    "replicas": 0, "selector": null, "strategy": {},
                    "template": {"metadata": {}, "spec": {"containers": [{"name": "a", "resources": {}}]}},
                },
                "status": {},
            })
        );
        assert_eq!(unknown, ["spec.nope"]);
    }

    #[test]
    fn empty_lists_are_null_where_they_are_stored() {
        let role = kro_k8s_schemas::go_kind(&Gvk::new("rbac.authorization.k8s.io", "v1", "Role"));
        let role = role.expect("a builtin kind");
        let mut object = json!({"metadata": {"name": "a"}, "rules": []});
        forget_empty_lists(role, &mut object);
        assert_eq!(object, json!({"metadata": {"name": "a"}, "rules": null}));
        let mut object = json!({"rules": [{"verbs": [], "resources": ["pods"]}]});
        forget_empty_lists(role, &mut object);
        assert_eq!(object, json!({"rules": [{"verbs": null, "resources": ["pods"]}]}));
    }

    #[test]
    fn quantities_are_canonical() {
        let (outcome, object, _) = read(
            "",
            "ResourceQuota",
            json!({"spec": {"hard": {"memory": "2048Mi", "cpu": 0.5, "pods": "1e3"}}}),
        );
        assert_eq!(outcome, Ok(()));
        assert_eq!(object["spec"]["hard"], json!({"memory": "2Gi", "cpu": "500m", "pods": "1e3"}));
    }

    #[test]
    fn messages_name_the_innermost_struct() {
        for (spec, want) in [
            (
                json!({"replicas": "x"}),
                "string into Go struct field DeploymentSpec.spec.replicas of type int32",
            ),
            (
                json!({"template": []}),
                "array into Go struct field DeploymentSpec.spec.template of type v1.PodTemplateSpec",
            ),
            (
                json!({"template": {"spec": {"containers": [{"env": [{"name": 1}]}]}}}),
                "number into Go struct field EnvVar.spec.template.spec.containers.env.name of type string",
            ),
            (
                json!({"template": {"spec": {"restartPolicy": true}}}),
                "bool into Go struct field PodSpec.spec.template.spec.restartPolicy of type v1.RestartPolicy",
            ),
        ] {
            let (outcome, ..) = read("apps", "Deployment", json!({"spec": spec}));
            assert_eq!(outcome, Err(format!("json: cannot unmarshal {want}")));
        }
    }
}
