//! Bodies of builtin kinds as Go's typed decoder reads them: wrong types refused, unknown fields, nulls and empty
//! values dropped, quantities in canonical form, structs that are always there filled in.

use crate::core::metadata::json_type;
use kro_schema::{Kind, Schema};
use serde_json::{Map, Value, json};

/// What is known on the way down.
pub(super) struct Decoder<'u> {
    /// Paths of unknown fields.
    pub unknown: &'u mut Vec<String>,
}

impl Decoder<'_> {
    /// Decodes an object; its metadata has been decoded already.
    pub(super) fn object(&mut self, schema: &Schema, object: &mut Value, kind: &str) -> Result<(), String> {
        let Value::Object(map) = object else { return Ok(()) };
        let kept = map.remove("metadata");
        self.fields(schema, map, kind, "")?;
        if let Some(metadata) = kept {
            map.insert("metadata".into(), metadata);
        }
        Ok(())
    }

    fn fields(
        &mut self,
        schema: &Schema,
        map: &mut Map<String, Value>,
        go_struct: &str,
        path: &str,
    ) -> Result<(), String> {
        let names: Vec<String> = map.keys().cloned().collect();
        for name in names {
            let at = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            let Some(field) = schema.field(&name) else {
                if !schema.preserves_unknown() {
                    self.unknown.push(at);
                    map.remove(&name);
                }
                continue;
            };
            let field = field.clone();
            let Some(value) = map.get_mut(&name) else { continue };
            if value.is_null() {
                map.remove(&name);
                continue;
            }
            self.value(&field, value, &Place { go_struct, json_path: &at, name: &name })?;
            let is_required = schema.requires(&name);
            if !is_required && is_droppable(value, &name, path) {
                map.remove(&name);
            }
        }
        Ok(())
    }

    fn value(&mut self, schema: &Schema, value: &mut Value, place: &Place<'_>) -> Result<(), String> {
        match (&schema.kind, &mut *value) {
            (Kind::Object { .. }, Value::Object(map)) => {
                let is_map = schema.property("").is_none() && is_text_map(schema);
                if is_map {
                    return self.entries(schema, map, place);
                }
                let go_struct = struct_name(place.name);
                self.fields(schema, map, &go_struct, place.json_path)
            }
            (Kind::Object { .. }, other) if !schema.preserves_unknown() => {
                let wanted = if is_text_map(schema) {
                    "map[string]string".to_owned()
                } else {
                    format!("v1.{}", struct_name(place.name))
                };
                Err(place.mismatch(other, &wanted))
            }
            (Kind::Array { items }, Value::Array(list)) => {
                for (index, item) in list.iter_mut().enumerate() {
                    let at = format!("{}[{index}]", place.json_path);
                    self.value(items, item, &Place { json_path: &at, ..*place })?;
                }
                Ok(())
            }
            (Kind::Array { items }, other) => {
                let inner = match items.kind {
                    Kind::String => "string".to_owned(),
                    Kind::Integer => "int32".to_owned(),
                    _ => format!("v1.{}", struct_name(place.name).trim_end_matches('s')),
                };
                Err(place.mismatch(other, &format!("[]{inner}")))
            }
            (Kind::String, other) if !other.is_string() => {
                if is_quantity(place) && other.is_number() {
                    *other = other.to_string().into();
                    return normalize_quantity(other);
                }
                Err(place.mismatch(other, "string"))
            }

            (Kind::Integer, other) if other.as_i64().is_none() => {
                let wanted =
                    if schema.constraints.format.as_deref() == Some("int64") { "int64" } else { "int32" };
                let shown = match &*other {
                    Value::Number(number) => format!("number {number}"),
                    other => json_type(other).to_owned(),
                };
                Err(place.mismatch_text(&shown, wanted))
            }
            (Kind::Boolean, other) if !other.is_boolean() => Err(place.mismatch(other, "bool")),
            _ => Ok(()),
        }
    }

    /// The entries of a map from text to values of one type.
    fn entries(
        &mut self,
        schema: &Schema,
        map: &mut Map<String, Value>,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let Kind::Object { additional: Some(values), .. } = &schema.kind else { return Ok(()) };
        for value in map.values_mut() {
            if value.is_null() {
                if matches!(values.kind, Kind::String) {
                    *value = "".into();
                }
                continue;
            }
            if is_quantity(place) && (value.is_string() || value.is_number()) {
                if value.is_number() {
                    *value = value.to_string().into();
                }
                normalize_quantity(value)?;
                continue;
            }
            self.value(values, value, place)?;
        }
        Ok(())
    }
}

