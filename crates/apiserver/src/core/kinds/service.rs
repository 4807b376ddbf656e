//! Services: port defaults, cluster addresses and node ports from fixed ranges.

use crate::core::{Core, object, registry::Served};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Addresses given out: 10.96.0.0/16 without its first ten.
const ADDRESSES: std::ops::Range<u32> = 10..65_534;
const NODE_PORTS: std::ops::Range<i64> = 30_000..32_768;

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
        port.entry("targetPort").or_insert(number);
    }
}

/// Gives a service what it needs and has not: addresses, families, node ports. `old` keeps what it had.
pub(super) fn allocate(core: &Core, served: &Served, service: &mut Value, old: Option<&Value>) {
    let kind = service.pointer("/spec/type").and_then(Value::as_str).unwrap_or_default().to_owned();
    if kind == "ExternalName" {
        return;
    }
    if let Some(old) = old {
        let kept = old.get("spec").cloned().unwrap_or_default();
        let spec = object::child_mut(service, "spec");
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
    let (taken, taken_ports) = in_use(core, served);
    let is_headless = service.pointer("/spec/clusterIP").and_then(Value::as_str) == Some("None");
    let has_selector = service.pointer("/spec/selector").is_some();
    let spec = object::child_mut(service, "spec");
    if !spec.contains_key("clusterIP") {
        let free = ADDRESSES.map(|n| format!("10.96.{}.{}", n >> 8, n & 255)).find(|ip| !taken.contains(ip));
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
        let mut taken_ports = taken_ports;
        for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
            let port = object::as_map_mut(port);
            if !port.contains_key("nodePort")
                && let Some(free) = NODE_PORTS.into_iter().find(|free| !taken_ports.contains(free))
            {
                taken_ports.insert(free);
                port.insert("nodePort".into(), free.into());
            }
        }
    }
}

fn in_use(core: &Core, served: &Served) -> (BTreeSet<String>, BTreeSet<i64>) {
    let (mut addresses, mut ports) = (BTreeSet::new(), BTreeSet::new());
    for (_, service) in core.store.list(&served.storage, None) {
        addresses.extend(object::texts(service.pointer("/spec/clusterIPs")).into_iter().map(str::to_owned));
        let used = service.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
        ports.extend(used.filter_map(|port| port.get("nodePort")?.as_i64()));
    }
    (addresses, ports)
}
