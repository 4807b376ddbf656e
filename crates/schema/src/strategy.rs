//! Strategies for property tests and fuzzing: schemas that can be met, values that fit a schema, any JSON.

mod instance;

pub use instance::instance;

use crate::{Constraints, Kind, Merge, Pattern, Rule, Schema};
use proptest::{collection, option, prelude::*};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// A structural schema of up to four levels. Its constraints can be met; default values fit their schema.
pub fn schema() -> impl Strategy<Value = Schema> {
    scalar().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (collection::btree_map("[a-e]", inner.clone(), 0..4), any::<bool>(), option::of(inner.clone()))
                .prop_map(|(properties, preserve_unknown, additional)| {
                    let required = properties.keys().take(1).map(|name| name.as_str().into()).collect();
                    let properties: BTreeMap<Arc<str>, _> = properties
                        .into_iter()
                        .map(|(name, schema)| (name.as_str().into(), Arc::new(schema)))
                        .collect();
                    Schema::new(Kind::Object {
                        properties,
                        required,
                        additional: additional.filter(|_| !preserve_unknown).map(Arc::new),
                        preserve_unknown,
                        embedded: false,
                    })
                }),
            (inner, 0i64..3).prop_map(|(items, min)| Schema {
                constraints: Constraints {
                    min_items: Some(min),
                    max_items: Some(min + 1),
                    ..Constraints::default()
                },
                merge: Merge::Atomic,
                ..Schema::array(items)
            }),
        ]
    })
}

fn scalar() -> impl Strategy<Value = Schema> {
    let text = (option::of(0i64..8), option::of(prop::sample::select(vec!["^[a-z0-9-]+$", "^$|a", "[0-9]"])))
        .prop_map(|(max, pattern)| Schema {
            constraints: Constraints {
                max_length: pattern.is_none().then_some(max).flatten(),
                pattern: pattern.map(Pattern::new),
                ..Constraints::default()
            },
            ..Schema::new(Kind::String)
        });
    let format =
        prop::sample::select(vec!["date-time", "ipv4", "uuid", "duration", "k8s-short-name", "byte"])
            .prop_map(|format| Schema {
                constraints: Constraints { format: Some(format.into()), ..Constraints::default() },
                ..Schema::new(Kind::String)
            });
    let integer =
        (option::of(-5i64..5), option::of(6i64..10), any::<bool>()).prop_map(|(min, max, exclusive)| {
            Schema {
                constraints: Constraints {
                    minimum: min.map(Into::into),
                    maximum: max.map(Into::into),
                    exclusive_minimum: exclusive,
                    ..Constraints::default()
                },
                ..Schema::new(Kind::Integer)
            }
        });
    prop_oneof![
        text,
        format,
        integer,
        Just(Schema { nullable: true, ..Schema::new(Kind::Number) }),
        any::<bool>().prop_map(|value| Schema { default: Some(value.into()), ..Schema::new(Kind::Boolean) }),
        Just(Schema::new(Kind::IntOrString)),
        Just(Schema {
            rules: vec![Rule { rule: "self != ''".into(), message: Some("no".into()), ..Rule::default() }],
            ..Schema::new(Kind::String)
        }),
        collection::vec("[a-c]", 1..3).prop_map(|values| Schema {
            constraints: Constraints {
                allowed: values.into_iter().map(Value::from).collect(),
                ..Constraints::default()
            },
            description: Some("one of".into()),
            ..Schema::new(Kind::String)
        }),
    ]
}

/// Any JSON value of up to four levels.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9..1e9f64).prop_map(Value::from),
        "[a-e]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map("[a-f]", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate;

    proptest! {
        #[test]
        fn instances_fit((schema, value) in schema().prop_flat_map(|schema| {
            let values = instance(&schema);
            (Just(schema), values)
        })) {
            prop_assert_eq!(validate::validate(&schema, &value), []);
        }
    }
}
