//! The server without any async: a request and the time in, a reply out.
//!
//! [`Core::handle`] answers one call; [`Core::background`] does what would happen later in a cluster
//! (custom kinds become established, garbage is collected, workloads become available).
//! Neither ever waits: a watch is a [`Cursor`] that the caller polls.

mod access;
mod answer;
mod background;
mod behavior;
mod body;
mod continuation;
mod conversion;
mod crd;
mod cron;
mod custom;
mod decode;
mod deletion;
mod discovery;
mod gc;
mod kinds;
mod managed;
mod metadata;
mod namespace;
mod negotiate;
mod object;
mod openapi;
mod options;
mod owner_reference;
mod patch;
mod place;
mod policy;
mod registry;
pub(crate) mod request;
mod resume;
mod rules;
mod selector;
mod store;
mod stored;
mod strategy;
mod table;
mod typed;
mod verbs;
mod write;
mod yaml;

#[cfg(feature = "disk")]
pub(crate) use self::stored::unsaved;
pub use self::{
    answer::{Reply, ReplyBody},
    request::{Call, Identity},
    store::{Key, ResourceId},
    verbs::watch::{Cursor, Next},
};
pub(crate) use self::{body::Source, store::Change, write::MODIFIED};

use self::{
    access::{Attributes, User},
    background::Background,
    registry::Registry,
    request::{Info, Target},
    store::Store,
};
use crate::{AuditRecord, Authorization, Behaviors, ids::Ids, status::Status, wakes::Topic};
use kro_object::{Gvk, Object, ResourceType, Timestamp};
use serde_json::Value;
use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

/// How a [`Core`] behaves; see [`crate::Options`] for the meanings.
#[derive(Debug, Clone)]
pub struct CoreOptions {
    /// The administrator's bearer token; without one, everybody is an administrator.
    pub token: Option<String>,
    /// Who may do what.
    pub authorization: Authorization,
    /// Seed of uids and generated names.
    pub seed: u64,
    /// What plays the rest of the cluster.
    pub behaviors: Behaviors,
    /// How many changes watches and paged lists can look back.
    pub history: usize,
    /// Whether changes are also put aside for saving.
    pub is_saved: bool,
}

/// How many calls the audit log remembers.
const AUDIT_LIMIT: usize = 10_000;

/// All state of a server.
#[derive(Debug)]
pub struct Core {
    store: Store,
    registry: Registry,
    documents: openapi::Documents,
    ids: Ids,
    behaviors: Behaviors,
    script: behavior::Script,
    background: Background,
    audit: VecDeque<AuditRecord>,
    /// What the present call is warned about.
    warnings: Vec<String>,
    token: Option<String>,
    authorization: Authorization,
    pod_addresses: u32,
}

impl Core {
    /// A server with the namespaces every cluster has.
    pub fn new(options: CoreOptions, now: Timestamp) -> Self {
        let mut core = Self::empty(options);
        core.bootstrap(now);
        if core.authorization == Authorization::Rbac {
            core.bootstrap_policy(now);
        }
        core
    }

    fn empty(options: CoreOptions) -> Self {
        Self {
            store: Store::new(options.history, options.is_saved),
            registry: Registry::builtin(),
            documents: openapi::Documents::default(),
            ids: Ids::new(options.seed),
            behaviors: options.behaviors,
            script: behavior::Script::default(),
            background: Background::default(),
            audit: VecDeque::new(),
            warnings: Vec::new(),
            token: options.token,
            authorization: options.authorization,
            pod_addresses: 0,
        }
    }

    /// An address for a pod, each used once: 10.244.0.2 and up.
    fn next_pod_ip(&mut self) -> String {
        self.pod_addresses = self.pod_addresses.wrapping_add(1);
        let [_, a, b, c] = (self.pod_addresses + 1).to_be_bytes();
        format!("10.{}.{b}.{c}", 244 + u16::from(a % 12))
    }

    /// Answers one call.
    pub fn handle(&mut self, call: &Call, now: Timestamp) -> Reply {
        self.answer(call, Source::new(call), now)
    }

    /// Answers one call with this body.
    pub(crate) fn answer(&mut self, call: &Call, body: Source<'_>, now: Timestamp) -> Reply {
        let user = self.authenticate(call);
        let name = user.as_ref().map(|user| user.name.as_str().into()).unwrap_or_default();
        let outcome = user.and_then(|user| self.route(call, body, user, now));
        let reply =
            outcome.unwrap_or_else(|status| Reply::refusal(&status, negotiate::of_refusal(&call.accept)));
        self.record(call, name, reply.status, now);
        reply
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.store.revision()
    }

