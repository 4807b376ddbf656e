//! Everything the dispatcher knows: definitions, revisions, instances, who serves what, who listens to what.
//! Synchronous: events and effects go in, keys to reconcile and snapshots for reconciles come out.

mod children;
mod crds;
mod definitions;
mod effects;
mod instances;
mod pins;
mod records;
mod share;

pub(super) use self::instances::Turn;
pub(crate) use self::records::Served;
use self::{
    crds::Crds,
    records::{DefinitionRecord, InstanceRecord, RevisionRecord},
};
use super::{Instance, Key};
use crate::{Shared, api, crd, queue::Queue, revisions::Revisions, router::Router};
use kro_api::names::labels;
use kro_cluster::{Change, Projection, Query, Share, WatchEvent, WatchSet, WatchSpec};
use kro_graph::NodeKind;
use kro_object::{Gvr, ResourceType};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// What our own children are selected by.
const CHILDREN: &str = labels::NODE_ID;
/// How often it is said that a watch goes on failing.
const SAY_AGAIN: Duration = Duration::from_mins(1);

pub(super) struct World {
    shared: Arc<Shared>,
    watches: WatchSet,
    /// Something changed that may change what is watched.
    rewatch: bool,
    base: [WatchSpec; 3],
    base_synced: [bool; 3],
    /// When it was last said that they fail.
    base_failing: [Option<Instant>; 3],
    definitions: BTreeMap<Arc<str>, DefinitionRecord>,
    /// Definitions and instances that may be otherwise than we know: a write was not answered.
    unsure: BTreeSet<Key>,
    revisions: BTreeMap<Arc<str>, RevisionRecord>,
    compiled: Revisions,
    served: BTreeMap<Arc<str>, Arc<Served>>,
    /// Revisions that instances are to stay at.
    pinned: BTreeMap<(Arc<str>, i64), Arc<Served>>,
    /// The definition behind each served kind.
    kinds: BTreeMap<Gvr, Arc<str>>,
    instances: BTreeMap<Instance, InstanceRecord>,
    /// When the watch of children of a resource last told anything but failure.
    listed: BTreeMap<Gvr, Instant>,
    /// Instances by the id of their `ApplySet`.
    by_set: BTreeMap<Box<str>, Instance>,
    router: Router<Instance>,
    /// When it was last asked what the operator may do, because an instance was refused.
    denied: BTreeMap<Arc<str>, Instant>,
    crds: Crds,
    /// What of all this is ours to do.
    share: Share,
    /// Kinds of instances that are listed again since that changed.
    relisted: BTreeSet<Gvr>,
}

impl World {
    pub(super) fn new(shared: Arc<Shared>, watches: WatchSet, share: Share) -> Self {
        let all = |resource, projection| WatchSpec { resource, query: Query::all(), projection };
        Self {
            shared,
            watches,
            rewatch: true,
            base: [
                all(api::definitions(), Projection::Object),
                all(api::revisions(), Projection::Object),
                all(crd::resource(), Projection::Metadata),
            ],
            base_synced: [false; 3],
            base_failing: [None; 3],
            definitions: BTreeMap::new(),
            unsure: BTreeSet::new(),
            revisions: BTreeMap::new(),
            compiled: Revisions::default(),
            served: BTreeMap::new(),
            pinned: BTreeMap::new(),
            kinds: BTreeMap::new(),
            instances: BTreeMap::new(),
            listed: BTreeMap::new(),
            by_set: BTreeMap::new(),
            router: Router::default(),
            denied: BTreeMap::new(),
            crds: Crds::new(),
            share,
            relisted: BTreeSet::new(),
        }
    }

    /// Whether the first lists of definitions, revisions and CRDs are complete.
    pub(super) fn is_ready(&self) -> bool {
        self.base_synced.iter().all(|synced| *synced)
    }

    /// The resource of a key.
    pub(super) fn resource_of(&self, key: &Key) -> Gvr {
        match key {
            Key::Definition(_) => api::definitions().gvr(),
            Key::Revision(_) => api::revisions().gvr(),
            Key::Instance(instance) => match self.served.get(&instance.definition) {
                Some(served) => served.resource.gvr(),
                None => Gvr { group: "".into(), version: "".into(), resource: "unserved".into() },
            },
        }
    }

