//! Whether an object is settled, by the rules of its kind or else by its conditions: those of kstatus
//! (sigs.k8s.io/cli-utils/pkg/kstatus). What kstatus calls failed counts as not settled: it may come right again.

use serde_json::Value;

/// What is looked at beside kind, generation and deletion.
pub const PATHS: [&str; 5] =
    ["status", "spec.replicas", "spec.updateStrategy", "spec.type", "spec.clusterIP"];

/// Why an object is not settled; `None` when it is.
pub(crate) fn unsettled(object: &Value) -> Option<String> {
    if object.pointer("/metadata/deletionTimestamp").is_some() {
        return Some("it is being deleted".to_owned());
    }
    let status = Status { spec: &object["spec"], status: &object["status"] };
    if let Some(observed) = object.pointer("/status/observedGeneration").and_then(Value::as_i64)
        && let Some(generation) = object.pointer("/metadata/generation").and_then(Value::as_i64)
        && observed != generation
    {
        return Some(format!("generation {generation} is not observed yet"));
    }
    let version = object["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let verdict = match (group, object["kind"].as_str().unwrap_or_default()) {
        ("apps", "Deployment") => status.deployment(),
        ("apps", "StatefulSet") => status.stateful_set(),
        ("apps", "DaemonSet") => status.daemon_set(),
        ("apps", "ReplicaSet") => status.replica_set(),
        ("batch", "Job") => status.job(),
        ("", "Pod") => status.pod(),
        ("", "PersistentVolumeClaim") => status.phase("Bound"),
        ("", "Service") => status.service(),
        ("policy", "PodDisruptionBudget") => {
            at_least("healthy pods", status.count("currentHealthy"), status.count("desiredHealthy"))
        }
        ("apiextensions.k8s.io", "CustomResourceDefinition") => status.crd(),
        _ => status.conventional(),
    };
    verdict.err()
}

/// `Err` says what is missing.
type Verdict = Result<(), String>;

struct Status<'a> {
    spec: &'a Value,
    status: &'a Value,
}

fn at_least(what: &str, are: i64, wanted: i64) -> Verdict {
    if are < wanted { Err(format!("{are} of {wanted} {what}")) } else { Ok(()) }
}

