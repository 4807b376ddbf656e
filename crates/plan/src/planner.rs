//! The machine: asks, is told, goes on.
//!
//! First everything is resolved from what the cluster has now, so that a mistake anywhere stops the pass before
//! anything is written. Then objects are applied wave by wave; what the server answers is what dependents see, so
//! they are resolved anew where it differs from what was read.

use crate::{
    Budget, Desired, Item, Observation, Plan, Read, ReadId, Step, Target,
    pass::{Pass, Standing, Track},
};
use kro_graph::{Graph, Limits, Node, NodeId, NodeKind};
use kro_object::{Object, ObjectKey, Operator, Requirement, Selector};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Labels by which the items of a collection are found; written by whoever applies them.
const INSTANCE_ID: &str = "kro.run/instance-id";
const NODE_ID: &str = "kro.run/node-id";

/// One pass over one instance. Drive it with [`Planner::poll`] until [`Step::Done`].
#[derive(Debug)]
pub struct Planner {
    pass: Pass,
    reads: BTreeMap<NodeId, Asked>,
    next: u32,
    /// A mistake was found, or an object is on its way out: nothing more is read or applied.
    stopped: bool,
}

#[derive(Debug)]
struct Asked {
    id: ReadId,
    target: Target,
    answered: bool,
}

impl Planner {
    /// A pass over an instance as it stands in the cluster.
    pub fn new(graph: Arc<Graph>, instance: Object) -> Self {
        Self { pass: Pass::new(graph, instance), reads: BTreeMap::new(), next: 0, stopped: false }
    }

