//! Ingresses and network policies: what is wrong with them.

use super::check::{all, items, one_of, port_or_name, selector, text};
use crate::{core::metadata::names, field_error::FieldError};
use serde_json::{Value, json};

const WILDCARD: &str = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/// Problems of an ingress.
pub(super) fn ingress(ingress: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let has_backend = ingress.pointer("/spec/defaultBackend").is_some();
    if !has_backend && items(ingress, "/spec/rules").next().is_none() {
        let why = "either `defaultBackend` or `rules` must be specified";
        out.push(FieldError::invalid("spec", &Value::Null, why));
    }
    if let Some(given) = ingress.pointer("/spec/defaultBackend") {
        backend(given, "spec.defaultBackend", &mut out);
    }
    for (index, rule) in items(ingress, "/spec/rules") {
        let at = format!("spec.rules[{index}]");
        host(text(rule, "/host"), &format!("{at}.host"), &mut out);
        if rule.get("http").is_some() && items(rule, "/http/paths").next().is_none() {
            out.push(FieldError::required(format!("{at}.http.paths"), ""));
        }
        for (number, path) in items(rule, "/http/paths") {
            http_path(path, &format!("{at}.http.paths[{number}]"), &mut out);
        }
    }
    for (index, tls) in items(ingress, "/spec/tls") {
        for (number, name) in items(tls, "/hosts") {
            let name = name.as_str().unwrap_or_default();
            dns_name(name, &format!("spec.tls[{index}].hosts[{number}]"), &mut out);
        }
        let secret = text(tls, "/secretName");
        if !secret.is_empty() {
            let at = format_args!("spec.tls[{index}].secretName");
            all(at, secret, names::dns1123_subdomain(secret), &mut out);
        }
    }
    let class = text(ingress, "/spec/ingressClassName");
    if !class.is_empty() {
        all("spec.ingressClassName", class, names::dns1123_subdomain(class), &mut out);
    }
    out
}

fn host(host: &str, at: &str, out: &mut Vec<FieldError>) {
    if host.is_empty() {
        return;
    }
    if host.parse::<std::net::IpAddr>().is_ok() {
        out.push(FieldError::invalid_text(at, host, "must be a DNS name, not an IP address"));
    }
    dns_name(host, at, out);
}

/// A name, or one for all below it.
fn dns_name(host: &str, at: &str, out: &mut Vec<FieldError>) {
    if host.contains('*') {
        let is_wildcard =
            host.strip_prefix("*.").is_some_and(|rest| names::dns1123_subdomain(rest).is_empty());
        if !is_wildcard {
            out.push(FieldError::invalid_text(at, host, WILDCARD));
        }
    } else {
        all(at.to_owned(), host, names::dns1123_subdomain(host), out);
    }
}

fn http_path(path: &Value, at: &str, out: &mut Vec<FieldError>) {
    let value = text(path, "/path");
    match path.get("pathType").and_then(Value::as_str) {
        None => {
            out.push(FieldError::required(format!("{at}.pathType"), "pathType must be specified"));
            return;
        }
        Some("Exact" | "Prefix") => {
            if !value.starts_with('/') {
                out.push(FieldError::invalid_text(format!("{at}.path"), value, "must be an absolute path"));
            }
            for bad in ["//", "/./", "/../", "%2f", "%2F"] {
                if value.contains(bad) {
                    let why = format!("must not contain '{bad}'");
                    out.push(FieldError::invalid_text(format!("{at}.path"), value, why));
                }
            }
        }
        Some("ImplementationSpecific") => {
            if !value.is_empty() && !value.starts_with('/') {
                out.push(FieldError::invalid_text(format!("{at}.path"), value, "must be an absolute path"));
            }
        }
        Some(other) => {
            one_of(format!("{at}.pathType"), other, &["Exact", "ImplementationSpecific", "Prefix"], out);
        }
    }
    if let Some(given) = path.get("backend") {
        backend(given, &format!("{at}.backend"), out);
    }
}

