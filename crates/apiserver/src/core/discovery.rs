//! What a server says about itself: `/api`, `/apis`, groups, resources and `/version`.

mod legacy;

use super::{
    Reply,
    negotiate::{self, Format},
    registry::{Group, Registry, Served, Subresource, api_version},
    request::Call,
};
use crate::{encode::hex, status::Status};
use http::Method;
use kro_object::Scope;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The version this server plays.
const GIT_VERSION: &str = "v1.36.3";

/// `/version`, which is there in JSON alone.
pub(super) fn version(call: &Call) -> Result<Reply, Status> {
    if !negotiate::is_offered(&call.accept, &["application/json"]) {
        return Err(Status::not_acceptable_route("application/json"));
    }
    let body = json!({
        "major": "1", "minor": "36", "emulationMajor": "1", "emulationMinor": "36",
        "minCompatibilityMajor": "1", "minCompatibilityMinor": "35",
        "gitVersion": GIT_VERSION, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "go1.25", "compiler": "rustc", "platform": "linux/amd64",
    });
    Ok(Reply::value(200, Format::Json, &body))
}

/// `/`.
pub(super) fn root(call: &Call) -> Result<Reply, Status> {
    let paths = [
        "/.well-known/openid-configuration",
        "/api",
        "/api/v1",
        "/apis",
        "/healthz",
        "/livez",
        "/openapi/v2",
        "/openapi/v3",
        "/readyz",
        "/version",
    ];
    Ok(Reply::value(200, negotiate::format(&call.accept)?, &json!({ "paths": paths })))
}

/// Everything below `/api` and `/apis` that is no resource.
pub(super) fn reply(registry: &Registry, call: &Call, segments: &[&str]) -> Result<Reply, Status> {
    let known = match segments {
        ["api" | "apis"] => true,
        ["api", version] => return legacy_version(registry, call, "", version),
        ["apis", group] => registry.group(group).is_some() && !group.is_empty(),
        ["apis", group, version] => return legacy_version(registry, call, group, version),
        _ => false,
    };
    if !known {
        return Ok(Reply::not_found_page());
    }
    check_method(call)?;
    match segments {
        ["apis", name] => {
            let Some(group) = registry.group(name) else { return Ok(Reply::not_found_page()) };
            let group = legacy::group(name, group).of_its_own();
            Ok(legacy::reply(negotiate::plain(&call.accept)?, &group))
        }
        _ => root_list(registry, call, segments == ["api"]),
    }
}

/// Discovery documents answer GET, and PUT and POST alike on groups; anything else is not allowed.
fn check_method(call: &Call) -> Result<(), Status> {
    if matches!(call.method, Method::GET | Method::HEAD | Method::PUT | Method::POST) {
        Ok(())
    } else {
        Err(Status::method_not_allowed())
    }
}

fn root_list(registry: &Registry, call: &Call, is_core: bool) -> Result<Reply, Status> {
    if let Some(version) = aggregated_version(&call.accept)? {
        let items: Vec<Value> = registry
            .groups()
            .into_iter()
            .filter(|(name, _)| name.is_empty() == is_core)
            .map(|(name, group)| aggregated_group(name, group))
            .collect();
        let body = json!({
            "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"),
            "metadata": {}, "items": items,
        });
        let bytes = Format::Json.encode(&body);
        let etag = format!("\"{}\"", hex(&Sha256::digest(&bytes)));
        let content_type =
            format!("application/json;g=apidiscovery.k8s.io;v={version};as=APIGroupDiscoveryList");
        let mut reply = if call.if_none_match.as_deref() == Some(&etag) {
            Reply::empty(304)
        } else {
            Reply::full(200, &content_type, bytes)
        };
        reply.headers.push(("etag", etag));
        reply.headers.push(("vary", "Accept".into()));
        return Ok(reply);
    }
    let body = if is_core {
        json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": call.host}],
        })
    } else {
        let groups = registry
            .groups()
            .into_iter()
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, group)| legacy::group(name, group))
            .collect();
        let list = legacy::ApiGroupList { kind: "APIGroupList", api_version: "v1", groups };
        return Ok(legacy::reply(negotiate::format(&call.accept)?, &list));
    };
    Ok(Reply::value(200, negotiate::routed(&call.accept)?, &body))
}

