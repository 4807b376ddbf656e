//! Horizontal pod autoscalers: defaults, and their two versions, which differ in how they name the one CPU target.

use super::check::{all, at_least, items, one_of, text};
use crate::{
    core::{metadata::names, object},
    field_error::FieldError,
};
use serde_json::{Map, Value, json};

fn cpu_target(percent: &Value) -> Value {
    json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": percent}}}])
}

/// Defaults of either version.
pub(super) fn default(version: &str, autoscaler: &mut Value) {
    let spec = object::child_mut(autoscaler, "spec");
    spec.entry("minReplicas").or_insert_with(|| 1.into());
    if version == "v2" && spec.get("metrics").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        spec.insert("metrics".into(), cpu_target(&80.into()));
    }
    // A behavior tells both directions.
    if let Some(Value::Object(behavior)) = spec.get_mut("behavior") {
        let pods = json!({"type": "Pods", "value": 4, "periodSeconds": 15});
        let percent = json!({"type": "Percent", "value": 100, "periodSeconds": 15});
        rules(
            behavior,
            "scaleUp",
            json!({"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": [pods, percent]}),
        );
        rules(behavior, "scaleDown", json!({"selectPolicy": "Max", "policies": [percent]}));
    }
}

fn rules(behavior: &mut Map<String, Value>, direction: &str, defaults: Value) {
    let rules = object::as_map_mut(behavior.entry(direction).or_insert_with(|| json!({})));
    if let Value::Object(defaults) = defaults {
        for (field, value) in defaults {
            rules.entry(field).or_insert(value);
        }
    }
}

/// Makes an autoscaler one of another version.
pub(super) fn convert(autoscaler: &mut Value, version: &str) {
    let spec = object::child_mut(autoscaler, "spec");
    if version == "v2" {
        if let Some(percent) = spec.remove("targetCPUUtilizationPercentage") {
            spec.insert("metrics".into(), cpu_target(&percent));
        }
        if let Some(Value::Object(status)) = autoscaler.get_mut("status") {
            status.entry("currentMetrics").or_insert(Value::Null);
            if status.get("currentReplicas") == Some(&Value::from(0)) {
                status.remove("currentReplicas");
            }
        }
    } else {
        if let Some(metrics) = spec.remove("metrics") {
            let percent = metrics.pointer("/0/resource/target/averageUtilization").cloned();
            if let Some(percent) = percent {
                spec.insert("targetCPUUtilizationPercentage".into(), percent);
            }
        }
        let status = object::child_mut(autoscaler, "status");
        status.remove("currentMetrics");
        for field in ["currentReplicas", "desiredReplicas"] {
            status.entry(field).or_insert_with(|| 0.into());
        }
    }
}

/// Problems of an autoscaler.
pub(super) fn validate(autoscaler: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let number = |field: &str| autoscaler.pointer(&format!("/spec/{field}")).and_then(Value::as_i64);
    at_least(
        "spec.minReplicas",
        autoscaler,
        "/spec/minReplicas",
        1,
        "must be greater than or equal to 1",
        &mut out,
    );
    if number("maxReplicas").unwrap_or(0) < 1 {
        out.push(FieldError::required("spec.maxReplicas", "must be set and greater than 0"));
    }
    if let (Some(min), Some(max)) = (number("minReplicas"), number("maxReplicas"))
        && (1..min).contains(&max)
    {
        let why = "must be greater than or equal to `minReplicas`";
        out.push(FieldError::invalid("spec.maxReplicas", &max.into(), why));
    }
    for field in ["kind", "name"] {
        let value = text(autoscaler, &format!("/spec/scaleTargetRef/{field}"));
        let at = format!("spec.scaleTargetRef.{field}");
        if value.is_empty() {
            out.push(FieldError::required(at, ""));
        } else {
            all(at, value, names::path_segment(value), &mut out);
        }
    }
    let version = text(autoscaler, "/spec/scaleTargetRef/apiVersion");
    if version.is_empty() && text(autoscaler, "/spec/scaleTargetRef/kind") != "ReplicationController" {
        let why = "apiVersion must specify API group";
        out.push(FieldError::invalid_text("spec.scaleTargetRef.apiVersion", version, why));
    }
    for (index, metric) in items(autoscaler, "/spec/metrics") {
        let known = ["ContainerResource", "External", "Object", "Pods", "Resource"];
        one_of(format!("spec.metrics[{index}].type"), text(metric, "/type"), &known, &mut out);
    }
    out
}
