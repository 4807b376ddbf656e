//! What makes a pod's spec wrong, in a pod or in a template.

mod volumes;

use super::check::{all, entries, items, label, one_of, port, port_name, port_or_name, text};
use crate::{
    core::{metadata::names, object::at},
    field_error::FieldError,
};
use kro_object::Quantity;
use serde_json::Value;
use std::collections::BTreeSet;

const SPEC_CHANGES: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Problems of a pod.
pub(super) fn validate(new: &Value, old: Option<&Value>, subresource: Option<&str>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if let Some(spec) = new.get("spec") {
        spec_problems(spec, "spec", &mut out);
    }
    if let Some(old) = old.filter(|_| subresource.is_none()) {
        let seconds =
            |pod: &Value| pod.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64);
        let is_mended = seconds(old).is_some_and(i64::is_negative) && seconds(new) == Some(1);
        let fixed = |pod: &Value| {
            let mut spec = pod.get("spec").cloned().unwrap_or_default();
            for list in ["containers", "initContainers"] {
                for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                    crate::core::object::as_map_mut(container).remove("image");
                }
            }
            let fields = crate::core::object::as_map_mut(&mut spec);
            for field in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
                fields.remove(field);
            }
            if is_mended {
                fields.remove("terminationGracePeriodSeconds");
            }
            // Without a node to begin with, the server itself may set one.
            spec
        };
        if fixed(new) != fixed(old) {
            out.push(FieldError::forbidden("spec", SPEC_CHANGES));
        }
    }
    out
}

/// Problems of a pod's spec at a path.
pub(super) fn spec_problems(spec: &Value, path: &str, out: &mut Vec<FieldError>) {
    let mut volumes = BTreeSet::new();
    for (index, volume) in items(spec, "/volumes") {
        let at = format_args!("{path}.volumes[{index}].name");
        let name = text(volume, "/name");
        label(at, name, out);
        if !name.is_empty() && !volumes.insert(name) {
            out.push(FieldError::duplicate(at.to_string(), &name.into()));
        }
        volumes::source(volume, &format!("{path}.volumes[{index}]"), out);
    }
    if items(spec, "/containers").next().is_none() {
        out.push(FieldError::required(format!("{path}.containers"), ""));
    }
    let mut taken = BTreeSet::new();
    for list in ["containers", "initContainers"] {
        for (index, one) in spec.get(list).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = format!("{path}.{list}[{index}]");
            container(one, &at, &volumes, out);
            let name = text(one, "/name");
            if !name.is_empty() && !taken.insert(name) {
                out.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
            }
        }
    }
    one_of(
        format_args!("{path}.restartPolicy"),
        text(spec, "/restartPolicy"),
        &["Always", "OnFailure", "Never"],
        out,
    );
    one_of(
        format_args!("{path}.dnsPolicy"),
        text(spec, "/dnsPolicy"),
        &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"],
        out,
    );
    let account = text(spec, "/serviceAccountName");
    if !account.is_empty() {
        all(format_args!("{path}.serviceAccountName"), account, names::dns1123_subdomain(account), out);
    }
    if let Some(seconds) =
        spec.get("activeDeadlineSeconds").and_then(Value::as_i64).filter(|seconds| *seconds < 1)
    {
        out.push(FieldError::invalid(
            format!("{path}.activeDeadlineSeconds"),
            &seconds.into(),
            "must be between 1 and 2147483647, inclusive",
        ));
    }
}

