//! Pods, their templates and the kinds that make pods: the defaults and immutable fields of the Go code.

use super::{
    check::{immutable, not_negative, selector, selects, text},
    pods,
};
use crate::{
    core::object::{self, at},
    field_error::FieldError,
};
use serde_json::{Map, Value, json};
use std::num::IntErrorKind;

/// Sets fields that are not there.
fn fill(map: &mut Map<String, Value>, defaults: Value) {
    if let Value::Object(defaults) = defaults {
        for (field, value) in defaults {
            map.entry(field).or_insert(value);
        }
    }
}

/// An annotation instead of a field that has gone: how often the template of a daemon set has changed.
const TEMPLATE_GENERATION: &str = "deprecated.daemonset.template.generation";

fn template_generation(set: &Value) -> Result<i64, String> {
    let told = object::meta(set, "annotations").and_then(|all| all.get(TEMPLATE_GENERATION)?.as_str());
    match told.map(|text| (text, text.parse::<i64>())) {
        None => Ok(0),
        Some((_, Ok(number))) => Ok(number),
        Some((text, Err(error))) => {
            let is_number = matches!(error.kind(), IntErrorKind::PosOverflow | IntErrorKind::NegOverflow);
            let why = if is_number { "value out of range" } else { "invalid syntax" };
            Err(format!("strconv.ParseInt: parsing {text:?}: {why}"))
        }
    }
}

fn set_template_generation(set: &mut Value, generation: i64) {
    let annotations = object::meta_mut(set).entry("annotations").or_insert_with(|| json!({}));
    object::as_map_mut(annotations).insert(TEMPLATE_GENERATION.into(), generation.to_string().into());
}

/// Refuses a count that is no number.
pub(super) fn decode_daemon_set(set: &Value) -> Result<(), String> {
    template_generation(set).map(drop)
}

pub(super) fn default_daemon_set(set: &mut Value) {
    let generation = template_generation(set).unwrap_or_default();
    set_template_generation(set, generation.max(1));
}

/// What clients say of the count is not heard.
pub(super) fn prepare_daemon_set_update(old: &Value, new: &mut Value) {
    let same = old.pointer("/spec/template") == new.pointer("/spec/template");
    let generation = template_generation(old).unwrap_or_default().max(1);
    set_template_generation(new, if same { generation } else { generation.saturating_add(1) });
}

/// What the server adds to a new workload.
pub(super) fn prepare_create(plural: &str, object: &mut Value) {
    match plural {
        "pods" => prepare_pod(object),
        "jobs" => prepare_job(object),
        _ => {}
    }
}

fn prepare_pod(pod: &mut Value) {
    let tolerations: Vec<Value> = ["not-ready", "unreachable"]
        .iter()
        .map(|why| {
            json!({
                "key": format!("node.kubernetes.io/{why}"), "operator": "Exists", "effect": "NoExecute",
                "tolerationSeconds": 300,
            })
        })
        .collect();
    let quality = quality_of_service(pod);
    let spec = object::child_mut(pod, "spec");
    let present = spec.entry("tolerations").or_insert_with(|| json!([]));
    if let Value::Array(present) = present {
        for toleration in tolerations {
            if !present.iter().any(|known| known["key"] == toleration["key"]) {
                present.push(toleration);
            }
        }
    }
    object::as_map_mut(pod).insert("status".into(), json!({"phase": "Pending", "qosClass": quality}));
}

