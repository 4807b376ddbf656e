//! Strategic merge patch: maps are joined, lists as the schema says (`x-kubernetes-patch-strategy`, `-merge-key`),
//! with the directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.

use super::GoValue;
use crate::{core::registry::Served, status::Status};
use kro_schema::{Kind, Schema};
use serde_json::{Map, Value};
use std::sync::Arc;

const PATCH: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ELEMENT_ORDER: &str = "$setElementOrder/";
const DELETE_PRIMITIVES: &str = "$deleteFromPrimitiveList/";

/// Applies a strategic merge patch.
pub(crate) fn apply(target: &Value, patch: &Value, served: &Served) -> Result<Value, Status> {
    let schema = served.schema();
    let (Value::Object(target), Value::Object(patch)) = (target, patch) else {
        return Err(Status::bad_request("error decoding patch: an object is expected"));
    };
    merge_maps(target.clone(), patch.clone(), schema.as_deref()).map(Value::Object)
}

type Members = Map<String, Value>;

fn merge_maps(mut target: Members, mut patch: Members, schema: Option<&Schema>) -> Result<Members, Status> {
    match patch.remove(PATCH) {
        None => {}
        Some(directive) if directive == "replace" => return Ok(without_directives(patch)),
        Some(directive) if directive == "delete" => return Ok(Members::new()),
        Some(directive) => return Err(unknown_directive(&directive)),
    }
    if let Some(Value::Array(keys)) = patch.remove(RETAIN_KEYS) {
        target.retain(|name, _| keys.iter().any(|key| key == name));
    }
    let orders: Vec<String> = patch.keys().filter(|key| key.starts_with(ELEMENT_ORDER)).cloned().collect();
    for directive in orders {
        let name = directive[ELEMENT_ORDER.len()..].to_owned();
        let order = patch.remove(&directive).unwrap_or_default();
        let rule = Rule::of(schema, &name);
        merge_ordered(&mut target, &name, patch.remove(&name), &order, &rule)?;
    }
    for (key, value) in patch {
        if let Some(name) = key.strip_prefix(DELETE_PRIMITIVES) {
            if let (Some(Value::Array(items)), Value::Array(gone)) = (target.get_mut(name), &value) {
                items.retain(|item| !gone.contains(item));
            }
            continue;
        }
        let rule = Rule::of(schema, &key);
        let merged = match (target.remove(&key), value) {
            (_, Value::Null) => continue,
            (Some(Value::Object(present)), Value::Object(value)) if !rule.replaces => {
                Value::Object(merge_maps(present, value, rule.schema.as_deref())?)
            }
            (Some(Value::Array(present)), Value::Array(value)) if rule.merges => {
                let order = value.clone();
                let merged = merge_lists(present.clone(), value, &rule)?;
                Value::Array(in_order(merged, &order, &present, &rule))
            }
            (None, value) => cleaned(value),
            (Some(_), value) => value,
        };
        target.insert(key, merged);
    }
    Ok(target)
}

/// Merges a list that comes with the order of its elements.
fn merge_ordered(
    target: &mut Members,
    name: &str,
    patch: Option<Value>,
    order: &Value,
    rule: &Rule,
) -> Result<(), Status> {
    let Value::Array(order) = order else { return Ok(()) };
    let present = match target.get(name) {
        Some(Value::Array(present)) => present.clone(),
        _ => Vec::new(),
    };
    let merged = match patch {
        Some(Value::Array(patch)) => {
            let is_directive = |item: &Value| item.get(PATCH).is_some();
            let places: Vec<_> = patch
                .iter()
                .filter(|item| !is_directive(item))
                .map(|item| order.iter().position(|other| rule.same(item, other)))
                .collect();
            if !places.iter().all(Option::is_some) || !places.is_sorted() {
                return Err(Status::unexpected(format!(
                    "The order in patch list:\n{}\n doesn't match $setElementOrder list:\n{}\n",
                    GoValue(&Value::Array(patch)),
                    GoValue(&Value::Array(order.clone()))
                )));
            }
            if rule.merges { merge_lists(present.clone(), patch, rule)? } else { patch }
        }
        _ if present.is_empty() => return Ok(()),
        _ => present.clone(),
    };
    target.insert(name.to_owned(), Value::Array(in_order(merged, order, &present, rule)));
    Ok(())
}

