//! What the policy adds to an instance's status: the state of every node, and whether it gets on.

use super::Pass;
use kro_api::ConditionStatus;
use kro_graph::NodeId;
use kro_object::Timestamp;
use kro_plan::{NodeState, Plan};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, time::Duration};

/// The most bytes of `status.nodes` as JSON.
const INVENTORY_LIMIT: usize = 16 * 1024;
/// The most bytes of one message in it.
const MESSAGE_LIMIT: usize = 256;
/// The field, and what it holds, as the generated CRD declares it.
pub(crate) const INVENTORY: &str = "nodes";

/// The schema of `status.nodes`.
pub(crate) fn inventory_schema() -> Value {
    let text = json!({"type": "string"});
    json!({"type": "array", "items": {"type": "object", "properties": {
        "id": text, "kind": text, "state": text, "since": text, "message": text,
        "names": {"type": "array", "items": text},
    }}})
}

/// When each node came to its state.
pub(super) type Since = BTreeMap<NodeId, Timestamp>;

impl Pass<'_> {
    /// When each node came to its state. Without an inventory that is when the instance came to wait.
    pub(super) fn since(&self, plan: &Plan) -> Since {
        let stored = self.stored_status().and_then(|status| status.get(INVENTORY)?.as_array());
        let waiting =
            self.conditions.get("ResourcesReady").filter(|ready| ready.status == ConditionStatus::False);
        let waiting = waiting.and_then(|ready| ready.last_transition_time);
        let since = plan.nodes.iter().map(|(id, state)| {
            let (word, _) = describe(state);
            let entry = stored.into_iter().flatten().find(|entry| entry["id"] == id.as_str());
            let known = match (entry, stored) {
                (Some(entry), _) if entry["state"] == word => {
                    entry["since"].as_str().and_then(|time| time.parse().ok())
                }
                (None, None) => waiting,
                _ => None,
            };
            (id.clone(), known.unwrap_or_else(|| self.now.whole_seconds()))
        });
        since.collect()
    }

    /// Sets `Reconciling` and `Stalled`; each is there only while it holds. Returns when a node will have waited too
    /// long.
    pub(super) fn progress(&mut self, plan: &Plan, since: &Since, suspended: bool) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut late = Vec::new();
        let mut failed = Vec::new();
        for (id, state) in &plan.nodes {
            let message = match state {
                NodeState::Failed { message } => {
                    failed.push(message.clone());
                    continue;
                }
                NodeState::Unready { message } | NodeState::Pending { waiting_for: None, message } => {
                    message.clone()
                }
                NodeState::Deleting { object } => format!("node {id:?}: {object} is being deleted"),
                // Who waits for another node is not to blame.
                NodeState::Pending { .. } | NodeState::Ready | NodeState::Excluded { .. } => continue,
            };
            let Some(timeout) = self.served.policy.node(id.as_str()).timeout else { continue };
            let waited =
                since.get(id).map_or(Duration::ZERO, |since| self.now.saturating_duration_since(*since));
            match timeout.checked_sub(waited).filter(|left| !left.is_zero()) {
                Some(left) => next = Some(next.map_or(left, |next| next.min(left))),
                None => late.push(format!("{message} (for more than {} s)", timeout.as_secs())),
            }
        }
        let stalled = if failed.is_empty() { ("Timeout", late) } else { ("Failed", failed) };
        let ready = self.conditions.is_true("ResourcesReady");
        self.show("Stalled", !suspended && !stalled.1.is_empty(), stalled.0, &stalled.1.join("\n"));
        let why =
            self.conditions.get("ResourcesReady").map(|ready| (ready.reason.clone(), ready.message.clone()));
        let (reason, message) = why.unwrap_or_default();
        self.show("Reconciling", !suspended && !ready && stalled.1.is_empty(), &reason, &message);
        next.filter(|_| !suspended)
    }

    fn show(&mut self, kind: &str, holds: bool, reason: &str, message: &str) {
        if holds && self.served.policy.progress {
            self.set(kind, ConditionStatus::True, reason, message);
        } else {
            self.conditions.remove(kind);
        }
    }

    /// `status.nodes`, if the policy asks for it and the author has no field of that name.
    pub(super) fn inventory(&self, plan: &Plan, since: &Since) -> Option<Value> {
        let graph = &self.served.graph;
        let taken =
            graph.instance.status.iter().any(|hole| hole.path.segments().get(1) == Some(&INVENTORY.into()));
        if !self.served.policy.inventory || taken {
            return None;
        }
        let entries = plan.nodes.iter().map(|(id, state)| {
            let (word, message) = describe(state);
            let mut entry = Map::new();
            entry.insert("id".into(), id.as_str().into());
            entry.insert("kind".into(), (&*graph.nodes[id].resource.gvk.kind).into());
            entry.insert("state".into(), word.into());
            entry.insert("since".into(), since.get(id).map(ToString::to_string).into());
            let names = self.targets.iter().filter(|(_, target)| target.node == *id);
            let names: Vec<String> = names.map(|((_, key), _)| key.to_string()).collect();
            if !names.is_empty() {
                entry.insert("names".into(), names.into());
            }
            if !message.is_empty() {
                entry.insert("message".into(), message[..message.floor_char_boundary(MESSAGE_LIMIT)].into());
            }
            entry
        });
        Some(bounded(entries.collect()))
    }
}

