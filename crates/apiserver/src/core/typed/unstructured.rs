//! Which value of a patched object does not fit its Go type, in the words of the converter that strategic patches pass
//! through. It judges the shapes alone; the decoder judges what is written in texts.

use super::{resolved, shown};
use kro_k8s_schemas::{Definition, GoName, GoType};
use serde_json::Value;

/// The first misfit of an object of a kind, in the order of the struct's fields.
pub(in crate::core) fn check(kind: GoName, object: &Value) -> Result<(), String> {
    value(&GoType::Named(kind), object)
}

fn value(go_type: &GoType, found: &Value) -> Result<(), String> {
    if found.is_null() {
        return Ok(());
    }
    match (resolved(go_type), found) {
        (GoType::Any | GoType::Bytes, _) => Ok(()),
        (GoType::Pointer(inner), _) => value(inner, found),
        (GoType::List(inner), Value::Array(items)) => items.iter().try_for_each(|item| value(inner, item)),
        (GoType::List(_), _) => Err(format!("cannot restore slice from {}", kind_of(found))),
        (GoType::Map(inner), Value::Object(map)) => map.values().try_for_each(|item| value(inner, item)),
        (GoType::Map(_), _) => Err(format!("cannot restore map from {}", kind_of(found))),
        (GoType::Named(name), _) => match (&name.get().definition, found) {
            (Definition::Struct(_), Value::Object(map)) => name
                .json_fields()
                .iter()
                .filter_map(|field| map.get(&*field.name).map(|member| (field, member)))
                .try_for_each(|(field, member)| value(&field.go_type, member)),
            (Definition::Struct(_), _) => Err(format!("cannot restore struct from: {}", kind_of(found))),
            _ => Ok(()),
        },
        (scalar, _) => fits(go_type, scalar, found),
    }
}

/// Go converts between numbers only; between a number and a text it would, and so says that it cannot.
fn fits(go_type: &GoType, scalar: &GoType, found: &Value) -> Result<(), String> {
    let is_float = found.is_f64();
    match (scalar, found) {
        (GoType::Bool, Value::Bool(_))
        | (GoType::String, Value::String(_))
        | (GoType::Float64, Value::Number(_)) => Ok(()),
        (GoType::Int32 | GoType::Int64, Value::Number(number)) => match number.as_f64() {
            Some(float) if is_float && float.fract() != 0.0 => {
                Err(format!("cannot convert float64 to {}", shown(go_type)))
            }
            _ => Ok(()),
        },
        (GoType::String, Value::Number(_)) if !is_float => {
            Err(format!("cannot convert int64 to {}", shown(go_type)))
        }
        _ => Err(format!("unrecognized type: {}", shown(scalar))),
    }
}

/// The kind of a value as Go's reflection names it.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kro_object::Gvk;
    use serde_json::json;

    #[test]
    fn misfits_are_told_as_the_converter_does() {
        let kind = kro_k8s_schemas::go_kind(&Gvk::new("apps", "v1", "Deployment")).expect("a builtin kind");
        for (spec, error) in [
            (json!({"replicas": 1, "template": null}), ""),
            (json!({"replicas": 2.0}), ""),
            (json!({"replicas": 1.5}), "cannot convert float64 to int32"),
            (json!({"replicas": "x"}), "unrecognized type: int32"),
            (json!({"paused": 1}), "unrecognized type: bool"),
            (json!({"selector": []}), "cannot restore struct from: slice"),
            (json!({"selector": {"matchLabels": 1}}), "cannot restore map from int64"),
            (json!({"template": {"spec": {"containers": "text"}}}), "cannot restore slice from string"),
            (json!({"template": {"spec": {"containers": [{"image": 5}]}}}), "cannot convert int64 to string"),
        ] {
            let found = check(kind, &json!({"spec": spec})).err().unwrap_or_default();
            assert_eq!(found, error, "{spec}");
        }
    }
}
