//! Watches as a set: say what is wanted, the difference starts and stops watches. Each watch is one task over
//! `kube_runtime::watcher`, which lists, watches, resumes and lists again after a 410. No object is kept here:
//! the consumer takes what it needs from each one as it streams by.

use crate::{Cluster, Error, Query, mutants::mutant};
use futures_util::StreamExt;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kro_object::{Object, ResourceType, Scope};
use kube_client::{
    Api,
    core::{ApiResource, DynamicResourceScope, Resource},
};
use kube_runtime::watcher;
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{Semaphore, mpsc},
    task::AbortHandle,
};

/// Initial lists that may run at once; the rest wait, so that a restart does not flood the server.
const CONCURRENT_LISTS: usize = 8;
/// A failing watch is tried again after this, doubling up to one of the two below.
const RETRY_FIRST: Duration = Duration::from_millis(200);
/// The most while the server refuses: what is not served or not allowed seldom changes.
const RETRY_REFUSED: Duration = Duration::from_secs(5);
/// The most while it does not answer at all: its first second back is when drift is waiting to be repaired.
const RETRY_UNREACHABLE: Duration = Duration::from_secs(1);

/// One watch, as wanted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WatchSpec {
    /// What to watch.
    pub resource: ResourceType,
    /// Which of its objects.
    pub query: Query,
    /// How much of each object.
    pub projection: Projection,
}

/// How much of an object a watch transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Projection {
    /// `apiVersion`, `kind` and `metadata` only, for objects of others.
    Metadata,
    /// Everything, for our own objects.
    Object,
}

/// Something a watch tells.
#[derive(Debug, Clone)]
pub struct WatchEvent {
    /// The watch that tells it; it may have been stopped meanwhile.
    pub watch: Arc<WatchSpec>,
    /// What happened.
    pub change: Change,
}

/// What happened on a watch.
#[derive(Debug, Clone)]
pub enum Change {
    /// A list begins, the first or one after a gap. Objects not seen until [`Change::Synced`] are gone.
    Listing,
    /// An object exists in this form.
    Applied(Object),
    /// An object is gone, or no longer selected. This is its last known form.
    Deleted(Object),
    /// The list is complete.
    Synced,
    /// The watch does not work now and will be tried again: first after 0.2 s, later every 5 s while
    /// the server refuses, every second while it does not answer.
    Failing {
        /// Why.
        message: String,
        /// The HTTP status code of the server's answer, if there was one: 404 for a resource that is not served.
        code: Option<u16>,
    },
}

/// The running watches of one consumer. Dropping it stops them all.
#[derive(Debug)]
pub struct WatchSet {
    cluster: Cluster,
    events: mpsc::Sender<WatchEvent>,
    running: BTreeMap<Arc<WatchSpec>, AbortHandle>,
    lists: Arc<Semaphore>,
}

impl WatchSet {
    /// A set without watches; what they tell goes to `events`, which slows them down when it is full.
    pub fn new(cluster: Cluster, events: mpsc::Sender<WatchEvent>) -> Self {
        Self { cluster, events, running: BTreeMap::new(), lists: Arc::new(Semaphore::new(CONCURRENT_LISTS)) }
    }

    /// Start what is wanted and does not run, stop what runs and is not wanted.
    /// Must be called within a tokio runtime.
    pub fn sync(&mut self, wanted: &BTreeSet<WatchSpec>) {
        self.stop(|spec| !wanted.contains(spec));
        for spec in wanted {
            if self.running.contains_key(spec) {
                continue;
            }
            let spec = Arc::new(spec.clone());
            let watch = Watch {
                spec: Arc::clone(&spec),
                events: self.events.clone(),
                lists: Arc::clone(&self.lists),
            };
            let client = self.cluster.inner.client.clone();
            let page_size = self.cluster.options().page_size;
            let task = match spec.projection {
                Projection::Object => tokio::spawn(watch.run::<false>(client, page_size)),
                Projection::Metadata => tokio::spawn(watch.run::<true>(client, page_size)),
            };
            self.running.insert(spec, task.abort_handle());
        }
    }

    /// Whether a watch runs, and not only another one of the same spec that was started after it was stopped.
    pub fn runs(&self, watch: &Arc<WatchSpec>) -> bool {
        self.running.get_key_value(watch).is_some_and(|(running, _)| Arc::ptr_eq(running, watch))
    }

    /// Whether a watch of this spec runs.
    pub fn contains(&self, spec: &WatchSpec) -> bool {
        self.running.contains_key(spec)
    }

    /// Stops some watches. They start anew, with a list, at the next [`sync`](Self::sync) that wants them.
    pub fn stop(&mut self, which: impl Fn(&WatchSpec) -> bool) {
        self.running.retain(|spec, task| {
            let goes = which(spec);
            if goes {
                task.abort();
            }
            !goes
        });
    }

    /// How many watches run.
    pub fn len(&self) -> usize {
        self.running.len()
    }

