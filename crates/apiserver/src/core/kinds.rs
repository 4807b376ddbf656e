//! Builtin kinds: what kube-apiserver does for them in Go code beyond their schemas, one module per family.

mod autoscaler;
mod namespace;
mod secret;
mod service;
mod typed;
mod workload;

use super::{Core, crd, object, registry::Served, write::Writer};
use crate::field_error::FieldError;
use serde_json::{Value, json};

/// Checks the types of an object's fields and drops unknown ones, whose paths go to `unknown`.
pub(crate) fn decode(served: &Served, object: &mut Value, unknown: &mut Vec<String>) -> Result<(), String> {
    if served.is("apiextensions.k8s.io", "customresourcedefinitions") {
        crd::decode(object, unknown);
    }
    match served.schema() {
        Some(schema) => typed::Decoder { unknown }.object(&schema, object, &served.kind),
        None => Ok(()),
    }
}

/// Defaults of a kind.
pub(crate) fn default(served: &Served, object: &mut Value) {
    if let Some(schema) = served.schema() {
        typed::default(&schema, object);
    }
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::default(object),
        ("", "secrets") => secret::default(object),
        ("", "services") => service::default(object),
        ("", "persistentvolumeclaims") => {
            object::child_mut(object, "spec").entry("volumeMode").or_insert_with(|| "Filesystem".into());
        }
        ("", "pods") | ("apps" | "batch", _) => workload::default(&served.plural, object),
        ("autoscaling", _) => autoscaler::default(&served.version, object),
        ("networking.k8s.io", "networkpolicies") => network_policy(object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::default(object),
        _ => {}
    }
}

fn network_policy(policy: &mut Value) {
    let spec = object::child_mut(policy, "spec");
    let types = if spec.contains_key("egress") { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
    spec.entry("policyTypes").or_insert(types);
    for direction in ["ingress", "egress"] {
        for rule in spec.get_mut(direction).and_then(Value::as_array_mut).into_iter().flatten() {
            for port in rule.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                object::as_map_mut(port).entry("protocol").or_insert_with(|| "TCP".into());
            }
        }
    }
}

/// The status every new object of a kind has, where it has one.
fn initial_status(served: &Served) -> Option<Value> {
    Some(match (&*served.group, &*served.plural) {
        ("", "services") | ("networking.k8s.io", "ingresses") => json!({"loadBalancer": {}}),
        ("", "persistentvolumeclaims" | "persistentvolumes") => json!({"phase": "Pending"}),
        ("", "resourcequotas" | "nodes") | ("apps", "deployments") | ("batch", _) => json!({}),
        ("", "replicationcontrollers") | ("apps", "replicasets") => json!({"replicas": 0}),
        ("apps", "statefulsets") => json!({"replicas": 0, "availableReplicas": 0}),
        ("apps", "daemonsets") => json!({
            "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
        }),
        ("autoscaling", _) if &*served.version == "v1" => json!({"currentReplicas": 0, "desiredReplicas": 0}),
        ("autoscaling", _) => json!({"desiredReplicas": 0, "currentMetrics": null}),
        ("policy", "poddisruptionbudgets") => json!({
            "disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0,
        }),
        _ => return None,
    })
}

/// What the server adds to a new object.
pub(crate) fn prepare_create(core: &mut Core, served: &Served, object: &mut Value) {
    if let Some(status) = initial_status(served) {
        object::as_map_mut(object).insert("status".into(), status);
    }
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::prepare_create(object),
        ("", "services") => service::allocate(core, served, object, None),
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
        ("", "services") => service::allocate(core, served, new, Some(old)),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::prepare_update(old, new),
        _ => {}
    }
}

/// Problems of an object.
pub(crate) fn validate(served: &Served, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::validate(new),
        ("", "secrets") => secret::validate(new, old),
        ("apps", _) => workload::validate(&served.plural, new, old),
        ("networking.k8s.io", "ingresses") => ingress(new),
        ("coordination.k8s.io", "leases") => lease(new),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::validate(new, old),
        _ => Vec::new(),
    }
}

fn ingress(ingress: &Value) -> Vec<FieldError> {
    let has = |field: &str| ingress.get("spec").and_then(|spec| spec.get(field)).is_some();
    if has("defaultBackend") || has("rules") || has("tls") && has("rules") {
        return Vec::new();
    }
    vec![FieldError::invalid("spec", &Value::Null, "either `defaultBackend` or `rules` must be specified")]
}

fn lease(lease: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let number = |field: &str| lease.pointer(&format!("/spec/{field}")).and_then(Value::as_i64);
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        out.push(FieldError::invalid("spec.leaseDurationSeconds", &seconds.into(), "must be greater than 0"));
    }
    if let Some(count) = number("leaseTransitions").filter(|count| *count < 0) {
        out.push(FieldError::invalid(
            "spec.leaseTransitions",
            &count.into(),
            "must be greater than or equal to 0",
        ));
    }
    out
}

/// Makes an object one of another version of its kind.
pub(crate) fn convert(served: &Served, object: &mut Value, api_version: &str) {
    object::as_map_mut(object).insert("apiVersion".into(), api_version.into());
    if &*served.group == "autoscaling" {
        autoscaler::convert(object, api_version.rsplit('/').next().unwrap_or_default());
    }
}
