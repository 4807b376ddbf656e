//! What is kept of each object the dispatcher knows, and when a change of it matters.

use crate::{
    members::Members,
    packed::{Packed, version_of},
    reads::Reads,
    reconcile::definition::RevisionState,
};
use kro_api::{
    Policy, ResourceGraphDefinitionStatus, State,
    names::{POLICY_PREFIX, annotations},
    policy::{Readiness, pinned},
};
use kro_graph::{Graph, NodeId, NodeKind};
use kro_object::{FieldPath, GroupKind, Gvr, Object, ResourceType};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

/// A definition.
#[derive(Debug)]
pub(super) struct DefinitionRecord {
    pub(super) object: Packed,
    version: u64,
    uid: Box<str>,
    generation: i64,
    pub(super) deleting: bool,
    /// Annotations that say what to do.
    told: BTreeMap<String, Value>,
    /// The revision it is to stay at.
    pub(super) pin: Option<i64>,
    /// Its status says that it is served as it is written.
    pub(super) active: bool,
    /// The present list mentioned it.
    pub(super) listed: bool,
}

impl DefinitionRecord {
    pub(super) fn of(object: &Object) -> Self {
        let metadata = object.metadata();
        let annotations = metadata.annotations().into_iter().flatten();
        let is_told = |(key, _): &(&String, &Value)| {
            key.starts_with(POLICY_PREFIX) || key.as_str() == annotations::ALLOW_BREAKING_CHANGES
        };
        Self {
            object: Packed::new(object),
            version: version_of(object),
            uid: metadata.uid().unwrap_or_default().into(),
            generation: metadata.generation().unwrap_or_default(),
            deleting: metadata.is_deleting(),
            pin: pinned(object).and_then(Result::ok),
            told: annotations.filter(is_told).map(|(key, value)| (key.clone(), value.clone())).collect(),
            active: ResourceGraphDefinitionStatus::of(object).state == Some(State::Active),
            listed: true,
        }
    }

    /// Whether the other is older, or the same: our own write coming back.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.uid == other.uid && self.version >= other.version
    }

    /// Whether the definition must be reconciled again.
    pub(super) fn differs(&self, new: &Self) -> bool {
        self.uid != new.uid
            || self.generation != new.generation
            || self.deleting != new.deleting
            || self.told != new.told
    }
}

/// A revision in the cluster.
#[derive(Debug)]
pub(super) struct RevisionRecord {
    pub(super) object: Packed,
    pub(super) definition: Arc<str>,
    pub(super) number: i64,
    pub(super) deleting: bool,
    version: u64,
    uid: Box<str>,
    controller: Option<Box<str>>,
    owners: Value,
    name: Box<str>,
    pub(super) listed: bool,
}

impl RevisionRecord {
    /// Whether the object is a revision at all.
    pub(super) fn is(object: &Object) -> bool {
        object.as_map().get("kind").and_then(Value::as_str) == Some(kro_api::GraphRevision::KIND)
    }

    /// `None` for what the API server would not have let through.
    pub(super) fn of(object: &Object) -> Option<Self> {
        let metadata = object.metadata();
        let spec = object.as_map().get("spec")?;
        Some(Self {
            object: Packed::new(object),
            definition: spec.pointer("/snapshot/name")?.as_str()?.into(),
            number: spec.get("revision")?.as_i64()?,
            deleting: metadata.is_deleting(),
            version: version_of(object),
            uid: metadata.uid().unwrap_or_default().into(),
            controller: metadata.controller().map(|owner| owner.uid.into()),
            owners: metadata.get("ownerReferences").cloned().unwrap_or_default(),
            name: object.key().name,
            listed: true,
        })
    }

    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.uid == other.uid && self.version >= other.version
    }

    /// Whether its definition must look at it again.
    pub(super) fn differs(&self, new: &Self) -> bool {
        self.uid != new.uid || self.deleting != new.deleting || self.owners != new.owners
    }

    pub(super) fn state(&self) -> RevisionState {
        RevisionState {
            name: self.name.clone(),
            deleting: self.deleting,
            controller: self.controller.clone(),
            owners: self.owners.clone(),
        }
    }
}

/// An instance.
#[derive(Debug)]
pub(super) struct InstanceRecord {
    pub(super) object: Packed,
    /// The id of its `ApplySet`, which its children carry.
    pub(super) set: Box<str>,
    uid: Box<str>,
    version: u64,
    generation: i64,
    pub(super) deleting: bool,
    suspended: bool,
    /// The revision it is to stay at.
    pub(super) pin: Option<Result<i64, String>>,
    /// When the server gave it in this form.
    pub(super) read: Instant,
    /// Since when what its status should say is held back, because it waits and may not for long.
    pub(super) held: Option<Instant>,
    pub(super) listed: bool,
}

