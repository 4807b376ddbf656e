//! What differs between kinds when objects are written: generation, status, names, deletion.
//! The rules that need more than a line stand in `kinds/`; custom resources bring theirs in `custom.rs`.

use super::{
    Core, behavior,
    custom::Verdict,
    kinds,
    metadata::{
        names,
        validate::{NameRule, UpdateChecks},
    },
    object,
    options::{DeleteOptions, Propagation},
    registry::Served,
    write::Writer,
};
use crate::{field_error::FieldError, status::Status};
use kro_object::Timestamp;
use serde_json::Value;

/// Builtin resources whose `metadata.generation` counts changes of their spec.
const WITH_GENERATION: &[&str] = &[
    "cronjobs",
    "customresourcedefinitions",
    "daemonsets",
    "deployments",
    "deviceclasses",
    "endpointslices",
    "flowschemas",
    "ingresses",
    "ingressclasses",
    "jobs",
    "mutatingwebhookconfigurations",
    "networkpolicies",
    "poddisruptionbudgets",
    "pods",
    "podtemplates",
    "priorityclasses",
    "prioritylevelconfigurations",
    "replicasets",
    "replicationcontrollers",
    "statefulsets",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
];

/// Whether objects carry a generation.
pub(crate) fn has_generation(served: &Served) -> bool {
    served.custom.is_some() || WITH_GENERATION.contains(&&*served.plural)
}

/// What every request for a builtin kind on its way out is warned of.
pub(crate) fn deprecation(served: &Served) -> Option<&'static str> {
    match (&*served.group, &*served.plural) {
        ("", "endpoints") => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
        }
        ("", "componentstatuses") => Some("v1 ComponentStatus is deprecated in v1.19+"),
        _ => None,
    }
}

/// What the kind checks of metadata on updates, besides what all do.
pub(crate) fn metadata_checks(served: &Served) -> UpdateChecks {
    let checks = |change, whole, short_finalizers| UpdateChecks { change, whole, short_finalizers };
    if served.custom.is_some() {
        return checks(true, false, false);
    }
    match &*served.plural {
        "events" | "poddisruptionbudgets" => checks(false, false, false),
        "customresourcedefinitions" | "leases" => checks(true, false, false),
        "apiservices" | "runtimeclasses" => checks(true, true, false),
        "mutatingadmissionpolicies"
        | "mutatingadmissionpolicybindings"
        | "mutatingwebhookconfigurations"
        | "validatingadmissionpolicies"
        | "validatingadmissionpolicybindings"
        | "validatingwebhookconfigurations" => checks(false, true, false),
        "endpointslices" | "flowschemas" | "limitranges" | "prioritylevelconfigurations" => {
            checks(false, true, true)
        }
        "cronjobs"
        | "csidrivers"
        | "daemonsets"
        | "deployments"
        | "horizontalpodautoscalers"
        | "networkpolicies"
        | "podtemplates"
        | "priorityclasses"
        | "replicasets"
        | "replicationcontrollers"
        | "resourcequotas"
        | "servicecidrs"
        | "services"
        | "statefulsets" => checks(true, false, true),
        _ => checks(true, true, true),
    }
}

/// How names of the kind are checked.
pub(crate) fn name_rule(served: &Served) -> NameRule {
    match (&*served.group, &*served.plural) {
        ("", "namespaces" | "services") => names::dns1123_label,
        ("rbac.authorization.k8s.io", _) => names::path_segment,
        _ => names::dns1123_subdomain,
    }
}

/// Whether a PUT without `resourceVersion` overwrites whatever is there.
pub(crate) fn allows_unconditional_update(served: &Served) -> bool {
    served.custom.is_none()
        && !matches!(
            &*served.plural,
            "leases" | "customresourcedefinitions" | "apiservices" | "csidrivers" | "ipaddresses"
        )
}

