//! Status conditions as kro reports them: a root that sums up its dependents. Refuses to read a clock.

use kro_object::{Object, Timestamp};
use serde_json::{Map, Value};

/// One status condition, as in the Kubernetes API conventions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it speaks about (`type` on the wire), `UpperCamelCase`.
    pub kind: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// Why, in one `UpperCamelCase` word for programs.
    pub reason: String,
    /// Why, for people.
    pub message: String,
    /// When `status` last changed, in whole seconds.
    pub last_transition_time: Option<Timestamp>,
    /// The generation of the object it speaks about; 0 when unknown.
    pub observed_generation: i64,
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not hold.
    False,
    /// Not known yet.
    Unknown,
}

impl ConditionStatus {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}

impl Condition {
    /// Reads one; `None` unless type and status are legal.
    pub fn from_value(value: &Value) -> Option<Self> {
        let text = |name| value.get(name).and_then(Value::as_str);
        Some(Self {
            kind: text("type")?.to_owned(),
            status: match text("status")? {
                "True" => ConditionStatus::True,
                "False" => ConditionStatus::False,
                "Unknown" => ConditionStatus::Unknown,
                _ => return None,
            },
            reason: text("reason").unwrap_or_default().to_owned(),
            message: text("message").unwrap_or_default().to_owned(),
            last_transition_time: text("lastTransitionTime").and_then(|time| time.parse().ok()),
            observed_generation: value.get("observedGeneration").and_then(Value::as_i64).unwrap_or_default(),
        })
    }

    /// The wire form. Reason and message are written even when empty; time and generation only when known.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("type".into(), self.kind.as_str().into());
        map.insert("status".into(), self.status.as_str().into());
        map.insert("reason".into(), self.reason.as_str().into());
        map.insert("message".into(), self.message.as_str().into());
        if let Some(time) = self.last_transition_time {
            map.insert("lastTransitionTime".into(), time.to_string().into());
        }
        if self.observed_generation != 0 {
            map.insert("observedGeneration".into(), self.observed_generation.into());
        }
        Value::Object(map)
    }
}

/// Which conditions an object has and how they depend on each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConditionTree {
    /// The condition that sums up the others.
    pub root: &'static str,
    /// What the root sums up, in order of first appearance.
    pub dependents: &'static [&'static str],
    /// Types of older versions, removed on sight.
    pub retired: &'static [&'static str],
}

/// Conditions of definitions.
pub const DEFINITION_CONDITIONS: ConditionTree = ConditionTree {
    root: "Ready",
    dependents: &["GraphRevisionsResolved", "GraphAccepted", "KindReady", "ControllerReady"],
    retired: &["ResourceGraphAccepted"],
};

/// Conditions of revisions.
pub const REVISION_CONDITIONS: ConditionTree =
    ConditionTree { root: "Ready", dependents: &["GraphVerified"], retired: &[] };

/// Conditions of instances.
pub const INSTANCE_CONDITIONS: ConditionTree = ConditionTree {
    root: "Ready",
    dependents: &["InstanceManaged", "GraphResolved", "ResourcesReady"],
    retired: &[],
};

/// The conditions of one object, open for changes.
///
/// Invariant: every condition of the tree is present, the root stands last, and the others are sorted by transition
/// time with the unknown times first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionSet {
    tree: ConditionTree,
    conditions: Vec<Condition>,
    generation: i64,
    created: Option<Timestamp>,
    deleting: bool,
}

