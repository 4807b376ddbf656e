use super::*;
use serde_json::json;

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

const START: &str = "2026-01-01T00:00:00Z";
const LATER: &str = "2026-01-01T00:01:00Z";
const LAST: &str = "2026-01-01T00:02:00.5Z";

fn object(generation: i64, status: &Value) -> Object {
    let value = json!({
        "metadata": { "name": "web", "generation": generation, "creationTimestamp": START },
        "status": status,
    });
    Object::from_value(value).expect("an object")
}

fn fresh() -> ConditionSet {
    ConditionSet::open(INSTANCE_CONDITIONS, &object(1, &json!({})), time(LATER))
}

/// `type status reason time generation`, one a line.
#[track_caller]
fn check(set: &ConditionSet, expected: &[&str]) {
    let lines: Vec<String> = set
        .conditions()
        .iter()
        .map(|condition| {
            let time = condition.last_transition_time.map(|time| time.to_string()).unwrap_or_default();
            let minute = time.get(15..16).unwrap_or("-");
            let (kind, status) = (&condition.kind, condition.status.as_str());
            format!("{kind} {status} {} {minute} {}", condition.reason, condition.observed_generation)
        })
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn a_fresh_set_waits() {
    check(
        &fresh(),
        &[
            "InstanceManaged Unknown AwaitingReconciliation 0 1",
            "GraphResolved Unknown AwaitingReconciliation 0 1",
            "ResourcesReady Unknown AwaitingReconciliation 0 1",
            "Ready Unknown AwaitingReconciliation 0 1",
        ],
    );
    assert_eq!(
        fresh().get("Ready").map(|root| root.message.as_str()),
        Some("condition \"InstanceManaged\" is awaiting reconciliation")
    );
}

#[test]
fn the_root_follows_its_dependents() {
    let mut set = fresh();
    set.set("InstanceManaged", ConditionStatus::True, "Managed", "", time(LATER));
    set.set("GraphResolved", ConditionStatus::False, "Failed", "no graph", time(LAST));
    check(
        &set,
        &[
            "ResourcesReady Unknown AwaitingReconciliation 0 1",
            "InstanceManaged True Managed 1 1",
            "GraphResolved False Failed 2 1",
            "Ready False Failed 2 1",
        ],
    );
    set.set("GraphResolved", ConditionStatus::True, "Resolved", "", time(LAST));
    set.set("ResourcesReady", ConditionStatus::True, "AllResourcesReady", "", time(LAST));
    assert!(set.is_ready());
    assert_eq!(set.get("Ready").map(|root| root.message.as_str()), Some(""));
}

#[test]
fn stored_conditions_are_kept_and_retired_ones_dropped() {
    let stored = json!({ "conditions": [
        { "type": "ResourceGraphAccepted", "status": "True" },
        { "type": "GraphAccepted", "status": "True", "reason": "Valid", "lastTransitionTime": START,
          "observedGeneration": 1 },
        { "type": "Custom", "status": "False" },
        { "type": "Broken", "status": "Maybe" },
    ] });
    let set = ConditionSet::open(DEFINITION_CONDITIONS, &object(2, &stored), time(LATER));
    assert_eq!(
        set.conditions().iter().map(|condition| condition.kind.as_str()).collect::<Vec<_>>(),
        ["Custom", "GraphAccepted", "GraphRevisionsResolved", "KindReady", "ControllerReady", "Ready",]
    );
    assert_eq!(set.get("GraphAccepted").map(|condition| condition.observed_generation), Some(1));
}

#[test]
fn a_stale_dependent_keeps_the_root_from_ready() {
    let mut set = fresh();
    for kind in INSTANCE_CONDITIONS.dependents {
        set.set(kind, ConditionStatus::True, "Fine", "", time(LATER));
    }
    let stored = json!({ "conditions": set.to_value() });
    let mut set = ConditionSet::open(INSTANCE_CONDITIONS, &object(2, &stored), time(LAST));
    assert!(!set.is_ready());
    set.set("GraphResolved", ConditionStatus::True, "Fine", "", time(LAST));
    assert!(!set.is_ready(), "two dependents speak of generation 1");
    for kind in INSTANCE_CONDITIONS.dependents {
        set.set(kind, ConditionStatus::True, "Fine", "", time(LAST));
    }
    assert!(set.is_ready());
    assert_eq!(set.get("Ready").and_then(|root| root.last_transition_time), Some(time(LATER)));
}

#[test]
fn an_unchanged_condition_changes_nothing() {
    let mut set = fresh();
    let before = set.clone();
    set.set(
        "GraphResolved",
        ConditionStatus::Unknown,
        "AwaitingReconciliation",
        "condition \"GraphResolved\" is awaiting reconciliation",
        time(LAST),
    );
    assert_eq!(set, before);
}

#[test]
fn wire_form_reads_back() {
    for condition in fresh().conditions() {
        assert_eq!(Condition::from_value(&condition.to_value()).as_ref(), Some(condition));
    }
}
