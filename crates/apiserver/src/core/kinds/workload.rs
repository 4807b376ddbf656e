//! Pods, their templates and the kinds that make pods: the defaults and immutable fields of the Go code.

use crate::{core::object, field_error::FieldError};
use serde_json::{Map, Value, json};

/// Sets fields that are not there.
fn fill(map: &mut Map<String, Value>, defaults: Value) {
    if let Value::Object(defaults) = defaults {
        for (field, value) in defaults {
            map.entry(field).or_insert(value);
        }
    }
}

/// Defaults of a pod's spec, in a template or in a pod itself.
fn pod_spec(spec: &mut Map<String, Value>) {
    fill(
        spec,
        json!({
            "restartPolicy": "Always", "terminationGracePeriodSeconds": 30, "dnsPolicy": "ClusterFirst",
            "securityContext": {}, "schedulerName": "default-scheduler",
        }),
    );
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        spec.entry("serviceAccount").or_insert(account);
    }
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(container) = container {
                container_defaults(container);
            }
        }
    }
    for volume in spec.get_mut("volumes").and_then(Value::as_array_mut).into_iter().flatten() {
        for source in ["configMap", "secret", "projected", "downwardAPI"] {
            if let Some(Value::Object(source)) = volume.get_mut(source) {
                fill(source, json!({"defaultMode": 420}));
            }
        }
        if let Some(Value::Object(host)) = volume.get_mut("hostPath") {
            fill(host, json!({"type": ""}));
        }
    }
}

fn container_defaults(container: &mut Map<String, Value>) {
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    let is_latest = !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest");
    fill(
        container,
        json!({
            "resources": {}, "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": if is_latest { "Always" } else { "IfNotPresent" },
        }),
    );
    // What is limited is requested as well.
    let resources = container.entry("resources").or_insert_with(|| json!({}));
    if let Some(limits) = resources.get("limits").cloned() {
        fill(object::child_mut(resources, "requests"), limits);
    }
    for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::Object(port) = port {
            fill(port, json!({"protocol": "TCP"}));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(Value::Object(probe)) = container.get_mut(probe) {
            fill(
                probe,
                json!({"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}),
            );
            if let Some(Value::Object(get)) = probe.get_mut("httpGet") {
                fill(get, json!({"path": "/", "scheme": "HTTP"}));
            }
        }
    }
    for variable in container.get_mut("env").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::Object(field)) =
            variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef"))
        {
            fill(field, json!({"apiVersion": "v1"}));
        }
    }
}

fn template(spec: &mut Map<String, Value>) {
    if let Some(Value::Object(template)) = spec.get_mut("template") {
        template.entry("metadata").or_insert_with(|| json!({}));
        if let Some(Value::Object(pod)) = template.get_mut("spec") {
            pod_spec(pod);
        }
    }
}

