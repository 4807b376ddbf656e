use kro_cel::Types as _;
use serde_json::json;

use super::*;
use crate::infer::schema_of;

fn types(unknown: UnknownFields) -> SchemaTypes {
    let schema = Schema::from_json(&json!({
        "type": "object",
        "properties": {
            "metadata": {"type": "object", "properties": {
                "namespace": {"type": "string"},
                "creationTimestamp": {"type": "string", "format": "date-time"},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            }},
            "spec": {"type": "object", "properties": {
                "replicas": {"type": "integer"},
                "ratio": {"type": "number"},
                "port": {"x-kubernetes-int-or-string": true},
                "blob": {"type": "string", "format": "byte"},
                "wait": {"type": "string", "format": "duration"},
                "dash-ed": {"type": "boolean"},
                "$ref": {"type": "string"},
                "for": {"type": "string"},
                "bare": {"x-kubernetes-preserve-unknown-fields": true},
                "bareList": {"type": "array", "items": {}},
                "bareMap": {"type": "object", "additionalProperties": {}},
                "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true,
                    "properties": {"known": {"type": "integer"}}},
                "containers": {"type": "array", "items": {"type": "object", "properties": {
                    "name": {"type": "string"},
                }}},
                "limits": {"type": "object", "additionalProperties": {"type": "object", "properties": {
                    "max": {"type": "integer"},
                }}},
                "embedded": {"type": "object", "x-kubernetes-embedded-resource": true,
                    "properties": {"spec": {"type": "object"}}},
            }},
        },
    }));
    SchemaTypes::new([("a", Arc::new(schema.unwrap()))], unknown)
}

#[test]
fn fields() {
    let types = types(UnknownFields::Dynamic);
    let check = |path: &str, expected: Option<&str>| {
        let mut ty = Some(types.type_of("a"));
        for field in path.split('.') {
            ty = match (ty, field) {
                (Some(Type::List(item)), "[]") => Some((*item).clone()),
                (Some(Type::Map(_, value)), "{}") => Some((*value).clone()),
                (Some(Type::Struct(name)), field) => types.field(&name, field),
                _ => None,
            };
        }
        assert_eq!(ty.map(|ty| ty.to_string()).as_deref(), expected, "{path}");
    };
    check("spec", Some("__type_a.spec"));
    check("metadata.namespace", Some("string"));
    check("metadata.__namespace__", Some("string"));
    check("metadata.creationTimestamp", Some("timestamp"));
    check("metadata.labels", Some("map(string, string)"));
    check("spec.replicas", Some("int"));
    check("spec.ratio", Some("double"));
    check("spec.port", Some("dyn"));
    check("spec.blob", Some("bytes"));
    check("spec.wait", Some("duration"));
    check("spec.dash__dash__ed", Some("bool"));
    check("spec.dash-ed", None);
    check("spec.$ref", None);
    check("spec.for", Some("string"));
    check("spec.bare", None);
    check("spec.bareList", None);
    check("spec.bareMap", Some("map(string, dyn)"));
    check("spec.open.known", Some("int"));
    check("spec.open.other", Some("dyn"));
    check("spec.containers", Some("list(__type_a.spec.containers.@idx)"));
    check("spec.containers.[].name", Some("string"));
    check("spec.limits.{}.max", Some("int"));
    check("spec.limits", Some("map(string, __type_a.spec.limits.@elem)"));
    check("spec.embedded.kind", Some("string"));
    check("spec.embedded.metadata.name", Some("string"));
    check("spec.embedded.metadata.labels", None);
    check("spec.nope", None);
    check("status", None);
}

#[test]
fn kubernetes_refuses_unknown_fields() {
    assert_eq!(types(UnknownFields::Refused).field("__type_a.spec.open", "other"), None);
}

#[test]
fn names() {
    let types = types(UnknownFields::Dynamic);
    assert!(types.contains("__type_a.spec.containers.@idx"));
    for name in ["__type_b", "__type_a.spec.replicas", "__type_a.spec.limits", "__type_a.", "", "net.IP"] {
        assert!(!types.contains(name), "{name}");
    }
    let fields = types.fields("__type_a.metadata").unwrap();
    assert_eq!(
        fields.iter().map(|f| &**f).collect::<Vec<_>>(),
        ["creationTimestamp", "labels", "__namespace__"]
    );
    assert_eq!(types.type_of("b"), Type::Dyn);
}

#[test]
fn targets() {
    let types = types(UnknownFields::Dynamic);
    for (path, expected) in [
        ("spec.replicas", "int"),
        ("spec[\"dash-ed\"]", "bool"),
        ("spec.containers[0].name", "string"),
        ("spec.containers.name", "string"),
        ("spec.containers[3]", "__type_a.spec.containers.@idx"),
        ("spec.limits.cpu", "__type_a.spec.limits.@elem"),
        ("metadata.labels.x", "string"),
        ("spec.bare", "dyn"),
        ("spec.open.other", "dyn"),
        ("spec.replicas[0]", "dyn"),
        ("spec.nope.x", "dyn"),
    ] {
        assert_eq!(types.type_at("a", &path.parse().unwrap()).to_string(), expected, "{path}");
    }
}

#[test]
fn back_to_schemas() {
    let types = types(UnknownFields::Dynamic);
    for (ty, expected) in [
        ("uint", json!({"type": "integer"})),
        (
            "list(map(string, double))",
            json!({"type": "array", "items": {"type": "object", "additionalProperties": {"type": "number"}}}),
        ),
        ("bytes", json!({"type": "string", "format": "byte"})),
        (
            "timestamp",
            json!({"type": "string", "format": "date-time", "description": "Timestamp representing a creation time"}),
        ),
        ("dyn", json!({"x-kubernetes-preserve-unknown-fields": true})),
        (
            "null",
            json!({"x-kubernetes-preserve-unknown-fields": true, "description": "null type - any value allowed"}),
        ),
        (
            "optional(map(string, duration))",
            json!({
                "x-kubernetes-preserve-unknown-fields": true,
                "description": "unknown CEL type: optional_type(map(string, google.protobuf.Duration))",
            }),
        ),
        ("kubernetes.Quantity", json!({"type": "object", "additionalProperties": true})),
        (
            "struct(__type_a.metadata)",
            json!({"type": "object", "properties": {
                "__namespace__": {"type": "string"},
                "creationTimestamp": {"x-kubernetes-preserve-unknown-fields": true},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            }}),
        ),
    ] {
        let ty = match ty.strip_prefix("struct(") {
            Some(name) => Type::structure(name.trim_end_matches(')')),
            None => Type::parse(ty).unwrap(),
        };
        assert_eq!(schema_of(&ty, &types).to_json(), expected, "{ty}");
    }
}
