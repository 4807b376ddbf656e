//! The defaults that schemas tell (`+default` in Go), gathered once for a kind: most of a schema has none.

use kro_schema::{Kind, Schema};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What is filled in below a value, where the parents are there.
#[derive(Debug, Default)]
pub(crate) struct SchemaDefaults {
    own: Vec<(String, Value)>,
    below: BTreeMap<String, Self>,
    /// In every value of a map without named properties.
    values: Option<Box<Self>>,
    items: Option<Box<Self>>,
}

impl SchemaDefaults {
    /// Those of a schema; metadata has none.
    pub(crate) fn new(schema: &Schema) -> Self {
        let some = |schema: &Schema| Some(Self::new(schema)).filter(|defaults| !defaults.is_empty());
        match &schema.kind {
            Kind::Array { items } => Self { items: some(items).map(Box::new), ..Self::default() },
            Kind::Object { properties, additional, .. } => {
                let fields = properties.iter().filter(|(name, _)| &***name != "metadata");
                let own = fields.clone().filter_map(|(name, field)| {
                    let default = field.default.as_ref().filter(|default| !is_zero(default))?;
                    Some((name.to_string(), default.clone()))
                });
                let below = fields.filter_map(|(name, field)| Some((name.to_string(), some(field)?)));
                let additional = additional.as_ref().filter(|_| properties.is_empty());
                Self {
                    own: own.collect(),
                    below: below.collect(),
                    values: additional.and_then(|schema| some(schema)).map(Box::new),
                    items: None,
                }
            }
            _ => Self::default(),
        }
    }

    fn is_empty(&self) -> bool {
        self.own.is_empty() && self.below.is_empty() && self.values.is_none() && self.items.is_none()
    }

    /// Fills them in.
    pub(crate) fn apply(&self, value: &mut Value) {
        match value {
            Value::Array(list) => {
                if let Some(items) = &self.items {
                    for item in list {
                        items.apply(item);
                    }
                }
            }
            Value::Object(map) => {
                for (name, default) in &self.own {
                    if !map.contains_key(name) {
                        map.insert(name.clone(), default.clone());
                    }
                }
                for (name, below) in &self.below {
                    if let Some(value) = map.get_mut(name) {
                        below.apply(value);
                    }
                }
                if let Some(values) = &self.values {
                    for value in map.values_mut() {
                        values.apply(value);
                    }
                }
            }
            _ => {}
        }
    }
}

/// What documents say of fields that are no pointers: zero is their default.
fn is_zero(value: &Value) -> bool {
    *value == json!({}) || *value == "" || *value == 0 || *value == false
}

#[cfg(test)]
mod tests {
    use super::*;
    use kro_object::Gvk;

    #[test]
    fn defaults_are_filled_in_where_their_parents_are() {
        let schema = kro_k8s_schemas::schema(&Gvk::new("", "v1", "Pod")).expect("a builtin kind");
        let defaults = SchemaDefaults::new(&schema);
        let mut pod = json!({"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}, {}]}});
        defaults.apply(&mut pod);
        assert_eq!(
            pod["spec"]["containers"],
            json!([{"name": "a", "ports": [{"containerPort": 80, "protocol": "TCP"}]}, {}])
        );
        let mut empty = json!({});
        defaults.apply(&mut empty);
        assert_eq!(empty, json!({}));
    }
}
