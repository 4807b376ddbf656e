//! Whether a value has everything that another one says, and the first place where it has not.

use serde_json::{Map, Value};

/// What the items of a wanted list mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lists {
    /// All items, one by one.
    Whole,
    /// Some items, in their order; others may stand between them.
    Part,
}

/// The first place where `live` lacks something that `wanted` says, in words. `null` is what is not there.
pub(crate) fn difference(wanted: &Value, live: &Value, at: &str, lists: Lists) -> Option<String> {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => wanted.iter().find_map(|(key, value)| {
            let at = format!("{at}.{key}");
            match live.get(key) {
                Some(live) => difference(value, live, &at, lists),
                None if value.is_null() => None,
                None => Some(format!("{at} is missing")),
            }
        }),
        (Value::Array(wanted), Value::Array(live)) if lists == Lists::Whole && wanted.len() == live.len() => {
            let mut pairs = wanted.iter().zip(live).enumerate();
            pairs.find_map(|(index, (wanted, live))| {
                difference(wanted, live, &format!("{at}[{index}]"), lists)
            })
        }
        (Value::Array(wanted), Value::Array(live)) if lists == Lists::Part => {
            let mut rest = live.iter();
            wanted.iter().find_map(|wanted| {
                let fits = |live: &Value| difference(wanted, live, at, lists).is_none();
                (!rest.any(fits)).then(|| format!("{at} has no item {wanted}"))
            })
        }
        _ if wanted == live => None,
        _ => Some(format!("{at} is {live}, expected {wanted}")),
    }
}

/// The part of `live` that `wanted` speaks of, for showing both side by side.
pub(super) fn project(wanted: &Value, live: &Value) -> Value {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let both = wanted.iter().filter_map(|(key, value)| Some((key, value, live.get(key)?)));
            Value::Object(
                both.map(|(key, wanted, live)| (key.clone(), project(wanted, live))).collect::<Map<_, _>>(),
            )
        }
        (Value::Array(wanted), Value::Array(live)) => {
            // Items are shown by the fields of the first wanted one: those of a list are alike.
            let Some(first) = wanted.first() else { return Value::Array(live.clone()) };
            live.iter().map(|live| project(first, live)).collect()
        }
        _ => live.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn part(wanted: &Value, live: &Value) -> Option<String> {
        difference(wanted, live, "", Lists::Part)
    }

    #[test]
    fn a_part_of_an_object_is_enough() {
        let live =
            json!({"a": 1, "b": [{"type": "Ready", "status": "True"}, {"type": "Done", "status": "False"}]});
        assert_eq!(part(&json!({"b": [{"type": "Done"}]}), &live), None);
        assert_eq!(part(&json!({"c": null}), &live), None);
        assert_eq!(part(&json!({"a": 2}), &live).unwrap(), ".a is 1, expected 2");
        assert_eq!(
            part(&json!({"b": [{"type": "Done"}, {"type": "Ready"}]}), &live).unwrap(),
            ".b has no item {\"type\":\"Ready\"}"
        );
    }

    #[test]
    fn whole_lists_are_compared_item_by_item() {
        let whole = |wanted: &Value, live: &Value| difference(wanted, live, "", Lists::Whole);
        assert_eq!(whole(&json!([1, 2]), &json!([1, 2])), None);
        assert!(whole(&json!([1]), &json!([1, 2])).is_some());
        assert_eq!(whole(&json!([1, 3]), &json!([1, 2])).unwrap(), "[1] is 2, expected 3");
    }

    #[test]
    fn projection_keeps_what_is_spoken_of() {
        let live = json!({"a": {"x": 1, "y": 2}, "b": 3});
        assert_eq!(project(&json!({"a": {"x": 9}, "c": 1}), &live), json!({"a": {"x": 1}}));
    }
}
