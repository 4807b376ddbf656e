//! Builtin kinds: what kube-apiserver does for them in Go code beyond their schemas, one module per family.

mod autoscaler;
mod batch;
pub(super) mod check;
mod config;
mod defaults;
mod event;
mod namespace;
mod networking;
mod pods;
mod policy;
mod priority;
mod rbac;
mod service;
mod storage;
mod webhook;
mod workload;

use super::{Core, crd, object, registry::Served, typed, write::Writer};
use crate::{field_error::FieldError, status::Status};
use serde_json::{Value, json};

/// Checks the types of an object's fields and drops unknown ones, whose paths go to `unknown`.
pub(crate) fn decode(served: &Served, object: &mut Value, unknown: &mut Vec<String>) -> Result<(), String> {
    match served.go_kind() {
        Some(kind) => typed::decode(kind, object, unknown)?,
        None => return Ok(()),
    }
    if served.is("apps", "daemonsets") { workload::decode_daemon_set(object) } else { Ok(()) }
}

/// Does what storing does to empty lists: only definitions are stored as JSON.
pub(crate) fn forget_empty_lists(served: &Served, object: &mut Value) {
    if let Some(kind) = served.go_kind().filter(|_| !served.is_crd()) {
        typed::forget_empty_lists(kind, object);
    }
}

/// Defaults of a kind.
pub(crate) fn default(served: &Served, object: &mut Value) {
    served.schema_defaults().apply(object);
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::default(object),
        ("", "secrets") => config::default_secret(object),
        ("", "services") => service::default(object),
        ("apps", "daemonsets") => workload::default_daemon_set(object),
        ("autoscaling", "horizontalpodautoscalers") => autoscaler::default(&served.version, object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::default(object),
        _ => {}
    }
    if let Some(kind) = served.go_kind() {
        defaults::apply(kind, object);
    }
}

/// The status every new object of a kind has, where it has one.
fn initial_status(served: &Served) -> Option<Value> {
    match (&*served.group, &*served.plural) {
        // A kubelet tells its node's status when it registers.
        ("", "nodes") => None,
        ("", "persistentvolumeclaims" | "persistentvolumes") => Some(json!({"phase": "Pending"})),
        _ if served.has_status() => typed::empty(served.go_kind()?).get("status").cloned(),
        _ => None,
    }
}

/// What the server adds to a new object.
pub(crate) fn prepare_create(core: &mut Core, served: &Served, object: &mut Value) {
    if let Some(status) = initial_status(served) {
        object::as_map_mut(object).insert("status".into(), status);
    }
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::prepare_create(object),
        ("", "services") => service::allocate(core, object, None),
        ("", "persistentvolumeclaims") => {
            object::set_meta(object, "finalizers", Some(json!(["kubernetes.io/pvc-protection"])));
        }
        ("", "pods") | ("apps" | "batch", _) => workload::prepare_create(&served.plural, object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            core.warnings.extend(crd::unknown_formats(object));
            crd::prepare_create(object);
        }
        _ => {}
    }
}

/// What the server keeps or corrects in a change.
pub(crate) fn prepare_update(core: &Core, served: &Served, old: &Value, new: &mut Value, writer: &Writer) {
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::prepare_update(old, new, writer.subresource.as_deref()),
        ("", "services") => service::allocate(core, new, Some(old)),
        ("apps", "daemonsets") => workload::prepare_daemon_set_update(old, new),
        // Who has moved all objects to another version takes the former one off the status.
        _ if served.is_crd() && writer.subresource.is_none() => crd::prepare_update(new),
        _ => {}
    }
}

/// Problems of an object.
pub(crate) fn validate(
    served: &Served,
    new: &Value,
    old: Option<&Value>,
    subresource: Option<&str>,
) -> Vec<FieldError> {
    if subresource == Some("status") && !served.is("", "namespaces") && !served.is_crd() {
        return Vec::new();
    }
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::validate(new),
        ("", "configmaps") => config::config_map(new, old),
        ("", "secrets") => config::secret(new, old),
        ("", "resourcequotas") => policy::resource_quota(new),
        ("policy", "poddisruptionbudgets") => policy::disruption_budget(new),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => rbac::role(new, served.is_namespaced()),
        ("rbac.authorization.k8s.io", _) => rbac::binding(new, old, served.is_namespaced()),
        ("", "services") => service::validate(new, old),
        ("", "pods") => pods::validate(new, old, subresource),
        ("", "persistentvolumeclaims") => storage::claim(new, old),
        ("" | "events.k8s.io", "events") => event::validate(&served.group, new),
        ("apps", _) => workload::validate(&served.plural, new, old),
        ("batch", "jobs") => batch::job(new, old),
        ("batch", "cronjobs") => batch::cron_job(new),
        ("autoscaling", _) => autoscaler::validate(new),
        ("networking.k8s.io", "ingresses") => networking::ingress(new),
        ("discovery.k8s.io", "endpointslices") => networking::endpoint_slice(new),
        ("networking.k8s.io", "networkpolicies") => networking::network_policy(new),
        ("coordination.k8s.io", "leases") => lease(new),
        (
            "admissionregistration.k8s.io",
            "validatingwebhookconfigurations" | "mutatingwebhookconfigurations",
        ) => webhook::validate(new),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::validate(new, old),
        _ => Vec::new(),
    }
}

/// What the admission plugins that every cluster has do to a new object: priorities of pods.
pub(crate) fn admit(core: &Core, served: &Served, object: &mut Value) -> Result<(), Status> {
    if served.is("", "pods") { priority::admit(core, served, object) } else { Ok(()) }
}

/// Whether addresses and ports that an object asks for can be had.
pub(crate) fn check_allocation(
    core: &Core,
    served: &Served,
    object: &Value,
    is_new: bool,
) -> Vec<FieldError> {
    if served.is("", "services") { service::check_allocation(core, object, is_new) } else { Vec::new() }
}

fn lease(lease: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let field = "spec.leaseDurationSeconds";
    check::at_least(field, lease, "/spec/leaseDurationSeconds", 1, "must be greater than 0", &mut out);
    check::not_negative("spec.leaseTransitions", lease, "/spec/leaseTransitions", &mut out);
    out
}

/// Makes an object one of another version of its kind.
pub(crate) fn convert(served: &Served, object: &mut Value, api_version: &str) {
    object::as_map_mut(object).insert("apiVersion".into(), api_version.into());
    if &*served.plural == "events" {
        event::convert(object, api_version);
    }
    if &*served.group == "autoscaling" {
        autoscaler::convert(object, api_version.rsplit('/').next().unwrap_or_default());
    }
}
