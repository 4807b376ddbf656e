//! Puts an applied configuration over a live value.

use serde_json::{Map as Object, Value};

use crate::check::{Duplicates, Problems};
use crate::items::Items;
use crate::types::{List, MAX_DEPTH, Map, MergeSchema, Relation, Shape, TypeRef};

impl MergeSchema {
    /// The live value with the configuration's on top; `None` if that changes nothing.
    ///
    /// Leaves are taken from the configuration, maps are joined. Items of associative lists are joined by element:
    /// those that both have stand in the configuration's order, the others keep their place relative to them.
    /// An empty or null container in the configuration does not empty one that holds something.
    /// The configuration must fit the schema, without duplicates.
    pub fn merge(&self, live: &Value, config: Value) -> Result<Option<Value>, Problems> {
        self.check(&config, Duplicates::Refuse)?;
        Ok(self.merge_checked(live, config))
    }

    /// The same for a configuration that is known to fit.
    pub(crate) fn merge_checked(&self, live: &Value, config: Value) -> Option<Value> {
        merge(self.root(), live, config, 0)
    }
}

fn merge(ty: TypeRef<'_>, live: &Value, config: Value, depth: usize) -> Option<Value> {
    if depth < MAX_DEPTH {
        match (ty.shape(&config), live, config) {
            (Shape::Map(map), Value::Object(live), Value::Object(config)) if !map.atomic => {
                if !live.is_empty() || !config.is_empty() {
                    return merge_maps(ty, map, live, config, depth);
                }
                return None;
            }
            // A container without content does not replace one with content.
            (Shape::Map(map), Value::Object(live), Value::Null) if !map.atomic && !live.is_empty() => {
                return None;
            }
            (Shape::List(list), live, config) if !matches!(list.relation, Relation::Atomic) => {
                return merge_lists(ty, list, live, config, depth);
            }
            (_, live, config) => return (*live != config).then_some(config),
        }
    }
    (*live != config).then_some(config)
}

fn merge_maps(
    ty: TypeRef<'_>,
    map: &Map,
    live: &Object<String, Value>,
    config: Object<String, Value>,
    depth: usize,
) -> Option<Value> {
    let mut changed = Vec::new();
    for (name, value) in config {
        let merged = match (live.get(&name), ty.field(map, &name)) {
            (Some(live), Some((field, _))) => merge(field, live, value, depth + 1),
            _ => Some(value),
        };
        if let Some(value) = merged {
            changed.push((name, value));
        }
    }
    if changed.is_empty() {
        return None;
    }
    // Both are sorted by name, so the replaced values are met in order and never copied.
    let mut replaced = changed.iter().map(|(name, _)| name).peekable();
    let mut kept = Vec::with_capacity(live.len() + changed.len());
    for (name, value) in live {
        while replaced.next_if(|replaced| *replaced < name).is_some() {}
        if replaced.next_if(|replaced| *replaced == name).is_none() {
            kept.push((name.clone(), value.clone()));
        }
    }
    Some(kept.into_iter().chain(changed).collect())
}

/// Where an item of the result comes from.
enum Source {
    Live(usize),
    Merged(Value),
}

fn merge_lists(ty: TypeRef<'_>, list: &List, live: &Value, config: Value, depth: usize) -> Option<Value> {
    let mut config = match (live, config) {
        (Value::Array(live), Value::Null) if !live.is_empty() => return None,
        (live, Value::Array(config))
            if live.as_array().is_some_and(|l| !l.is_empty()) || !config.is_empty() =>
        {
            config
        }
        (live, config) => return (*live != config).then_some(config),
    };
    let live = live.as_array().map_or(&[][..], Vec::as_slice);
    let plan = plan(list, live, &config);
    let mut changed = plan.len() != live.len();
    let mut sources = Vec::with_capacity(plan.len());
    for (at, step) in plan.into_iter().enumerate() {
        let source = match step {
            Step::Live(position) => Source::Live(position),
            Step::Config(position) => Source::Merged(config[position].take()),
            Step::Both(position, theirs) => {
                let item = config[theirs].take();
                match merge(ty.items(list), &live[position], item, depth + 1) {
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
