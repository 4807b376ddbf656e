use super::*;
use proptest::prelude::*;
use serde_json::json;

fn definition(spec: &Value) -> Object {
    let value = json!({
        "apiVersion": "kro.run/v1alpha1",
        "kind": "ResourceGraphDefinition",
        "metadata": { "name": "web" },
        "spec": spec,
    });
    Object::from_value(value).expect("an object")
}

/// The findings, one a line.
#[track_caller]
fn check(spec: &Value, expected: &[&str]) {
    let found = ResourceGraphDefinition::decode(definition(spec)).diagnostics;
    assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
}

fn schema() -> Value {
    json!({ "kind": "Web", "apiVersion": "v1" })
}

#[test]
fn defaults_are_filled_in() {
    let spec = ResourceGraphDefinition::decode(definition(&json!({ "schema": schema() })))
        .into_result()
        .expect("a legal definition")
        .spec;
    assert_eq!((spec.schema.group.as_str(), spec.schema.scope), ("kro.run", Scope::Namespaced));
    assert_eq!(
        spec.to_value(),
        json!({ "schema": { "kind": "Web", "apiVersion": "v1", "group": "kro.run", "scope": "Namespaced" } })
    );
}

#[test]
fn null_is_absent() {
    check(
        &json!({ "schema": { "kind": "Web", "apiVersion": "v1", "status": null }, "resources": null }),
        &[],
    );
    check(
        &json!({ "schema": { "kind": null, "apiVersion": "v1" } }),
        &[r#"error[KRO0105] at spec.schema: required field "kind" is missing"#],
    );
}

#[test]
fn all_problems_at_once() {
    check(
        &json!({
            "schema": { "kind": "web", "apiVersion": "kro.run/v1", "shortNames": ["w", "W", "w"], "scope": "Global" },
            "resources": [
                { "id": 1, "template": {} },
                { "id": "a", "forEach": [{}, { "x": "${a}", "y": "${b}" }], "externalRef": { "kind": "Secret" } },
                { "id": "b", "template": {}, "externalRef": {
                    "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "", "selector": {} } } },
            ],
        }),
        &[
            r#"error[KRO0201] at spec.schema.kind: "web" is not a legal kind"#,
            r#"error[KRO0107] at spec.schema.apiVersion: "kro.run/v1" is not a legal version"#,
            r#"error[KRO0107] at spec.schema.scope: unknown scope "Global""#,
            r#"error[KRO0107] at spec.schema.shortNames[1]: "W" is not a legal name here"#,
            r#"error[KRO0107] at spec.schema.shortNames[2]: "w" stands here twice"#,
            "error[KRO0104] at spec.resources[0].id: expected a string, found an integer",
            r#"error[KRO0105] at spec.resources[1].externalRef: required field "apiVersion" is missing"#,
            r#"error[KRO0105] at spec.resources[1].externalRef: required field "metadata" is missing"#,
            "error[KRO0107] at spec.resources[1].forEach[0]: an iterator has exactly one variable, found 0",
            "error[KRO0107] at spec.resources[1].forEach[1]: an iterator has exactly one variable, found 2",
            "error[KRO0107] at spec.resources[2].externalRef.metadata.name: the name is empty",
            "error[KRO0107] at spec.resources[2].externalRef.metadata: exactly one of name or selector must be provided",
            "error[KRO0107] at spec.resources[2]: exactly one of template or externalRef must be provided",
        ],
    );
}

#[test]
fn unknown_fields_are_warnings_with_advice() {
    let spec = json!({ "schema": schema(), "resources": [{ "id": "a", "template": {}, "readywhen": [] }] });
    let checked = ResourceGraphDefinition::decode(definition(&spec));
    assert!(!checked.has_errors());
    assert_eq!(checked.diagnostics[0].help.as_deref(), Some("did you mean \"readyWhen\"?"));
}

#[test]
fn other_documents_are_refused() {
    let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "Not_Legal" } });
    let found = ResourceGraphDefinition::decode(Object::from_value(pod).expect("an object")).diagnostics;
    assert_eq!(
        found.iter().map(|found| found.code).collect::<Vec<_>>(),
        [codes::WRONG_KIND, codes::WRONG_KIND, codes::FIELD_VALUE, codes::MISSING_FIELD]
    );
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9]{0,6}"
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("\\$\\{[a-z.]{1,8}\\}", 0..3)
}

fn origin() -> impl Strategy<Value = ResourceOrigin> {
    let target = prop_oneof![
        name().prop_map(ExternalTarget::Name),
        name().prop_map(|value| ExternalTarget::Selector(json!({ "matchLabels": { "app": value } }))),
    ];
    let external = (prop::option::of(name()), target).prop_map(|(namespace, target)| {
        ResourceOrigin::External(ExternalRef {
            api_version: "v1".into(),
            kind: "Secret".into(),
            metadata: ExternalMetadata { namespace, target },
        })
    });
    prop_oneof![name().prop_map(|name| ResourceOrigin::Template(json!({ "kind": name }))), external]
}

fn resource() -> impl Strategy<Value = ResourceSpec> {
    let dimension = (name(), name()).prop_map(|(name, expression)| Dimension { name, expression });
    (name(), origin(), texts(), texts(), prop::collection::vec(dimension, 0..3)).prop_map(
        |(id, origin, ready_when, include_when, for_each)| ResourceSpec {
            id,
            origin,
            ready_when,
            include_when,
            for_each,
        },
    )
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        resources in prop::collection::vec(resource(), 0..4),
        cluster in any::<bool>(),
        labels in prop::collection::btree_map(name(), name(), 0..3),
        priority in prop::option::of(0..2),
    ) {
        let spec = ResourceGraphDefinitionSpec {
            schema: SchemaSpec {
                kind: "Web".into(),
                api_version: "v1beta2".into(),
                group: "example.com".into(),
                scope: if cluster { Scope::Cluster } else { Scope::Namespaced },
                spec: Some(json!({ "image": "string" })),
                types: None,
                status: Some(json!({})),
                additional_printer_columns: vec![PrinterColumn {
                    name: "Image".into(),
                    ty: "string".into(),
                    json_path: ".spec.image".into(),
                    format: None,
                    description: None,
                    priority,
                }],
                short_names: vec!["w".into()],
                categories: vec!["all".into()],
                metadata: Some(CrdMetadata { labels, ..CrdMetadata::default() }),
            },
            resources,
        };
        let read = ResourceGraphDefinitionSpec::decode(&spec.to_value(), FieldPath::root());
        prop_assert_eq!(read, Checked::ok(spec));
    }

    #[test]
    fn any_json_is_judged(text in "[\\[\\]{}:,\"a-c1 ]{0,40}") {
        if let Ok(value) = serde_json::from_str::<Value>(&text) {
            let checked = ResourceGraphDefinitionSpec::decode(&value, FieldPath::root());
            prop_assert!(checked.value.is_some() || checked.has_errors());
        }
    }
}
