//! The hands of people and of other controllers: calls that always reach the server and never wait.

use kro_api::names;
use kro_apiserver::{
    ApiServer,
    core::{Call, Reply, ReplyBody},
};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::Value;
use std::{fmt, sync::Arc};

/// The server refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code} {reason}: {message}")]
pub struct Refused {
    /// HTTP status code.
    pub code: u16,
    /// `reason` of the Status.
    pub reason: String,
    /// `message` of the Status.
    pub message: String,
}

impl Refused {
    /// Nobody serves the kind.
    pub(crate) fn unknown_kind(gvk: &Gvk) -> Self {
        Self {
            code: 404,
            reason: "NotFound".to_owned(),
            message: format!("{UNKNOWN_KIND} {:?} in version {:?}", gvk.kind, gvk.api_version()),
        }
    }

    /// Whether nobody serves the kind, or not yet.
    pub(crate) fn is_unknown_kind(&self) -> bool {
        self.code == 404 && (self.reason.is_empty() || self.message.starts_with(UNKNOWN_KIND))
    }
}

const UNKNOWN_KIND: &str = "no matches for kind";

/// A server with a console: that of a world, or a real one.
pub trait Server: fmt::Debug + Send + Sync {
    /// Answers a call, whole.
    fn handle(&self, call: &Call) -> Reply;

    /// Everything it stores.
    fn everything(&self) -> Vec<Object>;

    /// The resource of a kind, if it is served.
    fn resource(&self, gvk: &Gvk) -> Option<ResourceType>;

    /// Everything it stores of a kind, in any version.
    fn all(&self, group: &str, kind: &str) -> Vec<Object> {
        let is_of = |gvk: Gvk| &*gvk.group == group && &*gvk.kind == kind;
        self.everything().into_iter().filter(|object| object.gvk().is_ok_and(is_of)).collect()
    }

    /// Everything it stores with a label.
    fn labelled(&self, label: &str, value: &str) -> Vec<Object> {
        let has = |object: &Object| object.metadata().label(label) == Some(value);
        self.everything().into_iter().filter(has).collect()
    }
}

impl Server for ApiServer {
    fn handle(&self, call: &Call) -> Reply {
        Self::handle(self, call)
    }

    fn everything(&self) -> Vec<Object> {
        self.dump()
    }

    fn resource(&self, gvk: &Gvk) -> Option<ResourceType> {
        Self::resource(self, gvk)
    }

    fn all(&self, group: &str, kind: &str) -> Vec<Object> {
        Self::all(self, group, kind)
    }

    fn labelled(&self, label: &str, value: &str) -> Vec<Object> {
        Self::labelled(self, label, Some(value))
    }
}

/// An administrator at the server's console.
#[derive(Debug, Clone)]
pub struct Admin {
    server: Arc<dyn Server>,
}

impl Admin {
    /// At the console of this server.
    pub fn at(server: Arc<dyn Server>) -> Self {
        Self { server }
    }

    /// Creates or changes an object as `kubectl apply --server-side --force-conflicts` does.
    pub fn apply(&self, object: &Object) -> Result<Object, Refused> {
        self.apply_as("user", object)
    }

    /// The same under the name of another field manager.
    pub fn apply_as(&self, manager: &str, object: &Object) -> Result<Object, Refused> {
        self.send(object, vec![("fieldManager".into(), manager.into())])
    }

    /// What an object would become if somebody asked for it; nothing is changed.
    pub(crate) fn would_become(&self, object: &Object) -> Result<Object, Refused> {
        self.send(object, vec![("fieldManager".into(), "asking".into()), ("dryRun".into(), "All".into())])
    }

    /// Whether an apply under this name would change what another manager owns.
    pub(crate) fn would_conflict(&self, manager: &str, object: &Object) -> bool {
        let query = [("fieldManager", manager), ("dryRun", "All"), ("force", "false")];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.patch_by_apply(object, query.into()).is_err_and(|refused| refused.code == 409)
    }

    fn send(&self, object: &Object, mut query: Vec<(String, String)>) -> Result<Object, Refused> {
        query.push(("force".into(), "true".into()));
        self.patch_by_apply(object, query)
    }