/// At most [`INVENTORY_LIMIT`] bytes: without names, without messages, at last without some nodes.
fn bounded(mut entries: Vec<Map<String, Value>>) -> Value {
    let size = |entries: &[Map<String, Value>]| -> usize {
        entries.iter().map(|entry| json!(entry).to_string().len() + 1).sum()
    };
    for field in ["names", "message"] {
        if size(&entries) > INVENTORY_LIMIT {
            for entry in &mut entries {
                entry.remove(field);
            }
        }
    }
    let all = entries.len();
    while size(&entries) > INVENTORY_LIMIT {
        entries.truncate(entries.len() * 9 / 10);
    }
    if entries.len() < all {
        let more = json!({"id": "", "message": format!("and {} more", all - entries.len())});
        entries.extend(more.as_object().cloned());
    }
    json!(entries)
}

/// One word for a state, and what there is to say.
pub(super) fn describe(state: &NodeState) -> (&'static str, String) {
    match state {
        NodeState::Pending { waiting_for: Some(node), .. } => ("pending", format!("waits for {node}")),
        NodeState::Excluded { because_of: None } => ("excluded", String::new()),
        NodeState::Excluded { because_of: Some(node) } => ("excluded", format!("depends on {node}")),
        NodeState::Pending { message, .. } => ("pending", message.clone()),
        NodeState::Deleting { object } => ("deleting", object.to_string()),
        NodeState::Unready { message } => ("unready", message.clone()),
        NodeState::Ready => ("ready", String::new()),
        NodeState::Failed { message } => ("failed", message.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inventory_is_bounded() {
        let entry = |number: usize, names: usize| {
            let names: Vec<String> = (0..names).map(|name| format!("default/object-{name}")).collect();
            let entry =
                json!({"id": format!("node{number}"), "state": "ready", "names": names, "message": "m"});
            entry.as_object().cloned().expect("an object")
        };
        let few = bounded(vec![entry(1, 3)]);
        assert_eq!(few[0]["names"].as_array().map(Vec::len), Some(3));
        let many = bounded(vec![entry(1, 1000), entry(2, 1)]);
        assert!(many.to_string().len() <= INVENTORY_LIMIT && many[0].get("names").is_none());
        assert_eq!(many[1]["message"], "m");
        let huge = bounded((0..2000).map(|number| entry(number, 1)).collect());
        assert!(huge.to_string().len() <= INVENTORY_LIMIT + 64);
        let last = huge.as_array().and_then(|list| list.last()).expect("entries");
        assert!(last["message"].as_str().is_some_and(|text| text.starts_with("and ")), "{last}");
    }
}
