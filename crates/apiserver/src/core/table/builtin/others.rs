//! The cells of the kinds that configure a cluster: access, network, storage, scheduling, admission.

use super::Row;
use crate::core::{object, registry::Served, table::age};
use serde_json::{Value, json};

/// How many of a long list are shown.
const SHOWN: usize = 3;

/// The cells of an object of one of these kinds, in the order of the columns.
pub(super) fn cells(served: &Served, row: Row<'_>) -> Option<Value> {
    let (name, age) = (row.name(), row.age());
    Some(match (&*served.group, &*served.plural) {
        ("", "endpoints") => json!([name, row.endpoints(), age]),
        ("", "podtemplates") => json!([
            name,
            row.names("/template/spec/containers", "name"),
            row.names("/template/spec/containers", "image"),
            row.selector("/template/metadata/labels"),
        ]),
        ("", "replicationcontrollers") => json!([
            name,
            row.number("/spec/replicas"),
            row.number("/status/replicas"),
            row.number("/status/readyReplicas"),
            age,
            row.containers("name"),
            row.containers("image"),
            row.selector("/spec/selector"),
        ]),
        ("apiregistration.k8s.io", "apiservices") => row.api_service(),
        ("apps", "controllerrevisions") => {
            json!([name, row.controller(), row.number("/revision").to_string(), age])
        }
        ("certificates.k8s.io", "certificatesigningrequests") => row.signing_request(),
        ("networking.k8s.io", "ingressclasses") => {
            json!([name, row.text("/spec/controller"), row.parameters(), age])
        }
        ("networking.k8s.io", "ipaddresses") => json!([name, row.parent()]),
        ("networking.k8s.io", "networkpolicies") => json!([name, row.selector("/spec/podSelector"), age]),
        ("networking.k8s.io", "servicecidrs") => json!([name, row.texts("/spec/cidrs", ","), age]),
        ("policy", "poddisruptionbudgets") => json!([
            name,
            row.printed("/spec/minAvailable", "N/A"),
            row.printed("/spec/maxUnavailable", "N/A"),
            row.number("/status/disruptionsAllowed"),
            age,
        ]),
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => json!([
            name,
            format!("{}/{}", row.text("/roleRef/kind"), row.text("/roleRef/name")),
            age,
            row.subjects("User"),
            row.subjects("Group"),
            row.subjects("ServiceAccount"),
        ]),
        ("storage.k8s.io", "csidrivers") => json!([
            name,
            row.flag("/spec/attachRequired", true),
            row.flag("/spec/podInfoOnMount", false),
            row.flag("/spec/storageCapacity", false),
            or(row.names("/spec/tokenRequests", "audience"), "<unset>"),
            row.flag("/spec/requiresRepublish", false),
            or(row.texts("/spec/volumeLifecycleModes", ","), "<none>"),
            age,
        ]),
        ("storage.k8s.io", "csinodes") => json!([name, row.list("/spec/drivers").count(), age]),
        ("storage.k8s.io", "storageclasses") => json!([
            row.marked_default("storageclass.kubernetes.io/is-default-class"),
            row.text("/provisioner"),
            row.text_or("/reclaimPolicy", "Delete"),
            row.text_or("/volumeBindingMode", "Immediate"),
            row.flag("/allowVolumeExpansion", false),
            age,
        ]),
        ("storage.k8s.io", "volumeattachments") => json!([
            name,
            row.text("/spec/attacher"),
            row.text("/spec/source/persistentVolumeName"),
            row.text("/spec/nodeName"),
            row.flag("/status/attached", false),
            age,
        ]),
        ("storage.k8s.io", "volumeattributesclasses") => json!([
            row.marked_default("storageclass.kubernetes.io/is-default-class"),
            row.text("/driverName"),
            age,
        ]),
        ("admissionregistration.k8s.io", "validatingadmissionpolicies") => {
            json!([name, row.list("/spec/validations").count(), row.param_kind(), age])
        }
        ("admissionregistration.k8s.io", "mutatingadmissionpolicies") => {
            json!([name, row.list("/spec/mutations").count(), row.param_kind(), age])
        }
        (
            "admissionregistration.k8s.io",
            "validatingadmissionpolicybindings" | "mutatingadmissionpolicybindings",
        ) => json!([name, row.text("/spec/policyName"), row.param_ref(), age]),
        ("admissionregistration.k8s.io", _) => json!([name, row.list("/webhooks").count(), age]),
        ("scheduling.k8s.io", "priorityclasses") => json!([
            name,
            row.number("/value"),
            row.flag("/globalDefault", false),
            age,
            row.text("/preemptionPolicy"),
        ]),
        ("coordination.k8s.io", "leases") => json!([name, row.text("/spec/holderIdentity"), age]),
        ("node.k8s.io", "runtimeclasses") => json!([name, row.text("/handler"), age]),
        ("discovery.k8s.io", "endpointslices") => json!([
            name,
            row.text("/addressType"),
            row.slice_ports(),
            or(
                shortened(
                    row.list("/endpoints").flat_map(|endpoint| object::texts(endpoint.get("addresses")))
                ),
                "<unset>",
            ),
            age,
        ]),
        ("resource.k8s.io", "deviceclasses" | "resourceclaimtemplates") => json!([name, age]),
        ("resource.k8s.io", "resourceclaims") => json!([name, row.claim_state(), age]),
        ("resource.k8s.io", "resourceslices") => json!([
            name,
            row.text_or("/spec/nodeName", "<unset>"),
            row.text("/spec/driver"),
            row.text("/spec/pool/name"),
            age,
        ]),
        ("flowcontrol.apiserver.k8s.io", "flowschemas") => json!([
            name,
            row.text("/spec/priorityLevelConfiguration/name"),
            row.number("/spec/matchingPrecedence").to_string(),
            row.text_or("/spec/distinguisherMethod/type", "<none>"),
            age,
            row.condition("Dangling").unwrap_or("?"),
        ]),
        ("flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations") => {
            let queuing =
                |field: &str| row.printed(&format!("/spec/limited/limitResponse/queuing/{field}"), "<none>");
            json!([
                name,
                row.text("/spec/type"),
                row.printed("/spec/limited/nominalConcurrencyShares", "<none>"),
                queuing("queues"),
                queuing("handSize"),
                queuing("queueLengthLimit"),
                age,
            ])
        }
        _ => return None,
    })
}

