use super::*;
use crate::{Reversed, reverse};
use proptest::prelude::*;
use serde_json::json;

/// The schema of one field `a`; the named types `P` and `S` are there.
#[track_caller]
fn check(field: &str, expected: &Value) {
    let schema = convert(&json!({ "a": field })).into_result().expect("a legal field").to_json();
    assert_eq!(schema["properties"]["a"], *expected, "{field}");
}

/// The findings, one a line, each with the text it points to.
#[track_caller]
fn check_errors(spec: &Value, types: &Value, expected: &[&str]) {
    let document = json!({ "spec": spec, "types": types });
    let found = to_openapi(spec, types, &FieldPath::root()).diagnostics;
    let shown: Vec<String> = found
        .iter()
        .map(|found| {
            let place = &found.primary.path;
            let text = place.walk(&document).and_then(Value::as_str).unwrap_or_default();
            match &found.primary.range {
                Some(range) => {
                    let at = &text[range.start as usize..range.end as usize];
                    format!("{} {place} {at:?}: {}", found.code, found.message)
                }
                None => format!("{} {place}: {}", found.code, found.message),
            }
        })
        .collect();
    assert_eq!(shown, expected);
}

fn convert(spec: &Value) -> Checked<Schema> {
    let types = json!({ "P": "integer | minimum=1 default=1", "S": { "x": "string | required=true" } });
    to_openapi(spec, &types, &FieldPath::root())
}

#[test]
fn types() {
    check("float", &json!({ "type": "number" }));
    check("object", &json!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true }));
    check(
        "[]map[string]integer",
        &json!({
            "type": "array",
            "items": { "type": "object", "additionalProperties": { "type": "integer" } },
        }),
    );
    check("[]P", &json!({ "type": "array", "items": { "type": "integer", "minimum": 1, "default": 1 } }));
    check("P | maximum=5 default=2", &json!({ "type": "integer", "minimum": 1, "maximum": 5, "default": 2 }));
}

#[test]
fn markers() {
    check(
        r#"string | description="a b" pattern="^\d+$" minLength=0 enum="a, b""#,
        &json!({
            "type": "string", "description": "a b", "pattern": r"^\d+$", "minLength": 0, "enum": ["a", "b"],
        }),
    );
    check(
        r#"string | validation="self != ''" immutable=true"#,
        &json!({
            "type": "string",
            "x-kubernetes-validations": [
                { "rule": "self != ''", "message": "validation failed" },
                { "rule": "self == oldSelf", "message": "field is immutable" },
            ],
        }),
    );
    check(
        "[]S | listMapKey=x listType=map",
        &json!({
            "type": "array",
            "items": { "type": "object", "required": ["x"], "properties": { "x": { "type": "string" } } },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["x"],
        }),
    );
    check(
        "[]string | uniqueItems=true uniqueItems=false",
        &json!({
            "type": "array", "items": { "type": "string" }, "x-kubernetes-list-type": "set",
        }),
    );
    check(
        "integer | minimum=1_000 maximum=0x1p12",
        &json!({ "type": "integer", "minimum": 1000, "maximum": 4096 }),
    );
}

