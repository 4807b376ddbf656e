//! Verbs on [`Object`]: one request each, a time limit on each, errors with the server's `Status`.
//! Nothing is retried and nothing is cached here.

use crate::{Cluster, Error};
use kro_object::{Object, ObjectKey, ResourceType, Scope, Selector};
use kube_client::core::{
    Status,
    params::{DeleteParams, GetParams, ListParams, Patch, PatchParams, PostParams, Preconditions},
    request::Request,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Which objects of a resource to list or watch.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// One namespace, or all of them. Ignored for cluster-scoped resources.
    pub namespace: Option<Box<str>>,
    /// Label selector in its text form (`a=b,c`), empty for everything.
    pub labels: Box<str>,
    /// Field selector in its text form (`metadata.name=x`), empty for everything.
    pub fields: Box<str>,
}

impl Query {
    /// Every object of the resource.
    pub fn all() -> Self {
        Self::default()
    }

    /// The same within a namespace.
    #[must_use]
    pub fn within(mut self, namespace: Option<&str>) -> Self {
        self.namespace = namespace.map(Into::into);
        self
    }

    /// The same with a label selector in text form.
    #[must_use]
    pub fn labelled(mut self, labels: &str) -> Self {
        self.labels = labels.into();
        self
    }

    /// The same with a label selector.
    #[must_use]
    pub fn selected(self, selector: &Selector) -> Self {
        self.labelled(&selector.to_string())
    }

    /// The same with a field selector in text form.
    #[must_use]
    pub fn with_fields(mut self, fields: &str) -> Self {
        self.fields = fields.into();
        self
    }
}

/// How a server-side apply is made.
#[derive(Debug, Clone)]
pub struct ApplyOptions {
    /// The field manager that will own the applied fields.
    pub manager: &'static str,
    /// Take fields over from other managers instead of failing with a conflict.
    pub force: bool,
    /// Answer what would happen, store nothing.
    pub dry_run: bool,
}

impl ApplyOptions {
    /// Apply as `manager`, taking over fields that others own.
    pub fn force(manager: &'static str) -> Self {
        Self { manager, force: true, dry_run: false }
    }

    /// Apply as `manager`, failing with a conflict where others own a field.
    pub fn polite(manager: &'static str) -> Self {
        Self { manager, force: false, dry_run: false }
    }
}

/// What must hold for a delete to happen; a mismatch is a conflict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    /// The object is still this one.
    pub uid: Option<String>,
    /// The object is still in this version.
    pub resource_version: Option<String>,
}

/// How far a delete got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// The object is gone.
    Gone,
    /// The object waits for its finalizers.
    Terminating,
}

/// The part of an object a write goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Everything but status.
    Main,
    /// The `status` subresource.
    Status,
}

