//! Everything the dispatcher knows: definitions, revisions, instances, who serves what, who listens to what.
//! Synchronous: events and effects go in, keys to reconcile and snapshots for reconciles come out.

mod crds;
mod pins;
mod records;
mod share;

pub(crate) use self::records::Served;
use self::{
    crds::Crds,
    records::{DefinitionRecord, InstanceRecord, RevisionRecord},
};
use super::{Instance, Key};
use crate::{
    Shared, api, crd,
    queue::Queue,
    reads::Reads,
    reconcile::{Effect, definition, instance, revision},
    revisions::{Revision, Revisions},
    router::Router,
};
use kro_api::names::labels;
use kro_cluster::{Change, Projection, Query, Share, WatchEvent, WatchSet, WatchSpec, mutants::mutant};
use kro_graph::NodeKind;
use kro_object::{Gvr, Object, ResourceType};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// What our own children are selected by.
const CHILDREN: &str = labels::NODE_ID;
/// How long instances wait for a watch of their children that makes no progress, before they go on with reads instead.
const WATCH_PATIENCE: Duration = Duration::from_secs(3);
/// How long the API server may go on reading instances by the former CRD.
const CRD_SETTLES: Duration = Duration::from_millis(300);
/// How long an instance may wait before its status says so: most waits are over before anybody could read of them.
const GRACE: Duration = Duration::from_millis(50);
/// A refusal is a reason to ask what the operator may do no more often than this.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// How often it is said that a watch goes on failing.
const SAY_AGAIN: Duration = Duration::from_mins(1);
/// How often a waiting instance looks whether those watches work.
const WATCH_POLL: Duration = Duration::from_millis(20);