    // ---- what is watched

    /// Starts and stops watches, when what is wanted has changed.
    pub(super) fn sync_watches(&mut self) {
        if !std::mem::take(&mut self.rewatch) {
            return;
        }
        let mut wanted: BTreeSet<WatchSpec> = self.base.iter().cloned().collect();
        let mut children = BTreeSet::new();
        let listened = self.router.resources();
        for served in self.served.values().chain(self.pinned.values()) {
            wanted.insert(instances_of(&served.resource));
            for node in served.graph.nodes.values() {
                if self.crds.is_gone(&node.resource.gvr()) {
                    continue;
                }
                match node.kind {
                    NodeKind::Resource | NodeKind::Collection { .. } => {
                        children.insert(node.resource.gvr());
                        wanted.insert(children_of(&node.resource));
                    }
                    NodeKind::External | NodeKind::ExternalCollection => {
                        if listened.contains(&node.resource.gvr()) {
                            wanted.insert(foreign(&node.resource));
                        }
                    }
                }
            }
        }
        self.watches.sync(&wanted);
        self.shared.members().forget(|resource| !children.contains(resource));
        self.listed.retain(|resource, _| children.contains(resource));
        self.relisted.retain(|resource| self.kinds.contains_key(resource));
        self.shared.metrics.watches(self.watches.len(), self.served.len());
    }

    /// A watch told something.
    pub(super) fn happened(&mut self, event: &WatchEvent, queue: &mut Queue<Key>) {
        let spec = &*event.watch;
        if !self.watches.runs(&event.watch) {
            return;
        }
        self.note_failure(spec, &event.change);
        if *spec == self.base[0] {
            self.base_synced[0] |= matches!(event.change, Change::Synced);
            self.definition_event(&event.change, queue);
        } else if *spec == self.base[1] {
            self.base_synced[1] |= matches!(event.change, Change::Synced);
            self.revision_event(&event.change, queue);
        } else if spec.projection == Projection::Metadata {
            if *spec == self.base[2] {
                self.base_synced[2] |= matches!(event.change, Change::Synced);
                self.crd_event(&event.change, queue);
            }
            self.foreign_event(&spec.resource, &event.change, queue);
        } else if spec.query.labels.is_empty() {
            self.instance_event(&spec.resource, &event.change, queue);
        } else {
            self.child_event(&spec.resource, &event.change, queue);
        }
    }

    /// Says when a watch without which nothing works fails, at most once a minute, and when it has listed again.
    fn note_failure(&mut self, spec: &WatchSpec, change: &Change) {
        let resource = spec.resource.gvr();
        match (change, self.base.iter().position(|base| base == spec)) {
            (Change::Failing { message, code }, Some(base))
                if self.base_failing[base].is_none_or(|said| super::now() - said >= SAY_AGAIN) =>
            {
                self.base_failing[base] = Some(super::now());
                let help = match code {
                    Some(404) => "install kro's CRDs; trying again",
                    Some(403) => "the service account of kro needs get, list and watch; trying again",
                    _ => "trying again",
                };
                tracing::warn!(%resource, error = %message, "cannot watch; {help}");
            }
            (Change::Failing { message, .. }, _) => {
                tracing::debug!(%resource, error = %message, "cannot watch now");
            }
            (Change::Synced, Some(base)) if self.base_failing[base].is_some() => {
                self.base_failing[base] = None;
                tracing::info!(%resource, "watching again");
            }
            _ => {}
        }
    }
}

fn instances_of(resource: &ResourceType) -> WatchSpec {
    WatchSpec { resource: resource.clone(), query: Query::all(), projection: Projection::Object }
}

fn children_of(resource: &ResourceType) -> WatchSpec {
    let query = Query::all().labelled(CHILDREN);
    WatchSpec { resource: resource.clone(), query, projection: Projection::Object }
}

fn foreign(resource: &ResourceType) -> WatchSpec {
    WatchSpec { resource: resource.clone(), query: Query::all(), projection: Projection::Metadata }
}