    fn patch_by_apply(&self, object: &Object, query: Vec<(String, String)>) -> Result<Object, Refused> {
        let call = Call {
            method: http::Method::PATCH,
            path: self.path_of(object)?,
            query,
            content_type: "application/apply-patch+yaml".into(),
            body: object.to_value().to_string().into(),
            ..Call::default()
        };
        self.call(&call)
    }

    /// Changes an object by a JSON merge patch; `subresource` may be empty.
    pub fn patch(
        &self,
        resource: &ResourceType,
        key: &ObjectKey,
        subresource: &str,
        patch: &Value,
    ) -> Result<Object, Refused> {
        let mut path = path(resource, key);
        if !subresource.is_empty() {
            path = format!("{path}/{subresource}");
        }
        self.call(&Call {
            method: http::Method::PATCH,
            path,
            content_type: "application/merge-patch+json".into(),
            body: patch.to_string().into(),
            ..Call::default()
        })
    }

    /// Deletes an object; what its finalizers ask for comes later.
    pub fn delete(&self, resource: &ResourceType, key: &ObjectKey) -> Result<(), Refused> {
        let call = Call { method: http::Method::DELETE, path: path(resource, key), ..Call::default() };
        self.call(&call).map(drop)
    }

    /// An object as it is stored.
    pub fn get(&self, resource: &ResourceType, key: &ObjectKey) -> Option<Object> {
        self.call(&Call { path: path(resource, key), ..Call::default() }).ok()
    }

    /// All objects with a label.
    pub fn labelled(&self, label: &str, value: &str) -> Vec<Object> {
        self.server.labelled(label, value)
    }

    /// Everything the server stores.
    pub fn everything(&self) -> Vec<Object> {
        self.server.everything()
    }

    /// All objects of a kind, in any version.
    pub fn all(&self, group: &str, kind: &str) -> Vec<Object> {
        self.server.all(group, kind)
    }

    /// The resource of a kind, if the server serves it.
    pub fn resource(&self, gvk: &Gvk) -> Option<ResourceType> {
        self.server.resource(gvk)
    }

    fn path_of(&self, object: &Object) -> Result<String, Refused> {
        let gvk = object.gvk().map_err(|error| Refused {
            code: 400,
            reason: "BadRequest".to_owned(),
            message: error.to_string(),
        })?;
        let resource = self.resource(&gvk).ok_or_else(|| Refused::unknown_kind(&gvk))?;
        Ok(path(&resource, &object.key()))
    }

    fn call(&self, call: &Call) -> Result<Object, Refused> {
        let reply = self.server.handle(call);
        let ReplyBody::Full(body) = reply.body else {
            return Err(Refused {
                code: reply.status,
                reason: String::new(),
                message: "not an object".to_owned(),
            });
        };
        let value: Value = serde_json::from_slice(&body).unwrap_or_default();
        if reply.status >= 300 {
            let text = |field: &str| value[field].as_str().unwrap_or_default().to_owned();
            return Err(Refused { code: reply.status, reason: text("reason"), message: text("message") });
        }
        Object::from_value(value).map_err(|error| Refused {
            code: reply.status,
            reason: String::new(),
            message: error.to_string(),
        })
    }
}

/// The path of an object; without a namespace it is in `default`, if its kind has namespaces.
pub fn path(resource: &ResourceType, key: &ObjectKey) -> String {
    let root = if resource.gvk.group.is_empty() { "/api" } else { "/apis" };
    let version = resource.gvk.api_version();
    if !resource.is_namespaced() {
        return format!("{root}/{version}/{}/{}", resource.plural, key.name);
    }
    let namespace = key.namespace.as_deref().unwrap_or("default");
    format!("{root}/{version}/namespaces/{namespace}/{}/{}", resource.plural, key.name)
}

/// The resource of definitions.
pub fn definitions() -> ResourceType {
    let gvk = Gvk::new(names::GROUP, names::VERSION, "ResourceGraphDefinition");
    ResourceType::new(gvk, "resourcegraphdefinitions", Scope::Cluster)
}
