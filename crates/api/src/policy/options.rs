//! The options, each with its values and what it does: read by the reader of annotations and by the reference.

use super::{Access, Account, Deletion, Existing, NodePolicy, Policy, Readiness, WithInstances};
use kro_object::{FieldPath, Segment};
use std::{fmt::Write, time::Duration};

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct PolicyOption {
    /// Its name: what stands behind `policy.kro.run/`.
    pub name: &'static str,
    /// The values it takes, for people.
    pub values: &'static str,
    /// What holds under the profiles `upstream` and `safe`.
    pub defaults: [&'static str; 2],
    /// What it does.
    pub what: &'static str,
    pub(super) apply: Apply,
}

/// Where an option is put. An error is what is expected instead; the policy is then the most careful one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Apply {
    /// For the whole definition only.
    Whole(fn(&mut Policy, &str) -> Result<(), ()>),
    /// For all nodes, or one by its id.
    Nodes(fn(&mut NodePolicy, &str) -> Result<(), ()>),
    /// For one node by its id.
    Node(fn(&mut NodePolicy, &str) -> Result<(), ()>),
}

/// All options.
pub const OPTIONS: &[PolicyOption] = &[
    PolicyOption {
        name: "readiness",
        values: "`exists`, `kstatus`",
        defaults: ["`exists`", "`kstatus`"],
        what: "How to tell that an object is ready whose node has no `readyWhen`: it is there, or it is settled by the \
               rules of its kind (rollouts, jobs, pods, claims, services, CRDs) or else by its conditions `Ready`, \
               `Reconciling` and `Stalled` and its `observedGeneration`.",
        apply: Apply::Nodes(|node, text| {
            choose(
                &mut node.readiness,
                text,
                Readiness::Kstatus,
                &[("exists", Readiness::Exists), ("kstatus", Readiness::Kstatus)],
            )
        }),
    },
    PolicyOption {
        name: "timeout",
        values: "`90s`, `10m`, `2h`, `none`",
        defaults: ["`none`", "`10m`"],
        what: "How long a node may be unready until the instance says `Stalled`, if it has `progress`. Nothing else is \
               done about it.",
        apply: Apply::Nodes(|node, text| {
            node.timeout = None;
            if text != "none" {
                node.timeout = Some(duration(text).ok_or(())?);
            }
            Ok(())
        }),
    },
    PolicyOption {
        name: "existing",
        values: "`force`, `adopt`, `refuse`",
        defaults: ["`force`", "`adopt`"],
        what: "What to do about an object that is there before kro applies it first: take it over with every field of \
               the template; take it over unless another manager owns a field that would change; leave it alone. An \
               instance that meets such an object says which one, and of which manager. Objects of another instance \
               are left alone in any case.",
        apply: Apply::Nodes(|node, text| {
            choose(
                &mut node.existing,
                text,
                Existing::Refuse,
                &[("force", Existing::Force), ("adopt", Existing::Adopt), ("refuse", Existing::Refuse)],
            )
        }),
    },
    PolicyOption {
        name: "deletion",
        values: "`delete`, `retain`, `orphan`",
        defaults: ["`delete`", "`delete`"],
        what: "What becomes of an object that is no longer wanted, or whose instance is deleted: it goes; it stays as \
               it is, so that an instance of the same name has it again; it stays without kro's labels. It also holds \
               for the objects of a node that left the definition, as long as the annotation stands.",
        apply: Apply::Nodes(|node, text| {
            choose(
                &mut node.deletion,
                text,
                Deletion::Retain,
                &[("delete", Deletion::Delete), ("retain", Deletion::Retain), ("orphan", Deletion::Orphan)],
            )
        }),
    },
    PolicyOption {
        name: "max-deletes",
        values: "a number, `none`",
        defaults: ["`none`", "`none`"],
        what: "The most objects of one instance that may go at once because they are no longer wanted. If there are \
               more, none is deleted and the instance says so. The deletion of an instance is not limited.",
        apply: Apply::Whole(|policy, text| {
            policy.max_deletes = Some(0);
            policy.max_deletes = if text == "none" { None } else { Some(text.parse().map_err(|_| ())?) };
            Ok(())
        }),
    },
    PolicyOption {
        name: "create-only",
        values: "field paths, separated by commas",
        defaults: ["", ""],
        what: "Fields whose value counts only when the object is made (`spec.replicas` under an autoscaler). Later kro \
               sends the value they have while nobody else has taken them, and nothing from then on. A path consists of \
               names; it cannot go into a list.",
        apply: Apply::Node(|node, text| paths(&mut node.create_only, text)),
    },
    PolicyOption {
        name: "ignore",
        values: "field paths, separated by commas",
        defaults: ["", ""],
        what: "The same for fields that kro does not even send when the object is made.",
        apply: Apply::Node(|node, text| paths(&mut node.ignore, text)),
    },
    PolicyOption {
        name: "inventory",
        values: "`on`, `off`",
        defaults: ["`off`", "`on`"],
        what: "Whether the status of instances has `nodes`: for each node its state, since when, its objects and what is \
               wrong. At most 16 KiB: names are left out first, then messages, then nodes.",
        apply: Apply::Whole(|policy, text| switch(&mut policy.inventory, text)),
    },
    PolicyOption {
        name: "progress",
        values: "`on`, `off`",
        defaults: ["`off`", "`on`"],
        what: "Whether instances have the conditions `Reconciling` and `Stalled`, as kstatus understands them.",
        apply: Apply::Whole(|policy, text| switch(&mut policy.progress, text)),
    },
    PolicyOption {
        name: "instances",
        values: "`strand`, `refuse`, `cascade`",
        defaults: ["`strand`", "`refuse`"],
        what: "What becomes of instances when their definition is deleted: they stay without a controller; the \
               definition stays until they are gone; they are deleted first, each with its objects.",
        apply: Apply::Whole(|policy, text| {
            choose(
                &mut policy.with_instances,
                text,
                WithInstances::Refuse,
                &[
                    ("strand", WithInstances::Strand),
                    ("refuse", WithInstances::Refuse),
                    ("cascade", WithInstances::Cascade),
                ],
            )
        }),
    },
    PolicyOption {
        name: "access",
        values: "`assume`, `check`",
        defaults: ["`assume`", "`check`"],
        what: "Whether the API server is asked what the operator may do before instances are served. While a rule is \
               missing, `ControllerReady` of the definition is `False` with reason `MissingRules` and lists what is \
               missing, and so does an instance that meets a refusal. What can be done is done.",
        apply: Apply::Whole(|policy, text| {
            choose(
                &mut policy.access,
                text,
                Access::Check,
                &[("assume", Access::Assume), ("check", Access::Check)],
            )
        }),
    },
    PolicyOption {
        name: "service-account",
        values: "`name`, `namespace/name`, `none`",
        defaults: ["`none`", "`none`"],
        what: "The service account whose rights count for the objects of instances: one of the namespace of each \
               instance, or one for all of them. It reads, applies and deletes them, impersonated by the operator, \
               which itself only watches them. Instances without a namespace need `namespace/name`.",
        apply: Apply::Whole(|policy, text| {
            policy.account = Some(Account::nobody());
            policy.account = if text == "none" { None } else { Some(Account::parse(text).ok_or(())?) };
            Ok(())
        }),
    },
];