impl ConditionSet {
    /// Reads the conditions of an object, drops retired ones and adds missing ones as `Unknown`.
    pub fn open(tree: ConditionTree, object: &Object, now: Timestamp) -> Self {
        let stored = object.as_value_at("status").and_then(|status| status.get("conditions"));
        let metadata = object.metadata();
        let mut set = Self {
            tree,
            conditions: stored
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Condition::from_value)
                .filter(|condition| !tree.retired.contains(&condition.kind.as_str()))
                .collect(),
            generation: metadata.generation().unwrap_or_default(),
            created: metadata.creation_timestamp(),
            deleting: metadata.is_deleting(),
        };
        for kind in std::iter::once(tree.root).chain(tree.dependents.iter().copied()) {
            if set.get(kind).is_none() {
                let message = format!("condition {kind:?} is awaiting reconciliation");
                set.set(kind, ConditionStatus::Unknown, "AwaitingReconciliation", &message, now);
            }
        }
        set
    }

    /// All conditions, the root last.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// The list as stored in `status.conditions`.
    pub fn to_value(&self) -> Value {
        self.conditions.iter().map(Condition::to_value).collect()
    }

    /// One condition by its type.
    pub fn get(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether a condition holds, for whichever generation.
    pub fn is_true(&self, kind: &str) -> bool {
        self.get(kind).is_some_and(|condition| condition.status == ConditionStatus::True)
    }

    /// Whether the root holds for the present generation.
    pub fn is_ready(&self) -> bool {
        self.get(self.tree.root).is_some_and(|root| {
            root.status == ConditionStatus::True && root.observed_generation == self.generation
        })
    }

    /// Sets one condition and sums up anew. The transition time moves only when the status changes.
    pub fn set(&mut self, kind: &str, status: ConditionStatus, reason: &str, message: &str, now: Timestamp) {
        let index = self.conditions.iter().position(|condition| condition.kind == kind);
        let stored = index.map(|index| &self.conditions[index]);
        let last_transition_time = match stored {
            Some(old) if old.status == status => old.last_transition_time,
            None if self.is_of_tree(kind) => self.created,
            _ => Some(now.whole_seconds()),
        };
        let new = Condition {
            kind: kind.to_owned(),
            status,
            reason: reason.to_owned(),
            message: message.to_owned(),
            last_transition_time,
            observed_generation: self.generation,
        };
        if stored == Some(&new) {
            return;
        }
        match index {
            Some(index) => self.conditions[index] = new,
            None => self.conditions.push(new),
        }
        if self.deleting {
            for condition in &mut self.conditions {
                condition.observed_generation = self.generation;
            }
        }
        let root = self.tree.root;
        self.conditions.sort_by_key(|condition| (condition.kind == root, condition.last_transition_time));
        if kind != root {
            self.sum_up(now);
        }
    }

    /// Removes a condition that is not part of the tree.
    pub fn remove(&mut self, kind: &str) {
        if !self.is_of_tree(kind) {
            self.conditions.retain(|condition| condition.kind != kind);
        }
    }

    fn is_of_tree(&self, kind: &str) -> bool {
        self.tree.root == kind || self.tree.dependents.contains(&kind)
    }

    /// The root is true when all dependents are, at this generation; else it copies the newest that is false, or
    /// else the newest that is unknown. A dependent that is true but stale leaves it alone.
    fn sum_up(&mut self, now: Timestamp) {
        let healthy = |condition: &Condition| {
            condition.status == ConditionStatus::True && condition.observed_generation == self.generation
        };
        let dependents = || {
            let all = self.conditions.iter();
            all.filter(|condition| self.tree.dependents.contains(&condition.kind.as_str()))
        };
        let newest =
            |status| {
                let candidates = dependents().filter(|condition| condition.status == status);
                // Of equal times the first counts, so that the order of the list decides.
                candidates.reduce(|best, next| {
                    if next.last_transition_time > best.last_transition_time { next } else { best }
                })
            };
        let root = self.tree.root;
        if dependents().all(healthy) {
            self.set(root, ConditionStatus::True, root, "", now);
        } else if let Some(worst) =
            newest(ConditionStatus::False).or_else(|| newest(ConditionStatus::Unknown)).cloned()
        {
            self.set(root, worst.status, &worst.reason, &worst.message, now);
        }
    }
}

#[cfg(test)]
mod tests;
