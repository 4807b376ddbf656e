//! The defaults of builtin kinds: for each Go struct what its `SetDefaults_` function does, from the outside in.
//! Defaults that need the store or the caller stand elsewhere.

use crate::core::object;
use kro_k8s_schemas::{Definition, GoName, GoType};
use serde_json::{Map, Value, json};

/// Fills in the defaults of an object of a kind.
pub(super) fn apply(kind: GoName, object: &mut Value) {
    if let Value::Object(map) = object {
        let metadata = map.remove("metadata");
        let labels = metadata.as_ref().and_then(|metadata| metadata.get("labels")).cloned();
        structure(kind, map, labels.as_ref());
        if let Some(metadata) = metadata {
            map.entry("metadata").or_insert_with(|| json!({}));
            let given = map.remove("metadata").unwrap_or_default();
            map.insert("metadata".into(), united(metadata, given));
        }
    }
}

/// Metadata with what defaults have added to it.
fn united(mut metadata: Value, added: Value) -> Value {
    if let Value::Object(added) = added {
        for (field, value) in added {
            object::as_map_mut(&mut metadata).entry(field).or_insert(value);
        }
    }
    metadata
}

fn structure(name: GoName, map: &mut Map<String, Value>, labels: Option<&Value>) {
    set(&name.get().name, map, labels);
    let fields = name.json_fields();
    for (name, value) in map.iter_mut() {
        if let Some(field) = fields.iter().find(|field| *field.name == **name) {
            walk(&field.go_type, value);
        }
    }
}

fn walk(go_type: &GoType, value: &mut Value) {
    match (go_type, value) {
        (GoType::Pointer(inner), value) => walk(inner, value),
        (GoType::List(inner), Value::Array(list)) => list.iter_mut().for_each(|item| walk(inner, item)),
        (GoType::Map(inner), Value::Object(map)) => map.values_mut().for_each(|item| walk(inner, item)),
        (GoType::Named(name), value) => match (&name.get().definition, value) {
            (Definition::Struct(_), Value::Object(map)) => structure(*name, map, None),
            (Definition::Alias(inner), value) => walk(inner, value),
            _ => {}
        },
        _ => {}
    }
}

/// Sets fields that are not there; null and empty text count as not there.
fn fill(map: &mut Map<String, Value>, defaults: Value) {
    if let Value::Object(defaults) = defaults {
        for (field, value) in defaults {
            let is_missing = map.get(&field).is_none_or(|present| present.is_null() || present == "");
            if is_missing {
                map.insert(field, value);
            }
        }
    }
}

/// A struct inside, made if it is not there.
fn inner<'m>(map: &'m mut Map<String, Value>, field: &str) -> &'m mut Map<String, Value> {
    object::as_map_mut(map.entry(field).or_insert_with(|| json!({})))
}

fn has_items(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        _ => false,
    }
}

/// The tag of an image: `latest` unless it tells another one or a digest.
fn is_latest(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

fn pull_policy(image: Option<&Value>) -> &'static str {
    if is_latest(image.and_then(Value::as_str).unwrap_or_default()) { "Always" } else { "IfNotPresent" }
}

