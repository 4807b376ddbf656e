//! Jobs: their pods succeed at once, and so does the job.

use super::{find, replicas::condition, template};
use crate::core::{Core, object, store::Key, write::seconds};
use kro_object::Timestamp;
use serde_json::{Value, json};

pub(super) fn job(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, job)) = find(core, "batch", "jobs", key) else { return };
    if job.pointer("/status/completionTime").is_some()
        || job.pointer("/spec/suspend") == Some(&Value::Bool(true))
    {
        return;
    }
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let wanted = job.pointer("/spec/completions").and_then(Value::as_i64).unwrap_or(1);
    let wanted = usize::try_from(wanted).unwrap_or(0);
    let pod_template = job.pointer("/spec/template").cloned().unwrap_or_default();
    for _ in template::children(core, &pods, &job).len()..wanted {
        let name = core.ids.name(&format!("{}-", key.name));
        let spec = pod_template.get("spec").cloned().unwrap_or_default();
        let pod = template::child(&job, &served, &name, &pod_template, &spec);
        template::create(core, &pods, pod, now);
    }
    let succeeded = template::children(core, &pods, &job)
        .iter()
        .filter(|(_, pod)| pod.pointer("/status/phase").and_then(Value::as_str) == Some("Succeeded"))
        .count();
    let time = seconds(now);
    core.adjust(&served, key, Some("status"), now, &mut |job| {
        let old = job.pointer("/status/conditions").cloned();
        let status = object::child_mut(job, "status");
        status.entry("startTime").or_insert_with(|| time.as_str().into());
        if succeeded > 0 {
            status.insert("succeeded".into(), succeeded.into());
        }
        status.insert("ready".into(), 0.into());
        status.insert("terminating".into(), 0.into());
        if succeeded >= wanted {
            status.insert("completionTime".into(), time.as_str().into());
            let conditions = ["SuccessCriteriaMet", "Complete"].map(|kind| {
                let text = "Reached expected number of succeeded pods";
                let mut condition = condition(old.as_ref(), kind, "True", "CompletionsReached", text, &time);
                object::as_map_mut(&mut condition).remove("lastUpdateTime");
                condition["lastProbeTime"] = time.as_str().into();
                condition
            });
            status.insert("conditions".into(), json!(conditions));
        }
    });
}
