//! Workloads that do not come up, told by annotations and scripts, as a client sees them.

use crate::behaviors::Cluster;
use http::Method;
use kro_apiserver::{
    Behaviors, Outcome,
    core::{Key, ResourceId},
};
use serde_json::{Value, json};

const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/default/deployments";
const SETS: &str = "/apis/apps/v1/namespaces/default/statefulsets";
const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const PODS: &str = "/api/v1/namespaces/default/pods";
const CLAIMS: &str = "/api/v1/namespaces/default/persistentvolumeclaims";
const SERVICES: &str = "/api/v1/namespaces/default/services";

fn annotations(outcome: &str) -> Value {
    json!({ Outcome::ANNOTATION: outcome })
}

fn pod_spec(policy: &str) -> Value {
    json!({"restartPolicy": policy, "containers": [{"name": "main", "image": "team/app:1"}]})
}

fn deployment(replicas: u32, outcome: Option<&str>) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "annotations": outcome.map(annotations)},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod_spec("Always")},
        },
    })
}

fn job(policy: &str, limit: u32, outcome: &str) -> Value {
    json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"},
        "spec": {
            "backoffLimit": limit,
            "template": {"metadata": {"annotations": annotations(outcome)}, "spec": pod_spec(policy)},
        },
    })
}

fn told(cluster: &mut Cluster, path: &str, outcome: Option<&str>) {
    let patch = json!({"metadata": {"annotations": {Outcome::ANNOTATION: outcome}}});
    cluster.ask(Method::PATCH, path, &patch);
}

/// Status and reason of a condition.
fn condition(object: &Value, kind: &str) -> (String, String) {
    let conditions = object["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let found = conditions.into_iter().find(|condition| condition["type"] == kind).unwrap_or_default();
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    (text("status"), text("reason"))
}

fn said(status: &str, reason: &str) -> (String, String) {
    (status.to_owned(), reason.to_owned())
}

fn pods(cluster: &mut Cluster) -> Vec<Value> {
    cluster.get(PODS)["items"].as_array().cloned().expect("a list")
}

fn container(pod: &Value) -> &Value {
    &pod["status"]["containerStatuses"][0]
}

#[test]
fn an_image_that_cannot_be_pulled_holds_a_deployment_up_until_it_can() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, DEPLOYMENTS, &deployment(1, Some("image-pull-error")));
    let pod = pods(&mut cluster).remove(0);
    assert_eq!((&pod["status"]["phase"], &container(&pod)["restartCount"]), (&json!("Pending"), &json!(0)));
    let waiting = &container(&pod)["state"]["waiting"];
    assert_eq!(waiting["reason"], "ErrImagePull");
    assert!(waiting["message"].as_str().is_some_and(|text| text.contains("docker.io/team/app:1: not found")));
    assert_eq!(condition(&pod, "Ready"), said("False", "ContainersNotReady"));
    assert_eq!(condition(&pod, "PodScheduled").0, "True");
    cluster.pass(10);
    let waiting = container(&pods(&mut cluster)[0])["state"]["waiting"].clone();
    assert_eq!(waiting["reason"], "ImagePullBackOff");
    let message = waiting["message"].as_str().unwrap_or_default();
    assert!(
        message.starts_with("Back-off pulling image \"team/app:1\": ErrImagePull: rpc error"),
        "{message}"
    );
    let path = format!("{DEPLOYMENTS}/web");
    let web = cluster.get(&path);
    assert_eq!(condition(&web, "Available"), said("False", "MinimumReplicasUnavailable"));
    assert_eq!(condition(&web, "Progressing"), said("True", "ReplicaSetUpdated"));
    assert_eq!(
        (&web["status"]["unavailableReplicas"], &web["status"]["readyReplicas"]),
        (&json!(1), &Value::Null)
    );
    cluster.pass(600);
    let web = cluster.get(&path);
    assert_eq!(condition(&web, "Progressing"), said("False", "ProgressDeadlineExceeded"));
    told(&mut cluster, &path, None);
    let web = cluster.get(&path);
    assert_eq!(condition(&web, "Available"), said("True", "MinimumReplicasAvailable"));
    assert_eq!(condition(&web, "Progressing"), said("True", "NewReplicaSetAvailable"));
    let pod = pods(&mut cluster).remove(0);
    assert_eq!((&pod["status"]["phase"], &container(&pod)["ready"]), (&json!("Running"), &json!(true)));
}

