//! Which policies held for the instances of each kind, and since when. An operator may not have heard of the newest
//! yet: what it does is right when one that held lately allows it.

use kro_api::{
    Policy, Profile,
    names::{self, labels},
    policy::NodePolicy,
};
use kro_object::{GroupKind, Object};
use std::collections::BTreeMap;

/// Virtual seconds after which an operator that can act has heard of a policy: longer than it is ever cut off.
const HEARD: f64 = 300.0;

/// The policies of all definitions there were.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    profile: Profile,
    /// Each with the moment from which it held, in virtual seconds.
    by_kind: BTreeMap<GroupKind, Vec<(f64, Policy)>>,
}

impl Policies {
    pub(crate) fn new(profile: Profile) -> Self {
        Self { profile, by_kind: BTreeMap::new() }
    }

    /// Takes note of what definitions say now. What one said last holds on when it is gone.
    pub(crate) fn learn<'o>(&mut self, at: f64, definitions: impl IntoIterator<Item = &'o Object>) {
        for definition in definitions {
            let policy = Policy::of(self.profile, definition);
            let known = self.by_kind.entry(kind_of(definition)).or_default();
            if known.last().is_none_or(|(_, last)| *last != policy) {
                known.push((at, policy));
            }
        }
    }

    /// The policy of a definition as it is written.
    pub(crate) fn of(&self, definition: &Object) -> Policy {
        Policy::of(self.profile, definition)
    }

    /// What an operator may hold to be true of the node of a child.
    pub(crate) fn lately(&self, at: f64, child: &Object) -> Vec<NodePolicy> {
        let known = self.known(child);
        let heard = known.iter().rposition(|(since, _)| at - since > HEARD).unwrap_or(0);
        self.of_node(&known[heard..], child)
    }

    /// Everything that ever held for the node of a child.
    pub(crate) fn ever(&self, child: &Object) -> Vec<NodePolicy> {
        self.of_node(self.known(child), child)
    }

    /// What holds for the node of a child.
    pub(crate) fn now(&self, child: &Object) -> NodePolicy {
        let last = self.known(child).last();
        let default = Policy::new(self.profile);
        last.map_or(&default, |(_, policy)| policy).node(node_of(child)).clone()
    }

    /// Whether something may be said of nodes that are not ready for a while.
    pub(crate) fn have_timeouts(&self) -> bool {
        let policies = self.by_kind.values().filter_map(|known| known.last());
        policies.into_iter().any(|(_, policy)| policy.has_timeout())
    }

    fn known(&self, child: &Object) -> &[(f64, Policy)] {
        let metadata = child.metadata();
        let label = |name| metadata.label(name).unwrap_or_default();
        let kind = GroupKind::new(label(labels::INSTANCE_GROUP), label(labels::INSTANCE_KIND));
        self.by_kind.get(&kind).map_or(&[], Vec::as_slice)
    }

    fn of_node(&self, policies: &[(f64, Policy)], child: &Object) -> Vec<NodePolicy> {
        let node = node_of(child);
        if policies.is_empty() {
            return vec![Policy::new(self.profile).node(node).clone()];
        }
        policies.iter().map(|(_, policy)| policy.node(node).clone()).collect()
    }
}

/// The kind of a definition's instances.
pub(crate) fn kind_of(definition: &Object) -> GroupKind {
    let schema = definition.as_value_at("spec").map(|spec| &spec["schema"]);
    let text = |field: &str| schema.and_then(|schema| schema[field].as_str());
    GroupKind::new(text("group").unwrap_or(names::GROUP), text("kind").unwrap_or_default())
}

fn node_of(child: &Object) -> &str {
    child.metadata().label(labels::NODE_ID).unwrap_or_default()
}
