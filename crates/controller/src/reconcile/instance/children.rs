//! Applying the children of one instance: labels, the record on the parent before the first write, and no request
//! for a child that is known to be as wanted.

use super::{Pass, Refused, Stop};
use crate::{
    events::{self, Note},
    members::View,
    options::TOOL,
    packed::lean,
    queue::Outcome,
    reconcile::Effect,
};
use kro_api::names::{annotations, labels, managers};
use kro_api::policy::Existing;
use kro_apply::{ApplyError, Contact, Fingerprint, Item, Membership, PART_OF, SharedFields};
use kro_cluster::{ApplyOptions, Error, mutants::mutant};
use kro_graph::{Node, NodeId};
use kro_object::{GroupKind, Object, ObjectKey, ResourceType};
use kro_plan::Item as Place;
use kro_plan::{Desired, Observation, Read};
use std::{collections::BTreeMap, mem, sync::Arc};

/// Which node wants which object.
pub(super) type Targets = BTreeMap<(GroupKind, ObjectKey), Target>;

/// Who wants an object.
pub(super) struct Target {
    pub(super) node: NodeId,
    /// The node's id, and the number of the item in a collection.
    id: String,
}

/// The answer to one desired object.
type Applied = (NodeId, Option<Place>, Result<Object, String>);

/// A desired object on its way.
struct Child {
    node: NodeId,
    item: Option<Place>,
    resource: Arc<ResourceType>,
    /// Moved out when it is sent.
    object: Object,
    /// Of the object as it will be sent.
    fingerprint: Fingerprint,
    shared: SharedFields,
}

/// What to do about a desired object.
#[derive(Debug)]
enum Need {
    /// It is there as wanted.
    Nothing(Object),
    /// It is in another set.
    Refused(ApplyError),
    Apply(Contact),
}