#[test]
fn a_rollout_that_fails_leaves_the_old_pods() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, DEPLOYMENTS, &deployment(3, None));
    let path = format!("{DEPLOYMENTS}/web");
    let template = json!({"metadata": {"annotations": annotations("crash-loop")}});
    cluster.ask(Method::PATCH, &path, &json!({"spec": {"template": template}}));
    cluster.pass(700);
    let status = cluster.get(&path)["status"].clone();
    assert_eq!(
        (&status["replicas"], &status["readyReplicas"], &status["updatedReplicas"]),
        (&json!(4), &json!(3), &json!(1))
    );
    let web = cluster.get(&path);
    assert_eq!(condition(&web, "Available").0, "True");
    assert_eq!(condition(&web, "Progressing"), said("False", "ProgressDeadlineExceeded"));
    let template = json!({"metadata": {"annotations": annotations("success")}});
    cluster.ask(Method::PATCH, &path, &json!({"spec": {"template": template}}));
    let web = cluster.get(&path);
    assert_eq!(condition(&web, "Progressing"), said("True", "NewReplicaSetAvailable"));
    assert_eq!((&web["status"]["replicas"], &web["status"]["updatedReplicas"]), (&json!(3), &json!(3)));
    assert_eq!(pods(&mut cluster).len(), 3);
}

#[test]
fn containers_that_crash_are_started_again_later_and_later() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, DEPLOYMENTS, &deployment(1, Some("crash-loop")));
    let restarts = |cluster: &mut Cluster| container(&pods(cluster)[0])["restartCount"].clone();
    for (seconds, expected) in
        [(0, 1), (9, 1), (1, 2), (19, 2), (1, 3), (40, 4), (80, 5), (160, 6), (300, 7), (300, 8)]
    {
        cluster.pass(seconds);
        assert_eq!(restarts(&mut cluster), expected, "after {seconds} more seconds");
    }
    let pod = pods(&mut cluster).remove(0);
    assert_eq!(pod["status"]["phase"], "Running");
    let (state, last) = (&container(&pod)["state"]["waiting"], &container(&pod)["lastState"]["terminated"]);
    assert_eq!(state["reason"], "CrashLoopBackOff");
    let (name, uid) = (pod["metadata"]["name"].as_str(), pod["metadata"]["uid"].as_str());
    let message = format!(
        "back-off 5m0s restarting failed container=main pod={}_default({})",
        name.unwrap_or_default(),
        uid.unwrap_or_default()
    );
    assert_eq!(state["message"], message);
    assert_eq!((&last["exitCode"], &last["reason"]), (&json!(1), &json!("Error")));
    assert_eq!(condition(&pod, "ContainersReady"), said("False", "ContainersNotReady"));
    told(&mut cluster, &format!("{DEPLOYMENTS}/web"), Some("success"));
    let pod = pods(&mut cluster).remove(0);
    assert_eq!((&container(&pod)["restartCount"], &container(&pod)["ready"]), (&json!(9), &json!(true)));
    assert_eq!(container(&pod)["lastState"]["terminated"]["exitCode"], 1);
    // What is up can fall again.
    told(&mut cluster, &format!("{DEPLOYMENTS}/web"), Some("fail"));
    assert_eq!(condition(&cluster.get(&format!("{DEPLOYMENTS}/web")), "Available").0, "False");
    assert_eq!(pods(&mut cluster).len(), 1, "it is not replaced again and again");
}