    /// What has changed since a revision.
    pub(crate) fn changed_since(&self, revision: u64) -> BTreeSet<Topic> {
        let changes = self.store.since(revision);
        let topics = changes.flat_map(|change| {
            [None, Some(change.key.namespace.clone())]
                .map(|namespace| Topic { resource: change.resource.clone(), namespace })
        });
        topics.collect()
    }

    /// The changes since the last time this was asked, if the options want them kept.
    pub(crate) fn take_unsaved(&mut self) -> Vec<Change> {
        self.store.take_unsaved()
    }

    /// The oldest revision whose state is still known.
    pub fn oldest_revision(&self) -> u64 {
        self.store.oldest()
    }

    /// The calls answered so far, oldest first; only the last 10,000 are kept.
    pub fn audit(&self) -> impl Iterator<Item = &AuditRecord> {
        self.audit.iter()
    }

    /// An object as stored.
    pub fn stored(&self, resource: &ResourceId, key: &Key) -> Option<Object> {
        Object::from_value(self.store.get(resource, key)?.to_value()).ok()
    }

    /// The resource of a kind, if it is served.
    pub fn resource_of(&self, gvk: &Gvk) -> Option<ResourceType> {
        let served = self.registry.kind(&gvk.group, &gvk.version, &gvk.kind)?;
        Some(ResourceType::new(gvk.clone(), &served.plural, served.scope))
    }

    /// Every stored object, by resource and key.
    pub fn dump(&self) -> Vec<Object> {
        let all = self.store.resources().flat_map(|resource| self.store.list(resource, None));
        all.filter_map(|(_, object)| Object::from_value(object.to_value()).ok()).collect()
    }

    /// The stored objects of a kind, whichever version they were written in, by key.
    pub fn all(&self, group: &str, kind: &str) -> Vec<Object> {
        let is_kind = |resource: &&Arc<ResourceId>| {
            *resource.group == *group
                && self.registry.stored(resource).is_some_and(|served| *served.kind == *kind)
        };
        let all = self.store.resources().filter(is_kind).flat_map(|resource| self.store.list(resource, None));
        all.filter_map(|(_, object)| Object::from_value(object.to_value()).ok()).collect()
    }

    /// The stored objects with a label, of any value or of this one, by resource and key.
    pub fn labelled(&self, label: &str, value: Option<&str>) -> Vec<Object> {
        let all = self.store.resources().flat_map(|resource| self.store.list(resource, None));
        // Most have it nowhere, and need not be read.
        let mentions = |json: &[u8]| std::str::from_utf8(json).is_ok_and(|text| text.contains(label));
        let may = all.filter(|(_, object)| mentions(&object.json()));
        may.filter_map(|(_, object)| Object::from_value(object.to_value()).ok())
            .filter(|object| {
                let found = object.metadata().label(label);
                found.is_some() && (value.is_none() || found == value)
            })
            .collect()
    }

    /// Forgets the history, so that older watches and continue tokens get 410.
    pub fn compact(&mut self) {
        self.store.compact();
    }

    fn record(&mut self, call: &Call, user: Box<str>, code: u16, at: Timestamp) {
        if self.audit.len() == AUDIT_LIMIT {
            self.audit.pop_front();
        }
        self.audit.push_back(AuditRecord {
            at,
            user,
            verb: call.method.as_str().into(),
            path: call.path.as_str().into(),
            code,
            user_agent: call.user_agent.as_str().into(),
        });
    }

    fn route(&mut self, call: &Call, body: Source<'_>, user: User, now: Timestamp) -> Result<Reply, Status> {
        if call.body.len() > body::LIMIT {
            return Err(Status::too_large(format!("limit is {}", body::LIMIT)));
        }
        match request::target(&call.path)? {
            Target::Other(segments) => {
                let wanted = Attributes {
                    verb: call.method.as_str().to_ascii_lowercase(),
                    path: call.path.clone(),
                    ..Attributes::default()
                };
                self.demand(&user, &wanted)?;
                self.other(call, &segments)
            }
            Target::Resource(info) => self.resource(call, body, &info, user, now),
        }
    }

