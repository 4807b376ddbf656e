//! Disruption budgets and resource quotas: what is wrong with them.

use super::check::{all, entries, selector};
use crate::{core::metadata::names, field_error::FieldError};
use kro_object::Quantity;
use serde_json::{Value, json};

const PERCENT: &str = "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/// Problems of a disruption budget.
pub(super) fn disruption_budget(budget: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let spec = &budget["spec"];
    if spec.get("minAvailable").is_some() && spec.get("maxUnavailable").is_some() {
        let why = "minAvailable and maxUnavailable cannot be both set";
        out.push(FieldError { value: printed(spec), ..FieldError::invalid("spec", &Value::Null, why) });
    }
    for field in ["minAvailable", "maxUnavailable"] {
        if let Some(given) = spec.get(field) {
            share(&format!("spec.{field}"), given, &mut out);
        }
    }
    if let Some(given) = spec.get("selector") {
        selector("spec.selector", given, &mut out);
    }
    out
}

/// The spec in the field order of Go's internal struct.
fn printed(spec: &Value) -> String {
    let fields = [
        ("MinAvailable", "minAvailable"),
        ("Selector", "selector"),
        ("MaxUnavailable", "maxUnavailable"),
        ("UnhealthyPodEvictionPolicy", "unhealthyPodEvictionPolicy"),
    ];
    let fields = fields.map(|(name, field)| format!("{name:?}:{}", spec.get(field).unwrap_or(&Value::Null)));
    format!("{{{}}}", fields.join(","))
}

/// A number of pods, or how many in a hundred.
fn share(at: &str, given: &Value, out: &mut Vec<FieldError>) {
    let Some(text) = given.as_str() else {
        if given.as_i64().is_some_and(|number| number < 0) {
            out.push(FieldError::invalid(at, given, "must be greater than or equal to 0"));
        }
        return;
    };
    let digits = text
        .strip_suffix('%')
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()));
    match digits {
        None => out.push(FieldError::invalid_text(at, text, PERCENT)),
        Some(digits) if digits.parse().map_or(true, |percent: u32| percent > 100) => {
            out.push(FieldError::invalid_text(at, text, "must not be greater than 100%"));
        }
        Some(_) => {}
    }
}

/// What a quota can limit without a domain, apart from huge pages and counts.
const QUOTA: [&str; 19] = [
    "configmaps",
    "cpu",
    "ephemeral-storage",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
];

/// Problems of a resource quota.
pub(super) fn resource_quota(quota: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    for (name, amount) in entries(quota, "/spec/hard") {
        let at = format!("spec.hard[{name}]");
        all(at.as_str(), name, names::qualified_name(name), &mut out);
        let is_known = QUOTA.contains(&name.as_str())
            || name.starts_with("hugepages-")
            || name.starts_with("requests.hugepages-");
        if !name.contains('/') && !is_known {
            out.push(FieldError::invalid_text(
                at.as_str(),
                name,
                "must be a standard resource type or fully qualified",
            ));
            out.push(FieldError::invalid_text(at.as_str(), name, "must be a standard resource for quota"));
        }
        let quantity = amount.as_str().and_then(|text| text.parse::<Quantity>().ok());
        if quantity.is_some_and(|quantity| quantity < Quantity::from_i64(0)) {
            out.push(FieldError::invalid(at, &json!(amount), "must be greater than or equal to 0"));
        }
    }
    out
}