/// The items of both lists, those of the patch merged into those with the same key.
fn merge_lists(mut target: Vec<Value>, patch: Vec<Value>, rule: &Rule) -> Result<Vec<Value>, Status> {
    let Some(key) = &rule.key else {
        for item in patch {
            if !target.contains(&item) {
                target.push(item);
            }
        }
        return Ok(target);
    };
    if !target.iter().chain(&patch).all(Value::is_object) {
        let (target, patch) = (Value::Array(target), Value::Array(patch));
        return Err(Status::unexpected(format!(
            "list element types are not identical: [{} {}]",
            GoValue(&target),
            GoValue(&patch)
        )));
    }
    let mut kept = Vec::with_capacity(patch.len());
    for item in patch {
        match item.get(PATCH) {
            None => kept.push(item),
            Some(directive) if directive == "replace" => target.clear(),
            Some(directive) if directive == "delete" => {
                let value = item.get(&**key).ok_or_else(|| no_key(&item, key))?;
                target.retain(|present| present.get(&**key) != Some(value));
            }
            Some(directive) => return Err(unknown_directive(directive)),
        }
    }
    for item in kept {
        if item.get(&**key).is_none() {
            return Err(no_key(&item, key));
        }
        match target.iter_mut().find(|present| rule.same(present, &item)) {
            Some(Value::Object(present)) => {
                let Value::Object(item) = item else { continue };
                *present = merge_maps(std::mem::take(present), item, rule.items.as_deref())?;
            }
            _ => target.push(cleaned(item)),
        }
    }
    Ok(target)
}

/// Items in `order` first or last as the present list has them; all others keep their present order.
fn in_order(items: Vec<Value>, order: &[Value], present: &[Value], rule: &Rule) -> Vec<Value> {
    let place = |list: &[Value], item: &Value| list.iter().position(|other| rule.same(other, item));
    let (mut ours, mut theirs): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| place(order, item).is_some());
    ours.sort_by_key(|item| place(order, item));
    theirs.sort_by_key(|item| place(present, item));
    let mut out = Vec::with_capacity(ours.len() + theirs.len());
    let (mut ours, mut theirs) = (ours.into_iter().peekable(), theirs.into_iter().peekable());
    loop {
        let theirs_first = match (theirs.peek(), ours.peek()) {
            (Some(their), Some(our)) => {
                place(present, their).zip(place(present, our)).is_some_and(|(their, our)| their < our)
            }
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => return out,
        };
        out.extend(if theirs_first { theirs.next() } else { ours.next() });
    }
}

/// How a member merges.
#[derive(Debug, Default)]
struct Rule {
    /// A list whose items are joined.
    merges: bool,
    /// A map that is replaced as a whole.
    replaces: bool,
    /// The field that tells the items of a list apart; without it the items are scalars.
    key: Option<Arc<str>>,
    schema: Option<Arc<Schema>>,
    items: Option<Arc<Schema>>,
}

impl Rule {
    fn of(parent: Option<&Schema>, name: &str) -> Self {
        let Some(Kind::Object { properties, additional, .. }) = parent.map(|schema| &schema.kind) else {
            return Self::default();
        };
        let Some(schema) = properties.get(name).or(additional.as_ref()) else { return Self::default() };
        let other = |key: &str| schema.other.get(key).and_then(Value::as_str);
        let strategies: Vec<&str> =
            other("x-kubernetes-patch-strategy").unwrap_or_default().split(',').collect();
        Self {
            merges: strategies.contains(&"merge"),
            replaces: strategies.contains(&"replace"),
            key: other("x-kubernetes-patch-merge-key").map(Arc::from),
            items: match &schema.kind {
                Kind::Array { items } => Some(items.clone()),
                _ => None,
            },
            schema: Some(schema.clone()),
        }
    }

    /// Whether two items are the same one.
    fn same(&self, a: &Value, b: &Value) -> bool {
        match &self.key {
            Some(key) => a.get(&**key).is_some() && a.get(&**key) == b.get(&**key),
            None => a == b,
        }
    }
}