fn container(container: &Value, path: &str, volumes: &BTreeSet<&str>, out: &mut Vec<FieldError>) {
    label(format_args!("{path}.name"), text(container, "/name"), out);
    let image = text(container, "/image");
    if image.is_empty() {
        out.push(FieldError::required(format!("{path}.image"), ""));
    } else if image.trim() != image {
        out.push(FieldError::invalid_text(
            format!("{path}.image"),
            image,
            "must not have leading or trailing whitespace",
        ));
    }
    let mut port_names = BTreeSet::new();
    for (index, one) in items(container, "/ports") {
        let at = format_args!("{path}.ports[{index}]");
        let name = text(one, "/name");
        if !name.is_empty() {
            let complaints = port_name(name);
            if complaints.is_empty() && !port_names.insert(name) {
                out.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
            }
            all(format_args!("{at}.name"), name, complaints, out);
        }
        match one.get("containerPort") {
            None => out.push(FieldError::required(format!("{at}.containerPort"), "")),
            Some(zero) if *zero == 0 => out.push(FieldError::required(format!("{at}.containerPort"), "")),
            Some(number) => port(format_args!("{at}.containerPort"), number, out),
        }
        one_of(format_args!("{at}.protocol"), text(one, "/protocol"), &["SCTP", "TCP", "UDP"], out);
    }
    for (index, variable) in items(container, "/env") {
        let at = format_args!("{path}.env[{index}]");
        if text(variable, "/name").is_empty() {
            out.push(FieldError::required(format!("{at}.name"), ""));
        }
        if !text(variable, "/value").is_empty() && variable.get("valueFrom").is_some() {
            out.push(FieldError::invalid_text(
                format!("{at}.valueFrom"),
                "",
                "may not be specified when `value` is not empty",
            ));
        }
    }
    let mut paths = BTreeSet::new();
    for (index, mount) in items(container, "/volumeMounts") {
        let at = format_args!("{path}.volumeMounts[{index}]");
        let name = text(mount, "/name");
        if name.is_empty() {
            out.push(FieldError::required(format!("{at}.name"), ""));
        } else if !volumes.contains(name) {
            out.push(FieldError::not_found(format!("{at}.name"), &name.into()));
        }
        let mounted = text(mount, "/mountPath");
        if mounted.is_empty() {
            out.push(FieldError::required(format!("{at}.mountPath"), ""));
        } else if !paths.insert(mounted) {
            out.push(FieldError::invalid_text(format!("{at}.mountPath"), mounted, "must be unique"));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(given) = container.get(probe) {
            let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
            if !handlers.iter().any(|handler| given.get(handler).is_some()) {
                out.push(FieldError::required(format!("{path}.{probe}"), "must specify a handler type"));
            }
            for handler in ["httpGet", "tcpSocket"] {
                if let Some(number) = given.get(handler).and_then(|handler| handler.get("port")) {
                    port_or_name(format_args!("{path}.{probe}.{handler}.port"), number, out);
                }
            }
        }
    }
    one_of(
        format_args!("{path}.imagePullPolicy"),
        text(container, "/imagePullPolicy"),
        &["Always", "IfNotPresent", "Never"],
        out,
    );
    resources(container, path, out);
}

/// No negative amounts, and no requests above their limits.
fn resources(container: &Value, path: &str, out: &mut Vec<FieldError>) {
    let amount = |value: &Value| value.as_str().and_then(|text| text.parse::<Quantity>().ok());
    for (part, pointer) in [("limits", "/resources/limits"), ("requests", "/resources/requests")] {
        for (name, value) in entries(container, pointer) {
            if amount(value).is_some_and(|amount| amount < Quantity::from_i64(0)) {
                let at = format!("{path}.resources.{part}[{name}]");
                out.push(FieldError::invalid(at, value, "must be greater than or equal to 0"));
            }
        }
    }
    for (name, value) in entries(container, "/resources/requests") {
        let limit = at(container, "/resources/limits").and_then(|limits| limits.get(name));
        let Some(limit) = limit else { continue };
        if amount(value).zip(amount(limit)).is_some_and(|(request, limit)| request > limit) {
            out.push(FieldError::invalid(
                format!("{path}.resources.requests"),
                value,
                format!(
                    "must be less than or equal to {name} limit of {}",
                    limit.as_str().unwrap_or_default()
                ),
            ));
        }
    }
}
