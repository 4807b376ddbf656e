//! Definitions and instances small enough to be made up: what a definition looks like and what an instance wishes.

use super::widget;
use kro_object::Object;
use serde_json::{Value, json};

/// One definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Design {
    /// Its nodes; each may take a value of an earlier one.
    pub nodes: Vec<NodeDesign>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeDesign {
    /// What it is.
    pub form: NodeForm,
    /// The earlier node it takes a value of, modulo how many there are.
    pub parent: Option<u8>,
    /// Whether the instance can switch it off.
    pub switched: bool,
    /// A constant in its template, so that editing a definition shows.
    pub mark: u8,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeForm {
    /// A ConfigMap.
    Map,
    /// A Deployment that is ready when all its replicas are.
    Deployment,
    /// A Deployment that does not say when it is ready.
    Rollout,
    /// An object of a kind of somebody else, whose CRD may be missing.
    Widget,
    /// A ConfigMap for each item of the instance.
    Maps,
    /// Somebody else's ConfigMap; one of two.
    External(u8),
    /// Objects of somebody else, by label.
    Externals,
}

/// What an instance wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// A text.
    pub text: u8,
    /// Replicas.
    pub size: u8,
    /// Whether switched nodes are on.
    pub on: bool,
    /// Items, as bits of `x`, `y` and `z`.
    pub items: u8,
}

/// The kinds of the two definitions.
pub(crate) const KINDS: [&str; 2] = ["Alpha", "Bravo"];

impl Design {
    /// The definition as an object; `which` is the kind.
    pub fn definition(&self, which: usize) -> Object {
        let kind = KINDS[which % KINDS.len()];
        let nodes = self.nodes.iter().enumerate();
        let resources: Vec<Value> = nodes.map(|(index, node)| self.resource(kind, index, node)).collect();
        // One text, so that no edit of a definition changes the kind's schema, which kro would refuse as breaking.
        let summary: Vec<String> = (0..self.nodes.len()).map(|index| self.value_of(index)).collect();
        let status = json!({"summary": summary.join(", ")});
        let value = json!({
            "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition",
            "metadata": {"name": kind.to_lowercase()},
            "spec": {
                "schema": {
                    "apiVersion": "v1alpha1", "kind": kind,
                    "spec": {
                        "text": "string", "size": "integer | default=1", "on": "boolean | default=true",
                        "items": "[]string",
                    },
                    "status": status,
                },
                "resources": resources,
            },
        });
        Object::from_value(value).expect("invariant: written as an object")
    }

    /// What others read of a node, as a text.
    fn value_of(&self, index: usize) -> String {
        match self.nodes[index].form {
            NodeForm::Map | NodeForm::External(_) => format!("${{n{index}.data.value}}"),
            NodeForm::Widget => format!("${{n{index}.spec.value}}"),
            NodeForm::Deployment | NodeForm::Rollout => {
                format!("${{string(n{index}.status.availableReplicas)}}")
            }
            NodeForm::Maps | NodeForm::Externals => format!("${{string(size(n{index}))}}"),
        }
    }

    fn resource(&self, kind: &str, index: usize, node: &NodeDesign) -> Value {
        let id = format!("n{index}");
        let name = child_name(kind, "${schema.metadata.name}", index);
        let value = match node.parent.filter(|_| index > 0).map(|parent| usize::from(parent) % index) {
            None => "${schema.spec.text}".to_owned(),
            Some(parent) => self.value_of(parent),
        };
        let data = json!({"value": value, "mark": node.mark.to_string()});
        let map = |name: &str, data: &Value| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data});
        let mut resource = match node.form {
            NodeForm::Map => json!({"template": map(&name, &data)}),
            NodeForm::Maps => json!({
                "forEach": [{"part": "${schema.spec.items}"}],
                "template": map(&format!("{name}-${{part}}"), &data),
            }),
            NodeForm::Deployment => json!({
                "readyWhen": [format!("${{{id}.status.availableReplicas == {id}.spec.replicas}}")],
                "template": deployment(&name, &data),
            }),
            NodeForm::Rollout => json!({"template": deployment(&name, &data)}),
            NodeForm::Widget => json!({"template": {
                "apiVersion": widget::API_VERSION, "kind": widget::KIND, "metadata": {"name": name}, "spec": data,
            }}),
            NodeForm::External(slot) => json!({"externalRef": {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": external_name(slot), "namespace": "default"},
            }}),
            NodeForm::Externals => json!({"externalRef": {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"namespace": "default", "selector": {"matchLabels": {"shared": "yes"}}},
            }}),
        };
        resource["id"] = id.into();
        if node.switched {
            resource["includeWhen"] = json!(["${schema.spec.on}"]);
        }
        resource
    }
}

fn deployment(name: &str, annotations: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {
            "replicas": "${schema.spec.size}",
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "main", "image": "example.org/main:1"}]},
            },
        },
    })
}

/// The name of a node's object; those of collections go on after it.
fn child_name(kind: &str, instance: &str, index: usize) -> String {
    format!("{}-{instance}-n{index}", kind.to_lowercase())
}

/// Somebody else's object with the name of a node's.
pub(crate) fn squatter(kind: &str, instance: &str, index: usize) -> Object {
    let value = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": child_name(kind, instance, index), "namespace": "default"},
        "data": {"value": "was here first"},
    });
    Object::from_value(value).expect("invariant: written as an object")
}

/// The name of somebody else's object.
pub(crate) fn external_name(slot: u8) -> String {
    format!("shared-{}", slot % 2)
}

/// Somebody else's object, with a value.
pub(crate) fn external(slot: u8, value: u8) -> Object {
    let value = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": external_name(slot), "namespace": "default", "labels": {"shared": "yes"}},
        "data": {"value": format!("shared {value}")},
    });
    Object::from_value(value).expect("invariant: written as an object")
}

impl Wish {
    /// The instance as an object.
    pub fn instance(&self, which: usize, name: &str) -> Object {
        let items: Vec<&str> = ["x", "y", "z"]
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| self.items >> bit & 1 == 1)
            .map(|it| it.1)
            .collect();
        let value = json!({
            "apiVersion": "kro.run/v1alpha1", "kind": KINDS[which % KINDS.len()],
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"text": format!("text {}", self.text), "size": self.size, "on": self.on, "items": items},
        });
        Object::from_value(value).expect("invariant: written as an object")
    }
}
