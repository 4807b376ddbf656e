//! The cells of builtin kinds.

mod others;
mod workloads;

use super::row::Row;
use crate::core::{object, registry::Served};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The cells of an object, in the order of the headers.
pub(super) fn cells(served: &Served, item: &Value, now: Timestamp) -> Vec<Value> {
    let row = Row { item, now };
    let name = Value::from(object::name(item));
    let cells = match (&*served.group, &*served.plural) {
        ("", "configmaps") => json!([name, row.entries(&["/data", "/binaryData"]), row.age()]),
        ("" | "events.k8s.io", "events") => row.event(),
        ("", "namespaces") => json!([name, row.text("/status/phase"), row.age()]),
        ("", "nodes") => row.node(),
        ("", "persistentvolumeclaims") => row.claim(),
        ("", "persistentvolumes") => row.volume(),
        ("", "pods") => row.pod(),
        ("", "resourcequotas") => row.quota(),
        ("", "secrets") => json!([name, row.text("/type"), row.entries(&["/data"]), row.age()]),
        ("", "serviceaccounts") => json!([name, row.age()]),
        ("", "services") => row.service(),
        ("apps", "daemonsets") => row.daemon_set(),
        ("apps", "deployments") => json!([
            name,
            format!("{}/{}", row.number("/status/readyReplicas"), row.number("/spec/replicas")),
            row.number("/status/updatedReplicas"),
            row.number("/status/availableReplicas"),
            row.age(),
            row.containers("name"),
            row.containers("image"),
            row.selector("/spec/selector"),
        ]),
        ("apps", "replicasets") => json!([
            name,
            row.number("/spec/replicas"),
            row.number("/status/replicas"),
            row.number("/status/readyReplicas"),
            row.age(),
            row.containers("name"),
            row.containers("image"),
            row.selector("/spec/selector"),
        ]),
        ("apps", "statefulsets") => json!([
            name,
            format!("{}/{}", row.number("/status/readyReplicas"), row.number("/spec/replicas")),
            row.age(),
            row.containers("name"),
            row.containers("image"),
        ]),
        ("autoscaling", "horizontalpodautoscalers") => row.autoscaler(),
        ("batch", "cronjobs") => row.cron_job(),
        ("batch", "jobs") => row.job(),
        ("networking.k8s.io", "ingresses") => row.ingress(),
        _ => others::cells(served, row)
            .unwrap_or_else(|| json!([name, object::meta_text(item, "creationTimestamp")])),
    };
    match cells {
        Value::Array(cells) => cells,
        single => vec![single],
    }
}

/// What a row says beside its cells: pods that have ended.
pub(super) fn conditions(served: &Served, item: &Value) -> Option<Value> {
    if !served.is("", "pods") {
        return None;
    }
    let (reason, message) = match item.pointer("/status/phase").and_then(Value::as_str)? {
        "Succeeded" => ("Succeeded", "The pod has completed successfully."),
        "Failed" => ("Failed", "The pod failed."),
        _ => return None,
    };
    Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
}

