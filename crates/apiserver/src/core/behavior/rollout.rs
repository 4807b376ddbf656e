//! How many pods each replica set of a deployment is to have next, in numbers alone: as many as the strategy allows
//! beside those that are available.

use serde_json::Value;

/// What a rolling update keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Pods beyond those wanted.
    pub surge: i64,
    /// Pods of those wanted that need not be available.
    pub unavailable: i64,
}

/// The numbers of a replica set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    /// Pods it is to have.
    pub wanted: i64,
    /// Pods of it that are available.
    pub available: i64,
}

/// The limits of a deployment; nothing if all old pods go before the first new one comes.
pub(super) fn limits(deployment: &Value, replicas: i64) -> Option<Limits> {
    if deployment.pointer("/spec/strategy/type").and_then(Value::as_str) == Some("Recreate") {
        return None;
    }
    let field = |name: &str| deployment.pointer(&format!("/spec/strategy/rollingUpdate/{name}"));
    let surge = part(field("maxSurge"), replicas, 99);
    let unavailable = part(field("maxUnavailable"), replicas, 0).min(replicas);
    // With neither, nothing could ever move.
    Some(Limits { surge, unavailable: if surge == 0 && unavailable == 0 { 1 } else { unavailable } })
}

/// A number, or a part of a whole in percent; `rounding` is 99 to round up.
fn part(value: Option<&Value>, whole: i64, rounding: i64) -> i64 {
    match value {
        Some(Value::Number(number)) => number.as_i64().unwrap_or(0),
        Some(Value::String(text)) => {
            let percent: i64 = text.strip_suffix('%').and_then(|text| text.parse().ok()).unwrap_or(0);
            percent.saturating_mul(whole).saturating_add(rounding) / 100
        }
        _ => 0,
    }
}

/// One step of a rolling update: what the new and the old replica sets, oldest first, are to have next.
pub(super) fn step(replicas: i64, limits: Limits, new: Count, old: &[Count]) -> (i64, Vec<i64>) {
    let mut next: Vec<i64> = old.iter().map(|count| count.wanted).collect();
    let total = new.wanted + next.iter().sum::<i64>();
    if new.wanted > replicas {
        return (replicas, next);
    }
    let room = (replicas + limits.surge - total).clamp(0, replicas - new.wanted);
    if room > 0 {
        return (new.wanted + room, next);
    }
    let least = replicas - limits.unavailable;
    let mut surplus = total - least - (new.wanted - new.available);
    // Pods that are not available cost nothing.
    for (wanted, count) in next.iter_mut().zip(old) {
        let gone = (count.wanted - count.available).clamp(0, surplus.max(0));
        *wanted -= gone;
        surplus -= gone;
    }
    let available = new.available + old.iter().map(|count| count.available).sum::<i64>();
    let mut spare = (available - least).min(surplus);
    for wanted in &mut next {
        let gone = (*wanted).clamp(0, spare.max(0));
        *wanted -= gone;
        spare -= gone;
    }
    (new.wanted, next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Steps until nothing moves; new pods become available if they can.
    fn roll(replicas: i64, limits: Limits, works: bool) -> (i64, i64) {
        let (mut new, mut old) =
            (Count { wanted: 0, available: 0 }, [Count { wanted: replicas, available: replicas }]);
        for _ in 0..100 {
            let (wanted, rest) = step(replicas, limits, new, &old);
            new = Count { wanted, available: if works { wanted } else { 0 } };
            old = [Count { wanted: rest[0], available: rest[0] }];
            assert!(new.wanted + old[0].wanted <= replicas + limits.surge, "too many pods");
            assert!(new.available + old[0].available >= replicas - limits.unavailable, "too few pods");
        }
        (new.wanted, old[0].wanted)
    }

    #[test]
    fn a_rollout_ends_or_stops_in_time() {
        for replicas in 1..12 {
            for (surge, unavailable) in [(1, 0), (0, 1), (2, 1), (3, 3)] {
                let limits = Limits { surge, unavailable: unavailable.min(replicas) };
                assert_eq!(roll(replicas, limits, true), (replicas, 0));
                let (new, old) = roll(replicas, limits, false);
                assert_eq!(old, replicas - limits.unavailable, "{replicas} {limits:?}");
                assert_eq!(new, (surge + limits.unavailable).min(replicas), "{replicas} {limits:?}");
            }
        }
    }

    #[test]
    fn old_pods_that_are_not_available_go_first() {
        let limits = Limits { surge: 1, unavailable: 0 };
        let old = [Count { wanted: 1, available: 0 }, Count { wanted: 3, available: 3 }];
        let new = Count { wanted: 0, available: 0 };
        assert_eq!(step(3, limits, new, &old), (0, vec![0, 3]));
    }

    #[test]
    fn percents_are_rounded_up_for_more_and_down_for_less() {
        let deployment = |strategy: Value| json!({"spec": {"strategy": strategy}});
        let rolling = |surge: Value, unavailable: Value| {
            deployment(
                json!({"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}),
            )
        };
        let quarter = rolling(json!("25%"), json!("25%"));
        assert_eq!(limits(&quarter, 3), Some(Limits { surge: 1, unavailable: 0 }));
        assert_eq!(limits(&quarter, 10), Some(Limits { surge: 3, unavailable: 2 }));
        assert_eq!(limits(&rolling(json!(0), json!("1%")), 3), Some(Limits { surge: 0, unavailable: 1 }));
        assert_eq!(limits(&deployment(json!({"type": "Recreate"})), 3), None);
    }
}