fn backend(backend: &Value, at: &str, out: &mut Vec<FieldError>) {
    match (backend.get("service"), backend.get("resource")) {
        (Some(_), Some(_)) => {
            out.push(FieldError::invalid(at, backend, "cannot set both resource and service backends"));
        }
        (None, None) => out.push(FieldError::invalid_text(at, "", "resource or service backend is required")),
        (Some(service), None) => {
            let name = text(service, "/name");
            if name.is_empty() {
                out.push(FieldError::required(format!("{at}.service.name"), ""));
            } else {
                all(format!("{at}.service.name"), name, names::dns1123_label(name), out);
            }
            let (number, named) = (service.pointer("/port/number"), text(service, "/port/name"));
            match (number, named) {
                (None, "") => out.push(FieldError::required(at, "port name or number is required")),
                (Some(_), name) if !name.is_empty() => out.push(FieldError::invalid(
                    format!("{at}.service.port"),
                    &json!({"name": name, "number": number}),
                    "cannot set both port name & port number",
                )),
                (Some(number), _) => port_or_name(format!("{at}.service.port.number"), number, out),
                (None, name) => port_or_name(format!("{at}.service.port.name"), &name.into(), out),
            }
        }
        (None, Some(_)) => {}
    }
}

/// Problems of an endpoint slice.
pub(super) fn endpoint_slice(slice: &Value) -> Vec<FieldError> {
    match text(slice, "/addressType") {
        "" => vec![FieldError::required("addressType", "")],
        "FQDN" | "IPv4" | "IPv6" => Vec::new(),
        other => vec![FieldError::not_supported("addressType", &other.into(), &["FQDN", "IPv4", "IPv6"])],
    }
}

/// Problems of a network policy.
pub(super) fn network_policy(policy: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    if let Some(given) = policy.pointer("/spec/podSelector") {
        selector("spec.podSelector", given, &mut out);
    }
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(policy, &format!("/spec/{direction}")) {
            let at = format!("spec.{direction}[{index}]");
            for (number, port) in items(rule, "/ports") {
                let at = format!("{at}.ports[{number}]");
                one_of(format!("{at}.protocol"), text(port, "/protocol"), &["TCP", "UDP", "SCTP"], &mut out);
                if let Some(given) = port.get("port") {
                    port_or_name(format!("{at}.port"), given, &mut out);
                }
            }
            for (number, given) in items(rule, &format!("/{peers}")) {
                peer(given, &format!("{at}.{peers}[{number}]"), &mut out);
            }
        }
    }
    for (index, kind) in items(policy, "/spec/policyTypes") {
        let at = format!("spec.policyTypes[{index}]");
        one_of(at, kind.as_str().unwrap_or_default(), &["Ingress", "Egress"], &mut out);
    }
    out
}

fn peer(peer: &Value, at: &str, out: &mut Vec<FieldError>) {
    let has_selector = peer.get("podSelector").is_some() || peer.get("namespaceSelector").is_some();
    match peer.get("ipBlock") {
        None if !has_selector => out.push(FieldError::required(at, "must specify a peer")),
        None => {}
        Some(_) if has_selector => {
            out.push(FieldError::forbidden(at, "may not specify both ipBlock and another peer"));
        }
        Some(block) => {
            let cidr = text(block, "/cidr");
            let at = format!("{at}.ipBlock.cidr");
            if cidr.is_empty() {
                out.push(FieldError::required(at, ""));
            } else if !is_cidr(cidr) {
                let why = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
                out.push(FieldError::invalid_text(at, cidr, why));
            }
        }
    }
}

fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    match (address.parse::<std::net::IpAddr>(), bits.parse::<u8>()) {
        (Ok(address), Ok(bits)) => bits <= if address.is_ipv4() { 32 } else { 128 },
        _ => false,
    }
}