#[test]
fn jobs_fail_when_their_pods_have_failed_too_often() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, JOBS, &job("Never", 2, "fail"));
    let path = format!("{JOBS}/once");
    for (seconds, failed) in [(0, 1), (9, 1), (1, 2), (19, 2)] {
        cluster.pass(seconds);
        let job = cluster.get(&path);
        assert_eq!((&job["status"]["failed"], condition(&job, "Failed").0.as_str()), (&json!(failed), ""));
    }
    cluster.pass(1);
    let job = cluster.get(&path);
    assert_eq!(job["status"]["failed"], 3);
    assert_eq!(condition(&job, "FailureTarget"), said("True", "BackoffLimitExceeded"));
    assert_eq!(condition(&job, "Failed"), said("True", "BackoffLimitExceeded"));
    let pod = pods(&mut cluster).remove(0);
    assert_eq!(pod["status"]["phase"], "Failed");
    assert_eq!(condition(&pod, "Ready"), said("False", "PodFailed"));
    assert_eq!(container(&pod)["state"]["terminated"]["exitCode"], 1);
    cluster.pass(3600);
    assert_eq!(pods(&mut cluster).len(), 3, "nothing more is tried");
}

#[test]
fn jobs_fail_by_restarts_and_by_time() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, JOBS, &job("OnFailure", 3, "crash-loop"));
    cluster.pass(29);
    assert_eq!(cluster.get(&format!("{JOBS}/once"))["status"]["active"], 1);
    cluster.pass(1);
    let failed = cluster.get(&format!("{JOBS}/once"));
    assert_eq!(condition(&failed, "Failed"), said("True", "BackoffLimitExceeded"));
    assert!(pods(&mut cluster).is_empty(), "what still ran is ended");

    let mut cluster = Cluster::new(Behaviors::all());
    let mut late = job("Never", 6, "image-pull-error");
    late["spec"]["activeDeadlineSeconds"] = 90.into();
    cluster.ask(Method::POST, JOBS, &late);
    cluster.pass(89);
    assert_eq!(cluster.get(&format!("{JOBS}/once"))["status"]["active"], 1);
    cluster.pass(1);
    let failed = cluster.get(&format!("{JOBS}/once"));
    assert_eq!(condition(&failed, "Failed"), said("True", "DeadlineExceeded"));
}

#[test]
fn a_pod_of_its_own_fails_for_good() {
    for (policy, reason, code) in [("Never", Value::Null, 1), ("Always", json!("Evicted"), 137)] {
        let mut cluster = Cluster::new(Behaviors::all());
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "annotations": annotations("fail")},
            "spec": pod_spec(policy),
        });
        cluster.ask(Method::POST, PODS, &pod);
        let pod = cluster.get(&format!("{PODS}/a"));
        assert_eq!((&pod["status"]["phase"], &pod["status"]["reason"]), (&json!("Failed"), &reason));
        assert_eq!(container(&pod)["state"]["terminated"]["exitCode"], code);
        told(&mut cluster, &format!("{PODS}/a"), None);
        assert_eq!(cluster.get(&format!("{PODS}/a"))["status"]["phase"], "Failed", "for good");
    }
}

#[test]
fn what_waits_gets_nothing_until_it_is_told_otherwise() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, DEPLOYMENTS, &deployment(1, Some("pending")));
    cluster.pass(3600);
    let pod = pods(&mut cluster).remove(0);
    assert_eq!((&pod["status"]["phase"], &pod["spec"]["nodeName"]), (&json!("Pending"), &Value::Null));
    assert_eq!(condition(&pod, "PodScheduled"), said("False", "Unschedulable"));
    assert_eq!(pod["status"]["qosClass"], "BestEffort");

    let meta = |name: &str| json!({"name": name, "annotations": annotations("pending")});
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": meta("disk"),
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    });
    cluster.ask(Method::POST, CLAIMS, &claim);
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": meta("lb"),
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    });
    cluster.ask(Method::POST, SERVICES, &service);
    assert_eq!(cluster.get(&format!("{CLAIMS}/disk"))["status"]["phase"], "Pending");
    assert_eq!(cluster.get(&format!("{SERVICES}/lb"))["status"]["loadBalancer"], json!({}));
    for path in [format!("{CLAIMS}/disk"), format!("{SERVICES}/lb"), format!("{DEPLOYMENTS}/web")] {
        told(&mut cluster, &path, None);
    }
    assert_eq!(cluster.get(&format!("{CLAIMS}/disk"))["status"]["phase"], "Bound");
    let address =
        cluster.get(&format!("{SERVICES}/lb"))["status"]["loadBalancer"]["ingress"][0]["ip"].clone();
    assert!(address.is_string(), "{address}");
    assert_eq!(pods(&mut cluster)[0]["status"]["phase"], "Running");
}