impl Pass<'_> {
    /// What is known of our own children, and of kinds that are gone; `None` when the server must be asked.
    pub(super) fn known(&self, read: &Read) -> Option<Observation> {
        if self.gone.contains(&read.resource.gvr()) {
            return Some(match &read.target {
                kro_plan::Target::Named(_) => Observation::Missing,
                kro_plan::Target::Selected { .. } => Observation::Found(Vec::new()),
            });
        }
        let node = self.served.graph.nodes.get(&read.node)?;
        if !node.is_managed() {
            return None;
        }
        let reads = self.served.reads(read.node.as_str());
        let mut members = self.shared.members();
        if !members.is_synced(&read.resource.gvr()) {
            return None;
        }
        match &read.target {
            kro_plan::Target::Named(key) => match members.view(&read.resource.gvr(), key, &reads) {
                // An object that is not ours yet: its content does not matter, applying it decides.
                View::Absent => Some(Observation::Missing),
                View::Seen(object) => Some(Observation::Found(vec![object])),
                View::Unread => None,
            },
            kro_plan::Target::Selected { .. } => {
                members.items(&self.set.id, read.node.as_str(), &reads).map(Observation::Found)
            }
        }
    }

    /// Keeps what the server said about our own children.
    pub(super) fn learn(&self, read: &Read, objects: &[Object]) {
        if self.served.graph.nodes.get(&read.node).is_some_and(Node::is_managed) {
            let (resource, reads) =
                (self.shared.intern(&read.resource), self.served.reads(read.node.as_str()));
            let mut members = self.shared.members();
            for object in objects {
                // Who should look is looking.
                let _ = members.observe(&resource, object, &reads);
            }
        }
    }

    /// Applies a level of the plan. An error ends the pass before anything of this level was written.
    pub(super) async fn apply(&mut self, desired: Vec<Desired>) -> Result<Vec<Applied>, Stop> {
        let mut children = Vec::with_capacity(desired.len());
        for desired in desired {
            children.push(self.child(desired)?);
        }
        self.record().await?;
        let needs: Vec<Need> = children.iter().map(|child| self.need(child)).collect();
        let now = tokio::time::Instant::now().into_std();
        for (child, need) in children.iter().zip(&needs) {
            let (resource, key) = (child.resource.gvr(), child.object.key());
            if matches!(need, Need::Apply(Contact::Member))
                && self.shared.members().is_fight(&resource, &key, child.fingerprint, now)
            {
                self.tell_fight(child).await;
            }
        }
        let items = children.iter_mut().zip(&needs).filter_map(|(child, need)| match need {
            Need::Apply(contact) => Some(Item {
                resource: Arc::clone(&child.resource),
                object: mem::take(&mut child.object),
                contact: *contact,
                shared: mem::take(&mut child.shared),
            }),
            Need::Nothing(_) | Need::Refused(_) => None,
        });
        let mut answers = self.set.apply(&self.cluster, items.collect()).await.into_iter();
        let mut results = Vec::with_capacity(children.len());
        for (child, need) in children.into_iter().zip(needs) {
            let result = match need {
                Need::Nothing(object) => Ok(object),
                Need::Refused(error) => Err(error),
                Need::Apply(_) => {
                    let answer = answers.next().expect("invariant: every item is answered");
                    // Refused is certain; without an answer it may be there all the same.
                    if let Err(ApplyError::Cluster(error)) = &answer
                        && error.is_uncertain()
                        && !mutant("lost-replies-are-refusals")
                    {
                        self.shared.members().set_uncertain(&self.set.id, true);
                    }
                    answer.map(|object| {
                        let reads = self.served.reads(child.node.as_str());
                        self.shared.members().wrote(&child.resource, &object, &reads, child.fingerprint, now);
                        lean(object)
                    })
                }
            };
            match &result {
                Ok(object) => self.wanted.extend(object.metadata().uid().map(Into::into)),
                Err(error) => {
                    let gone = self.gone.contains(&child.resource.gvr());
                    let refused = if gone { Refused::UntilTold } else { Refused::Now };
                    self.failures.child = self.failures.child.max(refused);
                    self.failures.taken |= matches!(error, ApplyError::Taken { .. });
                }
            }
            let result = result.map_err(|error| match error {
                ApplyError::Cluster(error) => self.explain(&error),
                other => other.to_string(),
            });
            results.push((child.node, child.item, result));
        }
        Ok(results)
    }

    /// Labels and annotation of a child, its place in the record, and that no other node wants it too.
    fn child(&mut self, desired: Desired) -> Result<Child, Stop> {
        let Desired { node, item, wave, resource, mut object, live: _ } = desired;
        let resource = self.shared.intern(&resource);
        let id = item.map_or_else(|| node.to_string(), |item| format!("{node}-{}", item.index));
        let key = object.key();
        let object_id = (resource.gvk.group_kind(), key.clone());
        let target = Target { node: node.clone(), id: id.clone() };
        if let Some(Target { id: other, .. }) = self.targets.insert(object_id, target) {
            let message = format!(
                "found resources with conflicts: resourceID: {id} conflicts with resourceID: {other}"
            );
            return Err(Stop { message, outcome: Outcome::Retry });
        }
        self.batch.insert(&resource, &key, self.set.home.as_deref());
        self.decorate(&mut object, &node, item, wave);
        let fingerprint = Fingerprint::of_applied(&object);
        let policy = self.served.policy.node(node.as_str());
        let shared = SharedFields { create_only: policy.create_only.clone(), ignore: policy.ignore.clone() };
        Ok(Child { node, item, resource, object, fingerprint, shared })
    }

    fn decorate(&self, object: &mut Object, node: &NodeId, item: Option<Place>, wave: u32) {
        let instance = self.instance.metadata();
        let key = self.instance.key();
        let gvk = &self.served.resource.gvk;
        let mut metadata = object.metadata_mut();
        metadata.insert_label(labels::INSTANCE_ID, instance.uid().unwrap_or_default());
        metadata.insert_label(labels::INSTANCE_NAME, &key.name);
        if let Some(namespace) = &key.namespace {
            metadata.insert_label(labels::INSTANCE_NAMESPACE, namespace);
        }
        metadata.insert_label(labels::INSTANCE_GROUP, &gvk.group);
        metadata.insert_label(labels::INSTANCE_VERSION, &gvk.version);
        metadata.insert_label(labels::INSTANCE_KIND, &gvk.kind);
        metadata.insert_label(labels::MANAGED_BY, labels::MANAGED_BY_KRO);
        metadata.insert_label(labels::OWNED, "true");
        metadata.insert_label(labels::KRO_VERSION, &self.shared.options.version_label());
        metadata.insert_label(labels::NODE_ID, node.as_str());
        if let Some(Place { index, size }) = item {
            metadata.insert_label(labels::COLLECTION_INDEX, &index.to_string());
            metadata.insert_label(labels::COLLECTION_SIZE, &size.to_string());
        }
        metadata.insert_label(PART_OF, &self.set.id);
        metadata.insert_annotation(annotations::APPLY_ORDER, &wave.to_string());
    }

    fn need(&self, child: &Child) -> Need {
        if self.gone.contains(&child.resource.gvr()) {
            return Need::Refused(Error::UnknownKind(child.resource.gvk.clone()).into());
        }
        let mut members = self.shared.members();
        let (resource, key) = (child.resource.gvr(), child.object.key());
        let Some(known) = members.child(&resource, &key) else {
            return Need::Apply(match self.served.policy.node(child.node.as_str()).existing {
                Existing::Force => Contact::First,
                Existing::Adopt => Contact::Careful,
                Existing::Refuse => Contact::New,
            });
        };
        if !known.set().is_empty() && *known.set() != *self.set.id {
            return Need::Refused(self.set.other_set(&child.resource, &key, known.set()));
        }
        // What was left to others and taken by them is missing from what we own.
        let yielded = || known.has(Fingerprint::of_applied(&child.shared.without(&child.object)));
        if (known.has(child.fingerprint) || (!child.shared.is_empty() && yielded()))
            && let View::Seen(object) = members.view(&resource, &key, &self.served.reads(child.node.as_str()))
        {
            return Need::Nothing(object);
        }
        Need::Apply(Contact::Member)
    }

    /// Says who keeps changing a child and which field. Only the server knows; it is asked by an apply that neither
    /// takes over nor stores anything.
    async fn tell_fight(&self, child: &Child) {
        let options = ApplyOptions { manager: managers::APPLYSET, force: false, dry_run: true };
        let answer = self.cluster.apply(&child.resource, &child.object, &options).await;
        let who = match answer {
            Err(error) if error.is_conflict() => error.to_string(),
            Err(_) | Ok(_) => "the API server names nobody".to_owned(),
        };
        let (kind, key) = (&child.resource.gvk.kind, child.object.key());
        let message = format!("{kind} {key} was repaired again and again within minutes: {who}");
        tracing::warn!(instance = %self.instance.key(), "{message}");
        self.shared.metrics.fought(&self.served.resource.gvr());
        let note = Note { warning: true, reason: "FieldConflict".to_owned(), message };
        events::write(self.shared, &self.instance, "kro", &note).await;
    }

    /// Writes the record of where children can be onto the instance, before they are. What is foreseen to come is
    /// written along, so that one write does for all levels.
    async fn record(&mut self) -> Result<(), Stop> {
        if mutant("no-write-ahead") {
            return Ok(());
        }
        let mut needed = self.recorded.union(&self.batch);
        if mutant("record-forgets") {
            needed = self.batch.clone();
        }
        if self.written.as_ref().is_some_and(|written| written.covers(&needed)) {
            return Ok(());
        }
        needed.kinds.extend(self.foreseen.iter().cloned());
        self.write_record(needed).await
    }

    /// Writes exactly this record, if it is not there.
    pub(super) async fn write_record(&mut self, record: Membership) -> Result<(), Stop> {
        if record.is_written(&self.instance, &self.set.id, TOOL) {
            self.written = Some(record);
            return Ok(());
        }
        let tooling = self.shared.options.tooling();
        let mut patch = Object::new(&self.served.resource.gvk, &self.instance.key());
        record.write(&mut patch, &self.set.id, &tooling);
        let options = ApplyOptions::force(managers::APPLYSET_PARENT);
        match self.shared.cluster.apply(&self.served.resource, &patch, &options).await {
            Ok(instance) => {
                self.adopt(instance);
                self.written = Some(record);
                Ok(())
            }
            Err(error) => {
                self.effects.extend(Effect::of_failed_write(&error));
                Err(Stop {
                    message: format!("failed to patch instance with applyset labels: {error}"),
                    outcome: Outcome::Again(self.shared.options.retry_interval),
                })
            }
        }
    }
}