impl Status<'_> {
    fn count(&self, field: &str) -> i64 {
        self.status[field].as_i64().unwrap_or(0)
    }

    fn replicas(&self) -> i64 {
        self.spec["replicas"].as_i64().unwrap_or(1)
    }

    /// Status, reason and message of a condition.
    fn condition(&self, kind: &str) -> Option<[&str; 3]> {
        let conditions = self.status["conditions"].as_array()?;
        let found = conditions.iter().find(|condition| condition["type"] == kind)?;
        Some(["status", "reason", "message"].map(|field| found[field].as_str().unwrap_or_default()))
    }

    fn observed(&self) -> Verdict {
        let observed = self.status.get("observedGeneration").is_some();
        observed.then_some(()).ok_or_else(|| "its controller has not looked at it yet".to_owned())
    }

    fn deployment(&self) -> Verdict {
        self.observed()?;
        if let Some(["False", reason @ "ProgressDeadlineExceeded", message]) = self.condition("Progressing") {
            return Err(format!("{reason}: {message}"));
        }
        let (wanted, updated) = (self.replicas(), self.count("updatedReplicas"));
        at_least("replicas updated", updated, wanted)?;
        if self.count("replicas") > updated {
            return Err(format!("{} old replicas are still there", self.count("replicas") - updated));
        }
        at_least("replicas available", self.count("availableReplicas"), updated)?;
        at_least("replicas ready", self.count("readyReplicas"), wanted)?;
        match self.condition("Available") {
            Some(["True", ..]) | None => Ok(()),
            Some([_, reason, message]) => Err(format!("{reason}: {message}")),
        }
    }

    fn stateful_set(&self) -> Verdict {
        if self.spec.pointer("/updateStrategy/type").and_then(Value::as_str) == Some("OnDelete") {
            return Ok(());
        }
        self.observed()?;
        let wanted = self.replicas();
        at_least("replicas", self.count("replicas"), wanted)?;
        at_least("replicas ready", self.count("readyReplicas"), wanted)?;
        let partition = self.spec.pointer("/updateStrategy/rollingUpdate/partition");
        if let Some(partition) = partition.and_then(Value::as_i64).filter(|partition| *partition > 0) {
            return at_least("replicas updated", self.count("updatedReplicas"), (wanted - partition).max(0));
        }
        if self.status["currentRevision"] != self.status["updateRevision"] {
            return Err("the new revision is being rolled out".to_owned());
        }
        Ok(())
    }

    fn daemon_set(&self) -> Verdict {
        self.observed()?;
        let wanted = self.count("desiredNumberScheduled");
        at_least("pods scheduled", self.count("currentNumberScheduled"), wanted)?;
        at_least("pods updated", self.count("updatedNumberScheduled"), wanted)?;
        at_least("pods available", self.count("numberAvailable"), wanted)?;
        at_least("pods ready", self.count("numberReady"), wanted)
    }

    fn replica_set(&self) -> Verdict {
        let wanted = self.replicas();
        if let Some(["True", reason, message]) = self.condition("ReplicaFailure") {
            return Err(format!("{reason}: {message}"));
        }
        at_least("replicas labelled", self.count("fullyLabeledReplicas"), wanted)?;
        at_least("replicas available", self.count("availableReplicas"), wanted)?;
        at_least("replicas ready", self.count("readyReplicas"), wanted)
    }

    /// A job is settled when it has started: nobody waits for it to end without saying so.
    fn job(&self) -> Verdict {
        if let Some(["True", reason, message]) = self.condition("Failed") {
            return Err(format!("{reason}: {message}"));
        }
        let started = self.status.get("startTime").is_some() || self.condition("Complete").is_some();
        started.then_some(()).ok_or_else(|| "it has not started yet".to_owned())
    }

    fn pod(&self) -> Verdict {
        match (self.status["phase"].as_str().unwrap_or_default(), self.condition("Ready")) {
            ("Succeeded", _) | ("Running", Some(["True", ..])) => Ok(()),
            (phase, Some([_, reason, message])) => Err(format!("{phase}: {reason}: {message}")),
            ("", None) => Err("it is not scheduled yet".to_owned()),
            (phase, None) => Err(phase.to_owned()),
        }
    }

    fn phase(&self, wanted: &str) -> Verdict {
        match self.status["phase"].as_str() {
            Some(phase) if phase == wanted => Ok(()),
            phase => Err(format!("its phase is {}, not {wanted}", phase.unwrap_or("empty"))),
        }
    }

    fn service(&self) -> Verdict {
        let balanced = self.spec["type"] == "LoadBalancer";
        let addressed = self.spec["clusterIP"].as_str().is_some_and(|address| !address.is_empty());
        (!balanced || addressed).then_some(()).ok_or_else(|| "it has no cluster IP yet".to_owned())
    }

    fn crd(&self) -> Verdict {
        if let Some(["False", reason, message]) = self.condition("NamesAccepted")
            && reason != "Installing"
        {
            return Err(format!("{reason}: {message}"));
        }
        match self.condition("Established") {
            Some(["True", ..]) => Ok(()),
            _ => Err("it is not established yet".to_owned()),
        }
    }

    /// Any other kind: conditions as the API conventions and kstatus mean them, where there are any.
    fn conventional(&self) -> Verdict {
        for kind in ["Stalled", "Reconciling"] {
            if let Some(["True", reason, message]) = self.condition(kind) {
                return Err(format!("{kind}: {reason}: {message}"));
            }
        }
        match self.condition("Ready") {
            Some(["True", ..]) | None => Ok(()),
            Some([status, reason, message]) => Err(format!("Ready is {status}: {reason}: {message}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(kind: &str, spec: Value, status: Value) -> Option<String> {
        let (api_version, kind) = kind.rsplit_once('/').unwrap_or_default();
        let mut object = json!({"apiVersion": api_version, "kind": kind, "metadata": {"generation": 2}});
        object["spec"] = spec;
        object["status"] = status;
        unsettled(&object)
    }

    #[test]
    fn rollouts() {
        let done = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2,
            "readyReplicas": 2, "currentRevision": "b", "updateRevision": "b"});
        let with = |field: &str, value: Value| {
            let mut status = done.clone();
            status[field] = value;
            status
        };
        let spec = || json!({"replicas": 2});
        for kind in ["apps/v1/Deployment", "apps/v1/StatefulSet"] {
            assert_eq!(check(kind, spec(), done.clone()), None, "{kind}");
            assert!(check(kind, spec(), json!({})).is_some(), "{kind}");
            assert_eq!(
                check(kind, spec(), with("observedGeneration", json!(1))).as_deref(),
                Some("generation 2 is not observed yet")
            );
            assert_eq!(
                check(kind, spec(), with("readyReplicas", json!(1))).as_deref(),
                Some("1 of 2 replicas ready"),
                "{kind}"
            );
        }
        let old = check("apps/v1/Deployment", spec(), with("replicas", json!(3)));
        assert_eq!(old.as_deref(), Some("1 old replicas are still there"));
        let stuck = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "no"}]);
        let stuck = check("apps/v1/Deployment", spec(), with("conditions", stuck));
        assert_eq!(stuck.as_deref(), Some("ProgressDeadlineExceeded: no"));
        assert!(check("apps/v1/StatefulSet", spec(), with("updateRevision", json!("c"))).is_some());
        let daemon = json!({"observedGeneration": 2, "desiredNumberScheduled": 3, "currentNumberScheduled": 3,
            "updatedNumberScheduled": 3, "numberAvailable": 3, "numberReady": 3});
        assert_eq!(check("apps/v1/DaemonSet", json!({}), daemon), None);
    }

    #[test]
    fn other_kinds() {
        assert_eq!(check("v1/ConfigMap", json!({}), Value::Null), None);
        assert!(check("v1/PersistentVolumeClaim", json!({}), json!({"phase": "Pending"})).is_some());
        assert_eq!(check("v1/PersistentVolumeClaim", json!({}), json!({"phase": "Bound"})), None);
        assert!(check("v1/Service", json!({"type": "LoadBalancer"}), json!({})).is_some());
        assert_eq!(check("v1/Service", json!({"type": "ClusterIP"}), json!({})), None);
        assert!(check("batch/v1/Job", json!({}), json!({})).is_some());
        assert_eq!(check("batch/v1/Job", json!({}), json!({"startTime": "2026-01-01T00:00:00Z"})), None);
        let ready =
            |status: &str| json!({"phase": "Running", "conditions": [{"type": "Ready", "status": status}]});
        assert_eq!(check("v1/Pod", json!({}), ready("True")), None);
        assert!(check("v1/Pod", json!({}), ready("False")).is_some());
        let condition = |kind: &str, status: &str| json!({"conditions": [{"type": kind, "status": status}]});
        for (kind, status, settled) in [
            ("Ready", "True", true),
            ("Ready", "False", false),
            ("Ready", "Unknown", false),
            ("Reconciling", "True", false),
            ("Stalled", "True", false),
            ("Stalled", "False", true),
            ("Healthy", "False", true),
        ] {
            assert_eq!(
                check("example.com/v1/Any", json!({}), condition(kind, status)).is_none(),
                settled,
                "{kind} {status}"
            );
        }
        let leaving = json!({"kind": "Any", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}});
        assert!(unsettled(&leaving).is_some());
    }
}