#[test]
fn defaults() {
    check("string | default=100", &json!({ "type": "string", "default": "100" }));
    check(r#"string | default="a\nb""#, &json!({ "type": "string", "default": "a\nb" }));
    check("integer | default=\"5\"", &json!({ "type": "integer", "default": 5 }));
    check(
        "[]string | default=[\"a\", \"b\"]",
        &json!({
            "type": "array", "items": { "type": "string" }, "default": ["a", "b"],
        }),
    );
}

#[test]
fn objects_with_defaults_inside_default_to_empty() {
    let schema = convert(&json!({
        "p": { "x": "integer | default=1", "y": "string | required=true" },
        "q": { "z": "string | default=z" },
        "l": "[]P",
    }));
    let schema = schema.into_result().expect("a legal block").to_json();
    assert_eq!(schema["default"], json!({}));
    assert_eq!(schema["properties"]["q"]["default"], json!({}));
    assert_eq!(schema["properties"]["p"]["default"], Value::Null);
    assert_eq!(schema["properties"]["l"]["default"], Value::Null);
    let only_list = convert(&json!({ "l": "[]P" })).into_result().expect("a legal block");
    assert_eq!(only_list.default, None);
}

#[test]
fn required_travels_with_the_type_but_not_through_lists() {
    let types = json!({ "R": "string | required=true" });
    let spec = json!({ "a": "R", "b": "[]R", "c": "R | required=true" });
    let schema = to_openapi(&spec, &types, &FieldPath::root()).into_result().expect("a legal block");
    assert_eq!(schema.to_json()["required"], json!(["a", "c", "c"]));
}

#[test]
fn all_problems_at_once_with_their_places() {
    check_errors(
        &json!({
            "a": "bool | required=yes",
            "b": { "c": 7, "d": "[]Missing" },
            "e": "integer | default=x minLength=1 enum=1,b",
            "f": "string | default=a | required=true",
            "g": "[]string | uniqueItems=true listType=map listMapKey=k listMapKey=k",
            "h": "[]string | listMapKey=k",
            "i": r#"string | pattern="(?=x)" default="\""#,
            "j": "string | minimum=inf",
        }),
        &json!({ "T": "string |", "U": null }),
        &[
            "KRO0304 types.T \"\": marker key '' without a value",
            "KRO0301 types.U: expected a text such as \"string | required=true\" or nested fields, found null",
            "KRO0302 spec.a \"bool\": unknown type: bool",
            "KRO0306 spec.a \"yes\": required is true or false, not \"yes\"",
            "KRO0301 spec.b.c: expected a text such as \"string | required=true\" or nested fields, found integer",
            "KRO0302 spec.b.d \"Missing\": unknown type: Missing",
            "KRO0308 spec.e \"x\": the default must be an integer, got \"x\"",
            "KRO0307 spec.e \"minLength=1\": minLength is for type string, this is of type integer",
            "KRO0306 spec.e \"1,b\": \"b\" is not an integer",
            "KRO0305 spec.f \"| required\": unknown marker: |required",
            "KRO0307 spec.g \"listType=map\": the list type is set already and cannot be map too",
            "KRO0306 spec.g \"k\": duplicate listMapKey \"k\"",
            "KRO0307 spec.h \"[]string | listMapKey=k\": listMapKey set while listType is unset, listType must be set to map",
            "KRO0304 spec.i \"\\\"\\\\\\\"\": unclosed quote",
            "KRO0306 spec.j \"inf\": minimum is a number, not \"inf\"",
        ],
    );
}

#[test]
fn advice() {
    let help = |text: &str| {
        let found = convert(&json!({ "a": text })).diagnostics;
        found.first().and_then(|found| found.help.clone()).unwrap_or_default()
    };
    assert_eq!(help("int"), "did you mean \"integer\"?");
    assert_eq!(help("[]strng"), "did you mean \"string\"?");
    assert_eq!(help("string | minLenght=1"), "did you mean \"minLength\"?");
    assert_eq!(help("string | default=a | b=c"), "separate markers by white space, not by \"|\"");
}

#[test]
fn circles_are_reported_once() {
    check_errors(
        &json!({ "a": "A", "b": "[]Self" }),
        &json!({ "A": { "b": "B" }, "B": "[]C", "C": "A", "Self": "map[string]Self", "User": "A | minLength=x" }),
        &[
            "KRO0303 types.A: types contain each other: A -> B -> C -> A",
            "KRO0303 types.Self: type Self contains itself",
            "KRO0306 types.User \"x\": minLength is an integer, not \"x\"",
        ],
    );
}

#[test]
fn named_types_resolve_in_any_order() {
    let chain: Map<String, Value> =
        (0..500).map(|level| (format!("T{level:03}"), json!(format!("T{:03}", level + 1)))).collect();
    let mut types = Value::Object(chain);
    types["T500"] = json!("string | maxLength=3");
    let schema = to_openapi(&json!({ "a": "T000" }), &types, &FieldPath::root()).into_result();
    assert_eq!(
        schema.expect("a legal block").to_json()["properties"]["a"],
        json!({ "type": "string", "maxLength": 3 })
    );
}

#[test]
fn growth_is_limited() {
    let wide: Map<String, Value> = (0..60)
        .map(|level| {
            (format!("T{level}"), json!({ "x": format!("T{}", level + 1), "y": format!("T{}", level + 1) }))
        })
        .chain([("T60".to_owned(), json!("string"))])
        .collect();
    let found = to_openapi(&json!({ "a": "T0" }), &Value::Object(wide), &FieldPath::root()).diagnostics;
    assert_eq!(
        found.iter().map(|found| found.code).collect::<std::collections::BTreeSet<_>>(),
        [codes::SCHEMA_TOO_LARGE].into()
    );
    let deep: Map<String, Value> = (0..10_000)
        .map(|level| (format!("T{level}"), json!({ "x": format!("T{}", level + 1) })))
        .chain([("T10000".to_owned(), json!("string"))])
        .collect();
    assert!(to_openapi(&json!({ "a": "T0" }), &Value::Object(deep), &FieldPath::root()).has_errors());
}

fn block() -> impl Strategy<Value = Value> {
    let field = "(\\[\\]|map\\[string\\])?(string|integer|P|S|Q|float|object)( \\|( required=true| default=[0-9a\\[\\]]{0,3}| enum=1,2| listType=(set|atomic)| minimum=1| maxLength=[0-9]| maxItems=3| uniqueItems=true| pattern=\"\\^\\[a-z \\]\\+\\$\"| description=\"[a-z |=']{0,5}\"| immutable=true| validation=\"self != 3\"){1,3})?";
    let leaf = field.prop_map(Value::from);
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|map| map.into_iter().collect())
    })
}

proptest! {
    #[test]
    fn what_is_accepted_prints_and_reads_back(spec in block(), types in prop::collection::btree_map("[PSQ]", block(), 0..3)) {
        let types = Value::Object(types.into_iter().collect());
        if let Ok(schema) = to_openapi(&spec, &types, &FieldPath::root()).into_result() {
            prop_assert_eq!(Schema::from_json(&schema.to_json()).expect("a schema"), schema);
        }
    }

    #[test]
    fn what_is_accepted_has_a_way_back(spec in block(), types in prop::collection::btree_map("[PSQ]", block(), 0..3)) {
        let types = Value::Object(types.into_iter().collect());
        let Ok(schema) = to_openapi(&spec, &types, &FieldPath::root()).into_result() else { return Ok(()) };
        let back = reverse(&schema);
        prop_assert!(back.is_some() || !spec.is_object(), "no way back from {}", schema.to_json());
        if let Some(Reversed { spec, types }) = back {
            let again = to_openapi(&spec, &types, &FieldPath::root()).into_result().expect("our own notation");
            prop_assert_eq!(again.to_json(), schema.to_json());
        }
    }

    #[test]
    fn any_field_is_judged(text in "\\PC{0,40}") {
        let checked = convert(&json!({ "a": text }));
        prop_assert!(checked.value.is_some());
    }
}