/// Where a value stands, for messages.
struct Place<'p> {
    go_struct: &'p str,
    json_path: &'p str,
    name: &'p str,
}

impl Place<'_> {
    fn mismatch(&self, found: &Value, wanted: &str) -> String {
        self.mismatch_text(json_type(found), wanted)
    }

    fn mismatch_text(&self, found: &str, wanted: &str) -> String {
        let path: String = strip_indexes(self.json_path);
        format!(
            "json: cannot unmarshal {found} into Go struct field {}.{path} of type {wanted}",
            self.go_struct
        )
    }
}

/// Go's messages leave out positions in lists.
fn strip_indexes(path: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            other if depth == 0 => out.push(other),
            _ => {}
        }
    }
    out
}

fn is_text_map(schema: &Schema) -> bool {
    matches!(&schema.kind, Kind::Object { additional: Some(_), properties, .. } if properties.is_empty())
}

/// The Go struct of a field, where it is known or follows from the name.
fn struct_name(field: &str) -> String {
    match field {
        "spec" | "status" => String::new(),
        "containers" | "initContainers" => "Container".into(),
        "template" => "PodTemplateSpec".into(),
        "selector" => "LabelSelector".into(),
        "ports" => "ContainerPort".into(),
        other => {
            let mut chars = other.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
        }
    }
}

/// Whether the fields of a map or struct are resource quantities.
fn is_quantity(place: &Place<'_>) -> bool {
    matches!(
        place.name,
        "requests"
            | "limits"
            | "capacity"
            | "allocatable"
            | "hard"
            | "used"
            | "sizeLimit"
            | "min"
            | "max"
            | "defaultRequest"
            | "averageValue"
    )
}

fn normalize_quantity(value: &mut Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match text.parse::<kro_object::Quantity>() {
        Ok(quantity) => {
            *value = quantity.to_string().into();
            Ok(())
        }
        Err(_) => {
            Err("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                .into())
        }
    }
}

/// Values that Go's encoder leaves out: empty maps and lists, and zero values of fields that are no pointers.
fn is_droppable(value: &Value, name: &str, path: &str) -> bool {
    const ZERO_FLAGS: [&str; 9] = [
        "paused",
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "stdin",
        "stdinOnce",
        "tty",
        "readOnly",
        "unschedulable",
    ];
    match value {
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => {
            map.is_empty()
                && matches!(
                    name,
                    "data"
                        | "binaryData"
                        | "stringData"
                        | "matchLabels"
                        | "nodeSelector"
                        | "labels"
                        | "annotations"
                        | "requests"
                        | "limits"
                        | "hard"
                )
        }
        Value::Bool(false) => ZERO_FLAGS.contains(&name),
        Value::String(text) => {
            text.is_empty() && !matches!(name, "value" | "storageClassName" | "key") && !path.is_empty()
        }
        Value::Number(number) => {
            number.as_i64() == Some(0)
                && matches!(name, "minReadySeconds" | "hostPort" | "weight" | "nodePort")
        }
        _ => false,
    }
}

/// Fills in structs that Go always writes: fields whose recorded default is `{}`, and other recorded defaults.
pub(super) fn default(schema: &Schema, object: &mut Value) {
    let Value::Object(map) = object else {
        if let (Value::Array(list), Some(items)) = (object, schema.items()) {
            for item in list {
                default(items, item);
            }
        }
        return;
    };
    if let Kind::Object { properties, .. } = &schema.kind {
        for (name, field) in properties {
            if &**name == "metadata" && !map.contains_key("metadata") {
                continue;
            }
            if let Some(recorded) = &field.default
                && (*recorded != json!({}) || is_written_empty(name))
                && *recorded != json!("")
                && *recorded != json!(0)
                && !map.contains_key(&**name)
            {
                map.insert(name.to_string(), recorded.clone());
            }
        }
    }
    for (name, value) in map.iter_mut() {
        if let Some(field) = schema.field(name)
            && name != "metadata"
        {
            default(field, value);
        }
    }
}

/// Structs without `omitempty` among those that are no pointers.
fn is_written_empty(name: &str) -> bool {
    matches!(name, "status" | "resources" | "strategy" | "updateStrategy" | "spec")
}
