//! Small stories in which the operator is killed at every single step, one run for each: before a request leaves,
//! after its reply came, as an event of a watch arrives.

use crate::story::{Design, NodeDesign, NodeForm, Operation, Story, Wish, play};

/// The stories by name; the crash is put before the last operation but for the waiting after it.
pub fn stories() -> Vec<(&'static str, Vec<Operation>)> {
    let node = |form, parent| NodeDesign { form, parent, switched: false, mark: 0 };
    let chain = Design {
        nodes: vec![
            node(NodeForm::Map, None),
            node(NodeForm::Deployment, Some(0)),
            node(NodeForm::Map, Some(1)),
        ],
    };
    let mixed = Design {
        nodes: vec![
            node(NodeForm::Maps, None),
            NodeDesign { switched: true, ..node(NodeForm::Map, Some(0)) },
            node(NodeForm::External(0), None),
            node(NodeForm::Map, Some(2)),
        ],
    };
    let wish = |items: u8, on: bool| Wish { text: 1, size: 1, on, items };
    let (all, fewer) = (wish(0b111, true), wish(0b100, false));
    let wait = || Operation::Wait(100);
    let mut shorter = chain.clone();
    shorter.nodes.truncate(1);
    let with = |design: &Design, rest: Vec<Operation>| {
        let mut story = vec![Operation::Define(0, design.clone()), Operation::Share(0, 1), wait()];
        story.extend(rest);
        story
    };
    vec![
        ("define", vec![Operation::Define(0, chain.clone())]),
        ("create a chain", with(&chain, vec![Operation::Wish(0, 0, all.clone())])),
        ("create a collection", with(&mixed, vec![Operation::Wish(0, 0, all.clone())])),
        (
            "change and prune",
            with(&mixed, vec![Operation::Wish(0, 0, all.clone()), wait(), Operation::Wish(0, 0, fewer)]),
        ),
        (
            "delete a chain",
            with(&chain, vec![Operation::Wish(0, 0, all.clone()), wait(), Operation::Delete(0, 0)]),
        ),
        (
            "drop nodes",
            with(&chain, vec![Operation::Wish(0, 0, all.clone()), wait(), Operation::Define(0, shorter)]),
        ),
        ("undefine", with(&chain, vec![Operation::Undefine(0)])),
    ]
}

/// What came of all runs of one story.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// How many steps were tried.
    pub runs: u64,
    /// Those that went wrong: the step and what is wrong.
    pub wrong: Vec<(u64, Vec<String>)>,
}

/// Plays a story once for each step from its last operation on, its teardown included, until the operator makes fewer
/// steps than asked for.
pub fn explore(operations: &[Operation], limit: u64) -> Report {
    let Some((last, first)) = operations.split_last() else { return Report::default() };
    let mut report = Report::default();
    for step in 0..limit.min(250) {
        let steps = u8::try_from(step).unwrap_or(u8::MAX);
        let mut operations = first.to_vec();
        operations.extend([Operation::CrashAfter(steps), last.clone(), Operation::Wait(300)]);
        let outcome = play(&Story { seed: 1, faulty: false, operations }, false);
        if outcome.deaths == 0 {
            break;
        }
        report.runs += 1;
        if !outcome.wrong.is_empty() {
            report.wrong.push((step, outcome.wrong));
        }
    }
    report
}