    /// With other limits on collections than upstream's.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.pass.limits = limits;
        self
    }

    /// With another budget for expressions.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.pass.meter.budget = budget;
        self
    }

    /// With these nodes ready by the rules of their kind, as kstatus has them, where they have no `readyWhen`; else a
    /// node is ready when it is there. What is read of their objects must hold [`KSTATUS_PATHS`](crate::KSTATUS_PATHS).
    #[must_use]
    pub fn with_kstatus(mut self, nodes: Arc<BTreeSet<NodeId>>) -> Self {
        self.pass.kstatus = nodes;
        self
    }

    /// What to do next. All reads and applies of a step are to be answered before the next call; a read that was not
    /// is asked for again, an apply that was not counts as not done. After [`Step::Done`] the pass begins anew.
    pub fn poll(&mut self) -> Step {
        let reads = self.look();
        if !reads.is_empty() {
            return Step::Read(reads);
        }
        let wave = self.wave();
        if !wave.is_empty() {
            return Step::Apply(wave);
        }
        let fresh = Self::new(Arc::clone(&self.pass.graph), self.pass.instance.clone());
        let fresh = fresh.with_limits(self.pass.limits).with_budget(self.pass.meter.budget);
        let fresh = fresh.with_kstatus(Arc::clone(&self.pass.kstatus));
        Step::Done(std::mem::replace(self, fresh).finish())
    }

    /// Answers a read. An answer to a read that was not asked for is ignored.
    pub fn observe(&mut self, read: ReadId, observation: Observation) {
        let Some((id, asked)) = self.reads.iter_mut().find(|(_, asked)| asked.id == read) else { return };
        asked.answered = true;
        let (id, graph) = (id.clone(), Arc::clone(&self.pass.graph));
        let node = &graph.nodes[&id];
        let standing = match observation {
            Observation::Failed(message) => {
                self.stopped = true;
                Standing::Failed(message)
            }
            Observation::Missing => self.see(node, Vec::new()),
            Observation::Found(objects) => self.see(node, objects),
        };
        self.track(&id).standing = standing;
    }

    /// Answers an apply: what the server has now, or why it refused. `index` as in [`Desired::item`].
    pub fn applied(&mut self, node: &NodeId, index: Option<u32>, outcome: Result<Object, String>) {
        let Some(track) = self.pass.tracks.get_mut(node) else { return };
        let index = index.unwrap_or(0) as usize;
        let Some(answer) = track.applied.as_mut().and_then(|answers| answers.get_mut(index)) else { return };
        *answer = Some(match outcome {
            Ok(object) => {
                track.live[index] = Some(object);
                Ok(())
            }
            Err(message) => Err(message),
        });
        if track.is_settled() {
            self.settle(&node.clone());
        }
    }

    /// The nodes of ours whose objects this pass will bring as far as can be told now: whatever they wait for is on
    /// its way too, and nothing the instance says excludes them. Collections that are not resolved may be empty and
    /// are left out. For records that are written ahead.
    pub fn foreseen(&self) -> impl Iterator<Item = &Node> {
        let mut foreseen = BTreeSet::new();
        for id in &self.pass.graph.order {
            let node = self.pass.node(id);
            let track = self.pass.track(id);
            let comes = match track.standing {
                Standing::Seen => node.is_managed() || self.pass.observed.contains_key(id),
                Standing::Resolved => node.is_managed(),
                Standing::Open | Standing::Pending(..) => {
                    let decided_by_instance = node.include_when.iter().all(|it| it.nodes().next().is_none());
                    matches!(node.kind, NodeKind::Resource)
                        && node.dependencies.iter().all(|dependency| foreseen.contains(dependency))
                        && decided_by_instance
                        && self.pass.excluded(id).is_none()
                }
                Standing::Excluded(_) | Standing::Deleting(_) | Standing::Failed(_) => false,
            };
            if comes {
                foreseen.insert(id);
            }
        }
        let nodes = foreseen.into_iter().map(|id| self.pass.node(id));
        nodes.filter(|node| {
            let resolved = !self.pass.track(&node.id).desired.is_empty();
            node.is_managed() && (resolved || matches!(node.kind, NodeKind::Resource))
        })
    }

    /// Ends the pass here, with what is known: for an instance that is to be left alone, or when the cluster fails.
    pub fn finish(self) -> Plan {
        Plan::new(self.pass)
    }

    fn track(&mut self, id: &NodeId) -> &mut Track {
        self.pass.tracks.get_mut(id).expect("invariant: every node has a track")
    }

    /// Decides about every node that can be decided, dependencies first, and says what has to be read for it.
    fn look(&mut self) -> Vec<Read> {
        let graph = Arc::clone(&self.pass.graph);
        let mut reads = Vec::new();
        for id in &graph.order {
            if self.stopped {
                break;
            }
            let track = self.pass.track(id);
            let decided =
                matches!(track.standing, Standing::Seen | Standing::Excluded(_) | Standing::Failed(_));
            if decided || track.applied.is_some() {
                continue;
            }
            let (standing, desired) = self.pass.decide(id);
            self.stopped |= matches!(standing, Standing::Failed(_));
            let resolved = matches!(standing, Standing::Resolved);
            let track = self.track(id);
            track.standing = standing;
            track.live = vec![None; desired.len()];
            track.desired = desired;
            if resolved {
                reads.extend(self.read(&graph.nodes[id]));
            }
        }
        // A mistake found behind a read makes the read pointless.
        if self.stopped { Vec::new() } else { reads }
    }

    /// The read a node needs now. One that was answered for the same target serves again.
    fn read(&mut self, node: &Node) -> Option<Read> {
        let desired = &self.pass.track(&node.id).desired;
        if desired.is_empty() {
            self.pass.observed.insert(node.id.clone(), Value::Array(Vec::new()));
            self.track(&node.id).standing = Standing::Seen;
            return None;
        }
        let target = match target(node, &desired[0], &self.pass.instance) {
            Ok(target) => target,
            Err(message) => {
                self.stopped = true;
                self.track(&node.id).standing = Standing::Failed(message);
                return None;
            }
        };
        let id = match self.reads.get(&node.id) {
            Some(asked) if asked.target == target => asked.id,
            _ => {
                self.next += 1;
                let id = ReadId(self.next);
                self.reads.insert(node.id.clone(), Asked { id, target: target.clone(), answered: false });
                id
            }
        };
        Some(Read { id, node: node.id.clone(), resource: node.resource.clone(), target })
    }

    /// Takes in what a read found.
    fn see(&mut self, node: &Node, found: Vec<Object>) -> Standing {
        let id = &node.id;
        let track = self.pass.tracks.get_mut(id).expect("invariant: every node has a track");
        match node.kind {
            NodeKind::ExternalCollection => {
                let list = found.into_iter().map(Object::into_value).collect();
                self.pass.observed.insert(id.clone(), list);
            }
            NodeKind::External => {
                let object = found.into_iter().next().map(Object::into_value);
                replace(&mut self.pass.observed, id, object);
            }
            NodeKind::Resource | NodeKind::Collection { .. } => {
                let mut by_key: BTreeMap<ObjectKey, Object> =
                    found.into_iter().map(|object| (object.key(), object)).collect();
                track.live = track.desired.iter().map(|desired| by_key.remove(&desired.key())).collect();
                let leaving = track.live.iter().flatten().find(|object| object.metadata().is_deleting());
                if let Some(object) = leaving {
                    self.stopped = true;
                    return Standing::Deleting(object.key());
                }
                self.observe_live(node);
            }
        }
        Standing::Seen
    }

    /// Makes the objects of a node visible to expressions. Returns whether that changed anything.
    fn observe_live(&mut self, node: &Node) -> bool {
        let mut live = self.pass.track(&node.id).live.iter().flatten().map(Object::to_value);
        let value = match node.kind {
            NodeKind::Collection { .. } => Some(live.collect()),
            _ => live.next(),
        };
        replace(&mut self.pass.observed, &node.id, value)
    }

    /// The objects that can be applied now: those whose dependencies have been.
    fn wave(&mut self) -> Vec<Desired> {
        let graph = Arc::clone(&self.pass.graph);
        let mut wave = Vec::new();
        if self.stopped {
            return wave;
        }
        for node in graph.order.iter().map(|id| &graph.nodes[id]).filter(|node| node.is_managed()) {
            let track = self.pass.track(&node.id);
            if !matches!(track.standing, Standing::Seen)
                || track.applied.is_some()
                || track.desired.is_empty()
            {
                continue;
            }
            let done = |id: &NodeId| {
                let track = self.pass.track(id);
                !graph.nodes[id].is_managed() || track.desired.is_empty() || track.is_settled()
            };
            if !node.dependencies.iter().all(done) {
                continue;
            }
            let size = u32::try_from(track.desired.len()).unwrap_or(u32::MAX);
            for (index, (object, live)) in (0..).zip(track.desired.iter().zip(&track.live)) {
                let item = matches!(node.kind, NodeKind::Collection { .. }).then_some(Item { index, size });
                wave.push(Desired {
                    node: node.id.clone(),
                    item,
                    wave: node.wave,
                    resource: node.resource.clone(),
                    object: object.clone(),
                    live: live.clone(),
                });
            }
        }
        for desired in &wave {
            let track = self.track(&desired.node);
            track.applied.get_or_insert_with(|| vec![None; track.desired.len()]);
        }
        wave
    }

    /// All objects of a node were answered for: dependents that are not applied yet look again if that matters.
    fn settle(&mut self, id: &NodeId) {
        let graph = Arc::clone(&self.pass.graph);
        if !self.observe_live(&graph.nodes[id]) {
            return;
        }
        let mut changed = vec![id.clone()];
        for id in &graph.order {
            let depends = graph.nodes[id].dependencies.iter().any(|dependency| changed.contains(dependency));
            if depends && self.pass.track(id).applied.is_none() {
                self.track(id).standing = Standing::Open;
                changed.push(id.clone());
            }
        }
    }
}