/// The table of the reference page.
pub fn reference() -> String {
    let mut text = String::from(
        "| option | for | values | `upstream` | `safe` | what it does |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for option in OPTIONS {
        let reach = match option.apply {
            Apply::Whole(_) => "definition",
            Apply::Nodes(_) => "definition, node",
            Apply::Node(_) => "node",
        };
        let [upstream, safe] = option.defaults;
        let PolicyOption { name, values, what, .. } = option;
        writeln!(text, "| `{name}` | {reach} | {values} | {upstream} | {safe} | {what} |")
            .expect("invariant: a String takes everything");
    }
    text
}

fn choose<T: Copy>(place: &mut T, text: &str, careful: T, known: &[(&str, T)]) -> Result<(), ()> {
    let found = known.iter().find(|(name, _)| *name == text);
    *place = found.map_or(careful, |(_, value)| *value);
    found.map(|_| ()).ok_or(())
}

fn switch(place: &mut bool, text: &str) -> Result<(), ()> {
    *place = text != "off";
    matches!(text, "on" | "off").then_some(()).ok_or(())
}

/// As Go writes it: `90s`, `1h30m`.
fn duration(text: &str) -> Option<Duration> {
    let nanos = kro_gotext::duration::parse(text).ok()?;
    u64::try_from(nanos).ok().map(Duration::from_nanos)
}

fn paths(place: &mut Vec<FieldPath>, text: &str) -> Result<(), ()> {
    for path in text.split(',').map(str::trim) {
        let path: FieldPath = path.parse().map_err(|_| ())?;
        let named = path.segments().iter().all(|segment| matches!(segment, Segment::Field(_)));
        let own = path.segments().first().is_none_or(|first| {
            ["apiVersion", "kind", "metadata", "status"].iter().any(|taken| *first == (*taken).into())
        });
        if !named || (own && !is_metadata_map(&path)) {
            return Err(());
        }
        place.push(path);
    }
    Ok(())
}

/// A label or an annotation.
fn is_metadata_map(path: &FieldPath) -> bool {
    let [first, second, _] = path.segments() else { return false };
    *first == "metadata".into() && (*second == "labels".into() || *second == "annotations".into())
}