/// Whether an instance can be reconciled.
pub(super) enum Turn {
    Now(Box<instance::Input>),
    /// Not before its children are known.
    Later(Duration),
    /// Nobody serves its kind, or it is unknown.
    Never,
}

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

    // ---- definitions and revisions

    pub(super) fn definition(&self, name: &Arc<str>) -> definition::Input {
        let revisions = self.revisions.values().filter(|revision| revision.definition == *name);
        definition::Input {
            object: self.definitions.get(name).map(|record| record.object.unpack()),
            unsure: self.unsure.contains(&Key::Definition(Arc::clone(name))),
            revisions: revisions.map(|revision| (revision.number, revision.state())).collect(),
            compiled: self.compiled.of(name),
            served: self
                .served
                .get(name)
                .filter(|served| !served.only_deletes)
                .map(|it| Arc::clone(&it.graph)),
            pinned: self.pins(name),
            instances: self.instances.keys().filter(|instance| instance.definition == *name).count(),
            crds: self.crds.since(),
            has_crd: self.crds.has_one_of(name),
            leads: self.share.leads,
        }
    }

    pub(super) fn revision(&mut self, name: &str) -> Option<revision::Input> {
        let record = self.revisions.get(name)?;
        let known = self.compiled.of(&record.definition);
        // Older ones are compiled only while all newer ones fail: they would serve then.
        let newer = self.revisions.values().filter(|other| {
            other.definition == record.definition && other.number > record.number && !other.deleting
        });
        let needed = newer.into_iter().all(|other| known.get(&other.number).is_some_and(Revision::is_failed));
        let needed = needed || self.pins(&record.definition).contains(&record.number);
        let candidate = self.compiled.candidate(&record.definition);
        Some(revision::Input {
            object: Some(record.object.unpack()),
            number: record.number,
            candidate,
            known: !needed || known.get(&record.number).is_some_and(|known| !known.is_failed()),
            crds: self.crds.since(),
            leads: self.share.leads,
        })
    }

    fn definition_event(&mut self, change: &Change, queue: &mut Queue<Key>) {
        match change {
            Change::Applied(object) => self.store_definition(object, queue),
            Change::Deleted(object) => self.drop_definition(&object.key().name, queue),
            Change::Listing => {
                for record in self.definitions.values_mut() {
                    record.listed = false;
                }
            }
            Change::Synced => {
                let gone = self.definitions.iter().filter(|(_, record)| !record.listed);
                let gone: Vec<Arc<str>> = gone.map(|(name, _)| Arc::clone(name)).collect();
                for name in gone {
                    self.drop_definition(&name, queue);
                }
            }
            Change::Failing { .. } => {}
        }
    }

    fn store_definition(&mut self, object: &Object, queue: &mut Queue<Key>) {
        let name: Arc<str> = (&*object.key().name).into();
        let new = DefinitionRecord::of(object);
        match self.definitions.get_mut(&name) {
            Some(old) if old.is_newer_than(&new) => old.listed = true,
            old => {
                let moved = old.as_ref().is_some_and(|old| old.pin != new.pin);
                if old.is_none_or(|old| old.differs(&new)) {
                    queue.add(Key::Definition(Arc::clone(&name)));
                }
                self.definitions.insert(Arc::clone(&name), new);
                if moved {
                    self.wake_revisions(&name, queue);
                }
            }
        }
    }

    fn drop_definition(&mut self, name: &str, queue: &mut Queue<Key>) {
        if let Some((name, _)) = self.definitions.remove_entry(name) {
            self.unsure.remove(&Key::Definition(Arc::clone(&name)));
            self.compiled.withdraw(&name);
            self.shared.reports.publish(|reports| drop(reports.definitions.remove(&name)));
            queue.add(Key::Definition(name));
        }
    }

    fn revision_event(&mut self, change: &Change, queue: &mut Queue<Key>) {
        match change {
            Change::Applied(object) => {
                if let Some(definition) = self.store_revision(object, queue) {
                    queue.add(Key::Definition(definition));
                }
            }
            Change::Deleted(object) => self.drop_revision(&object.key().name, queue),
            Change::Listing => {
                for record in self.revisions.values_mut() {
                    record.listed = false;
                }
            }
            Change::Synced => {
                let gone = self.revisions.iter().filter(|(_, record)| !record.listed);
                let gone: Vec<Arc<str>> = gone.map(|(name, _)| Arc::clone(name)).collect();
                for name in gone {
                    self.drop_revision(&name, queue);
                }
            }
            Change::Failing { .. } => {}
        }
    }

    /// Keeps the newest form. Returns the definition if it must look at the change; it need not at its own doing.
    fn store_revision(&mut self, object: &Object, queue: &mut Queue<Key>) -> Option<Arc<str>> {
        let new = RevisionRecord::of(object)?;
        let name: Arc<str> = (&*object.key().name).into();
        match self.revisions.get_mut(&name) {
            Some(old) if old.is_newer_than(&new) => {
                old.listed = true;
                None
            }
            old => {
                if old.as_ref().is_none_or(|old| old.deleting != new.deleting) {
                    queue.add(Key::Revision(Arc::clone(&name)));
                }
                let concerns = old.is_none_or(|old| old.differs(&new));
                let definition = Arc::clone(&new.definition);
                self.revisions.insert(name, new);
                concerns.then_some(definition)
            }
        }
    }

    fn drop_revision(&mut self, name: &str, queue: &mut Queue<Key>) {
        if let Some((name, record)) = self.revisions.remove_entry(name) {
            self.compiled.remove(&record.definition, record.number);
            self.count_revisions();
            queue.forget(&Key::Revision(name));
            self.wake_revisions(&record.definition, queue);
            queue.add(Key::Definition(record.definition));
        }
    }

    fn count_revisions(&self) {
        let (active, failed) = self.compiled.count();
        self.shared.metrics.revisions_known(active, failed);
    }

    /// The newest revision changed: another one may be the one to compile.
    fn wake_revisions(&self, definition: &str, queue: &mut Queue<Key>) {
        for (name, record) in &self.revisions {
            if *record.definition == *definition {
                queue.add(Key::Revision(Arc::clone(name)));
            }
        }
    }

    /// This one does not compile: an older one may be the one to compile. None is woken by itself or by an older one,
    /// so that this comes to an end.
    fn wake_older_revisions(&self, definition: &str, number: i64, queue: &mut Queue<Key>) {
        for (name, record) in &self.revisions {
            if *record.definition == *definition && record.number < number {
                queue.add(Key::Revision(Arc::clone(name)));
            }
        }
    }

    // ---- instances

    pub(super) fn instance(&self, instance: &Instance, now: Instant) -> Turn {
        let (Some(record), Some(served)) =
            (self.instances.get(instance), self.served.get(&instance.definition))
        else {
            return Turn::Never;
        };
        if !self.is_ours(instance) {
            return Turn::Never;
        }
        if self.relisted.contains(&served.resource.gvr()) {
            return Turn::Later(WATCH_POLL);
        }
        let (served, unavailable) = match &record.pin {
            None => (served, None),
            Some(Ok(number)) => match self.pinned.get(&(Arc::clone(&instance.definition), *number)) {
                Some(pinned) => (pinned, None),
                None if self.is_compiling(&instance.definition, *number) => return Turn::Later(WATCH_POLL),
                None => (served, Some(format!("revision {number} is pinned and does not exist or compile"))),
            },
            Some(Err(text)) => (served, Some(format!("{text:?} is no number of a revision"))),
        };
        if served.only_deletes && !record.deleting {
            return Turn::Never;
        }
        if let Some(settled) = served.reread
            && now < settled
        {
            return Turn::Later(settled - now);
        }
        let missing = served.missing(&self.shared.members());
        let progress = missing.iter().filter_map(|resource| self.listed.get(resource)).max();
        let progress = progress.copied().unwrap_or(served.since).max(served.since);
        if !missing.is_empty() && now.saturating_duration_since(progress) < WATCH_PATIENCE {
            return Turn::Later(WATCH_POLL);
        }
        Turn::Now(Box::new(instance::Input {
            object: record.object.clone(),
            served: Arc::clone(served),
            unavailable,
            reread: served.reread.is_some_and(|settled| record.read < settled)
                || self.unsure.contains(&Key::Instance(instance.clone())),
            grace: match record.held {
                None => GRACE,
                Some(since) => GRACE.saturating_sub(now.saturating_duration_since(since)),
            },
        }))
    }

    fn instance_event(&mut self, resource: &ResourceType, change: &Change, queue: &mut Queue<Key>) {
        let Some(definition) = self.kinds.get(&resource.gvr()).cloned() else { return };
        match change {
            Change::Applied(object) => {
                let known = self
                    .instances
                    .contains_key(&Instance { definition: definition.clone(), key: object.key() });
                self.shared.metrics.instance_event(&resource.gvr(), if known { "update" } else { "add" });
                self.store_instance(&definition, object, queue);
            }
            Change::Deleted(object) => {
                self.shared.metrics.instance_event(&resource.gvr(), "delete");
                self.drop_instance(&Instance { definition, key: object.key() }, queue);
            }
            Change::Listing => {
                for (_, record) in self.instances.iter_mut().filter(|(id, _)| id.definition == definition) {
                    record.listed = false;
                }
            }
            Change::Synced => {
                let gone = self
                    .instances
                    .iter()
                    .filter(|(id, record)| id.definition == definition && !record.listed);
                let gone: Vec<Instance> = gone.map(|(id, _)| id.clone()).collect();
                for id in gone {
                    self.drop_instance(&id, queue);
                }
                self.relisted.remove(&resource.gvr());
            }
            Change::Failing { .. } => {}
        }
    }

    /// Keeps the newest form. Reconciled is only what changes generation, deletion or suspension: everything else
    /// is our own writing, or nobody's business.
    fn store_instance(&mut self, definition: &Arc<str>, object: &Object, queue: &mut Queue<Key>) {
        let id = Instance { definition: Arc::clone(definition), key: object.key() };
        let Some(served) = self.served.get(definition) else { return };
        let mut new = InstanceRecord::of(&served.resource.gvk.group_kind(), object, super::now());
        match self.instances.get_mut(&id) {
            Some(old) if old.is_newer_than(&new) => old.listed = true,
            old => {
                let unheard = old.is_some() && mutant("edits-unheard");
                if !unheard && old.as_ref().is_none_or(|old| old.differs(&new)) {
                    queue.add(Key::Instance(id.clone()));
                }
                let moved = old.as_ref().map_or(new.pin.is_some(), |old| old.pin != new.pin);
                new.held = old.and_then(|old| old.held);
                self.by_set.insert(new.set.clone(), id.clone());
                self.instances.insert(id, new);
                if moved {
                    self.wake_revisions(definition, queue);
                    self.serve_pinned(definition);
                }
            }
        }
    }

    fn drop_instance(&mut self, id: &Instance, queue: &mut Queue<Key>) {
        if let Some(record) = self.instances.remove(id) {
            self.by_set.remove(&record.set);
        }
        if let Some(served) = self.served.get(&id.definition) {
            self.shared.metrics.forget_conditions(&served.resource.gvr(), &id.key);
        }
        let gone = (Arc::clone(&id.definition), id.key.clone());
        self.shared.reports.publish(|reports| drop(reports.instances.remove(&gone)));
        if self.definitions.get(&id.definition).is_some_and(|definition| definition.deleting) {
            // It may be waiting for its last instance.
            queue.add(Key::Definition(Arc::clone(&id.definition)));
        }
        self.router.forget(id);
        self.rewatch = true;
        let key = Key::Instance(id.clone());
        self.unsure.remove(&key);
        queue.forget(&key);
    }

    // ---- children and foreign objects

    fn child_event(&mut self, resource: &ResourceType, change: &Change, queue: &mut Queue<Key>) {
        let gvr = resource.gvr();
        if !matches!(change, Change::Failing { .. }) {
            self.listed.insert(gvr.clone(), super::now());
        }
        let wake = {
            let mut members = self.shared.members();
            match change {
                Change::Listing => {
                    members.listing(resource);
                    return;
                }
                Change::Synced => members.synced(&gvr),
                Change::Applied(object) => {
                    let reads = self.reads_of(object);
                    members.observe(&self.shared.intern(resource), object, &reads)
                }
                Change::Deleted(object) => members.remove(&gvr, object),
                Change::Failing { .. } => return,
            }
        };
        self.shared.metrics.routed(&gvr, wake.len());
        if mutant("children-unheard") {
            return;
        }
        for set in wake {
            if let Some(instance) = self.by_set.get(&*set) {
                queue.add(Key::Instance(instance.clone()));
            }
        }
    }

    /// What the expressions of the graph it belongs to read of a child.
    fn reads_of(&self, child: &Object) -> Arc<Reads> {
        let metadata = child.metadata();
        let label = |name| metadata.label(name).unwrap_or_default();
        let owner = self.served.values().find(|served| {
            let gvk = &served.resource.gvk;
            *gvk.kind == *label(labels::INSTANCE_KIND) && *gvk.group == *label(labels::INSTANCE_GROUP)
        });
        owner.map(|served| served.reads(label(labels::NODE_ID))).unwrap_or_default()
    }

    fn foreign_event(&mut self, resource: &ResourceType, change: &Change, queue: &mut Queue<Key>) {
        let gvr = resource.gvr();
        let parents = match change {
            Change::Applied(object) | Change::Deleted(object) => {
                let labels = object.metadata().labels().into_iter().flatten();
                let labels =
                    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
                self.router.route(&gvr, &object.key(), &labels.collect())
            }
            // What happened during a gap is not known.
            Change::Synced => self.router.parents(&gvr),
            Change::Listing | Change::Failing { .. } => return,
        };
        self.shared.metrics.routed(&gvr, parents.len());
        if mutant("externals-unheard") {
            return;
        }
        for parent in parents {
            queue.add(Key::Instance(parent));
        }
    }

    // ---- effects of reconciles

    pub(super) fn record(&mut self, key: &Key, effect: Effect, queue: &mut Queue<Key>) {
        match (key, effect) {
            (Key::Definition(_), Effect::Wrote(object)) if RevisionRecord::is(&object) => {
                let _ = self.store_revision(&object, queue);
            }
            (Key::Definition(_), Effect::Wrote(object)) => {
                self.unsure.remove(key);
                self.store_definition(&object, queue);
            }
            (Key::Definition(_) | Key::Instance(_), Effect::Unsure) => {
                self.unsure.insert(key.clone());
            }
            (Key::Definition(name), Effect::Proposed { hash, graph }) => {
                self.compiled.propose(name, hash, graph);
            }
            (Key::Definition(name), Effect::Serve { uid, graph, policy, lacks, reread }) => {
                let former = self.served.get(name);
                let now = super::now();
                let mut served = Served::new(Arc::clone(name), uid, graph, policy, now);
                served.lacks = lacks.map(Into::into);
                let stays = former.is_some() && mutant("first-graph-stays");
                if !stays && (reread || former.is_none_or(|former| !former.is(&served))) {
                    let pending = former.and_then(|served| served.reread);
                    served.reread = if reread { Some(now + CRD_SETTLES) } else { pending };
                    self.serve(name, served, queue);
                }
            }
            (Key::Definition(name), Effect::ServeDeletions { uid, graph, policy }) => {
                let former = self.served.get(name);
                let known = former.is_some_and(|served| {
                    !served.only_deletes || (served.uid == uid && served.policy == policy)
                });
                if !known {
                    let mut served = Served::new(Arc::clone(name), uid, graph, policy, super::now());
                    served.only_deletes = true;
                    self.serve(name, served, queue);
                }
            }
            (Key::Definition(name), Effect::Unserve) => self.unserve(name, queue),
            (Key::Revision(_), Effect::Wrote(object)) => {
                let _ = self.store_revision(&object, queue);
            }
            (Key::Revision(name), Effect::Compiled { number, revision }) => {
                let Some(record) = self.revisions.get(name) else { return };
                let definition = Arc::clone(&record.definition);
                let failed = revision.is_failed();
                self.compiled.insert(&definition, number, revision);
                self.count_revisions();
                self.serve_pinned(&definition);
                for (id, _) in self
                    .instances
                    .iter()
                    .filter(|(id, record)| id.definition == definition && record.pin == Some(Ok(number)))
                {
                    queue.add(Key::Instance(id.clone()));
                }
                if failed {
                    self.wake_older_revisions(&definition, number, queue);
                }
                if !mutant("revisions-unheard") {
                    queue.add(Key::Definition(definition));
                }
            }
            (Key::Revision(name), Effect::Dropped { number }) => {
                if let Some(record) = self.revisions.get(name) {
                    self.compiled.remove(&record.definition, number);
                    self.count_revisions();
                }
            }
            (Key::Instance(instance), Effect::Wrote(object)) => {
                self.unsure.remove(key);
                if self.instances.contains_key(instance) {
                    self.store_instance(&instance.definition, &object, queue);
                }
            }
            (Key::Instance(instance), Effect::Denied) => self.denied(&instance.definition, queue),
            (Key::Instance(instance), Effect::Held(held)) => {
                if let Some(record) = self.instances.get_mut(instance) {
                    record.held = if held { record.held.or(Some(super::now())) } else { None };
                }
            }
            (Key::Instance(instance), Effect::Interests(interests)) => {
                if self.instances.contains_key(instance)
                    && let Some(moved) = self.router.declare(instance, interests)
                {
                    self.rewatch |= moved;
                    // What was read may have changed before anybody listened.
                    queue.add(key.clone());
                }
            }
            (key, effect) => tracing::error!(%key, ?effect, "a reconcile reported what is not its business"),
        }
    }

    /// The definition finds out what else it may not do, unless that was done a moment ago.
    fn denied(&mut self, definition: &Arc<str>, queue: &mut Queue<Key>) {
        let now = super::now();
        let known = self.served.get(definition).is_none_or(|served| served.lacks.is_some());
        let asked = self.denied.get(definition).is_some_and(|asked| now - *asked < ASK_AGAIN);
        if !known && !asked {
            self.denied.insert(Arc::clone(definition), now);
            queue.add(Key::Definition(Arc::clone(definition)));
        }
    }

    fn serve(&mut self, name: &Arc<str>, served: Served, queue: &mut Queue<Key>) {
        self.shared.metrics.served();
        self.kinds.retain(|_, definition| definition != name);
        self.kinds.insert(served.resource.gvr(), Arc::clone(name));
        self.served.insert(Arc::clone(name), Arc::new(served));
        self.rewatch = true;
        self.pinned.retain(|(definition, _), _| definition != name);
        self.serve_pinned(name);
        for id in self.instances.keys().filter(|id| id.definition == *name) {
            queue.add(Key::Instance(id.clone()));
        }
    }

    fn unserve(&mut self, name: &Arc<str>, queue: &mut Queue<Key>) {
        if !self.served.contains_key(name) {
            return;
        }
        let gone: Vec<Instance> =
            self.instances.keys().filter(|id| id.definition == *name).cloned().collect();
        for id in gone {
            self.drop_instance(&id, queue);
        }
        self.shared.metrics.unserved();
        self.served.remove(name);
        self.denied.remove(name);
        self.pinned.retain(|(definition, _), _| definition != name);
        self.kinds.retain(|_, definition| definition != name);
        self.rewatch = true;
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