#[test]
fn stateful_sets_wait_for_each_pod() {
    let mut cluster = Cluster::new(Behaviors::all());
    let set = json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
        "spec": {
            "replicas": 3, "serviceName": "db", "selector": {"matchLabels": {"app": "db"}},
            "template": {
                "metadata": {"labels": {"app": "db"}, "annotations": annotations("image-pull-error")},
                "spec": pod_spec("Always"),
            },
        },
    });
    cluster.ask(Method::POST, SETS, &set);
    cluster.pass(60);
    assert_eq!(cluster.names(PODS), ["db-0"]);
    // The pod says otherwise than its template.
    told(&mut cluster, &format!("{PODS}/db-0"), Some("success"));
    assert_eq!(cluster.names(PODS), ["db-0", "db-1"]);
    assert_eq!(cluster.get(&format!("{SETS}/db"))["status"]["readyReplicas"], 1);
    let patch = json!({"spec": {"template": {"metadata": {"annotations": annotations("success")}}}});
    told(&mut cluster, &format!("{PODS}/db-1"), Some("success"));
    told(&mut cluster, &format!("{PODS}/db-2"), Some("success"));
    cluster.ask(Method::PATCH, &format!("{SETS}/db"), &patch);
    let status = cluster.get(&format!("{SETS}/db"))["status"].clone();
    assert_eq!((&status["updatedReplicas"], &status["readyReplicas"]), (&json!(3), &json!(3)));
    assert_eq!(status["currentRevision"], status["updateRevision"]);
}

#[test]
fn scripts_tell_one_object_or_all_of_a_kind() {
    let mut cluster = Cluster::new(Behaviors::all());
    let (now, id) =
        (cluster.now, |group: &str, plural: &str| ResourceId { group: group.into(), plural: plural.into() });
    cluster.core.script(&id("", "pods"), None, Outcome::ImagePullError, now);
    cluster.ask(Method::POST, DEPLOYMENTS, &deployment(2, None));
    assert!(pods(&mut cluster).iter().all(|pod| pod["status"]["phase"] == "Pending"));
    // All of a kind counts less than what is said of one, even if that is further away ...
    let name = pods(&mut cluster)[0]["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    cluster.core.script(&id("", "pods"), Some(&Key::new("default", &name)), Outcome::Success, now);
    cluster.core.background(now);
    assert_eq!(cluster.get(&format!("{DEPLOYMENTS}/web"))["status"]["readyReplicas"], 1);
    // ... and goes with the next word.
    cluster.core.script(&id("", "pods"), None, Outcome::Success, now);
    cluster.core.background(now);
    assert_eq!(cluster.get(&format!("{DEPLOYMENTS}/web"))["status"]["readyReplicas"], 2);
}

#[test]
fn an_unknown_outcome_is_warned_of() {
    let mut cluster = Cluster::new(Behaviors::all());
    let reply = cluster.reply(Method::POST, DEPLOYMENTS, &deployment(1, Some("luck")));
    let warning = reply.headers.iter().find(|(name, _)| *name == "warning").map(|(_, text)| text.as_str());
    assert!(
        warning.is_some_and(|text| text.contains("no outcome \\\"luck\\\"; there are success, image-pull-error")),
        "{warning:?}"
    );
    assert_eq!(condition(&cluster.get(&format!("{DEPLOYMENTS}/web")), "Available").0, "True");
}