impl Row<'_> {
    fn event(self) -> Value {
        let object = format!(
            "{}/{}",
            self.text("/involvedObject/kind").to_lowercase(),
            self.text("/involvedObject/name")
        );
        let last = if self.text("/lastTimestamp").is_empty() { "/eventTime" } else { "/lastTimestamp" };
        let first = if self.text("/firstTimestamp").is_empty() { "/eventTime" } else { "/firstTimestamp" };
        let source = match self.text("/source/host") {
            "" => self.text("/source/component").to_owned(),
            host => format!("{}, {host}", self.text("/source/component")),
        };
        json!([
            self.since(last),
            self.text("/type"),
            self.text("/reason"),
            object,
            self.text("/involvedObject/fieldPath"),
            source,
            self.text("/message").trim(),
            self.since(first),
            self.number("/count").max(1).to_string(),
            self.name(),
        ])
    }

    fn claim(self) -> Value {
        let phase = if object::is_deleting(self.item) { "Terminating" } else { self.text("/status/phase") };
        let is_bound = !self.text("/spec/volumeName").is_empty();
        let capacity = if is_bound { self.text("/status/capacity/storage") } else { "" };
        let modes =
            if is_bound { access_modes(self.item.pointer("/status/accessModes")) } else { String::new() };
        json!([
            self.name(),
            phase,
            self.text("/spec/volumeName"),
            capacity,
            modes,
            self.text("/spec/storageClassName"),
            self.text_or("/spec/volumeAttributesClassName", "<unset>"),
            self.age(),
            self.text_or("/spec/volumeMode", "<unset>"),
        ])
    }

    fn volume(self) -> Value {
        let claim = match self.text("/spec/claimRef/name") {
            "" => String::new(),
            name => format!("{}/{name}", self.text("/spec/claimRef/namespace")),
        };
        let phase = if object::is_deleting(self.item) { "Terminating" } else { self.text("/status/phase") };
        json!([
            self.name(),
            self.text("/spec/capacity/storage"),
            access_modes(self.item.pointer("/spec/accessModes")),
            self.text("/spec/persistentVolumeReclaimPolicy"),
            phase,
            claim,
            self.text("/spec/storageClassName"),
            self.text_or("/spec/volumeAttributesClassName", "<unset>"),
            self.text("/status/reason"),
            self.age(),
            self.text_or("/spec/volumeMode", "<unset>"),
        ])
    }

    fn node(self) -> Value {
        let ready = self.list("/status/conditions").find(|condition| condition["type"] == "Ready");
        let mut status = match ready {
            Some(ready) if ready["status"] == "True" => "Ready",
            Some(_) => "NotReady",
            None => "Unknown",
        }
        .to_owned();
        if self.item.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
            status.push_str(",SchedulingDisabled");
        }
        let labels = self.item.pointer("/metadata/labels").and_then(Value::as_object);
        let roles: BTreeSet<&str> = labels
            .into_iter()
            .flatten()
            .filter_map(|(label, value)| match label.strip_prefix("node-role.kubernetes.io/") {
                None if label == "kubernetes.io/role" => value.as_str(),
                role => role,
            })
            .filter(|role| !role.is_empty())
            .collect();
        let roles = if roles.is_empty() {
            "<none>".to_owned()
        } else {
            roles.into_iter().collect::<Vec<_>>().join(",")
        };
        let address = |kind: &str| {
            let found = self.list("/status/addresses").find(|address| address["type"] == kind);
            found.and_then(|address| address["address"].as_str()).unwrap_or("<none>")
        };
        json!([
            self.name(),
            status,
            roles,
            self.age(),
            self.text("/status/nodeInfo/kubeletVersion"),
            address("InternalIP"),
            address("ExternalIP"),
            self.text_or("/status/nodeInfo/osImage", "<unknown>"),
            self.text_or("/status/nodeInfo/kernelVersion", "<unknown>"),
            self.text_or("/status/nodeInfo/containerRuntimeVersion", "<unknown>"),
        ])
    }

    fn service(self) -> Value {
        let kind = self.text_or("/spec/type", "ClusterIP");
        let external: Vec<&str> = object::texts(self.item.pointer("/spec/externalIPs"));
        let balancer: Vec<&str> = self
            .list("/status/loadBalancer/ingress")
            .filter_map(|entry| entry.get("ip").or_else(|| entry.get("hostname"))?.as_str())
            .collect();
        let external = match kind {
            "ExternalName" => self.text("/spec/externalName").to_owned(),
            "LoadBalancer" if balancer.is_empty() && external.is_empty() => "<pending>".into(),
            "LoadBalancer" => [balancer, external].concat().join(","),
            _ if external.is_empty() => "<none>".into(),
            _ => external.join(","),
        };
        let ports: Vec<String> = self
            .list("/spec/ports")
            .map(|port| {
                let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
                match port.get("nodePort").and_then(Value::as_i64) {
                    Some(node) => format!("{}:{node}/{protocol}", port["port"]),
                    None => format!("{}/{protocol}", port["port"]),
                }
            })
            .collect();
        let ports = if ports.is_empty() { "<none>".to_owned() } else { ports.join(",") };
        json!([
            self.name(),
            kind,
            self.text_or("/spec/clusterIP", "<none>"),
            external,
            ports,
            self.age(),
            self.selector("/spec/selector"),
        ])
    }

    /// Used and allowed amounts of a quota: requests and everything else, then limits.
    fn quota(self) -> Value {
        let hard = self.item.pointer("/status/hard").and_then(Value::as_object);
        let (mut requests, mut limits) = (Vec::new(), Vec::new());
        for (name, allowed) in hard.into_iter().flatten() {
            let used = self.item.pointer("/status/used").and_then(|used| used.get(name));
            let used = used.and_then(Value::as_str).unwrap_or("0");
            let entry = format!("{name}: {used}/{}", allowed.as_str().unwrap_or_default());
            if name.starts_with("limits") { limits.push(entry) } else { requests.push(entry) }
        }
        json!([self.name(), requests.join(", "), limits.join(", "), self.age()])
    }

    fn ingress(self) -> Value {
        let mut hosts: Vec<&str> = self
            .list("/spec/rules")
            .filter_map(|rule| rule.get("host")?.as_str())
            .filter(|host| !host.is_empty())
            .collect();
        let more = hosts.len().saturating_sub(3);
        hosts.truncate(3);
        let hosts = match (hosts.is_empty(), more) {
            (true, _) => "*".to_owned(),
            (false, 0) => hosts.join(","),
            (false, more) => format!("{} + {more} more...", hosts.join(",")),
        };
        let addresses: Vec<&str> = self
            .list("/status/loadBalancer/ingress")
            .filter_map(|entry| entry.get("ip").or_else(|| entry.get("hostname"))?.as_str())
            .collect();
        let ports = if self.list("/spec/tls").next().is_some() { "80, 443" } else { "80" };
        json!([
            self.name(),
            self.text_or("/spec/ingressClassName", "<none>"),
            hosts,
            addresses.join(","),
            ports,
            self.age(),
        ])
    }
}

/// `RWO,ROX` for a list of access modes.
fn access_modes(modes: Option<&Value>) -> String {
    let modes = object::texts(modes);
    [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .iter()
    .filter(|(mode, _)| modes.contains(mode))
    .map(|(_, short)| *short)
    .collect::<Vec<_>>()
    .join(",")
}