/// Defaults of a workload of group `apps` or `batch`, or of a pod.
pub(super) fn default(plural: &str, object: &mut Value) {
    let spec = object::child_mut(object, "spec");
    template(spec);
    match plural {
        "pods" => {
            pod_spec(spec);
            fill(spec, json!({"enableServiceLinks": true}));
        }
        "deployments" => {
            fill(spec, json!({"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600}));
            rolling(spec, "strategy", &json!({"maxUnavailable": "25%", "maxSurge": "25%"}));
        }
        "replicasets" => fill(spec, json!({"replicas": 1})),
        "statefulsets" => {
            let retention = json!({"whenDeleted": "Retain", "whenScaled": "Retain"});
            fill(
                spec,
                json!({
                    "replicas": 1, "revisionHistoryLimit": 10, "podManagementPolicy": "OrderedReady",
                    "persistentVolumeClaimRetentionPolicy": retention,
                }),
            );
            rolling(spec, "updateStrategy", &json!({"partition": 0}));
            for claim in
                spec.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten()
            {
                let map = object::as_map_mut(claim);
                fill(
                    map,
                    json!({"kind": "PersistentVolumeClaim", "apiVersion": "v1", "status": {"phase": "Pending"}}),
                );
                fill(object::child_mut(claim, "spec"), json!({"volumeMode": "Filesystem"}));
            }
        }
        "daemonsets" => {
            fill(spec, json!({"revisionHistoryLimit": 10}));
            rolling(spec, "updateStrategy", &json!({"maxUnavailable": 1, "maxSurge": 0}));
            let annotations = object::meta_mut(object).entry("annotations").or_insert_with(|| json!({}));
            fill(object::as_map_mut(annotations), json!({"deprecated.daemonset.template.generation": "1"}));
        }
        "jobs" => job_spec(spec),
        "cronjobs" => {
            fill(
                spec,
                json!({
                    "concurrencyPolicy": "Allow", "suspend": false, "successfulJobsHistoryLimit": 3,
                    "failedJobsHistoryLimit": 1,
                }),
            );
            if let Some(Value::Object(job)) = spec.get_mut("jobTemplate") {
                job.entry("metadata").or_insert_with(|| json!({}));
                if let Some(Value::Object(job)) = job.get_mut("spec") {
                    template(job);
                }
            }
        }
        _ => {}
    }
}

fn rolling(spec: &mut Map<String, Value>, field: &str, parameters: &Value) {
    let strategy = spec.entry(field).or_insert_with(|| json!({}));
    let strategy = object::as_map_mut(strategy);
    strategy.entry("type").or_insert_with(|| "RollingUpdate".into());
    if strategy["type"] == "RollingUpdate" {
        let given = strategy.entry("rollingUpdate").or_insert_with(|| json!({}));
        fill(object::as_map_mut(given), parameters.clone());
    }
}

fn job_spec(spec: &mut Map<String, Value>) {
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        fill(spec, json!({"completions": 1}));
    }
    fill(
        spec,
        json!({
            "parallelism": 1, "backoffLimit": 6, "completionMode": "NonIndexed", "suspend": false,
            "podReplacementPolicy": "TerminatingOrFailed", "manualSelector": false,
        }),
    );
}

/// What the server adds to a new workload.
pub(super) fn prepare_create(plural: &str, object: &mut Value) {
    match plural {
        "pods" => prepare_pod(object),
        "jobs" => prepare_job(object),
        "statefulsets" => fill(object::child_mut(object, "spec"), json!({"serviceName": ""})),
        _ => {}
    }
}

fn prepare_pod(pod: &mut Value) {
    let tolerations: Vec<Value> = ["not-ready", "unreachable"]
        .iter()
        .map(|why| {
            json!({
                "key": format!("node.kubernetes.io/{why}"), "operator": "Exists", "effect": "NoExecute",
                "tolerationSeconds": 300,
            })
        })
        .collect();
    let quality = quality_of_service(pod);
    let spec = object::child_mut(pod, "spec");
    let present = spec.entry("tolerations").or_insert_with(|| json!([]));
    if let Value::Array(present) = present {
        for toleration in tolerations {
            if !present.iter().any(|known| known["key"] == toleration["key"]) {
                present.push(toleration);
            }
        }
    }
    fill(spec, json!({"priority": 0, "preemptionPolicy": "PreemptLowerPriority"}));
    object::as_map_mut(pod).insert("status".into(), json!({"phase": "Pending", "qosClass": quality}));
}

fn quality_of_service(pod: &Value) -> &'static str {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let (mut any, mut all_guaranteed) = (false, true);
    for container in containers.into_iter().flatten() {
        let amount = |kind: &str, name: &str| container.pointer(&format!("/resources/{kind}/{name}"));
        for name in ["cpu", "memory"] {
            any |= amount("limits", name).is_some() || amount("requests", name).is_some();
            all_guaranteed &=
                amount("limits", name).is_some() && amount("limits", name) == amount("requests", name);
        }
    }
    match (any, all_guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}

fn prepare_job(job: &mut Value) {
    if job.pointer("/spec/manualSelector") == Some(&Value::Bool(true)) {
        return;
    }
    let (uid, name) = (object::meta_text(job, "uid").to_owned(), object::name(job).to_owned());
    let labels = json!({
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name, "controller-uid": uid,
        "job-name": name,
    });
    let own = object::meta_mut(job).entry("labels").or_insert_with(|| json!({}));
    fill(object::as_map_mut(own), labels.clone());
    let spec = object::child_mut(job, "spec");
    spec.entry("selector")
        .or_insert_with(|| json!({"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}));
    if let Some(template) = spec.get_mut("template") {
        let inner = object::meta_mut(template).entry("labels").or_insert_with(|| json!({}));
        fill(object::as_map_mut(inner), labels);
    }
}

/// Problems of a workload.
pub(super) fn validate(plural: &str, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if !matches!(plural, "deployments" | "replicasets" | "statefulsets" | "daemonsets") {
        return out;
    }
    let labels = new.pointer("/spec/template/metadata/labels").cloned().unwrap_or_default();
    let selector = new.pointer("/spec/selector");
    if selector.is_none() {
        out.push(FieldError::required("spec.selector", ""));
    }
    let wanted = selector.and_then(|selector| selector.get("matchLabels")).and_then(Value::as_object);
    let is_mismatch = wanted.into_iter().flatten().any(|(key, value)| labels.get(key) != Some(value));
    if is_mismatch {
        let detail = "`selector` does not match template `labels`";
        out.push(FieldError::invalid("spec.template.metadata.labels", &labels, detail));
    }
    if let Some(replicas) =
        new.pointer("/spec/replicas").and_then(Value::as_i64).filter(|replicas| *replicas < 0)
    {
        out.push(FieldError::invalid(
            "spec.replicas",
            &replicas.into(),
            "must be greater than or equal to 0",
        ));
    }
    if new.pointer("/spec/template/spec/containers").and_then(Value::as_array).is_none_or(Vec::is_empty) {
        out.push(FieldError::required("spec.template.spec.containers", ""));
    }
    if let Some(old) = old
        && old.pointer("/spec/selector") != selector
    {
        out.push(FieldError::invalid(
            "spec.selector",
            selector.unwrap_or(&Value::Null),
            "field is immutable",
        ));
    }
    out
}
