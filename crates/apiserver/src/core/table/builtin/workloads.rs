//! The cells of what runs pods, and of pods.

use super::Row;
use crate::core::{object, table::age};
use serde_json::{Value, json};

impl Row<'_> {
    /// Whether a condition holds.
    fn is_true(self, kind: &str) -> bool {
        self.list("/status/conditions")
            .any(|condition| condition["type"] == kind && condition["status"] == "True")
    }

    pub(super) fn daemon_set(self) -> Value {
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

    pub(super) fn autoscaler(self) -> Value {
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

    pub(super) fn cron_job(self) -> Value {
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

    pub(super) fn job(self) -> Value {
        let status = if self.is_true("Complete") {
            "Complete"
        } else if self.is_true("Failed") {
            "Failed"
        } else if object::is_deleting(self.item) {
            "Terminating"
        } else if self.is_true("Suspended") {
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

    pub(super) fn pod(self) -> Value {
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
            reason = if self.is_true("Ready") { "Running" } else { "NotReady" }.into();
        }
        if object::is_deleting(self.item) {
            reason = if self.text("/status/reason") == "NodeLost" { "Unknown" } else { "Terminating" }.into();
        }
        let gates = self.list("/spec/readinessGates").count();
        let gates = if gates == 0 {
            "<none>".to_owned()
        } else {
            let conditions =
                self.list("/spec/readinessGates").filter_map(|gate| gate["conditionType"].as_str());
            let met = conditions.filter(|kind| self.is_true(kind)).count();
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
