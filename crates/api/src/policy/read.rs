//! Annotations to a policy, with everything that is wrong about them.

use super::{NodePolicy, OPTIONS, Policy, PolicyOption, Profile, options::Apply};
use crate::names::{POLICY_PREFIX, annotations};
use kro_diagnostic::{Diagnostic, Locus, codes, nearest};
use kro_object::{FieldPath, Object};
use std::collections::BTreeSet;

/// What the annotations of a definition ask for.
pub(super) fn read(profile: Profile, definition: &Object) -> (Policy, Vec<Diagnostic>) {
    let mut policy = Policy::new(profile);
    let mut found = Vec::new();
    let asked = definition.metadata().annotations().into_iter().flatten().filter_map(|(key, value)| {
        let asked = key.strip_prefix(POLICY_PREFIX).filter(|_| key != annotations::REVISION)?;
        let (name, node) = asked.split_once('.').map_or((asked, None), |(name, node)| (name, Some(node)));
        Some((node, name, key, value))
    });
    let mut asked: Vec<_> = asked.collect();
    // What holds for all nodes comes first; a node has that, but for what is its own.
    asked.sort_by_key(|(node, name, ..)| (*node, *name));
    for (node, name, key, value) in asked {
        let locus = FieldPath::root().join("metadata").join("annotations").join(key.as_str());
        let Some(option) = OPTIONS.iter().find(|option| option.name == name) else {
            found.push(unknown(name, locus));
            continue;
        };
        if apply(&mut policy, option, node, value.as_str().unwrap_or_default()).is_err() {
            found.push(refused(option, node, locus));
        }
    }
    (policy, found)
}

fn apply(policy: &mut Policy, option: &PolicyOption, node: Option<&str>, text: &str) -> Result<(), ()> {
    match (option.apply, node) {
        (Apply::Whole(set), None) => set(policy, text),
        (Apply::Nodes(set), None) => set(&mut policy.all, text),
        (Apply::Nodes(set) | Apply::Node(set), Some(node)) => set(own(policy, node), text),
        (Apply::Whole(_), Some(_)) | (Apply::Node(_), None) => Err(()),
    }
}

/// What holds for one node alone.
fn own<'p>(policy: &'p mut Policy, node: &str) -> &'p mut NodePolicy {
    let all = policy.all.clone();
    policy.nodes.entry(node.to_owned()).or_insert(all)
}

fn unknown(name: &str, path: FieldPath) -> Diagnostic {
    let names = || OPTIONS.iter().map(|option| option.name);
    let found = Diagnostic::error(codes::POLICY, Locus::key(path), format!("there is no policy {name:?}"));
    match nearest(name, names()) {
        Some(close) => found.with_help(format!("did you mean {close:?}?")),
        None => found.with_help(format!("policies: {}", names().collect::<Vec<_>>().join(", "))),
    }
}

fn refused(option: &PolicyOption, node: Option<&str>, path: FieldPath) -> Diagnostic {
    let name = option.name;
    let (message, help) = match (option.apply, node) {
        (Apply::Whole(_), Some(_)) => (
            format!("the policy {name:?} holds for the whole definition"),
            format!("write {POLICY_PREFIX}{name}"),
        ),
        (Apply::Node(_), None) => {
            (format!("the policy {name:?} holds for one node"), format!("write {POLICY_PREFIX}{name}.<id>"))
        }
        _ => (format!("the policy {name:?} has no such value"), format!("values: {}", option.values)),
    };
    Diagnostic::error(codes::POLICY, Locus::value(path), message).with_help(help)
}

/// The number of the revision that a definition or an instance is to stay at; an error is the text that is none.
pub fn pinned(object: &Object) -> Option<Result<i64, String>> {
    let text = object.metadata().annotation(annotations::REVISION)?;
    let number = text.parse().ok().filter(|number| *number > 0);
    Some(number.ok_or_else(|| text.to_owned()))
}

/// Everything that is wrong about the policies of a definition with these nodes.
pub(crate) fn check(definition: &Object, nodes: &BTreeSet<&str>) -> Vec<Diagnostic> {
    let (policy, mut found) = read(Profile::Upstream, definition);
    if pinned(definition).is_some_and(|pin| pin.is_err()) {
        let path = FieldPath::root().join("metadata").join("annotations").join(annotations::REVISION);
        let message = "the policy \"revision\" has no such value";
        found.push(
            Diagnostic::error(codes::POLICY, Locus::value(path), message).with_help("values: numbers from 1"),
        );
    }
    for (key, _) in definition.metadata().annotations().into_iter().flatten() {
        let Some((_, node)) = key.strip_prefix(POLICY_PREFIX).and_then(|asked| asked.split_once('.')) else {
            continue;
        };
        if policy.nodes.contains_key(node) && !nodes.contains(node) {
            let locus = Locus::key(FieldPath::root().join("metadata").join("annotations").join(key.as_str()));
            let message = format!("no resource has the id {node:?}");
            let warning = Diagnostic::warning(codes::POLICY_NODE, locus, message);
            found.push(match nearest(node, nodes.iter().copied()) {
                Some(close) => warning.with_help(format!("did you mean {close:?}?")),
                None => warning,
            });
        }
    }
    found
}
