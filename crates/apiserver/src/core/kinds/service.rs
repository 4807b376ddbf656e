//! Services: port defaults, cluster addresses and node ports from fixed ranges.

use super::check::{all, immutable, items, label, one_of, port, port_or_name, text};
use crate::{
    core::{
        Core,
        metadata::names,
        object,
        store::{Key, Place},
        stored::{address_claim, port_claim},
    },
    field_error::FieldError,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Addresses given out, within 10.0.0.0/16; those below are for services that ask for one.
const ADDRESSES: std::ops::Range<u32> = 256..65_535;
const ADDRESS_PREFIX: &str = "10.0.";
const NODE_PORTS: std::ops::Range<i64> = 30_000..32_768;

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// Defaults before allocation.
pub(super) fn default(service: &mut Value) {
    let spec = object::child_mut(service, "spec");
    let fill = |spec: &mut Map<String, Value>, field: &str, value: &str| {
        spec.entry(field).or_insert_with(|| value.into());
    };
    fill(spec, "sessionAffinity", "None");
    fill(spec, "type", "ClusterIP");
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if kind != "ExternalName" {
        fill(spec, "internalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        fill(spec, "externalTrafficPolicy", "Cluster");
    }
    if kind == "LoadBalancer" {
        spec.entry("allocateLoadBalancerNodePorts").or_insert(Value::Bool(true));
    }
    for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        let number = port.get("port").cloned().unwrap_or_default();
        let port = object::as_map_mut(port);
        port.entry("protocol").or_insert_with(|| "TCP".into());
        let target = port.entry("targetPort").or_insert_with(|| 0.into());
        if *target == 0 || *target == "" {
            *target = number;
        }
    }
}

/// Gives a service what it needs and has not: addresses, families, node ports. `old` keeps what it had.
pub(super) fn allocate(core: &Core, service: &mut Value, old: Option<&Value>) {
    let kind = service.pointer("/spec/type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if kind == "ExternalName" {
        return;
    }
    if let Some(old) = old {
        let kept = old.get("spec").cloned().unwrap_or_default();
        let spec = object::child_mut(service, "spec");
        // The list follows the single address, which older clients write alone.
        let is_moved = spec.get("clusterIP").is_some_and(|address| Some(address) != kept.get("clusterIP"));
        if is_moved && spec.get("clusterIPs") == kept.get("clusterIPs") {
            let address = spec["clusterIP"].clone();
            spec.insert("clusterIPs".into(), json!([address]));
        }
        for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
            if let Some(value) = kept.get(field) {
                spec.entry(field).or_insert_with(|| value.clone());
            }
        }
        if let (Some(old), Some(Value::Array(ports))) =
            (kept.get("ports").and_then(Value::as_array), spec.get_mut("ports"))
        {
            for port in ports {
                let same = old
                    .iter()
                    .find(|known| known["port"] == port["port"] && known["protocol"] == port["protocol"]);
                if let Some(node) = same.and_then(|same| same.get("nodePort"))
                    && kind != "ClusterIP"
                {
                    object::as_map_mut(port).entry("nodePort").or_insert_with(|| node.clone());
                }
            }
        }
    }
    let wants_no_ports = kind == "ClusterIP";
    let had_ports = old.is_some_and(|old| text(old, "/spec/type") != "ClusterIP");
    if let Some(Value::Array(ports)) =
        service.pointer_mut("/spec/ports").filter(|_| wants_no_ports && had_ports)
    {
        for port in ports {
            object::as_map_mut(port).remove("nodePort");
        }
    }
    if wants_no_ports && had_ports {
        let spec = object::child_mut(service, "spec");
        for field in ["externalTrafficPolicy", "allocateLoadBalancerNodePorts", "healthCheckNodePort"] {
            spec.remove(field);
        }
    }
    let is_headless = service.pointer("/spec/clusterIP").and_then(Value::as_str) == Some("None");
    let has_selector = service.pointer("/spec/selector").is_some();
    let spec = object::child_mut(service, "spec");
    if !spec.contains_key("clusterIP") {
        let free = ADDRESSES
            .map(|n| format!("{ADDRESS_PREFIX}{}.{}", n >> 8, n & 255))
            .find(|ip| core.store.claimant(&address_claim(ip)).is_none());
        spec.insert("clusterIP".into(), free.unwrap_or_default().into());
    }
    let address = spec["clusterIP"].clone();
    spec.entry("clusterIPs").or_insert_with(|| json!([address]));
    if is_headless && !has_selector {
        spec.entry("ipFamilies").or_insert_with(|| json!(["IPv4", "IPv6"]));
        spec.entry("ipFamilyPolicy").or_insert_with(|| "RequireDualStack".into());
    } else {
        spec.entry("ipFamilies").or_insert_with(|| json!(["IPv4"]));
        spec.entry("ipFamilyPolicy").or_insert_with(|| "SingleStack".into());
    }
    let wants_ports = kind == "NodePort"
        || kind == "LoadBalancer" && spec.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false));
    if wants_ports {
        let mut given = BTreeSet::new();
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            let port = object::as_map_mut(port);
            if !port.contains_key("nodePort")
                && let Some(free) =
                    NODE_PORTS.into_iter().find(|free| !given.contains(free) && is_free(core, *free))
            {
                given.insert(free);
                port.insert("nodePort".into(), free.into());
            }
        }
    }
}