/// A value that nothing is merged into: without nulls and directives.
fn cleaned(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(without_directives(members)),
        Value::Array(items) => items
            .into_iter()
            .filter(|item| !matches!(item.get(PATCH), Some(directive) if directive == "delete" || directive == "replace"))
            .map(cleaned)
            .collect(),
        value => value,
    }
}

fn without_directives(members: Members) -> Members {
    let is_directive = |key: &str| {
        matches!(key, PATCH | RETAIN_KEYS)
            || key.starts_with(ELEMENT_ORDER)
            || key.starts_with(DELETE_PRIMITIVES)
    };
    members
        .into_iter()
        .filter(|(key, value)| !value.is_null() && !is_directive(key))
        .map(|(key, value)| (key, cleaned(value)))
        .collect()
}

fn no_key(item: &Value, key: &str) -> Status {
    Status::unexpected(format!("map: {} does not contain declared merge key: {key}", GoValue(item)))
}

fn unknown_directive(directive: &Value) -> Status {
    Status::unexpected(format!("unknown patch type found: {}", GoValue(directive)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::from_json(&json!({"type": "object", "properties": {
            "list": {
                "type": "array",
                "items": {"type": "object", "properties": {"n": {"type": "string"}, "v": {"type": "integer"}}},
                "x-kubernetes-patch-strategy": "merge",
                "x-kubernetes-patch-merge-key": "n",
            },
            "set": {"type": "array", "items": {"type": "string"}, "x-kubernetes-patch-strategy": "merge"},
            "plain": {"type": "array", "items": {"type": "string"}},
        }}))
        .unwrap()
    }

    #[test]
    fn patches() {
        let target = json!({
            "list": [{"n": "a", "v": 1}, {"n": "b", "v": 2}],
            "set": ["x", "y"],
            "plain": ["p"],
            "map": {"k": 1, "l": 2},
        });
        for (patch, member, expected) in [
            (json!({"list": [{"n": "b", "v": 3}]}), "list", json!([{"n": "a", "v": 1}, {"n": "b", "v": 3}])),
            (
                json!({"list": [{"n": "c"}]}),
                "list",
                json!([{"n": "c"}, {"n": "a", "v": 1}, {"n": "b", "v": 2}]),
            ),
            (json!({"list": [{"n": "a", "$patch": "delete"}]}), "list", json!([{"n": "b", "v": 2}])),
            (json!({"list": [{"n": "c"}, {"$patch": "replace"}]}), "list", json!([{"n": "c"}])),
            (
                json!({"$setElementOrder/list": [{"n": "b"}, {"n": "a"}], "list": [{"n": "a", "v": 9}]}),
                "list",
                json!([{"n": "b", "v": 2}, {"n": "a", "v": 9}]),
            ),
            (json!({"set": ["z", "x"]}), "set", json!(["z", "x", "y"])),
            (json!({"$deleteFromPrimitiveList/set": ["x"]}), "set", json!(["y"])),
            (json!({"plain": ["q"]}), "plain", json!(["q"])),
            (json!({"map": {"k": null, "m": 3}}), "map", json!({"l": 2, "m": 3})),
            (json!({"map": {"$patch": "replace", "m": 3}}), "map", json!({"m": 3})),
            (json!({"map": {"$retainKeys": ["k", "m"], "m": 3}}), "map", json!({"k": 1, "m": 3})),
        ] {
            let (Value::Object(target), Value::Object(members)) = (target.clone(), patch.clone()) else {
                continue;
            };
            let patched = merge_maps(target, members, Some(&schema())).unwrap();
            assert_eq!(patched[member], expected, "{patch}");
        }
    }

    #[test]
    fn items_need_their_key() {
        let (target, patch) = (json!({"list": [{"n": "a"}]}), json!({"list": [{"v": 1}]}));
        let (Value::Object(target), Value::Object(patch)) = (target, patch) else { return };
        let refused = merge_maps(target, patch, Some(&schema())).unwrap_err();
        assert_eq!(refused.message, "map: map[v:1] does not contain declared merge key: n");
    }
}