/// Whether a PUT of what is not there makes it.
pub(crate) fn is_created_by_update(served: &Served) -> bool {
    matches!(
        (&*served.group, &*served.plural),
        ("", "services" | "endpoints" | "events" | "limitranges")
            | ("coordination.k8s.io", "leases")
            | ("events.k8s.io", "events")
            | ("node.k8s.io", "runtimeclasses")
            | ("rbac.authorization.k8s.io", _)
    )
}

/// The top-level fields that writes through an endpoint never own.
pub(crate) fn reset_fields(served: &Served, subresource: Option<&str>) -> &'static [&'static str] {
    match subresource {
        Some("status") => &["spec", "metadata"],
        None | Some("finalize") if served.has_status() => &["status"],
        _ => &[],
    }
}

/// The deletion policy when a request names none.
pub(crate) fn default_propagation(served: &Served) -> Propagation {
    if matches!((&*served.group, &*served.plural), ("batch", "jobs") | ("", "replicationcontrollers")) {
        Propagation::Orphan
    } else {
        Propagation::Background
    }
}

/// Whether a finished deletion answers the object instead of a Status.
pub(crate) fn answers_object(served: &Served) -> bool {
    (*served.group).is_empty()
        && matches!(
            &*served.plural,
            "pods" | "services" | "serviceaccounts" | "podtemplates" | "resourcequotas"
        )
}

/// Seconds between a deletion and its end.
pub(crate) fn grace_period(served: &Served, object: &Value, options: &DeleteOptions) -> i64 {
    if !served.is("", "pods") {
        return 0;
    }
    let scheduled =
        object.pointer("/spec/nodeName").and_then(Value::as_str).is_some_and(|node| !node.is_empty());
    let finished =
        matches!(object.pointer("/status/phase").and_then(Value::as_str), Some("Failed" | "Succeeded"));
    if !scheduled || finished {
        return 0;
    }
    let wanted =
        options.grace_period.or_else(|| object.pointer("/spec/terminationGracePeriodSeconds")?.as_i64());
    match wanted.unwrap_or(30) {
        negative if negative < 0 => 1,
        seconds => seconds,
    }
}

/// Whether nothing holds a deleted object any more.
pub(crate) fn is_released(served: &Served, object: &Value) -> bool {
    let held_by_spec = served.is("", "namespaces")
        && object.pointer("/spec/finalizers").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    object::finalizers(object).is_empty() && !held_by_spec
}

/// Marks an object whose deletion begins.
pub(crate) fn begin_delete(served: &Served, object: &mut Value, grace: i64) {
    if served.is("", "namespaces") {
        object::child_mut(object, "status").insert("phase".into(), "Terminating".into());
    } else {
        object::set_meta(object, "deletionGracePeriodSeconds", Some(grace.into()));
    }
    if served.is("apiextensions.k8s.io", "customresourcedefinitions") {
        object::set_meta(object, "deletionGracePeriodSeconds", None);
    }
}

/// What holds every object of a kind when its deletion begins.
pub(crate) fn hold(served: &Served, object: &mut Value, now: Timestamp) {
    if served.is("apiextensions.k8s.io", "customresourcedefinitions") && !object::is_deleting(object) {
        super::crd::hold(object, now);
    }
}

/// Refuses deletions that the cluster would not survive.
pub(crate) fn check_delete(served: &Served, name: &str) -> Result<(), Status> {
    if served.is("", "namespaces") && matches!(name, "default" | "kube-system" | "kube-public") {
        return Err(Status::forbidden(served.named(), name, "this namespace may not be deleted"));
    }
    Ok(())
}

/// Fills in what Go's defaulting functions fill in; runs when an object is decoded.
pub(crate) fn default(served: &Served, object: &mut Value) {
    match &served.custom {
        Some(custom) => custom.default(object),
        None => kinds::default(served, object),
    }
}

/// The server's own part of a new object.
pub(crate) fn prepare_create(core: &mut Core, served: &Served, object: &mut Value) {
    if served.has_status() && !served.is("", "nodes") {
        object::as_map_mut(object).remove("status");
    }
    if served.custom.is_none() {
        kinds::prepare_create(core, served, object);
    }
}