/// The version of aggregated discovery a client prefers, if it prefers any to the legacy form.
fn aggregated_version(accept: &str) -> Result<Option<&'static str>, Status> {
    for clause in negotiate::clauses(accept) {
        if clause.media_type != "application/json" {
            continue;
        }
        match (clause.param("as"), clause.param("g"), clause.param("v")) {
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2") => return Ok(Some("v2")),
            ("APIGroupDiscoveryList", "apidiscovery.k8s.io", "v2beta1") => return Ok(Some("v2beta1")),
            ("", _, _) => return Ok(None),
            _ => {}
        }
    }
    if accept.contains("as=") { Err(Status::not_acceptable(negotiate::OFFERED)) } else { Ok(None) }
}

fn legacy_version(registry: &Registry, call: &Call, group: &str, version: &str) -> Result<Reply, Status> {
    let Some(found) = registry.group(group).filter(|found| found.has(version)) else {
        let is_builtin = registry.group(group).is_some_and(|found| found.is_builtin);
        return if is_builtin { Err(Status::no_such_resource()) } else { Ok(Reply::not_found_page()) };
    };
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(Status::method_not_allowed());
    }
    let mut resources = Vec::new();
    for served in found.resources(version) {
        resources.push(legacy::resource(served));
        resources.extend(served.subresources.iter().map(|sub| legacy::subresource(served, sub)));
    }
    let list = legacy::ApiResourceList {
        kind: "APIResourceList",
        api_version: (!group.is_empty()).then_some("v1"),
        group_version: api_version(group, version),
        resources,
    };
    let format =
        if found.is_builtin { negotiate::routed(&call.accept)? } else { negotiate::format(&call.accept)? };
    Ok(legacy::reply(format, &list))
}

fn add_names(out: &mut Value, served: &Served) {
    for (field, names) in [("shortNames", &served.short_names), ("categories", &served.categories)] {
        if !names.is_empty() {
            out[field] = names.iter().map(|name| Value::from(&**name)).collect();
        }
    }
}

fn aggregated_group(name: &str, group: &Group) -> Value {
    let versions: Vec<Value> = group
        .versions()
        .into_iter()
        .map(|version| {
            let resources: Vec<Value> =
                group.resources(version).map(|served| aggregated_resource(served)).collect();
            json!({"version": version, "resources": resources, "freshness": "Current"})
        })
        .collect();
    let metadata = if name.is_empty() { json!({}) } else { json!({"name": name}) };
    json!({"metadata": metadata, "versions": versions})
}

fn aggregated_resource(served: &Served) -> Value {
    // Builtin kinds do not tell the group and version that are the path's anyway; custom ones do.
    let (group, version) = if served.is_builtin() { ("", "") } else { (&*served.group, &*served.version) };
    let mut out = json!({
        "resource": &*served.plural,
        "responseKind": {"group": group, "version": version, "kind": &*served.kind},
        "scope": if served.scope == Scope::Namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": &*served.singular,
        "verbs": served.verbs,
    });
    add_names(&mut out, served);
    if !served.subresources.is_empty() {
        out["subresources"] =
            served.subresources.iter().map(|sub| aggregated_subresource(served, sub)).collect();
    }
    out
}

fn aggregated_subresource(served: &Served, sub: &Subresource) -> Value {
    let is_plain = served.is_builtin() && sub.is_of_version(served);
    let (group, version) = if is_plain { ("", "") } else { (&*sub.group, &*sub.version) };
    json!({
        "subresource": &*sub.name,
        "responseKind": {"group": group, "version": version, "kind": &*sub.kind},
        "verbs": sub.verbs,
    })
}
