//! Configurations of admission webhooks: what is wrong with them. They are kept and never called.

use super::check::{items, text};
use crate::field_error::FieldError;
use serde_json::Value;
use std::collections::BTreeSet;

/// Problems of a configuration.
pub(super) fn validate(configuration: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let mut taken = BTreeSet::new();
    for (index, hook) in items(configuration, "/webhooks") {
        let at = format!("webhooks[{index}]");
        let name = text(hook, "/name");
        if name.split('.').filter(|part| !part.is_empty()).count() < 3 {
            let why = "should be a domain with at least three segments separated by dots";
            out.push(FieldError::invalid_text(format!("{at}.name"), name, why));
        }
        if !taken.insert(name) {
            out.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
        }
        match hook.get("sideEffects").and_then(Value::as_str) {
            Some("None" | "NoneOnDryRun") => {}
            None => out.push(FieldError::required(
                format!("{at}.sideEffects"),
                "must specify one of None, NoneOnDryRun",
            )),
            Some(other) => out.push(FieldError::not_supported(
                format!("{at}.sideEffects"),
                &other.into(),
                &["None", "NoneOnDryRun"],
            )),
        }
        let ways =
            ["url", "service"].iter().filter(|way| hook.pointer(&format!("/clientConfig/{way}")).is_some());
        if ways.count() != 1 {
            let why = "exactly one of url or service is required";
            out.push(FieldError::required(format!("{at}.clientConfig"), why));
        }
        if items(hook, "/admissionReviewVersions").next().is_none() {
            let why = "must specify one of v1, v1beta1";
            out.push(FieldError::required(format!("{at}.admissionReviewVersions"), why));
        }
    }
    out
}
