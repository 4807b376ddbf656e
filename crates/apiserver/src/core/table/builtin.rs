//! The cells of builtin kinds.

use super::{Header, age, columns};
use crate::core::{object, registry::Served};
use kro_object::Timestamp;
use serde_json::{Value, json};

/// The columns of a builtin kind.
pub(super) fn headers(served: &Served) -> &'static [Header] {
    match (&*served.group, &*served.plural) {
        ("", "configmaps") => columns::CONFIGMAPS,
        ("" | "events.k8s.io", "events") => columns::EVENTS,
        ("", "namespaces") => columns::NAMESPACES,
        ("", "nodes") => columns::NODES,
        ("", "persistentvolumeclaims") => columns::PERSISTENTVOLUMECLAIMS,
        ("", "persistentvolumes") => columns::PERSISTENTVOLUMES,
        ("", "pods") => columns::PODS,
        ("", "resourcequotas") => columns::RESOURCEQUOTAS,
        ("", "secrets") => columns::SECRETS,
        ("", "serviceaccounts") => columns::SERVICEACCOUNTS,
        ("", "services") => columns::SERVICES,
        ("apps", "daemonsets") => columns::DAEMONSETS,
        ("apps", "deployments") => columns::DEPLOYMENTS,
        ("apps", "replicasets") => columns::REPLICASETS,
        ("apps", "statefulsets") => columns::STATEFULSETS,
        ("autoscaling", "horizontalpodautoscalers") => columns::HORIZONTALPODAUTOSCALERS,
        ("batch", "cronjobs") => columns::CRONJOBS,
        ("batch", "jobs") => columns::JOBS,
        ("networking.k8s.io", "ingresses") => columns::INGRESSES,
        _ => columns::OTHERS,
    }
}