impl Cluster {
    /// The object, or `None` when there is none of that name.
    pub async fn get(&self, resource: &ResourceType, key: &ObjectKey) -> Result<Option<Object>, Error> {
        let request = at(resource, key.namespace.as_deref()).get(&key.name, &GetParams::default());
        match self.send(request).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All objects a query selects, page by page.
    pub async fn list(&self, resource: &ResourceType, query: &Query) -> Result<Vec<Object>, Error> {
        let request = at(resource, query.namespace.as_deref());
        let mut params = ListParams::default().limit(self.inner.options.page_size);
        params.label_selector = Some(query.labels.to_string()).filter(|text| !text.is_empty());
        params.field_selector = Some(query.fields.to_string()).filter(|text| !text.is_empty());
        let mut objects = Vec::new();
        loop {
            let page: Page = self.send(request.list(&params)).await?;
            for item in page.items {
                objects.push(typed(item, resource));
            }
            params.continue_token = page.metadata.next.filter(|token| !token.is_empty());
            if params.continue_token.is_none() {
                return Ok(objects);
            }
        }
    }

    /// Creates the object. Fails with [`Error::is_already_exists`] when the name is taken.
    pub async fn create(&self, resource: &ResourceType, object: &Object) -> Result<Object, Error> {
        let params =
            PostParams { field_manager: Some(self.inner.options.field_manager.into()), dry_run: false };
        let key = object.key();
        self.send(at(resource, key.namespace.as_deref()).create(&params, bytes(object)?)).await
    }

    /// Replaces the object; its resource version, when set, must still be the stored one.
    pub async fn update(&self, resource: &ResourceType, object: &Object) -> Result<Object, Error> {
        let params =
            PostParams { field_manager: Some(self.inner.options.field_manager.into()), dry_run: false };
        let key = object.key();
        self.send(at(resource, key.namespace.as_deref()).replace(&key.name, &params, bytes(object)?)).await
    }

    /// Server-side apply: creates the object, or makes `options.manager` own exactly the fields given.
    pub async fn apply(
        &self,
        resource: &ResourceType,
        object: &Object,
        options: &ApplyOptions,
    ) -> Result<Object, Error> {
        let params = PatchParams {
            field_manager: Some(options.manager.into()),
            force: options.force,
            dry_run: options.dry_run,
            ..PatchParams::default()
        };
        let key = object.key();
        self.send(at(resource, key.namespace.as_deref()).patch(&key.name, &params, &Patch::Apply(object)))
            .await
    }

    /// RFC 7386 merge patch of the object or its status.
    pub async fn merge(
        &self,
        resource: &ResourceType,
        key: &ObjectKey,
        part: Part,
        patch: &Value,
    ) -> Result<Object, Error> {
        self.patch(resource, key, part, &Patch::Merge(patch)).await
    }

    /// Deletes the object if the precondition holds. `Ok(None)` when it was gone already.
    pub async fn delete(
        &self,
        resource: &ResourceType,
        key: &ObjectKey,
        precondition: Precondition,
    ) -> Result<Option<Deleted>, Error> {
        let Precondition { uid, resource_version } = precondition;
        let preconditions =
            (uid.is_some() || resource_version.is_some()).then_some(Preconditions { resource_version, uid });
        let params = DeleteParams { preconditions, ..DeleteParams::default() };
        let request = at(resource, key.namespace.as_deref()).delete(&key.name, &params);
        match self.send::<Value>(request).await {
            Ok(answer) if answer.get("kind").and_then(Value::as_str) == Some("Status") => {
                Ok(Some(Deleted::Gone))
            }
            Ok(answer) if answer.pointer("/metadata/deletionTimestamp").is_some() => {
                Ok(Some(Deleted::Terminating))
            }
            Ok(_) => Ok(Some(Deleted::Gone)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn patch(
        &self,
        resource: &ResourceType,
        key: &ObjectKey,
        part: Part,
        patch: &Patch<&Value>,
    ) -> Result<Object, Error> {
        let params = PatchParams {
            field_manager: Some(self.inner.options.field_manager.into()),
            ..PatchParams::default()
        };
        let request = at(resource, key.namespace.as_deref());
        let request = match part {
            Part::Main => request.patch(&key.name, &params, patch),
            Part::Status => request.patch_subresource("status", &key.name, &params, patch),
        };
        self.send(request).await
    }

    /// Sends a request and decodes its answer, within the time limit.
    pub(crate) async fn send<T: DeserializeOwned>(
        &self,
        request: Result<http::Request<Vec<u8>>, kube_client::core::request::Error>,
    ) -> Result<T, Error> {
        let text = self.send_text(request).await?;
        serde_json::from_str(&text).map_err(|error| Error::Protocol(error.to_string()))
    }

    /// Sends a request and returns the text of its answer, within the time limit.
    pub(crate) async fn send_text(
        &self,
        request: Result<http::Request<Vec<u8>>, kube_client::core::request::Error>,
    ) -> Result<String, Error> {
        let mut request = request.map_err(|error| Error::Protocol(error.to_string()))?;
        if let Some(user) = &self.user {
            let user =
                http::HeaderValue::from_str(user).map_err(|error| Error::Protocol(error.to_string()))?;
            request.headers_mut().insert("Impersonate-User", user);
        }
        let _place = self.inner.places.acquire().await.expect("invariant: it is never closed");
        let limit = self.inner.options.request_timeout;
        let text = tokio::time::timeout(limit, self.inner.client.request_text(request))
            .await
            .map_err(|_| Error::Timeout(limit))??;
        Ok(text)
    }
}

#[derive(serde::Deserialize)]
struct Page {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default)]
    items: Vec<Object>,
}

#[derive(Default, serde::Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: Option<String>,
}

/// The collection of a resource, in a namespace where one is given and the resource has any.
fn at(resource: &ResourceType, namespace: Option<&str>) -> Request {
    Request::new(url_path(resource, namespace))
}

/// The URL path of the collection: `/apis/apps/v1/namespaces/x/deployments`.
pub(crate) fn url_path(resource: &ResourceType, namespace: Option<&str>) -> String {
    let gvk = &resource.gvk;
    let root = match &*gvk.group {
        "" => format!("/api/{}", gvk.version),
        group => format!("/apis/{group}/{}", gvk.version),
    };
    match namespace.filter(|_| resource.scope == Scope::Namespaced) {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{}", resource.plural),
        None => format!("{root}/{}", resource.plural),
    }
}

/// Items of built-in lists come without `apiVersion` and `kind`; every object we hand out has both.
pub(crate) fn typed(object: Object, resource: &ResourceType) -> Object {
    let mut value = object.into_value();
    if let Value::Object(map) = &mut value {
        let gvk = &resource.gvk;
        map.entry("apiVersion").or_insert_with(|| gvk.api_version().into());
        map.entry("kind").or_insert_with(|| (&*gvk.kind).into());
    }
    Object::from_value(value).expect("invariant: an object stays a JSON object")
}

fn bytes(object: &Object) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(object).map_err(|error| Error::Protocol(error.to_string()))
}

/// The message of a `Status`, for callers that print one.
impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::Api(Box::new(status))
    }
}
