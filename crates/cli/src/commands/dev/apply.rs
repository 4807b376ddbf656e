//! Keeps a server equal to a project: applies what is new or changed, deletes what left the files,
//! and waits with what cannot be applied yet because its kind is still being made.

use std::collections::BTreeMap;

use kro_cluster::{ApplyOptions, Cluster, Error, Precondition};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};

use crate::project::{Manifest, Project};

/// Our name among the field managers.
const FIELD_MANAGER: &str = "kro-dev";

/// What a pass did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// The server has it.
    Applied(String),
    /// It left the files, so it left the server.
    Deleted(String),
    /// The server does not take it; the file it stands in and the server's answer.
    Refused(String, String),
}

/// The state between passes.
#[derive(Debug)]
pub(crate) struct Applier {
    cluster: Cluster,
    wanted: Vec<Entry>,
    applied: BTreeMap<Identity, Entry>,
    refused: BTreeMap<Identity, String>,
}

#[derive(Debug, Clone)]
struct Entry {
    file: String,
    gvk: Gvk,
    object: Object,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    group: Box<str>,
    kind: Box<str>,
    key: ObjectKey,
}

impl Applier {
    /// Nothing is applied yet.
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self { cluster, wanted: Vec::new(), applied: BTreeMap::new(), refused: BTreeMap::new() }
    }

    /// Replaces what the server shall hold.
    pub(crate) fn want(&mut self, project: &Project) {
        self.wanted = project.manifests.iter().filter_map(entry).collect();
        self.refused.clear();
    }

    /// Whether everything wanted is on the server.
    pub(crate) fn is_done(&self) -> bool {
        self.wanted.iter().all(|entry| self.holds(entry))
    }

    /// What is wanted and not on the server, with the reason.
    pub(crate) fn missing(&self) -> impl Iterator<Item = (String, &str)> {
        self.wanted.iter().filter(|entry| !self.holds(entry)).map(|entry| {
            let reason =
                self.refused.get(&entry.identity()).map_or("its kind is not served yet", String::as_str);
            (entry.to_string(), reason)
        })
    }

    /// Tries once to make the server equal to what is wanted.
    pub(crate) async fn pass(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for entry in self.left() {
            if let Some(event) = self.remove(entry).await {
                events.push(event);
            }
        }
        for entry in self.wanted.clone() {
            if self.holds(&entry) {
                continue;
            }
            if let Some(event) = self.put(entry).await {
                events.push(event);
            }
        }
        events
    }

    fn holds(&self, entry: &Entry) -> bool {
        self.applied.get(&entry.identity()).is_some_and(|applied| applied.object == entry.object)
    }

    /// What we applied and nobody wants any more, last applied first.
    fn left(&self) -> Vec<Entry> {
        let wanted: Vec<Identity> = self.wanted.iter().map(Entry::identity).collect();
        let left = self.applied.iter().filter(|(identity, _)| !wanted.contains(identity));
        let mut left: Vec<Entry> = left.map(|(_, entry)| entry.clone()).collect();
        left.sort_by_key(|entry| {
            &*entry.gvk.group == "kro.run" && &*entry.gvk.kind == "ResourceGraphDefinition"
        });
        left
    }

    async fn put(&mut self, entry: Entry) -> Option<Event> {
        let identity = entry.identity();
        let result = match self.resource(&entry).await {
            Ok(None) => return None,
            Ok(Some(resource)) => {
                let object = placed(&entry.object, &resource);
                self.cluster.apply(&resource, &object, &ApplyOptions::force(FIELD_MANAGER)).await.map(drop)
            }
            Err(error) => Err(error),
        };
        match result {
            Ok(()) => {
                self.refused.remove(&identity);
                let event = Event::Applied(entry.to_string());
                self.applied.insert(identity, entry);
                Some(event)
            }
            Err(error) => {
                let answer = error.to_string();
                let told = self.refused.insert(identity, answer.clone());
                (told.as_ref() != Some(&answer)).then_some(Event::Refused(entry.file, answer))
            }
        }
    }

    async fn remove(&mut self, entry: Entry) -> Option<Event> {
        let resource = self.resource(&entry).await.ok()??;
        let key = placed(&entry.object, &resource).key();
        let deleted = self.cluster.delete(&resource, &key, Precondition::default()).await;
        deleted.ok()?;
        self.applied.remove(&entry.identity());
        Some(Event::Deleted(entry.to_string()))
    }

    /// The kind of an entry, once the server serves it.
    async fn resource(&self, entry: &Entry) -> Result<Option<ResourceType>, Error> {
        match self.cluster.kind(&entry.gvk).await {
            Ok(resource) => Ok(Some(resource)),
            Err(Error::UnknownKind(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn entry(manifest: &Manifest) -> Option<Entry> {
    let gvk = manifest.object.gvk().ok()?;
    Some(Entry { file: manifest.file.display().to_string(), gvk, object: manifest.object.clone() })
}

/// The object in the namespace where it goes when it names none.
fn placed(object: &Object, resource: &ResourceType) -> Object {
    let mut object = object.clone();
    if resource.scope == Scope::Namespaced && object.key().namespace.is_none() {
        object.metadata_mut().insert("namespace", "default");
    }
    object
}

impl Entry {
    fn identity(&self) -> Identity {
        Identity { group: self.gvk.group.clone(), kind: self.gvk.kind.clone(), key: self.object.key() }
    }
}

impl std::fmt::Display for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.gvk.kind, self.object.key().name)
    }
}