/// Problems of a service, apart from what allocation finds.
pub(super) fn validate(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    let kind = text(new, "/spec/type");
    let is_headless = text(new, "/spec/clusterIP") == "None";
    let count = items(new, "/spec/ports").count();
    if count == 0 && !is_headless && kind != "ExternalName" {
        out.push(FieldError::required("spec.ports", ""));
    }
    let (mut taken, mut sockets) = (BTreeSet::new(), BTreeSet::new());
    for (index, one) in items(new, "/spec/ports") {
        let at = format!("spec.ports[{index}]");
        let name = text(one, "/name");
        if name.is_empty() && count > 1 {
            out.push(FieldError::required(format!("{at}.name"), ""));
        } else if !name.is_empty() {
            label(format!("{at}.name"), name, &mut out);
            if !taken.insert(name) {
                out.push(FieldError::duplicate(format!("{at}.name"), &name.into()));
            }
        }
        port(format!("{at}.port"), &one["port"], &mut out);
        let protocol = text(one, "/protocol");
        one_of(format!("{at}.protocol"), protocol, &PROTOCOLS, &mut out);
        port_or_name(format!("{at}.targetPort"), &one["targetPort"], &mut out);
        if !sockets.insert((one["port"].as_i64(), protocol)) {
            out.push(FieldError::duplicate(at, &json!({"port": one["port"], "protocol": protocol})));
        }
    }
    for (key, value) in super::check::entries(new, "/spec/selector") {
        all("spec.selector", key, names::qualified_name(key), &mut out);
        let value = value.as_str().unwrap_or_default();
        all("spec.selector", value, names::label_value(value), &mut out);
    }
    one_of("spec.sessionAffinity", text(new, "/spec/sessionAffinity"), &["ClientIP", "None"], &mut out);
    one_of("spec.type", kind, &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], &mut out);
    if kind == "ExternalName" {
        let name = text(new, "/spec/externalName");
        if name.is_empty() {
            out.push(FieldError::required("spec.externalName", ""));
        } else {
            all("spec.externalName", name, names::dns1123_subdomain(name), &mut out);
        }
    }
    if let Some(old) = old.filter(|old| text(old, "/spec/type") != "ExternalName" && kind != "ExternalName") {
        let addresses = |service: &Value| service.pointer("/spec/clusterIPs").cloned().unwrap_or_default();
        let (now, before) = (addresses(new), addresses(old));
        if !before.is_null() && now.get(0) != before.get(0) {
            out.push(FieldError::invalid("spec.clusterIPs[0]", &now, "may not change once set"));
        }
        if !text(old, "/spec/loadBalancerClass").is_empty() {
            immutable("spec.loadBalancerClass", new, old, "/spec/loadBalancerClass", &mut out);
        }
    }
    out
}

/// Whether what a service asks for can be had. What it has already, it keeps; a new one has nothing.
pub(super) fn check_allocation(core: &Core, service: &Value, is_new: bool) -> Vec<FieldError> {
    let mut out = Vec::new();
    let key = Key::new(object::namespace(service), object::name(service));
    let is_others = |(_, holder): &Place| is_new || *holder != key;
    let is_taken = |claim: &str| core.store.claimant(claim).is_some_and(is_others);
    let addresses = service.pointer("/spec/clusterIPs").cloned().unwrap_or_default();
    for address in object::texts(Some(&addresses)).into_iter().filter(|address| *address != "None") {
        let why = if is_taken(&address_claim(address)) {
            "provided IP is already allocated"
        } else if !address.starts_with(ADDRESS_PREFIX) && address.contains('.') {
            "the provided network does not match the current range"
        } else {
            continue;
        };
        out.push(FieldError::invalid(
            "spec.clusterIPs",
            &addresses,
            format!("failed to allocate IP {address}: {why}"),
        ));
    }
    for (index, one) in items(service, "/spec/ports") {
        let Some(node) = one.get("nodePort").filter(|node| **node != 0) else { continue };
        let why = if !node.as_i64().is_some_and(|node| NODE_PORTS.contains(&node)) {
            "provided port is not in the valid range. The range of valid ports is 30000-32767"
        } else if is_taken(&port_claim(text(one, "/protocol"), node.as_i64().unwrap_or_default())) {
            "provided port is already allocated"
        } else {
            continue;
        };
        out.push(FieldError::invalid(format!("spec.ports[{index}].nodePort"), node, why));
    }
    out
}

/// Whether no service has a node port, for whatever protocol.
fn is_free(core: &Core, port: i64) -> bool {
    PROTOCOLS.iter().all(|protocol| core.store.claimant(&port_claim(protocol, port)).is_none())
}
