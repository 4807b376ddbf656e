//! Values that a schema accepts, small ones first, edges of limits among them. Rules are not looked at.

use crate::{Constraints, Kind, Schema, emulate, validate};
use proptest::{collection, option, prelude::*, sample::select, strategy::BoxedStrategy};
use serde_json::{Map, Number, Value};

/// The most items or fields where the schema sets no limit.
const MANY: usize = 3;
/// The longest text where the schema sets no limit.
const LONG: usize = 12;
/// Optional objects below this depth are left out: shared children could multiply without bound.
const MAX_DEPTH: usize = 12;

/// Values that fit the schema. Optional fields come and go; shrinking leaves out what it can.
pub fn instance(schema: &Schema) -> BoxedStrategy<Value> {
    let whole = schema.clone();
    let fits = move |value: &Value| validate::validate(&whole, value).is_empty();
    value(schema, 0).prop_filter("the schema accepts it", fits).boxed()
}

fn value(schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
    let constraints = &schema.constraints;
    let some = if constraints.allowed.is_empty() {
        match &schema.kind {
            Kind::Object { .. } => object(schema, depth),
            Kind::Array { items } => list(schema, items, depth),
            Kind::String => text(schema),
            Kind::Integer => integer(constraints),
            Kind::Number => number(constraints),
            Kind::Boolean => any::<bool>().prop_map(Value::from).boxed(),
            Kind::IntOrString => {
                prop_oneof![(0..100i64).prop_map(Value::from), "[a-z]{1,3}".prop_map(Value::from)].boxed()
            }
            Kind::Any => super::json().boxed(),
        }
    } else {
        select(constraints.allowed.clone()).boxed()
    };
    if schema.nullable { prop_oneof![4 => some, 1 => Just(Value::Null)].boxed() } else { some }
}

fn object(schema: &Schema, depth: usize) -> BoxedStrategy<Value> {
    let Kind::Object { properties, additional, .. } = &schema.kind else { return Just(Value::Null).boxed() };
    let mut fields: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
    for (name, child) in properties {
        let needed = schema.requires(name);
        if depth >= MAX_DEPTH && !needed {
            continue;
        }
        let name = name.to_string();
        let field = value(child, depth + 1);
        let field = if needed { field.prop_map(Some).boxed() } else { option::of(field).boxed() };
        let with = move |(mut map, value): (Map<String, Value>, Option<Value>)| {
            map.extend(value.map(|value| (name.clone(), value)));
            map
        };
        fields = (fields, field).prop_map(with).boxed();
    }
    if let Some(values) = additional.as_ref().filter(|_| depth < MAX_DEPTH) {
        let least = schema.constraints.min_properties.unwrap_or(0).clamp(0, 16) as usize;
        let most = schema.constraints.max_properties.unwrap_or((least + MANY) as i64).clamp(0, 16) as usize;
        let others =
            collection::btree_map("[a-z][a-z0-9]{0,4}", value(values, depth + 1), least..=most.max(least));
        fields = (fields, others)
            .prop_map(|(mut map, others)| {
                map.extend(others);
                map
            })
            .boxed();
    }
    fields.prop_map(Value::Object).boxed()
}

fn list(schema: &Schema, items: &Schema, depth: usize) -> BoxedStrategy<Value> {
    let least = schema.constraints.min_items.unwrap_or(0).clamp(0, 64) as usize;
    let most = schema.constraints.max_items.map_or(least + MANY, |most| most.clamp(0, 64) as usize);
    let unique = schema.constraints.unique_items || schema.merge == crate::Merge::Set;
    collection::vec(value(items, depth + 1), least..=most.min(least + MANY).max(least))
        .prop_filter("no item twice", move |items| {
            !unique || items.iter().enumerate().all(|(index, item)| !items[..index].contains(item))
        })
        .prop_map(Value::from)
        .boxed()
}

/// Texts of a pattern or format are made for it; others are anything, the empty text and long ones among them.
fn text(schema: &Schema) -> BoxedStrategy<Value> {
    let constraints = &schema.constraints;
    let least = constraints.min_length.unwrap_or(0).clamp(0, 4096) as usize;
    let most = constraints.max_length.map_or(least + LONG, |most| most.clamp(0, 4096) as usize).max(least);
    if constraints.pattern.is_some() || constraints.format.is_some() {
        let mut known: Vec<Value> =
            (0..8).map(|seed| emulate(&Schema { default: None, ..schema.clone() }, seed)).collect();
        let longer = constraints.pattern.as_ref().into_iter().flat_map(|pattern| {
            [least, least + 1, most.min(least + LONG), most].map(|length| pattern.example(length))
        });
        known.extend(longer.flatten().map(Value::from));
        known.retain(|value| validate::validate(schema, value).is_empty());
        if !known.is_empty() {
            return select(known).boxed();
        }
    }
    let plain =
        |length| collection::vec(prop_oneof![8 => "[a-z0-9]", 1 => "[A-Z._/ -]", 1 => "\\PC"], length);
    let longest = most.min(least + LONG);
    prop_oneof![4 => plain(least..=longest), 1 => plain(most..=most)]
        .prop_map(|parts| Value::from(parts.concat()))
        .boxed()
}

fn integer(constraints: &Constraints) -> BoxedStrategy<Value> {
    let bound = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64).map(|it| it as i64);
    let least = bound(&constraints.minimum).map(|it| it + i64::from(constraints.exclusive_minimum));
    let most = bound(&constraints.maximum).map(|it| it - i64::from(constraints.exclusive_maximum));
    let limits = match constraints.format.as_deref() {
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    };
    let low = least.unwrap_or(if most.is_some_and(|most| most < 0) { i64::MIN } else { limits.0 });
    let high = most.unwrap_or(limits.1).max(low);
    let near = low.max(0).min(high);
    // Every part shrinks towards `near`.
    let below = (0..=near.abs_diff(low)).prop_map(move |distance| near.saturating_sub_unsigned(distance));
    prop_oneof![6 => near..=high.min(near.saturating_add(100)), 2 => near..=high, 1 => below]
        .prop_map(Value::from)
        .boxed()
}

fn number(constraints: &Constraints) -> BoxedStrategy<Value> {
    let bound = |number: &Option<Number>| number.as_ref().and_then(Number::as_f64);
    let low = bound(&constraints.minimum).unwrap_or(bound(&constraints.maximum).unwrap_or(100.0) - 200.0);
    let high = bound(&constraints.maximum).unwrap_or(low + 200.0).max(low);
    let json = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
    (low..=high).prop_map(json).boxed()
}