fn quality_of_service(pod: &Value) -> &'static str {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let (mut any, mut all_guaranteed) = (false, true);
    for container in containers.into_iter().flatten() {
        let amount = |kind: &str, name: &str| container.pointer(&format!("/resources/{kind}/{name}"));
        for name in ["cpu", "memory"] {
            any |= amount("limits", name).is_some() || amount("requests", name).is_some();
            all_guaranteed &=
                amount("limits", name).is_some() && amount("limits", name) == amount("requests", name);
        }
    }
    match (any, all_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn prepare_job(job: &mut Value) {
    if job.pointer("/spec/manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let (uid, name) = (object::meta_text(job, "uid").to_owned(), object::name(job).to_owned());
    let labels = json!({
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name, "controller-uid": uid,
        "job-name": name,
    });
    let spec = object::child_mut(job, "spec");
    spec.entry("selector")
        .or_insert_with(|| json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    if let Some(template) = spec.get_mut("template") {
        let inner = object::meta_mut(template).entry("labels").or_insert_with(|| json!({}));
        fill(object::as_map_mut(inner), labels);
    }
    // A job without labels of its own shows those of its template.
    let labels = job.pointer("/spec/template/metadata/labels").cloned().unwrap_or_default();
    let own = object::meta_mut(job).entry("labels").or_insert_with(|| json!({}));
    if own.as_object().is_some_and(Map::is_empty) {
        *own = labels;
    }
}

/// What may change in a stateful set, as its refusal lists it.
const SET_CHANGES: &str = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

/// Problems of a workload of group `apps`.
pub(super) fn validate(plural: &str, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if !matches!(plural, "deployments" | "replicasets" | "statefulsets" | "daemonsets") {
        return out;
    }
    let labels = at(new, "/spec/template/metadata/labels").unwrap_or(&Value::Null);
    let selector = at(new, "/spec/selector").filter(|selector| !selector.is_null());
    match selector {
        None => {
            out.push(FieldError::required("spec.selector", ""));
            // Nothing is selected, so the template does not match.
            out.push(FieldError::invalid("spec.template.metadata.labels", labels, MISMATCH));
        }
        Some(selector) if selector.as_object().is_some_and(Map::is_empty) => {
            let why = format!("empty selector is invalid for {}", plural.trim_end_matches('s'));
            out.push(FieldError::invalid("spec.selector", selector, why));
        }
        Some(given) if !is_valid_selector(given, &mut out) => {
            out.push(FieldError::invalid("spec.selector", given, "invalid label selector"));
            // Without a selector, the template is not looked at.
            return out;
        }
        Some(selector) if !selects(selector, labels) => {
            out.push(FieldError::invalid("spec.template.metadata.labels", labels, MISMATCH));
        }
        Some(_) => {}
    }
    for field in ["replicas", "minReadySeconds", "revisionHistoryLimit"] {
        not_negative(&format!("spec.{field}"), new, &format!("/spec/{field}"), &mut out);
    }
    if let Some(spec) = at(new, "/spec/template/spec") {
        pods::spec_problems(spec, "spec.template.spec", &mut out);
        let policy = text(spec, "/restartPolicy");
        if matches!(policy, "OnFailure" | "Never") {
            let at = "spec.template.spec.restartPolicy";
            out.push(FieldError::not_supported(at, &policy.into(), &["Always"]));
        }
    }
    match plural {
        "deployments" => strategy(new, &mut out),
        "statefulsets" => {
            let allowed = ["OrderedReady", "Parallel"];
            let policy = text(new, "/spec/podManagementPolicy");
            if !allowed.contains(&policy) {
                let why = "must be 'OrderedReady' or 'Parallel'";
                out.push(FieldError::invalid_text("spec.podManagementPolicy", policy, why));
            }
            let strategy = text(new, "/spec/updateStrategy/type");
            if !matches!(strategy, "RollingUpdate" | "OnDelete") {
                // As Go writes the internal struct.
                let value = json!({"Type": strategy, "RollingUpdate": new.pointer("/spec/updateStrategy/rollingUpdate")});
                let why = "must be 'RollingUpdate' or 'OnDelete'";
                out.push(FieldError::invalid("spec.updateStrategy", &value, why));
            }
        }
        _ => {}
    }
    let Some(old) = old else { return out };
    if plural == "statefulsets" {
        let fixed = |set: &Value| {
            let mut spec = set.get("spec").cloned().unwrap_or_default();
            object::as_map_mut(&mut spec).retain(|field, _| {
                !matches!(
                    field.as_str(),
                    "replicas"
                        | "ordinals"
                        | "template"
                        | "updateStrategy"
                        | "revisionHistoryLimit"
                        | "persistentVolumeClaimRetentionPolicy"
                        | "minReadySeconds"
                )
            });
            spec
        };
        if fixed(new) != fixed(old) {
            out.push(FieldError::forbidden("spec", SET_CHANGES));
        }
    } else {
        immutable("spec.selector", new, old, "/spec/selector", &mut out);
    }
    out
}

fn is_valid_selector(given: &Value, out: &mut Vec<FieldError>) -> bool {
    let before = out.len();
    selector("spec.selector", given, out);
    out.len() == before
}

const MISMATCH: &str = "`selector` does not match template `labels`";

/// Problems of a deployment's strategy.
fn strategy(deployment: &Value, out: &mut Vec<FieldError>) {
    let rolling = at(deployment, "/spec/strategy/rollingUpdate");
    match text(deployment, "/spec/strategy/type") {
        "Recreate" => {
            if rolling.is_some() {
                let why = "may not be specified when strategy `type` is 'Recreate'";
                out.push(FieldError::forbidden("spec.strategy.rollingUpdate", why));
            }
        }
        "RollingUpdate" => {
            let is_zero = |field: &str| {
                rolling
                    .and_then(|rolling| rolling.get(field))
                    .is_some_and(|value| *value == 0 || value == "0%")
            };
            if is_zero("maxUnavailable") && is_zero("maxSurge") {
                let at = "spec.strategy.rollingUpdate.maxUnavailable";
                let value = &deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
                out.push(FieldError::invalid(at, value, "may not be 0 when `maxSurge` is 0"));
            }
        }
        // Go prints the struct by its own field names.
        other => out.push(FieldError {
            value: format!(
                "{{\"Type\":{},\"RollingUpdate\":{}}}",
                crate::field_error::quote(other),
                rolling.map_or_else(|| "null".into(), crate::encode::to_text)
            ),
            ..FieldError::not_supported("spec.strategy", &Value::Null, &["Recreate", "RollingUpdate"])
        }),
    }
}