    /// Health, version, discovery and OpenAPI.
    fn other(&mut self, call: &Call, segments: &[String]) -> Result<Reply, Status> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["healthz" | "livez" | "readyz"] | ["healthz" | "livez" | "readyz", "ping" | "etcd" | "log"] => {
                Ok(Reply::text(200, "ok"))
            }
            [] => discovery::root(call),
            ["version"] => discovery::version(call),
            ["api" | "apis", ..] => discovery::reply(&self.registry, call, &segments),
            ["openapi", rest @ ..] => Ok(self.openapi(call, rest)),
            _ => Ok(Reply::not_found_page()),
        }
    }

    fn resource(
        &mut self,
        call: &Call,
        body: Source<'_>,
        info: &Info,
        user: User,
        now: Timestamp,
    ) -> Result<Reply, Status> {
        let Some(served) = self.registry.get(&info.group, &info.version, &info.plural).cloned() else {
            return self.unserved(info);
        };
        // Only lists and watches of custom resources go across namespaces.
        let is_read = matches!(call.method, http::Method::GET | http::Method::HEAD) && info.name.is_none();
        if served.custom.is_some() && served.is_namespaced() && info.namespace.is_none() && !is_read {
            return Ok(Reply::not_found_page());
        }
        if let (Some(_), Some(sub), Some(name)) = (&served.custom, &info.subresource, &info.name)
            && served.subresource(sub).is_none()
        {
            return Err(Status::not_found(served.named(), name));
        }
        let wrong_scope = info.namespace.is_some() && !served.is_namespaced();
        let unknown_sub = info.subresource.as_ref().is_some_and(|sub| served.subresource(sub).is_none());
        if wrong_scope || unknown_sub || info.overlong {
            return if served.is_builtin() {
                Err(Status::no_such_resource())
            } else {
                Ok(Reply::not_found_page())
            };
        }
        self.serve(call, body, info, &served, user, now)
    }

    fn unserved(&self, info: &Info) -> Result<Reply, Status> {
        if self.registry.group(&info.group).is_some_and(|group| group.is_builtin) {
            Err(Status::no_such_resource())
        } else {
            Ok(Reply::not_found_page())
        }
    }

    /// Stores an object as an administrator would, before anyone connects; what is there already is replaced.
    pub fn load(&mut self, object: Object, now: Timestamp) -> Result<(), Status> {
        let (served, mut value) = self.place(object)?;
        strategy::default(&served, &mut value);
        let key = Key::new(object::namespace(&value), object::name(&value));
        let writer = write::Writer::named("loader", now);
        if self.store.get(&served.storage, &key).is_some() {
            let mut value = value;
            object::set_meta(&mut value, "resourceVersion", None);
            self.update(&served, &key, &writer, &mut |_, _| Ok(value.clone()))?;
        } else {
            self.create(&served, value, &writer)?;
        }
        self.background(now);
        Ok(())
    }

    /// Stores an object exactly as another server had it, but for its resource version.
    pub fn restore(&mut self, object: Object, now: Timestamp) -> Result<(), Status> {
        let (served, mut value) = self.place(object)?;
        let key = Key::new(object::namespace(&value), object::name(&value));
        object::set_revision(&mut value, self.store.next_revision());
        let (stored, _) = served.to_stored(&value);
        self.store.write(&served.storage, key, Some(Arc::new(stored)));
        self.background(now);
        Ok(())
    }

    /// The resource an object belongs to, and the object in its namespace.
    fn place(&self, object: Object) -> Result<(Arc<registry::Served>, Value), Status> {
        let mut value = object.into_value();
        let api_version = value.get("apiVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let Some(served) = self.registry.kind(group, version, &kind).cloned() else {
            return Err(Status::bad_request(format!(
                "no matches for kind {kind:?} in version {api_version:?}"
            )));
        };
        if served.is_namespaced() && object::namespace(&value).is_empty() {
            object::set_meta(&mut value, "namespace", Some("default".into()));
        }
        Ok((served, value))
    }

    fn bootstrap(&mut self, now: Timestamp) {
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            let namespace = serde_json::json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name},
            });
            let served = self.registry.get("", "v1", "namespaces").cloned();
            let served: Arc<registry::Served> = served.expect("invariant: namespaces are builtin");
            let mut namespace = namespace;
            strategy::default(&served, &mut namespace);
            self.create(&served, namespace, &write::Writer::named("kube-apiserver", now))
                .expect("invariant: the namespaces of every cluster are valid");
        }
    }
}