/// The first few of a list, and how many more there are.
fn shortened<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    let shown = all[..all.len().min(SHOWN)].join(",");
    match all.len() - all.len().min(SHOWN) {
        0 => shown,
        more => format!("{shown} + {more} more..."),
    }
}

fn or(text: String, other: &str) -> String {
    if text.is_empty() { other.to_owned() } else { text }
}

impl<'a> Row<'a> {
    fn texts(self, pointer: &str, separator: &str) -> String {
        object::texts(self.item.pointer(pointer)).join(separator)
    }

    /// One field of each entry of a list.
    fn names(self, pointer: &str, field: &str) -> String {
        self.list(pointer).filter_map(|entry| entry.get(field)?.as_str()).collect::<Vec<_>>().join(",")
    }

    fn flag(self, pointer: &str, default: bool) -> bool {
        self.item.pointer(pointer).and_then(Value::as_bool).unwrap_or(default)
    }

    /// A number or a text, as it is.
    fn printed(self, pointer: &str, other: &str) -> String {
        match self.item.pointer(pointer) {
            None | Some(Value::Null) => other.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        }
    }

    fn condition(self, kind: &str) -> Option<&'a str> {
        self.list("/status/conditions").find(|condition| condition["type"] == kind)?["status"].as_str()
    }

    fn marked_default(self, annotation: &str) -> String {
        let annotations = self.item.pointer("/metadata/annotations");
        let is_default = annotations.and_then(|all| all.get(annotation)).is_some_and(|value| value == "true");
        format!("{}{}", self.name(), if is_default { " (default)" } else { "" })
    }

    fn endpoints(self) -> String {
        let mut all = Vec::new();
        for subset in self.list("/subsets") {
            let addresses = || subset["addresses"].as_array().into_iter().flatten();
            let ip = |address: &Value| address["ip"].as_str().unwrap_or_default().to_owned();
            match subset["ports"].as_array().filter(|ports| !ports.is_empty()) {
                None => all.extend(addresses().map(ip)),
                Some(ports) => {
                    for port in ports {
                        all.extend(addresses().map(|address| format!("{}:{}", ip(address), port["port"])));
                    }
                }
            }
        }
        or(shortened(all.iter().map(String::as_str)), "<none>")
    }

    fn slice_ports(self) -> String {
        let ports: Vec<String> = self
            .list("/ports")
            .map(|port| match (&port["port"], port["name"].as_str().unwrap_or_default()) {
                (Value::Null, "") => "*".to_owned(),
                (Value::Null, name) => name.to_owned(),
                (number, _) => number.to_string(),
            })
            .collect();
        or(shortened(ports.iter().map(String::as_str)), "<unset>")
    }

    fn api_service(self) -> Value {
        let service = match self.text("/spec/service/name") {
            "" => "Local".to_owned(),
            name => format!("{}/{name}", self.text("/spec/service/namespace")),
        };
        let available = self.list("/status/conditions").find(|condition| condition["type"] == "Available");
        let available = match available {
            None => "Unknown".to_owned(),
            Some(condition) => {
                let status = condition["status"].as_str().unwrap_or_default();
                let reason = condition["reason"].as_str().unwrap_or_default();
                if status == "True" { status.to_owned() } else { format!("{status} ({reason})") }
            }
        };
        json!([self.name(), service, available, self.age()])
    }

    fn controller(self) -> String {
        let owner = self.list("/metadata/ownerReferences").find(|owner| owner["controller"] == true);
        owner.map_or_else(
            || "<none>".to_owned(),
            |owner| {
                let text = |field: &str| owner[field].as_str().unwrap_or_default();
                let group = text("apiVersion").split_once('/').map(|(group, _)| format!(".{group}"));
                format!("{}{}/{}", text("kind").to_lowercase(), group.unwrap_or_default(), text("name"))
            },
        )
    }

    fn signing_request(self) -> Value {
        let duration = self.item.pointer("/spec/expirationSeconds").and_then(Value::as_i64);
        let mut state = String::new();
        for condition in self.list("/status/conditions") {
            match condition["type"].as_str() {
                Some("Approved") if state.is_empty() => state.push_str("Approved"),
                Some("Denied") => "Denied".clone_into(&mut state),
                Some("Failed") => state.push_str(if state.is_empty() { "Failed" } else { ",Failed" }),
                _ => {}
            }
        }
        let mut state = or(state, "Pending");
        if !self.text("/status/certificate").is_empty() {
            state.push_str(",Issued");
        }
        json!([
            self.name(),
            self.age(),
            self.text_or("/spec/signerName", "<none>"),
            self.text("/spec/username"),
            duration.map_or_else(|| "<none>".to_owned(), age::human),
            state,
        ])
    }

    /// `kind.group/name` of an ingress class's parameters.
    fn parameters(self) -> String {
        let text = |field: &str| self.text(&format!("/spec/parameters/{field}"));
        match (text("name"), text("apiGroup")) {
            ("", _) => "<none>".to_owned(),
            (name, "") => format!("{}/{name}", text("kind")),
            (name, group) => format!("{}.{group}/{name}", text("kind")),
        }
    }

    /// What an address belongs to.
    fn parent(self) -> String {
        let text = |field: &str| self.text(&format!("/spec/parentRef/{field}"));
        let resource = match text("group") {
            "" => text("resource").to_lowercase(),
            group => format!("{}.{}", text("resource"), group).to_lowercase(),
        };
        match text("namespace") {
            "" => format!("{resource}/{}", text("name")),
            namespace => format!("{resource}/{namespace}/{}", text("name")),
        }
    }

    fn subjects(self, kind: &str) -> String {
        let names: Vec<String> = self
            .list("/subjects")
            .filter(|subject| subject["kind"] == kind)
            .map(|subject| {
                let text = |field: &str| subject[field].as_str().unwrap_or_default();
                if kind == "ServiceAccount" {
                    format!("{}/{}", text("namespace"), text("name"))
                } else {
                    text("name").to_owned()
                }
            })
            .collect();
        names.join(", ")
    }

    fn param_kind(self) -> String {
        match self.text("/spec/paramKind/kind") {
            "" => "<unset>".to_owned(),
            kind => format!("{}/{kind}", self.text("/spec/paramKind/apiVersion")),
        }
    }

    fn param_ref(self) -> String {
        let (namespace, name) = (self.text("/spec/paramRef/namespace"), self.text("/spec/paramRef/name"));
        match (self.item.pointer("/spec/paramRef"), namespace, name) {
            (None, ..) => "<unset>".to_owned(),
            (_, "", "") => "*".to_owned(),
            (_, namespace, "") => format!("{namespace}/*"),
            (_, "", name) => format!("*/{name}"),
            (_, namespace, name) => format!("{namespace}/{name}"),
        }
    }

    fn claim_state(self) -> String {
        let mut states = Vec::new();
        if object::is_deleting(self.item) {
            states.push("deleted");
        }
        match self.item.pointer("/status/allocation") {
            None if states.is_empty() => states.push("pending"),
            None => {}
            Some(_) => states.push("allocated"),
        }
        if self.list("/status/reservedFor").next().is_some() {
            states.push("reserved");
        }
        states.join(",")
    }
}
