//! The rest of the cluster by a clock that the test moves.

use bytes::Bytes;
use http::Method;
use kro_apiserver::{
    Authorization, Behavior, Behaviors,
    core::{Call, Core, CoreOptions, Reply, ReplyBody},
};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) struct Cluster {
    pub core: Core,
    pub now: Timestamp,
}

impl Cluster {
    pub(crate) fn new(behaviors: Behaviors) -> Self {
        let now = "2026-01-01T00:00:30Z".parse().expect("a time");
        let options = CoreOptions {
            token: None,
            authorization: Authorization::AllowAll,
            seed: 0,
            behaviors,
            history: 1000,
            is_saved: false,
        };
        Self { core: Core::new(options, now), now }
    }

    pub(crate) fn reply(&mut self, method: Method, path: &str, body: &Value) -> Reply {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let content_type =
            if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let call =
            Call { method, path: path.into(), body, content_type: content_type.into(), ..Call::default() };
        let reply = self.core.handle(&call, self.now);
        self.core.background(self.now);
        reply
    }

    pub(crate) fn ask(&mut self, method: Method, path: &str, body: &Value) -> Value {
        let reply = self.reply(method, path, body);
        let ReplyBody::Full(bytes) = reply.body else { panic!("no watch") };
        let answer: Value = serde_json::from_slice(&bytes).expect("JSON");
        assert!(reply.status < 300 || reply.status == 404, "{answer}");
        answer
    }

    pub(crate) fn get(&mut self, path: &str) -> Value {
        self.ask(Method::GET, path, &Value::Null)
    }

    pub(crate) fn names(&mut self, path: &str) -> Vec<String> {
        let list = self.get(path);
        let items = list["items"].as_array().expect("a list").iter();
        items.map(|item| item["metadata"]["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// Lets time pass, as the server does: it looks again when something is due.
    pub(crate) fn pass(&mut self, seconds: u64) {
        let end = self.now.saturating_add(Duration::from_secs(seconds));
        while let Some(due) = self.core.background(self.now).filter(|due| *due <= end) {
            self.now = due;
        }
        self.now = end;
        self.core.background(end);
    }
}

const JOBS: &str = "/apis/batch/v1/namespaces/default/jobs";
const CRON_JOBS: &str = "/apis/batch/v1/namespaces/default/cronjobs";
const PODS: &str = "/api/v1/namespaces/default/pods";

fn cron_job(policy: &str) -> Value {
    let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "main"}]});
    json!({
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick"},
        "spec": {
            "schedule": "*/5 * * * *", "concurrencyPolicy": policy,
            "jobTemplate": {"metadata": {"labels": {"a": "b"}}, "spec": {"template": {"spec": pod}}},
        },
    })
}

#[test]
fn cron_jobs_make_jobs_in_time_and_keep_the_last_few() {
    let mut cluster = Cluster::new(Behaviors::all());
    cluster.ask(Method::POST, CRON_JOBS, &cron_job("Allow"));
    cluster.pass(240);
    assert!(cluster.names(JOBS).is_empty(), "not yet");
    cluster.pass(30);
    // Minutes since 1970.
    assert_eq!(cluster.names(JOBS), ["tick-29453765"]);
    let job = cluster.get(&format!("{JOBS}/tick-29453765"));
    assert_eq!(job["metadata"]["labels"]["a"], "b");
    let scheduled = &job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"];
    assert_eq!(scheduled, "2026-01-01T00:05:00Z");
    let status = cluster.get(&format!("{CRON_JOBS}/tick"))["status"].clone();
    let ended = "2026-01-01T00:05:00Z";
    assert_eq!(status, json!({"lastScheduleTime": ended, "lastSuccessfulTime": ended}));
    cluster.pass(3600);
    assert_eq!(cluster.names(JOBS), ["tick-29453815", "tick-29453820", "tick-29453825"]);
    cluster.ask(Method::PATCH, &format!("{CRON_JOBS}/tick"), &json!({"spec": {"suspend": true}}));
    cluster.pass(3600);
    assert_eq!(cluster.names(JOBS).last().map(String::as_str), Some("tick-29453825"));
}

#[test]
fn jobs_that_still_run_are_left_replaced_or_joined() {
    for (policy, wanted) in [
        ("Forbid", &["tick-29453765"][..]),
        ("Replace", &["tick-29453775"]),
        ("Allow", &["tick-29453765", "tick-29453770", "tick-29453775"]),
    ] {
        // Nobody runs the jobs.
        let mut cluster = Cluster::new(Behaviors::all().without(Behavior::Jobs));
        cluster.ask(Method::POST, CRON_JOBS, &cron_job(policy));
        cluster.pass(900);
        assert_eq!(cluster.names(JOBS), wanted, "{policy}");
        let active = cluster.get(&format!("{CRON_JOBS}/tick"))["status"]["active"].clone();
        assert_eq!(active.as_array().map(Vec::len), Some(wanted.len()), "{policy}");
    }
}

#[test]
fn what_is_slow_comes_later_and_what_is_off_never() {
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "main", "image": "main"}]},
            },
        },
    });
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let ready =
        |cluster: &mut Cluster| cluster.get(&format!("{path}/web"))["status"]["readyReplicas"].clone();
    let mut cluster = Cluster::new(Behaviors::all().delayed(Behavior::Pods, Duration::from_secs(5)));
    cluster.ask(Method::POST, path, &deployment);
    cluster.pass(4);
    assert_eq!((cluster.names(PODS).len(), ready(&mut cluster)), (1, Value::Null), "made, not yet running");
    // Scheduled after five seconds, running after five more.
    cluster.pass(6);
    assert_eq!(ready(&mut cluster), 1);

    let mut cluster = Cluster::new(Behaviors::all().without(Behavior::ReplicaSets));
    cluster.ask(Method::POST, path, &deployment);
    cluster.pass(60);
    assert_eq!(cluster.names("/apis/apps/v1/namespaces/default/replicasets").len(), 1);
    assert!(cluster.names(PODS).is_empty());

    let mut cluster = Cluster::new(Behaviors::none());
    cluster.ask(Method::POST, path, &deployment);
    cluster.pass(60);
    assert!(cluster.names("/apis/apps/v1/namespaces/default/replicasets").is_empty());
}

#[test]
fn what_asks_for_more_pods_than_a_cluster_has_room_for_gets_some() {
    let template = json!({
        "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    });
    let selector = json!({"matchLabels": {"a": "b"}});
    let many = i32::MAX;
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {"replicas": many, "selector": selector, "template": template},
    });
    let mut cluster = Cluster::new(Behaviors::all());
    let before = cluster.core.revision();
    cluster.ask(Method::POST, "/apis/apps/v1/namespaces/default/deployments", &deployment);
    cluster.pass(4);
    assert_eq!(cluster.names(PODS).len(), 110);
    // Each pod is made, bound and reported on; the counts of their controllers are not written anew for each.
    let writes = cluster.core.revision() - before;
    assert!(writes < 3 * 110 + 20, "{writes} writes");
}
