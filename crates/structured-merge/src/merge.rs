//! Puts an applied configuration over a live value.

use serde_json::{Map as Object, Value};

use crate::check::{Duplicates, Problems};
use crate::items::{Items, are_aligned};
use crate::types::{List, MAX_DEPTH, Map, MergeSchema, Relation, Shape, TypeRef};

impl MergeSchema {
    /// The live value with the configuration's on top; `None` if that changes nothing.
    ///
    /// Leaves are taken from the configuration, maps are joined. Items of associative lists are joined by element:
    /// those that both have stand in the configuration's order, the others keep their place relative to them.
    /// An empty or null container in the configuration does not empty one that holds something.
    /// The configuration must fit the schema, without duplicates.
    pub fn merge(&self, live: &Value, config: &Value) -> Result<Option<Value>, Problems> {
        self.check(config, Duplicates::Refuse)?;
        Ok(self.merge_checked(live, config))
    }

    /// The same for a configuration that is known to fit.
    pub(crate) fn merge_checked(&self, live: &Value, config: &Value) -> Option<Value> {
        merge(self.root(), live, config, 0)
    }
}

fn merge(ty: TypeRef<'_>, live: &Value, config: &Value, depth: usize) -> Option<Value> {
    if depth < MAX_DEPTH {
        match (ty.shape(config), live, config) {
            (Shape::Map(map), Value::Object(live), Value::Object(config)) if !map.atomic => {
                return merge_maps(ty, map, live, config, depth);
            }
            // A container without content does not replace one with content.
            (Shape::Map(map), Value::Object(live), Value::Null) if !map.atomic && !live.is_empty() => {
                return None;
            }
            (Shape::List(list), live, config) if !matches!(list.relation, Relation::Atomic) => {
                return merge_lists(ty, list, live, config, depth);
            }
            _ => {}
        }
    }
    (live != config).then(|| config.clone())
}

fn merge_maps(
    ty: TypeRef<'_>,
    map: &Map,
    live: &Object<String, Value>,
    config: &Object<String, Value>,
    depth: usize,
) -> Option<Value> {
    let mut changed: Vec<(&String, Value)> = Vec::new();
    // Both are sorted by name.
    let mut lives = live.iter().peekable();
    for (name, value) in config {
        while lives.next_if(|(live, _)| *live < name).is_some() {}
        let merged = match (lives.next_if(|(live, _)| *live == name), ty.field(map, name)) {
            (Some((_, live)), Some((field, _))) => merge(field, live, value, depth + 1),
            _ => Some(value.clone()),
        };
        if let Some(value) = merged {
            changed.push((name, value));
        }
    }
    if changed.is_empty() {
        return None;
    }
    // What is replaced is never copied.
    let mut merged = Vec::with_capacity(live.len() + changed.len());
    let mut changed = changed.into_iter().peekable();
    for (name, value) in live {
        while let Some((new, value)) = changed.next_if(|(changed, _)| *changed < name) {
            merged.push((new.clone(), value));
        }
        match changed.next_if(|(changed, _)| *changed == name) {
            Some((_, new)) => merged.push((name.clone(), new)),
            None => merged.push((name.clone(), value.clone())),
        }
    }
    merged.extend(changed.map(|(name, value)| (name.clone(), value)));
    Some(merged.into_iter().collect())
}

/// Where an item of the result comes from.
enum Source {
    Live(usize),
    Merged(Value),
}

fn merge_lists(ty: TypeRef<'_>, list: &List, live: &Value, config: &Value, depth: usize) -> Option<Value> {
    let config = match (live, config) {
        (Value::Array(live), Value::Null) if !live.is_empty() => return None,
        (live, Value::Array(config))
            if live.as_array().is_some_and(|l| !l.is_empty()) || !config.is_empty() =>
        {
            config.as_slice()
        }
        (live, config) => return (live != config).then(|| config.clone()),
    };
    let live = live.as_array().map_or(&[][..], Vec::as_slice);
    if are_aligned(list, live, config) {
        return merge_aligned(ty.items(list), live, config, depth);
    }
    let plan = plan(list, live, config);
    let mut changed = plan.len() != live.len();
    let mut sources = Vec::with_capacity(plan.len());
    for (at, step) in plan.into_iter().enumerate() {
        let source = match step {
            Step::Live(position) => Source::Live(position),
            Step::Config(position) => Source::Merged(config[position].clone()),
            Step::Both(position, theirs) => {
                match merge(ty.items(list), &live[position], &config[theirs], depth + 1) {
                    None => Source::Live(position),
                    Some(merged) => Source::Merged(merged),
                }
            }
        };
        changed |= !matches!(source, Source::Live(position) if position == at);
        sources.push(source);
    }
    if !changed {
        return None;
    }
    let items = sources.into_iter().map(|source| match source {
        Source::Live(position) => live[position].clone(),
        Source::Merged(value) => value,
    });
    Some(Value::Array(items.collect()))
}

/// Lists that have the same items in the same order: nothing moves, nothing comes or goes.
fn merge_aligned(ty: TypeRef<'_>, live: &[Value], config: &[Value], depth: usize) -> Option<Value> {
    let mut merged: Option<Vec<Value>> = None;
    for (at, (live_item, item)) in live.iter().zip(config).enumerate() {
        match (merge(ty, live_item, item, depth + 1), &mut merged) {
            (None, None) => {}
            (None, Some(merged)) => merged.push(live_item.clone()),
            (Some(new), Some(merged)) => merged.push(new),
            (Some(new), merged @ None) => {
                let mut items = Vec::with_capacity(live.len());
                items.extend_from_slice(&live[..at]);
                items.push(new);
                *merged = Some(items);
            }
        }
    }
    merged.map(Value::Array)
}

/// One item of a merged list, by positions in the live list and in the configuration's.
enum Step {
    Live(usize),
    Config(usize),
    Both(usize, usize),
}

/// The items of a merged list in order.
fn plan(list: &List, live: &[Value], config: &[Value]) -> Vec<Step> {
    let (left, right) = (Items::new(list, live), Items::new(list, config));
    let in_right: Vec<Option<usize>> =
        (0..left.len()).map(|l| right.find(left.element(l)).first().copied()).collect();
    let in_left: Vec<&[usize]> = (0..right.len()).map(|r| left.find(right.element(r))).collect();
    let take_right = |r: usize| match in_left[r] {
        [l] => Step::Both(left.position(*l), right.position(r)),
        // An item that the live list holds twice is replaced as a whole.
        _ => Step::Config(right.position(r)),
    };

    let mut steps = Vec::with_capacity(left.len().max(right.len()));
    let mut taken = vec![false; right.len()];
    let mut shared = (0..right.len()).filter(|&r| !in_left[r].is_empty());
    let mut next_shared = shared.next();
    let (mut l, mut r) = (0, 0);
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() {
            if in_right[l] == Some(r) {
                taken[r] = true;
                steps.push(take_right(r));
                (l, r, next_shared) = (l + 1, r + 1, shared.next());
                continue;
            }
            if in_right[l].is_some() && next_shared.is_some() && next_shared != in_right[l] {
                // Shared, but its turn is where the configuration has it.
                l += 1;
                continue;
            }
        }
        if l < left.len() {
            match in_right[l] {
                None => {
                    steps.push(Step::Live(left.position(l)));
                    l += 1;
                    continue;
                }
                Some(theirs) if taken[theirs] => l += 1,
                Some(_) => {}
            }
        }
        if r < right.len() {
            taken[r] = true;
            steps.push(take_right(r));
            if next_shared == Some(r) {
                next_shared = shared.next();
            }
            r += 1;
        }
    }
    steps
}
