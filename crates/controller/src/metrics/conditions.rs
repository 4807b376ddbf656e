//! How long each condition of each instance has had its status (gate `InstanceConditionMetrics`).

use kro_object::{ObjectKey, Timestamp};
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{family::Family, gauge::Gauge},
    registry::Registry,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError, atomic::AtomicU64},
};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    gvr: String,
    namespace: String,
    name: String,
    condition_type: String,
    condition_status: String,
    reason: String,
}

/// The resource and the instance.
type Of = (String, ObjectKey);

/// One series per condition, computed when it is asked for.
#[derive(Debug, Default)]
pub(super) struct Durations {
    series: Family<Labels, Gauge<f64, AtomicU64>>,
    since: Mutex<BTreeMap<Of, BTreeMap<String, Since>>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Since {
    status: String,
    reason: String,
    time: Timestamp,
}

impl Durations {
    pub(super) fn registered(to: &mut Registry) -> Self {
        let durations = Self::default();
        let help = "How long a condition has had its status";
        to.register("instance_condition_current_status_seconds", help, durations.series.clone());
        durations
    }

    /// Replaces what is known of an instance. A condition that does not say since when counts from now, or from
    /// when it was first seen so.
    pub(super) fn set(&self, resource: &str, key: &ObjectKey, conditions: &Value, now: Timestamp) {
        let mut known = self.known();
        let of = (resource.to_owned(), key.clone());
        let before = known.remove(&of).unwrap_or_default();
        let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
        let list = conditions.as_array().map_or(&[][..], Vec::as_slice).iter();
        let after = list.map(|condition| {
            let (kind, status) = (text(condition, "type"), text(condition, "status"));
            let said = text(condition, "lastTransitionTime").parse().ok();
            let seen = before.get(&kind).filter(|old| old.status == status).map(|old| old.time);
            let time = said.or(seen).unwrap_or(now);
            (kind, Since { status, reason: text(condition, "reason"), time })
        });
        known.insert(of, after.collect());
    }

    pub(super) fn forget(&self, resource: &str, key: &ObjectKey) {
        self.known().remove(&(resource.to_owned(), key.clone()));
    }

    /// Computes every series anew.
    pub(super) fn refresh(&self, now: Timestamp) {
        self.series.clear();
        for ((gvr, key), conditions) in &*self.known() {
            for (kind, since) in conditions {
                let labels = Labels {
                    gvr: gvr.clone(),
                    namespace: key.namespace.as_deref().unwrap_or_default().to_owned(),
                    name: key.name.to_string(),
                    condition_type: kind.clone(),
                    condition_status: since.status.clone(),
                    reason: since.reason.clone(),
                };
                let seconds = now.unix_nanos().saturating_sub(since.time.unix_nanos()).max(0) as f64 / 1e9;
                self.series.get_or_create(&labels).set(seconds);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Of, BTreeMap<String, Since>>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds, 0)
    }

    #[test]
    fn a_series_lasts_as_long_as_its_status() {
        let mut registry = Registry::default();
        let durations = Durations::registered(&mut registry);
        let key = ObjectKey::namespaced("town", "mine");
        let rendered = |now| {
            durations.refresh(at(now));
            let mut text = String::new();
            prometheus_client::encoding::text::encode(&mut text, &registry).expect("text");
            let values = text.lines().filter(|line| !line.starts_with('#'));
            values.map(|line| line.split(' ').next_back().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        durations.set(
            "r",
            &key,
            &json!([{"type": "Ready", "status": "False", "reason": "NotReady"}]),
            at(100),
        );
        assert_eq!(rendered(105), ["5.0"]);
        durations.set("r", &key, &json!([{"type": "Ready", "status": "False", "reason": "Other"}]), at(106));
        assert_eq!(rendered(110), ["10.0"], "the status is the same");
        let said = json!([{"type": "Ready", "status": "True", "lastTransitionTime": "1970-01-01T00:01:00Z"}]);
        durations.set("r", &key, &said, at(120));
        assert_eq!(rendered(120), ["60.0"]);
        durations.forget("r", &key);
        assert_eq!(rendered(121), [""; 0]);
    }
}
