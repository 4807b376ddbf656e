//! JSON text with the fields of structs in the order Go declares them, which shows where texts are compared or quoted.

use crate::encode;
use kro_k8s_schemas::{Definition, GoName, GoType};
use serde_json::Value;

/// The text of an object. Objects that a patch has touched, as [`PatchKind::touched`] tells, have their fields sorted
/// by name.
///
/// [`PatchKind::touched`]: crate::core::patch::PatchKind::touched
pub(in crate::core) fn print(kind: GoName, value: &Value, touched: Option<&Value>) -> String {
    let mut out = String::new();
    structure(kind, value, touched, &mut out);
    out
}

fn structure(name: GoName, value: &Value, touched: Option<&Value>, out: &mut String) {
    let Value::Object(map) = value else { return out.push_str(&encode::to_text(value)) };
    let fields = name.json_fields();
    let of_type = |key: &str| fields.iter().find(|field| &*field.name == key).map(|field| &field.go_type);
    let mut keys: Vec<&String> = map.keys().collect();
    if !touched.is_some_and(Value::is_object) {
        keys.sort_by_key(|key| fields.iter().position(|field| *field.name == ***key));
    }
    out.push('{');
    for (index, key) in keys.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        out.push_str(&encode::to_text(&Value::from(key.as_str())));
        out.push(':');
        match of_type(key) {
            Some(go_type) => member(go_type, &map[key], touched.and_then(|touched| touched.get(key)), out),
            None => out.push_str(&encode::to_text(&map[key])),
        }
    }
    out.push('}');
}

fn member(go_type: &GoType, value: &Value, touched: Option<&Value>, out: &mut String) {
    match (go_type, value) {
        (GoType::Pointer(inner), _) => member(inner, value, touched, out),
        (GoType::List(inner), Value::Array(list)) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                let touched = touched.and_then(|touched| touched.get(index.to_string()));
                member(inner, item, touched, out);
            }
            out.push(']');
        }
        (GoType::Named(name), Value::Object(_)) if matches!(name.get().definition, Definition::Struct(_)) => {
            structure(*name, value, touched, out);
        }
        _ => out.push_str(&encode::to_text(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kro_object::Gvk;
    use serde_json::json;

    #[test]
    fn structs_are_in_order_and_maps_are_sorted() {
        let kind = kro_k8s_schemas::go_kind(&Gvk::new("", "v1", "ConfigMap")).expect("a builtin kind");
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "data": {"b": "1", "a": "2"},
            "metadata": {"labels": {}, "uid": "u", "name": "n"},
        });
        let tail = r#""metadata":{"name":"n","uid":"u","labels":{}}"#;
        let data = r#""data":{"a":"2","b":"1"}"#;
        assert_eq!(
            print(kind, &object, None),
            format!(r#"{{"kind":"ConfigMap","apiVersion":"v1",{tail},{data}}}"#)
        );
        assert_eq!(
            print(kind, &object, Some(&json!({"data": null}))),
            format!(r#"{{"apiVersion":"v1",{data},"kind":"ConfigMap",{tail}}}"#)
        );
        let tail = r#""metadata":{"labels":{},"name":"n","uid":"u"}"#;
        assert_eq!(
            print(kind, &object, Some(&json!({"metadata": {"labels": {}}}))),
            format!(r#"{{"apiVersion":"v1",{data},"kind":"ConfigMap",{tail}}}"#)
        );
    }
}
