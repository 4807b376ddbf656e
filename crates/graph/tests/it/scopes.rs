//! What may be named where, in definitions with mistakes too.

use kro_api::ResourceGraphDefinitionSpec;
use kro_graph::{lower, scopes};
use kro_object::FieldPath;
use serde_json::json;

use crate::{definition, kinds, widget};

/// The variables at a place of a definition with a node of each kind, some of them wrong, with their types.
fn names(path: &str) -> String {
    let mut many = widget("many", json!({"title": "${tag}-${one.spec"}));
    many["forEach"] = json!([{"tag": "${schema.spec.tags}"}]);
    let unknown =
        json!({"id": "unknown", "template": {"apiVersion": "none/v1", "kind": "None", "metadata": {}}});
    let spec = definition(vec![widget("one", json!({"bogus": 1})), many, unknown]);
    let decoded = ResourceGraphDefinitionSpec::decode(&spec, FieldPath::root().join("spec"));
    let source = lower(&decoded.value.expect("it decodes")).value.expect("it lowers");
    let scopes = scopes(&source, &kinds());
    let Some(env) = scopes.env_at(&path.parse().expect("a path")) else { return "no expressions".to_owned() };
    let mut names: Vec<String> =
        env.variables().map(|name| format!("{name}: {}", env.variable(name).expect("declared"))).collect();
    names.sort();
    names.join(", ")
}

#[test]
fn names_depend_on_the_place() {
    for (path, expected) in [
        (
            "spec.resources[0].template.spec.title",
            "many: list(__type_many.@idx), schema: __type_schema, unknown: dyn",
        ),
        ("spec.resources[0].readyWhen[0]", "one: __type_one"),
        (
            "spec.resources[1].template.spec.title",
            "one: __type_one, schema: __type_schema, tag: string, unknown: dyn",
        ),
        ("spec.resources[1].forEach[0].tag", "one: __type_one, schema: __type_schema, unknown: dyn"),
        ("spec.resources[1].readyWhen[0]", "each: __type_many.@idx"),
        ("spec.schema.spec.name", "no expressions"),
        ("metadata.name", "no expressions"),
    ] {
        assert_eq!(names(path), expected, "{path}");
    }
    assert!(names("spec.schema.status.conditions[0]").contains("runtime: "));
    assert!(!names("spec.schema.status.ready").contains("runtime: "));
}
