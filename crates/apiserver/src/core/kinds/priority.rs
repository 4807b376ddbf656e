//! The priority of pods, which their class tells.

use super::check::text;
use crate::{
    core::{Core, object, registry::Served, store::Key},
    status::Status,
};
use serde_json::Value;

/// The classes every cluster has.
const SYSTEM: [(&str, i64); 2] =
    [("system-cluster-critical", 2_000_000_000), ("system-node-critical", 2_000_001_000)];

/// Sets priority and preemption policy of a new pod.
pub(super) fn admit(core: &Core, served: &Served, pod: &mut Value) -> Result<(), Status> {
    let wanted = text(pod, "/spec/priorityClassName").to_owned();
    let forbidden = |why: String| Err(Status::forbidden(served.named(), object::name(pod), &why));
    let classes = core.registry.get("scheduling.k8s.io", "v1", "priorityclasses");
    let system = SYSTEM.iter().find(|(name, _)| *name == wanted);
    let class = classes.and_then(|classes| {
        if wanted.is_empty() {
            let mut all = core.store.list(&classes.storage, None).map(|(_, class)| class.value());
            all.find(|class| class.get("globalDefault") == Some(&Value::Bool(true)))
        } else {
            core.store.get(&classes.storage, &Key::new("", &wanted)).map(|class| class.value())
        }
    });
    let number = match (system, &class) {
        (Some((_, value)), _) => *value,
        (None, Some(class)) => class.get("value").and_then(Value::as_i64).unwrap_or(0),
        (None, None) if wanted.is_empty() => 0,
        (None, None) => return forbidden(format!("no PriorityClass with name {wanted} was found")),
    };
    if let Some(given) =
        pod.pointer("/spec/priority").and_then(Value::as_i64).filter(|given| *given != number)
    {
        return forbidden(format!(
            "the integer value of priority ({given}) must not be provided in pod spec; priority admission controller computed {number} from the given PriorityClass name"
        ));
    }
    let policy = class.as_ref().map_or("", |class| text(class, "/preemptionPolicy")).to_owned();
    let spec = object::child_mut(pod, "spec");
    spec.insert("priority".into(), number.into());
    if let Some(class) = class.filter(|_| wanted.is_empty()) {
        spec.insert("priorityClassName".into(), object::name(&class).into());
    }
    let policy = if policy.is_empty() { "PreemptLowerPriority" } else { &policy };
    spec.entry("preemptionPolicy").or_insert_with(|| policy.into());
    Ok(())
}