/// What to read for a node: one object by name, the labelled items of a collection, or what a selector selects.
fn target(node: &Node, desired: &Object, instance: &Object) -> Result<Target, String> {
    Ok(match node.kind {
        NodeKind::Resource | NodeKind::External => Target::Named(desired.key()),
        NodeKind::Collection { .. } => {
            let label = |key: &str, value: &str| Requirement {
                key: key.into(),
                operator: Operator::Equals,
                values: vec![value.into()],
            };
            let uid = instance.metadata().uid().unwrap_or_default();
            let selector = Selector::new([label(INSTANCE_ID, uid), label(NODE_ID, node.id.as_str())]);
            let selector = selector.map_err(|error| format!("node \"{}\": {error}", node.id))?;
            Target::Selected { namespace: None, selector }
        }
        NodeKind::ExternalCollection => {
            let selector = match desired.metadata().get("selector") {
                Some(selector) => Selector::from_value(selector)
                    .map_err(|error| format!("node \"{}\": invalid selector: {error}", node.id))?,
                None => Selector::everything(),
            };
            let namespace = desired.metadata().namespace().filter(|name| !name.is_empty());
            Target::Selected {
                namespace: namespace.filter(|_| node.resource.is_namespaced()).map(Into::into),
                selector,
            }
        }
    })
}

/// Puts a value in the place of another, or takes it out. Returns whether that changed anything.
fn replace(observed: &mut BTreeMap<NodeId, Value>, id: &NodeId, value: Option<Value>) -> bool {
    if observed.get(id) == value.as_ref() {
        return false;
    }
    match value {
        Some(value) => observed.insert(id.clone(), value),
        None => observed.remove(id),
    };
    true
}

#[cfg(test)]
mod tests;