/// The server's own part of a change.
pub(crate) fn prepare_update(core: &Core, served: &Served, old: &Value, new: &mut Value, writer: &Writer) {
    match writer.subresource.as_deref() {
        Some("status") => keep_all_but_status(served, old, new),
        None if served.has_status() => object::copy_field(old, new, "status"),
        _ => {}
    }
    if served.custom.is_none() {
        kinds::prepare_update(core, served, old, new, writer);
    }
    if has_generation(served) && is_new_generation(served, old, new) {
        let generation = object::meta(old, "generation").and_then(Value::as_i64).unwrap_or_default();
        object::set_meta(new, "generation", Some((generation + 1).into()));
    }
}

/// A status write keeps everything else as it is stored.
fn keep_all_but_status(served: &Served, old: &Value, new: &mut Value) {
    let mut written = std::mem::replace(new, old.clone());
    let mut take = |name: &str| object::as_map_mut(&mut written).remove(name);
    let (status, mut metadata) = (take("status"), take("metadata").unwrap_or_default());
    let map = object::as_map_mut(new);
    match status {
        Some(status) => map.insert("status".into(), status),
        None => map.remove("status"),
    };
    if served.custom.is_some() {
        object::set_meta(new, "managedFields", metadata.get_mut("managedFields").map(Value::take));
        return;
    }
    // Builtin kinds let a status write touch metadata, apart from what identifies the object.
    map.insert("metadata".into(), metadata);
    if matches!(&*served.plural, "deployments" | "replicasets" | "jobs") {
        object::copy_meta(old, new, "labels");
    }
}

/// Whether a change is one that `metadata.generation` counts.
fn is_new_generation<'a>(served: &Served, old: &'a Value, new: &'a Value) -> bool {
    match &served.custom {
        Some(custom) => {
            let counts = |name: &str| name != "metadata" && !(custom.has_status && name == "status");
            let counted =
                |object: &'a Value| object.as_object().into_iter().flatten().filter(|(name, _)| counts(name));
            counted(old).ne(counted(new))
        }
        None if served.is("apps", "deployments") => {
            old.get("spec") != new.get("spec")
                || object::meta(old, "annotations") != object::meta(new, "annotations")
        }
        None if served.plural.ends_with("webhookconfigurations") => {
            old.get("webhooks") != new.get("webhooks")
        }
        None if served.is("", "podtemplates") => old.get("template") != new.get("template"),
        None => old.get("spec") != new.get("spec"),
    }
}

/// What is wrong with a custom resource that says that it is of another kind or version than its endpoint's.
pub(crate) fn other_kind(served: &Served, object: &Value) -> Vec<FieldError> {
    if served.custom.is_none() {
        return Vec::new();
    }
    let said = |field: &str| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let fields = [("kind", served.kind.to_string()), ("apiVersion", served.api_version())];
    let wrong = fields.iter().filter(|(field, wanted)| said(field) != wanted);
    wrong
        .map(|(field, wanted)| FieldError::invalid_text(*field, said(field), format!("must be {wanted}")))
        .collect()
}

/// Problems of an object beyond its metadata, whose problems are known; `old` is there for an update.
pub(crate) fn validate(
    served: &Served,
    new: &Value,
    old: Option<&Value>,
    subresource: Option<&str>,
    of_metadata: &[FieldError],
) -> Verdict {
    match &served.custom {
        Some(custom) => {
            let wrong = other_kind(served, new);
            if !wrong.is_empty() {
                return custom.add_rules(wrong, new, old);
            }
            let runs_rules = !of_metadata.iter().any(|error| error.kind.keeps_rules_from_running());
            custom.validate(new, old, subresource, runs_rules)
        }
        None => Verdict {
            errors: kinds::validate(served, new, old, subresource),
            warnings: behavior::problem(new).into_iter().collect(),
        },
    }
}
