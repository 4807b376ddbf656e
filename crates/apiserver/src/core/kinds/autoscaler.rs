//! Horizontal pod autoscalers: defaults, and their two versions, which differ in how they name the one CPU target.

use crate::core::object;
use serde_json::{Value, json};

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