#[expect(clippy::too_many_lines, reason = "a table: one arm for each of Go's functions")]
fn set(name: &str, map: &mut Map<String, Value>, labels: Option<&Value>) {
    match name.strip_prefix("io.k8s.api.").unwrap_or(name) {
        "core.v1.Container" | "core.v1.EphemeralContainer" => {
            let policy = pull_policy(map.get("image"));
            fill(
                map,
                json!({
                    "imagePullPolicy": policy, "terminationMessagePath": "/dev/termination-log",
                    "terminationMessagePolicy": "File",
                }),
            );
        }
        "core.v1.PodSpec" => {
            fill(
                map,
                json!({
                    "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "securityContext": {},
                    "terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler",
                }),
            );
            // The deprecated name of the account says the same.
            if let Some(account) =
                map.get("serviceAccountName").or_else(|| map.get("serviceAccount")).cloned()
            {
                fill(map, json!({"serviceAccount": account, "serviceAccountName": account}));
            }
        }
        "core.v1.Pod" => pod(inner(map, "spec")),
        "core.v1.Volume" if map.keys().all(|field| field == "name") => {
            map.insert("emptyDir".into(), json!({}));
        }
        "core.v1.ImageVolumeSource" => {
            let policy = pull_policy(map.get("reference"));
            fill(map, json!({"pullPolicy": policy}));
        }
        "core.v1.Probe" => {
            for (field, value) in [
                ("timeoutSeconds", 1),
                ("periodSeconds", 10),
                ("successThreshold", 1),
                ("failureThreshold", 3),
            ] {
                map.entry(field).or_insert_with(|| value.into());
            }
        }
        "core.v1.SecretVolumeSource"
        | "core.v1.ConfigMapVolumeSource"
        | "core.v1.DownwardAPIVolumeSource"
        | "core.v1.ProjectedVolumeSource" => fill(map, json!({"defaultMode": 420})),
        "core.v1.ServiceAccountTokenProjection" => fill(map, json!({"expirationSeconds": 3600})),
        "core.v1.HostPathVolumeSource" => {
            map.entry("type").or_insert_with(|| "".into());
        }
        "core.v1.HTTPGetAction" => fill(map, json!({"path": "/", "scheme": "HTTP"})),
        "core.v1.GRPCAction" => {
            map.entry("service").or_insert_with(|| "".into());
        }
        "core.v1.ObjectFieldSelector" => fill(map, json!({"apiVersion": "v1"})),
        "core.v1.EndpointPort" | "networking.v1.NetworkPolicyPort" => fill(map, json!({"protocol": "TCP"})),
        "core.v1.PersistentVolume" => {
            fill(inner(map, "status"), json!({"phase": "Pending"}));
            fill(
                inner(map, "spec"),
                json!({"persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem"}),
            );
        }
        "core.v1.PersistentVolumeClaim" => fill(inner(map, "status"), json!({"phase": "Pending"})),
        "core.v1.PersistentVolumeClaimSpec" => fill(map, json!({"volumeMode": "Filesystem"})),
        "core.v1.NodeStatus" => {
            if let Some(capacity) = map.get("capacity").cloned() {
                map.entry("allocatable").or_insert(capacity);
            }
        }
        "core.v1.ReplicationController" => {
            let labels = map.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
            if let Some(labels) = labels.filter(|labels| has_items(Some(labels))) {
                fill(inner(map, "spec"), json!({"selector": labels}));
                fill(inner(map, "metadata"), json!({"labels": labels}));
            }
        }
        "core.v1.LimitRangeItem" if map.get("type").is_some_and(|kind| kind == "Container") => limits(map),
        "apps.v1.Deployment" => {
            let spec = inner(map, "spec");
            fill(spec, json!({"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}));
            rolling(spec, "strategy", json!({"maxUnavailable": "25%", "maxSurge": "25%"}));
        }
        "apps.v1.DaemonSet" => {
            let spec = inner(map, "spec");
            fill(spec, json!({"revisionHistoryLimit": 10}));
            rolling(spec, "updateStrategy", json!({"maxUnavailable": 1, "maxSurge": 0}));
        }
        "apps.v1.ReplicaSet" => fill(inner(map, "spec"), json!({"replicas": 1})),
        "apps.v1.StatefulSet" => stateful_set(inner(map, "spec")),
        "batch.v1.Job" => job(map, labels),
        "batch.v1.CronJob" => fill(
            inner(map, "spec"),
            json!({
                "concurrencyPolicy": "Allow", "suspend": false, "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
            }),
        ),
        "batch.v1.PodFailurePolicyOnPodConditionsPattern" => fill(map, json!({"status": "True"})),
        "networking.v1.NetworkPolicy" => {
            let spec = inner(map, "spec");
            if !has_items(spec.get("policyTypes")) {
                let has_egress = has_items(spec.get("egress"));
                let types = if has_egress { json!(["Ingress", "Egress"]) } else { json!(["Ingress"]) };
                spec.insert("policyTypes".into(), types);
            }
        }
        "networking.v1.IngressClassParametersReference" => fill(map, json!({"scope": "Cluster"})),
        "rbac.v1.ClusterRoleBinding" | "rbac.v1.RoleBinding" => {
            fill(inner(map, "roleRef"), json!({"apiGroup": "rbac.authorization.k8s.io"}));
        }
        "rbac.v1.Subject" if map.get("kind").is_some_and(|kind| kind == "User" || kind == "Group") => {
            fill(map, json!({"apiGroup": "rbac.authorization.k8s.io"}));
        }
        "storage.v1.StorageClass" => {
            fill(map, json!({"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"}));
        }
        "storage.v1.CSIDriverSpec" => {
            fill(
                map,
                json!({
                    "attachRequired": true, "podInfoOnMount": false, "storageCapacity": false,
                    "fsGroupPolicy": "ReadWriteOnceWithFSType", "volumeLifecycleModes": ["Persistent"],
                    "requiresRepublish": false, "seLinuxMount": false,
                }),
            );
        }
        "scheduling.v1.PriorityClass" => fill(map, json!({"preemptionPolicy": "PreemptLowerPriority"})),
        "discovery.v1.EndpointPort" => {
            map.entry("name").or_insert_with(|| "".into());
            fill(map, json!({"protocol": "TCP"}));
        }
        "admissionregistration.v1.ValidatingWebhook" => webhook(map),
        "admissionregistration.v1.MutatingWebhook" => {
            webhook(map);
            fill(map, json!({"reinvocationPolicy": "Never"}));
        }
        "admissionregistration.v1.RuleWithOperations"
        | "admissionregistration.v1.NamedRuleWithOperations" => {
            fill(map, json!({"scope": "*"}));
        }
        "admissionregistration.v1.ServiceReference" => fill(map, json!({"port": 443})),
        "admissionregistration.v1.ValidatingAdmissionPolicySpec"
        | "admissionregistration.v1.MutatingAdmissionPolicySpec" => {
            fill(map, json!({"failurePolicy": "Fail"}));
        }
        "admissionregistration.v1.MatchResources" => {
            fill(map, json!({"matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {}}));
        }
        "flowcontrol.v1.FlowSchemaSpec" => {
            let precedence = map.entry("matchingPrecedence").or_insert_with(|| 0.into());
            if *precedence == 0 {
                *precedence = 1000.into();
            }
        }
        "flowcontrol.v1.ExemptPriorityLevelConfiguration" => {
            fill(map, json!({"nominalConcurrencyShares": 0, "lendablePercent": 0}));
        }
        "flowcontrol.v1.LimitedPriorityLevelConfiguration" => {
            fill(map, json!({"nominalConcurrencyShares": 30, "lendablePercent": 0}));
        }
        "flowcontrol.v1.QueuingConfiguration" => {
            for (field, value) in [("handSize", 8), ("queues", 64), ("queueLengthLimit", 50)] {
                let present = map.entry(field).or_insert_with(|| 0.into());
                if *present == 0 {
                    *present = value.into();
                }
            }
        }
        _ => {}
    }
}

/// What only pods get, not the templates they are made from.
fn pod(spec: &mut Map<String, Value>) {
    let uses_host = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            // What is limited is requested as well.
            if let Some(limits) = container.pointer("/resources/limits").cloned() {
                fill(object::child_mut(&mut container["resources"], "requests"), limits);
            }
            if uses_host {
                for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                    let number = port["containerPort"].clone();
                    object::as_map_mut(port).entry("hostPort").or_insert(number);
                }
            }
        }
    }
    fill(spec, json!({"enableServiceLinks": true}));
}

fn limits(item: &mut Map<String, Value>) {
    let of = |item: &Map<String, Value>, field: &str| item.get(field).cloned().unwrap_or_else(|| json!({}));
    let (max, min) = (of(item, "max"), of(item, "min"));
    fill(inner(item, "default"), max);
    let default = of(item, "default");
    let requests = inner(item, "defaultRequest");
    fill(requests, default);
    fill(requests, min);
    item.retain(|field, value| {
        !matches!(field.as_str(), "default" | "defaultRequest") || has_items(Some(value))
    });
}

fn rolling(spec: &mut Map<String, Value>, field: &str, parameters: Value) {
    let strategy = inner(spec, field);
    fill(strategy, json!({"type": "RollingUpdate"}));
    if strategy["type"] == "RollingUpdate" {
        fill(inner(strategy, "rollingUpdate"), parameters);
    }
}

fn stateful_set(spec: &mut Map<String, Value>) {
    // Claims in a set are whole objects, which say what they are.
    for claim in spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
        fill(object::as_map_mut(claim), json!({"kind": "PersistentVolumeClaim", "apiVersion": "v1"}));
    }
    fill(spec, json!({"podManagementPolicy": "OrderedReady", "replicas": 1, "revisionHistoryLimit": 10}));
    fill(
        inner(spec, "persistentVolumeClaimRetentionPolicy"),
        json!({"whenDeleted": "Retain", "whenScaled": "Retain"}),
    );
    let strategy = inner(spec, "updateStrategy");
    if !strategy.contains_key("type") {
        strategy.insert("type".into(), "RollingUpdate".into());
        inner(strategy, "rollingUpdate");
    }
    if strategy["type"] == "RollingUpdate"
        && let Some(Value::Object(rolling)) = strategy.get_mut("rollingUpdate")
    {
        fill(rolling, json!({"partition": 0}));
    }
}

fn job(map: &mut Map<String, Value>, own_labels: Option<&Value>) {
    let spec = inner(map, "spec");
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        spec.insert("completions".into(), 1.into());
    }
    let backoff = if spec.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 };
    let replacement = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    fill(
        spec,
        json!({
            "parallelism": 1, "backoffLimit": backoff, "completionMode": "NonIndexed", "suspend": false,
            "podReplacementPolicy": replacement, "manualSelector": false,
        }),
    );
    let labels = map.get("spec").and_then(|spec| spec.pointer("/template/metadata/labels")).cloned();
    if let Some(labels) = labels.filter(|_| !has_items(own_labels)) {
        fill(inner(map, "metadata"), json!({"labels": labels}));
    }
}

fn webhook(map: &mut Map<String, Value>) {
    fill(
        map,
        json!({
            "failurePolicy": "Fail", "matchPolicy": "Equivalent", "namespaceSelector": {}, "objectSelector": {},
            "timeoutSeconds": 10,
        }),
    );
}
