//! From a resource path and a method to the verb that answers it.

mod create;
mod delete;
mod get;
mod list;
mod output;
mod patch;
mod scale;
mod update;
pub(crate) mod watch;

pub(crate) use self::{output::partial, scale::ScalePaths};

use super::{
    Core, Reply,
    access::{Attributes, User},
    body::Source,
    decode,
    negotiate::{self, Output},
    options::WriteOptions,
    registry::{Registry, Served},
    request::{Call, Info},
    store::Key,
    strategy,
    write::Writer,
};
use crate::status::Status;
use http::Method;
use kro_object::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// A call to a resource, with everything about it looked up.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub call: &'a Call,
    pub body: Source<'a>,
    pub served: Arc<Served>,
    pub subresource: Option<String>,
    /// `None` asks for all namespaces (or the resource has none).
    pub namespace: Option<String>,
    /// `None` asks for the collection.
    pub name: Option<String>,
    pub output: Output,
    pub user: User,
    pub now: Timestamp,
    pub warnings: Vec<String>,
}

impl Request<'_> {
    /// The key of the object asked for.
    pub(crate) fn key(&self) -> Key {
        Key::new(self.namespace.as_deref().unwrap_or_default(), self.name.as_deref().unwrap_or_default())
    }

    /// The field manager of a write: as asked, or the beginning of the user agent.
    pub(crate) fn manager(&self, asked: &str) -> String {
        if !asked.is_empty() {
            return asked.to_owned();
        }
        let agent = self.call.user_agent.split('/').next().unwrap_or_default();
        let mut end = agent.len().min(128);
        while !agent.is_char_boundary(end) {
            end -= 1;
        }
        agent[..end].to_owned()
    }

    /// The options and the decoded body of a create or update.
    pub(crate) fn object(
        &mut self,
        registry: &Registry,
        options: &'static str,
    ) -> Result<(WriteOptions, Value), Status> {
        let options = WriteOptions::parse(self.call, options, false)?;
        let value = decode::object(
            registry,
            &self.served,
            &mut self.body,
            &self.call.content_type,
            options.field_validation,
            &mut self.warnings,
        )?;
        Ok((options, value))
    }

    /// Who writes.
    pub(crate) fn writer(&self, asked_manager: &str, dry_run: bool) -> Writer {
        Writer {
            manager: self.manager(asked_manager),
            subresource: self.subresource.clone(),
            dry_run,
            now: self.now,
            owns_settled: false,
        }
    }
}

impl Core {
    /// Answers a call to a resource that is served.
    pub(super) fn serve(
        &mut self,
        call: &Call,
        body: Source<'_>,
        info: &Info,
        served: &Arc<Served>,
        user: User,
        now: Timestamp,
    ) -> Result<Reply, Status> {
        let verb = verb(call, info, served)?;
        self.demand(&user, &attributes(call, info, verb))?;
        let output = negotiate::output(&call.accept, served.is_builtin(), verb)?;
        let mut request = Request {
            call,
            body,
            served: served.clone(),
            subresource: info.subresource.clone(),
            namespace: info.namespace.clone(),
            name: info.name.clone(),
            output,
            user,
            now,
            warnings: Vec::new(),
        };
        if let Some(custom) = &served.custom
            && let Some(warning) = &custom.deprecation
        {
            request.warnings.push(warning.clone());
        }
        if let Some(warning) = strategy::deprecation(served) {
            request.warnings.push(warning.into());
        }
        let is_scale = request.subresource.as_deref() == Some("scale");
        let outcome = match verb {
            Verb::Get if is_scale => self.get_scale(&request),
            Verb::Update | Verb::Patch if is_scale => self.write_scale(&mut request, verb == Verb::Patch),
            Verb::Get => self.get(&request),
            Verb::List => self.list(&request),
            Verb::Watch => self.watch(&request),
            Verb::Create if served.is_review() => self.review(&mut request),
            Verb::Create => self.create_verb(&mut request),
            Verb::Update => self.update_verb(&mut request),
            Verb::Patch => self.patch_verb(&mut request),
            Verb::Delete => self.delete_verb(&mut request),
            Verb::DeleteCollection => self.delete_collection(&mut request),
        };
        request.warnings.append(&mut self.warnings);
        match outcome {
            Err(status) if request.warnings.is_empty() => Err(status),
            Err(status) => {
                let format = negotiate::of_refusal(&call.accept);
                Ok(Reply::refusal(&status, format).with_warnings(&request.warnings))
            }
            Ok(reply) => Ok(reply.with_warnings(&request.warnings)),
        }
    }
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    List,
    Watch,
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
        }
    }
}

/// What the authorizer is asked about a call.
fn attributes(call: &Call, info: &Info, verb: Verb) -> Attributes {
    // A list or watch of one name is a question about that name.
    let selected =
        call.param("fieldSelector").strip_prefix("metadata.name=").filter(|name| !name.contains(','));
    Attributes {
        verb: verb.name().into(),
        group: info.group.clone(),
        resource: info.plural.clone(),
        subresource: info.subresource.clone().unwrap_or_default(),
        namespace: if info.plural == "namespaces" {
            info.name.clone().unwrap_or_default()
        } else {
            info.namespace.clone().unwrap_or_default()
        },
        name: info.name.clone().or_else(|| selected.map(str::to_owned)).unwrap_or_default(),
        path: String::new(),
    }
}

/// The verb of a call, if the resource knows it.
fn verb(call: &Call, info: &Info, served: &Served) -> Result<Verb, Status> {
    let is_head = call.method == Method::HEAD;
    let verb = match (&call.method, &info.name) {
        (&Method::GET | &Method::HEAD, _) if is_head && served.is_builtin() => None,
        (&Method::GET | &Method::HEAD, None) if call.flag("watch") => Some(Verb::Watch),
        (&Method::GET | &Method::HEAD, None) => Some(Verb::List),
        (&Method::GET | &Method::HEAD, Some(_)) => Some(Verb::Get),
        (&Method::POST, None) => Some(Verb::Create),
        (&Method::POST, Some(_)) if info.subresource.is_some() || served.custom.is_some() => {
            Some(Verb::Create)
        }
        (&Method::PUT | &Method::PATCH, None) if served.custom.is_some() => {
            return Err(Status::bad_request("name must be provided"));
        }
        (&Method::PUT, Some(_)) => Some(Verb::Update),
        (&Method::PATCH, Some(_)) => Some(Verb::Patch),
        (&Method::DELETE, Some(_)) => Some(Verb::Delete),
        (&Method::DELETE, None) => Some(Verb::DeleteCollection),
        _ => None,
    };
    let verbs = match info.subresource.as_deref().and_then(|sub| served.subresource(sub)) {
        Some(sub) => &sub.verbs,
        None => &served.verbs,
    };
    // Objects of namespaced kinds are created and deleted in a namespace only.
    let misses_namespace = served.is_namespaced()
        && info.namespace.is_none()
        && matches!(verb, Some(Verb::Create | Verb::DeleteCollection) | None)
        || served.is_namespaced() && info.namespace.is_none() && info.name.is_some();
    match verb {
        Some(verb) if verbs.contains(&verb.name()) && !misses_namespace => Ok(verb),
        _ if served.is_builtin() => Err(Status::method_not_allowed()),
        Some(verb) => Err(Status::verb_not_supported(served.named(), verb.name())),
        None => {
            let name = match call.method {
                Method::POST => "create",
                Method::PUT => "update",
                Method::PATCH => "patch",
                _ => "",
            };
            Err(Status::verb_not_supported(served.named(), name))
        }
    }
}
