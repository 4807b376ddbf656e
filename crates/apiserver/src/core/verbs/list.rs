//! Objects of a resource, now or as they were, whole or in pages.

use super::Request;
use crate::{
    core::{
        Core, Reply, ReplyBody,
        continuation::Continuation,
        options::{ListOptions, VersionMatch, parse_version},
        registry::Served,
        selector::FieldRequirement,
        store::Key,
        stored::Stored,
    },
    status::Status,
};
use std::sync::Arc;

/// What a page says about the rest of a list.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub token: String,
    /// How many are left; unknown when selectors are at work.
    pub remaining: Option<usize>,
}

impl Core {
    pub(super) fn list(&self, request: &Request<'_>) -> Result<Reply, Status> {
        let options = ListOptions::parse(request.call)?;
        let served = &request.served;
        check_fields(served, &options.selectors.fields)?;
        let namespace = request.namespace.as_deref();
        let present = self.store.revision();
        let (revision, after) = match self.point_in_time(&options)? {
            Point::At(revision, after) => (revision, after),
            Point::Future(revision) => return Ok(self.not_yet(revision)),
        };
        // With version 0 the watch cache of the real server answers, and it has no pages.
        let limit = if options.resource_version == "0" { 0 } else { options.limit };
        let state: Vec<(Key, Arc<Stored>)> = if revision == present {
            self.store
                .list(&served.storage, namespace)
                .map(|(key, object)| (key.clone(), object.clone()))
                .collect()
        } else {
            let past = self.store.list_at(&served.storage, namespace, revision);
            past.ok_or_else(|| {
                Status::expired(if options.continue_token.is_empty() {
                    format!("The resourceVersion for the provided list is too old. ({revision})")
                } else {
                    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.".into()
                })
            })?
            .into_iter()
            .collect()
        };
        if limit == 0 && after.is_none() && options.selectors.is_everything() && request.is_verbatim() {
            return Ok(request.answer_verbatim(state.iter().map(|(_, stored)| &**stored), revision));
        }
        let mut items = Vec::new();
        let mut rest = None;
        let mut remaining =
            state.iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)).peekable();
        while let Some((key, stored)) = remaining.next() {
            let object = served.present(stored);
            if !options.selectors.matches(&object) {
                continue;
            }
            items.push(object);
            if limit > 0 && items.len() == limit && remaining.peek().is_some() {
                let left = remaining.count();
                // With selectors it is not known whether anything follows without looking.
                if options.selectors.is_everything() || has_more(served, &options, &state, key) {
                    rest = Some(Rest {
                        token: Continuation { revision, after: key.clone() }.encode(),
                        remaining: options.selectors.is_everything().then_some(left),
                    });
                }
                break;
            }
        }
        request.answer_list(items, revision, rest.as_ref())
    }

    /// Which state of the store a list is about.
    fn point_in_time(&self, options: &ListOptions) -> Result<Point, Status> {
        let invalid = |why: String| Status::bad_request(format!("invalid resource version: {why}"));
        let present = self.store.revision();
        if !options.continue_token.is_empty() {
            let token = Continuation::decode(&options.continue_token)?;
            if !matches!(options.resource_version.as_str(), "" | "0") {
                return Err(Status::bad_request(
                    "specifying resource version is not allowed when using continue",
                ));
            }
            return Ok(Point::At(token.revision.min(present), Some(token.after)));
        }
        let wanted = parse_version(&options.resource_version).map_err(invalid)?;
        if wanted > present {
            return Ok(Point::Future(wanted));
        }
        let exact = options.version_match == Some(VersionMatch::Exact)
            || options.version_match.is_none() && options.limit > 0;
        Ok(Point::At(if exact && wanted > 0 { wanted } else { present }, None))
    }

    /// The answer for a version that the store has not reached.
    pub(super) fn not_yet(&self, wanted: u64) -> Reply {
        let refusal = Reply::status(&Status::too_large_resource_version(wanted, self.store.revision()));
        Reply { status: refusal.status, headers: Vec::new(), body: ReplyBody::Wait(Box::new(refusal)) }
    }
}

/// Refuses fields that cannot be selected by.
pub(super) fn check_fields(served: &Served, fields: &[FieldRequirement]) -> Result<(), Status> {
    let own = own_fields(served);
    for requirement in fields {
        let field = requirement.field.as_str();
        let custom =
            served.custom.as_ref().is_some_and(|custom| custom.selectable.iter().any(|known| known == field));
        if matches!(field, "metadata.name" | "metadata.namespace") || own.contains(&field) || custom {
            continue;
        }
        return Err(Status::bad_request(if own.is_empty() && served.is_builtin() {
            format!("{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
        } else {
            format!("field label not supported: {field}")
        }));
    }
    Ok(())
}

fn has_more(served: &Served, options: &ListOptions, state: &[(Key, Arc<Stored>)], after: &Key) -> bool {
    state
        .iter()
        .filter(|(key, _)| key > after)
        .any(|(_, stored)| options.selectors.matches(&served.present(stored)))
}

enum Point {
    At(u64, Option<Key>),
    Future(u64),
}

/// The fields beyond name and namespace that builtin kinds can be selected by.
fn own_fields(served: &Served) -> &'static [&'static str] {
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "secrets") => &["type"],
        ("", "services") => &["spec.clusterIP", "spec.type"],
        ("", "replicationcontrollers") | ("apps", "replicasets") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("" | "events.k8s.io", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("certificates.k8s.io", "certificatesigningrequests") => &["spec.signerName"],
        _ => &[],
    }
}