/// The cells of an object, in the order of the headers.
pub(super) fn cells(served: &Served, item: &Value, now: Timestamp) -> Vec<Value> {
    let row = Row { item, now };
    let name = Value::from(object::name(item));
    let cells = match (&*served.group, &*served.plural) {
        ("", "configmaps") => json!([name, row.entries(&["/data", "/binaryData"]), row.age()]),
        ("" | "events.k8s.io", "events") => row.event(),
        ("", "namespaces") => json!([name, row.text("/status/phase"), row.age()]),
        ("", "nodes") => {
            json!([name, "Ready", "<none>", row.age(), row.text("/status/nodeInfo/kubeletVersion")])
        }
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
        _ => json!([name, object::meta_text(item, "creationTimestamp")]),
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

#[derive(Clone, Copy)]
struct Row<'a> {
    item: &'a Value,
    now: Timestamp,
}

impl<'a> Row<'a> {
    fn name(self) -> &'a str {
        object::name(self.item)
    }

    fn text(self, pointer: &str) -> &'a str {
        self.item.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn text_or(self, pointer: &str, other: &'a str) -> &'a str {
        let text = self.text(pointer);
        if text.is_empty() { other } else { text }
    }

    fn number(self, pointer: &str) -> i64 {
        self.item.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
    }

    fn list(self, pointer: &str) -> impl DoubleEndedIterator<Item = &'a Value> {
        self.item.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
    }

    fn entries(self, pointers: &[&str]) -> usize {
        pointers
            .iter()
            .filter_map(|pointer| self.item.pointer(pointer)?.as_object())
            .map(serde_json::Map::len)
            .sum()
    }

    fn age(self) -> String {
        self.since("/metadata/creationTimestamp")
    }

    fn since(self, pointer: &str) -> String {
        match self.text(pointer) {
            "" => "<unknown>".into(),
            time => age::since(time, self.now),
        }
    }

    /// A field of each container of the pod template.
    fn containers(self, field: &str) -> String {
        let found: Vec<&str> =
            ["/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers"]
                .iter()
                .flat_map(|pointer| self.list(pointer))
                .filter_map(|container| container.get(field)?.as_str())
                .collect();
        found.join(",")
    }

    fn selector(self, pointer: &str) -> String {
        let selector = self.item.pointer(pointer);
        let labels =
            selector.and_then(|selector| selector.get("matchLabels")).or(selector).and_then(Value::as_object);
        let pairs: Vec<String> = labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
            .collect();
        if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
    }

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
        json!([
            self.name(),
            self.text("/spec/capacity/storage"),
            access_modes(self.item.pointer("/spec/accessModes")),
            self.text("/spec/persistentVolumeReclaimPolicy"),
            self.text("/status/phase"),
            claim,
            self.text("/spec/storageClassName"),
            self.age(),
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

    fn daemon_set(self) -> Value {
        json!([
            self.name(),
            self.number("/status/desiredNumberScheduled"),
            self.number("/status/currentNumberScheduled"),
            self.number("/status/numberReady"),
            self.number("/status/updatedNumberScheduled"),
            self.number("/status/numberAvailable"),
            self.selector("/spec/template/spec/nodeSelector"),
            self.age(),
            self.containers("name"),
            self.containers("image"),
            self.selector("/spec/selector"),
        ])
    }

    fn autoscaler(self) -> Value {
        let reference =
            format!("{}/{}", self.text("/spec/scaleTargetRef/kind"), self.text("/spec/scaleTargetRef/name"));
        json!([
            self.name(),
            reference,
            self.targets(),
            self.number("/spec/minReplicas").to_string(),
            self.number("/spec/maxReplicas"),
            self.number("/status/currentReplicas"),
            self.age(),
        ])
    }

    /// Present and wanted values of an autoscaler's metrics; only the first two are shown.
    fn targets(self) -> String {
        const SHOWN: usize = 2;
        let metrics: Vec<&Value> = self.list("/spec/metrics").collect();
        if metrics.is_empty() {
            // The older version knows one target only.
            return match self.item.pointer("/spec/targetCPUUtilizationPercentage") {
                Some(percent) => {
                    let now = self.item.pointer("/status/currentCPUUtilizationPercentage");
                    let now = now.map_or_else(|| "<unknown>".to_owned(), |now| format!("{now}%"));
                    format!("cpu: {now}/{percent}%")
                }
                None => "<none>".into(),
            };
        }
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let shown = metrics.iter().take(SHOWN).enumerate().map(|(index, metric)| {
            let source = match metric["type"].as_str().unwrap_or_default() {
                "ContainerResource" => "containerResource",
                "Resource" => "resource",
                "Pods" => "pods",
                "Object" => "object",
                _ => "external",
            };
            let current = self.item.pointer(&format!("/status/currentMetrics/{index}/{source}/current"));
            let target = &metric[source]["target"];
            let (now, wanted) = match target.get("averageUtilization") {
                Some(percent) => (
                    current
                        .and_then(|current| current.get("averageUtilization"))
                        .map(|now| format!("{now}%")),
                    format!("{percent}%"),
                ),
                None => {
                    let field = if target.get("averageValue").is_some() { "averageValue" } else { "value" };
                    let suffix = if field == "averageValue" && source != "resource" { " (avg)" } else { "" };
                    (
                        text(current.and_then(|current| current.get(field))),
                        format!("{}{suffix}", text(target.get(field)).unwrap_or_else(|| "<auto>".into())),
                    )
                }
            };
            let name = match source {
                "resource" | "containerResource" => {
                    format!("{}: ", metric[source]["name"].as_str().unwrap_or_default())
                }
                _ => String::new(),
            };
            format!("{name}{}/{wanted}", now.unwrap_or_else(|| "<unknown>".into()))
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        match metrics.len().saturating_sub(SHOWN) {
            0 => shown,
            more => format!("{shown} + {more} more..."),
        }
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

    fn cron_job(self) -> Value {
        let suspend =
            if self.item.pointer("/spec/suspend") == Some(&Value::Bool(true)) { "True" } else { "False" };
        let last = match self.text("/status/lastScheduleTime") {
            "" => "<none>".to_owned(),
            time => age::since(time, self.now),
        };
        json!([
            self.name(),
            self.text("/spec/schedule"),
            self.text_or("/spec/timeZone", "<none>"),
            suspend,
            self.list("/status/active").count(),
            last,
            self.age(),
            self.containers("name"),
            self.containers("image"),
            self.selector("/spec/jobTemplate/spec/selector"),
        ])
    }

    fn job(self) -> Value {
        let is_true = |kind: &str| {
            self.list("/status/conditions")
                .any(|condition| condition["type"] == kind && condition["status"] == "True")
        };
        let status = if is_true("Complete") {
            "Complete"
        } else if is_true("Failed") {
            "Failed"
        } else if object::is_deleting(self.item) {
            "Terminating"
        } else if is_true("Suspended") {
            "Suspended"
        } else {
            "Running"
        };
        let succeeded = self.number("/status/succeeded");
        let completions = match self.item.pointer("/spec/completions").and_then(Value::as_i64) {
            Some(wanted) => format!("{succeeded}/{wanted}"),
            None => match self.number("/spec/parallelism") {
                many if many > 1 => format!("{succeeded}/1 of {many}"),
                _ => format!("{succeeded}/1"),
            },
        };
        let duration = match (self.text("/status/startTime"), self.text("/status/completionTime")) {
            ("", _) => String::new(),
            (start, "") => age::since(start, self.now),
            (start, end) => end.parse().map_or_else(|_| String::new(), |end| age::since(start, end)),
        };
        json!([
            self.name(),
            status,
            completions,
            duration,
            self.age(),
            self.containers("name"),
            self.containers("image"),
            self.selector("/spec/selector"),
        ])
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

    fn pod(self) -> Value {
        let total = self.list("/spec/containers").count();
        let mut ready = 0;
        let mut restarts = 0;
        let mut reason = self.text_or("/status/reason", self.text("/status/phase")).to_owned();
        let mut has_running = false;
        for status in self.list("/status/containerStatuses").rev() {
            restarts += status.get("restartCount").and_then(Value::as_i64).unwrap_or(0);
            let detail = |pointer: &str| status.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let waiting = detail("/state/waiting/reason");
            let terminated = detail("/state/terminated/reason");
            if !waiting.is_empty() {
                waiting.clone_into(&mut reason);
            } else if !terminated.is_empty() {
                terminated.clone_into(&mut reason);
            } else if let Some(ended) = status.pointer("/state/terminated") {
                let signal = ended.get("signal").and_then(Value::as_i64).unwrap_or(0);
                reason = if signal == 0 {
                    format!("ExitCode:{}", ended.get("exitCode").and_then(Value::as_i64).unwrap_or(0))
                } else {
                    format!("Signal:{signal}")
                };
            } else if status["ready"] == true && status.pointer("/state/running").is_some() {
                has_running = true;
                ready += 1;
            }
        }
        if reason == "Completed" && has_running {
            let is_ready = self
                .list("/status/conditions")
                .any(|condition| condition["type"] == "Ready" && condition["status"] == "True");
            reason = if is_ready { "Running" } else { "NotReady" }.into();
        }
        if object::is_deleting(self.item) {
            reason = if self.text("/status/reason") == "NodeLost" { "Unknown" } else { "Terminating" }.into();
        }
        let gates = self.list("/spec/readinessGates").count();
        let gates = if gates == 0 {
            "<none>".to_owned()
        } else {
            let met = self
                .list("/spec/readinessGates")
                .filter(|gate| {
                    self.list("/status/conditions").any(|condition| {
                        condition["type"] == gate["conditionType"] && condition["status"] == "True"
                    })
                })
                .count();
            format!("{met}/{gates}")
        };
        json!([
            self.name(),
            format!("{ready}/{total}"),
            reason,
            restarts.to_string(),
            self.age(),
            self.text_or("/status/podIP", "<none>"),
            self.text_or("/spec/nodeName", "<none>"),
            self.text_or("/status/nominatedNodeName", "<none>"),
            gates,
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