    /// Whether no watch runs.
    pub fn is_empty(&self) -> bool {
        self.running.is_empty()
    }
}

impl Drop for WatchSet {
    fn drop(&mut self) {
        for task in self.running.values() {
            task.abort();
        }
    }
}

struct Watch {
    spec: Arc<WatchSpec>,
    events: mpsc::Sender<WatchEvent>,
    lists: Arc<Semaphore>,
}

impl Watch {
    /// Runs until aborted, or until nobody listens.
    async fn run<const METADATA: bool>(self, client: kube_client::Client, page_size: u32) {
        let resource = api_resource(&self.spec.resource);
        let api: Api<Streamed<METADATA>> = match &self.spec.query.namespace {
            Some(namespace) if self.spec.resource.scope == Scope::Namespaced => {
                Api::namespaced_with(client, namespace, &resource)
            }
            _ => Api::all_with(client, &resource),
        };
        let mut config = watcher::Config::default().page_size(page_size);
        if !self.spec.query.labels.is_empty() {
            config = config.labels(&self.spec.query.labels);
        }
        if !self.spec.query.fields.is_empty() {
            config = config.fields(&self.spec.query.fields);
        }
        let mut stream = std::pin::pin!(watcher(api, config));
        let mut retry = RETRY_FIRST;
        let mut permit = None;
        while let Some(event) = stream.next().await {
            let failed = event.is_err();
            let change = match event {
                Ok(watcher::Event::Init) => {
                    permit = Arc::clone(&self.lists).acquire_owned().await.ok();
                    Change::Listing
                }
                Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object)) => {
                    Change::Applied(object.into_object(&self.spec.resource))
                }
                Ok(watcher::Event::Delete(object)) => {
                    Change::Deleted(object.into_object(&self.spec.resource))
                }
                Ok(watcher::Event::InitDone) => Change::Synced,
                Err(error) => failing(error),
            };
            if failed || matches!(change, Change::Synced) {
                drop(permit.take());
            }
            // Every attempt begins a list; only what comes of it tells that the server answers again.
            let works = matches!(change, Change::Applied(_) | Change::Deleted(_) | Change::Synced);
            let most = match change {
                // The history it wants is gone; a new list is all that is needed.
                Change::Failing { code: Some(410), .. } => RETRY_FIRST,
                Change::Failing { code: Some(400..429), .. } => RETRY_REFUSED,
                _ => RETRY_UNREACHABLE,
            };
            if self.tell(change).await.is_err() {
                return;
            }
            if failed {
                if mutant("watch-ends-at-first-failure") {
                    return;
                }
                retry = retry.min(most);
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(most);
            } else if works {
                retry = RETRY_FIRST;
            }
        }
    }

    async fn tell(&self, change: Change) -> Result<(), mpsc::error::SendError<WatchEvent>> {
        self.events.send(WatchEvent { watch: Arc::clone(&self.spec), change }).await
    }
}

fn failing(error: watcher::Error) -> Change {
    let error = match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => Error::from(error),
        watcher::Error::WatchError(status) => Error::Api(status),
        watcher::Error::NoResourceVersion => Error::Protocol(error.to_string()),
    };
    Change::Failing { message: error.to_string(), code: error.status().map(|status| status.code) }
}

fn api_resource(resource: &ResourceType) -> ApiResource {
    let gvk = &resource.gvk;
    ApiResource {
        group: gvk.group.to_string(),
        version: gvk.version.to_string(),
        api_version: gvk.api_version(),
        kind: gvk.kind.to_string(),
        plural: resource.plural.to_string(),
    }
}

/// An object on its way through `watcher`, which asks for nothing but its resource version.
#[derive(Debug, Clone)]
struct Streamed<const METADATA: bool> {
    meta: ObjectMeta,
    object: Object,
}

impl<const METADATA: bool> Streamed<METADATA> {
    fn into_object(self, resource: &ResourceType) -> Object {
        let mut value = self.object.into_value();
        if let (true, serde_json::Value::Object(map)) = (METADATA, &mut value) {
            // A metadata watch says `PartialObjectMetadata` here.
            map.remove("apiVersion");
            map.remove("kind");
        }
        let object = Object::from_value(value).expect("invariant: an object stays a JSON object");
        crate::objects::typed(object, resource)
    }
}

impl<'de, const METADATA: bool> serde::Deserialize<'de> for Streamed<METADATA> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let object = Object::deserialize(deserializer)?;
        let resource_version = object.metadata().resource_version().map(ToOwned::to_owned);
        Ok(Self { meta: ObjectMeta { resource_version, ..ObjectMeta::default() }, object })
    }
}

impl<const METADATA: bool> Resource for Streamed<METADATA> {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }
    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }
    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }
    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }
    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }
    fn metadata_api() -> bool {
        METADATA
    }
    fn meta(&self) -> &ObjectMeta {
        &self.meta
    }
    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.meta
    }
}