impl InstanceRecord {
    pub(super) fn of(kind: &GroupKind, object: &Object, read: Instant) -> Self {
        let metadata = object.metadata();
        Self {
            object: Packed::new(object),
            set: kro_apply::id(kind, &object.key()).into(),
            uid: metadata.uid().unwrap_or_default().into(),
            version: version_of(object),
            generation: metadata.generation().unwrap_or_default(),
            deleting: metadata.is_deleting(),
            suspended: kro_api::is_suspended(object),
            pin: pinned(object),
            read,
            held: None,
            listed: true,
        }
    }

    /// Whether the other is older. The same version may read differently after a change of the CRD.
    pub(super) fn is_newer_than(&self, other: &Self) -> bool {
        self.uid == other.uid && self.version > other.version
    }

    /// Whether the instance must be reconciled again.
    pub(super) fn differs(&self, new: &Self) -> bool {
        self.uid != new.uid
            || self.generation != new.generation
            || self.deleting != new.deleting
            || self.suspended != new.suspended
            || self.pin != new.pin
    }
}

/// A definition whose instances are reconciled.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) definition: Arc<str>,
    /// UID of the definition.
    pub(crate) uid: Box<str>,
    pub(crate) graph: Arc<Graph>,
    pub(crate) policy: Policy,
    /// Which rules the operator lacks.
    pub(crate) lacks: Option<Arc<str>>,
    /// No revision compiled: the graph has no nodes, and instances are left alone unless they are being deleted.
    pub(crate) only_deletes: bool,
    /// The nodes that are ready by the rules of their kind.
    pub(crate) kstatus: Arc<BTreeSet<NodeId>>,
    /// The generated kind.
    pub(crate) resource: Arc<ResourceType>,
    /// Since when this graph serves.
    pub(super) since: Instant,
    /// Instances read before this may lack defaults of the present CRD.
    pub(super) reread: Option<Instant>,
    /// Of the nodes whose objects are ours: what expressions read of them.
    reads: BTreeMap<Box<str>, Arc<Reads>>,
    /// The resources of those nodes.
    children: BTreeSet<Gvr>,
}

impl Served {
    pub(crate) fn new(
        definition: Arc<str>,
        uid: Box<str>,
        graph: Arc<Graph>,
        policy: Policy,
        since: Instant,
    ) -> Self {
        let managed = || {
            let nodes = graph.nodes.iter();
            nodes.filter(|(_, node)| matches!(node.kind, NodeKind::Resource | NodeKind::Collection { .. }))
        };
        let nodes = graph.nodes.values().filter(|node| {
            node.ready_when.is_empty() && policy.node(node.id.as_str()).readiness == Readiness::Kstatus
        });
        let kstatus: BTreeSet<NodeId> = nodes.map(|node| node.id.clone()).collect();
        let reads = managed().map(|(id, _)| {
            let mut paths = graph.paths_read(id.as_str());
            if let Some(paths) = paths.as_mut().filter(|_| kstatus.contains(id)) {
                paths
                    .extend(kro_plan::KSTATUS_PATHS.iter().filter_map(|path| path.parse::<FieldPath>().ok()));
            }
            let reads = paths.map_or(Reads::All, Reads::paths);
            (id.as_str().into(), Arc::new(reads))
        });
        Self {
            reads: reads.collect(),
            children: managed().map(|(_, node)| node.resource.gvr()).collect(),
            resource: Arc::new(graph.instance.resource.clone()),
            definition,
            uid,
            graph,
            policy,
            lacks: None,
            only_deletes: false,
            kstatus: Arc::new(kstatus),
            since,
            reread: None,
        }
    }

    /// Whether this is how the definition is served already.
    pub(super) fn is(&self, other: &Self) -> bool {
        let same_graph = Arc::ptr_eq(&self.graph, &other.graph);
        self.uid == other.uid && same_graph && self.policy == other.policy && self.lacks == other.lacks
    }

    /// What expressions read of a node's objects; everything of a node of another revision.
    pub(crate) fn reads(&self, node: &str) -> Arc<Reads> {
        self.reads.get(node).cloned().unwrap_or_default()
    }

    /// The resources of all nodes, those of others included.
    pub(super) fn resources(&self) -> impl Iterator<Item = Gvr> {
        self.graph.nodes.values().map(|node| node.resource.gvr())
    }

    /// The resources of which not everything is known yet that the cluster has of the children.
    pub(crate) fn missing(&self, members: &Members) -> BTreeSet<Gvr> {
        self.children.iter().filter(|resource| !members.is_synced(resource)).cloned().collect()
    }
}
