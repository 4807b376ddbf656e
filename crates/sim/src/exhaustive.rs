//! Small stories in which one thing goes wrong at every single step, one run for each: the operator is killed, or a
//! message is lost, as a request leaves, as its reply comes, as an event of a watch arrives.

use crate::{
    spread,
    story::{Crew, Design, Ill, Meddling, NodeDesign, NodeForm, Operation, Outcome, Story, Wish, play},
};
use std::{fmt, time::Duration};

/// A small story.
#[derive(Debug, Clone)]
pub struct SmallStory {
    /// What it is about.
    pub name: &'static str,
    /// What happens before anything can go wrong.
    before: Vec<Operation>,
    /// What happens then. The removal of everything that follows is no part of it: others are about that.
    after: Vec<Operation>,
}

/// What goes wrong at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing does; then everything must be right soon.
    Nothing,
    /// The operator is killed.
    Crash,
    /// The message is lost, and the connection with it.
    Loss,
}

/// How soon everything is right when nothing goes wrong; the wait after the last operation not counted.
const SOON: Duration = Duration::from_secs(20);

/// One run of a small story.
#[derive(Debug, Clone, Copy)]
pub struct Point<'s> {
    /// The story.
    pub story: &'s SmallStory,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Where: so many steps after it can.
    pub step: u16,
}

impl fmt::Display for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.trouble {
            Trouble::Nothing => write!(f, "{}", self.story.name),
            Trouble::Crash => write!(f, "{}, killed at step {}", self.story.name, self.step),
            Trouble::Loss => write!(f, "{}, message lost at step {}", self.story.name, self.step),
        }
    }
}

/// The stories.
pub fn stories() -> Vec<SmallStory> {
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
    let one = |form| Design { nodes: vec![node(form, None)] };
    let mut shorter = chain.clone();
    shorter.nodes.truncate(1);
    let wish = |items: u8, on: bool| Operation::Wish(0, 0, Wish { text: 1, size: 1, on, items });
    let (all, fewer) = (wish(0b111, true), wish(0b100, false));
    let (delete, wait) = (Operation::Delete(0, 0), Operation::Wait(100));
    let story = |name, design: &Design, before: &[&Operation], after: &[&Operation]| {
        let owned = |operations: &[&Operation]| operations.iter().copied().cloned().collect::<Vec<_>>();
        let mut all = vec![Operation::Define(0, design.clone()), Operation::Share(0, 1), wait.clone()];
        all.extend(owned(before));
        SmallStory { name, before: all, after: owned(after) }
    };
    vec![
        SmallStory { name: "define", before: Vec::new(), after: vec![Operation::Define(0, chain.clone())] },
        story("create a chain", &chain, &[], &[&all]),
        story("create a collection", &mixed, &[], &[&all]),
        story("change and prune", &mixed, &[&all, &wait], &[&fewer]),
        story("delete a chain", &chain, &[&all, &wait], &[&delete]),
        story("delete a collection", &mixed, &[&all, &wait], &[&delete]),
        story("delete what is being made", &mixed, &[], &[&all, &Operation::Wait(5), &delete]),
        story("drop nodes", &chain, &[&all, &wait], &[&Operation::Define(0, shorter)]),
        story(
            "swap kinds",
            &one(NodeForm::Deployment),
            &[&all, &wait],
            &[&Operation::Define(0, one(NodeForm::Map))],
        ),
        SmallStory {
            name: "delete what no watch has told of",
            before: vec![
                Operation::Suffer(Ill::LateWatches, 50),
                Operation::Define(0, chain.clone()),
                wait.clone(),
            ],
            after: vec![all.clone(), Operation::Wait(1), delete.clone()],
        },
        story("repair", &chain, &[&all, &wait], &[&Operation::Meddle(0, Meddling::Ours)]),
        story(
            "a child vanishes from history",
            &chain,
            &[&all, &wait],
            &[&Operation::Meddle(0, Meddling::Delete), &Operation::Compact],
        ),
        story(
            "a stranger in the set",
            &chain,
            &[&all, &wait, &Operation::Meddle(0, Meddling::Forge)],
            &[&delete],
        ),
        story("an external changes", &mixed, &[&all, &wait], &[&Operation::Share(0, 2)]),
        story(
            "an external appears",
            &mixed,
            &[&Operation::Unshare(0), &wait, &all, &Operation::Wait(1200)],
            &[&Operation::Share(0, 2)],
        ),
        story("undefine", &chain, &[], &[&Operation::Undefine(0)]),
    ]
}

impl SmallStory {
    fn play(&self, trouble: Operation) -> Outcome {
        let mut operations = self.before.clone();
        operations.push(trouble);
        operations.extend(self.after.iter().cloned());
        operations.push(Operation::Wait(300));
        play(&Story { seed: 1, faulty: false, is_safe: false, crew: Crew::Alone, operations }, false)
    }

    /// At how many steps something can go wrong before everything is right.
    pub fn steps(&self) -> u16 {
        u16::try_from(self.undisturbed().steps).unwrap_or(u16::MAX)
    }

    fn undisturbed(&self) -> Outcome {
        let mut outcome = self.play(Operation::CrashAfter(u16::MAX));
        if outcome.wrong.is_empty() && outcome.calm_after > SOON {
            outcome.wrong.push(format!("slow: right {:?} after the last operation", outcome.calm_after));
        }
        outcome
    }
}

impl Point<'_> {
    /// Plays it.
    pub fn play(&self) -> Outcome {
        match self.trouble {
            Trouble::Nothing => self.story.undisturbed(),
            Trouble::Crash => self.story.play(Operation::CrashAfter(self.step)),
            Trouble::Loss => self.story.play(Operation::LoseAfter(self.step)),
        }
    }
}

/// All runs of some stories.
pub fn points(stories: &[SmallStory], threads: usize) -> Vec<Point<'_>> {
    let steps = spread(threads, stories.len(), |story| stories[story].steps());
    let all = stories.iter().zip(steps).flat_map(|(story, steps)| {
        let somewhere = [Trouble::Crash, Trouble::Loss]
            .into_iter()
            .flat_map(move |trouble| (0..steps).map(move |step| Point { story, trouble, step }));
        std::iter::once(Point { story, trouble: Trouble::Nothing, step: 0 }).chain(somewhere)
    });
    all.collect()
}
