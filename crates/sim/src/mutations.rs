//! Mistakes planted in the operator, one at a time, and whether the judgement over whole clusters notices them.
//! Each is one that a controller like this has made, or could make unnoticed by tests of its parts.

use crate::{
    exhaustive::{self, Trouble},
    story::{self, Outcome, play},
};
use kro_cluster::mutants::plant;

/// A mistake.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// Its name, by which the operator asks whether it is planted.
    pub name: &'static str,
    /// What goes wrong with it.
    pub about: &'static str,
    /// Where it is looked for.
    shows: Shows,
}

/// The stories in which a mistake shows.
#[derive(Debug, Clone, Copy)]
enum Shows {
    /// Those of the first seeds.
    BySeed,
    /// A small one, with something wrong at one of its steps.
    In(&'static str, Trouble),
}

const fn mutation(name: &'static str, about: &'static str) -> Mutation {
    Mutation { name, about, shows: Shows::BySeed }
}

impl Mutation {
    const fn shows_in(self, story: &'static str, trouble: Trouble) -> Self {
        Self { shows: Shows::In(story, trouble), ..self }
    }
}

/// All of them.
pub const ALL: &[Mutation] = &[
    mutation("no-write-ahead", "children are made before the parent remembers their kinds")
        .shows_in("delete what is being made", Trouble::Crash),
    mutation("record-forgets", "the parent remembers the kinds of this pass alone")
        .shows_in("swap kinds", Trouble::Crash),
    mutation("record-shrinks-first", "the record shrinks before what it names is pruned"),
    mutation("lost-replies-are-refusals", "a write without an answer counts as not done")
        .shows_in("delete what no watch has told of", Trouble::Loss),
    mutation("no-finalizer", "instances get no finalizer"),
    mutation("finalizer-kept", "the finalizer never goes"),
    mutation("deletion-ignored", "instances that are being deleted are served on"),
    mutation("children-left-behind", "the finalizer goes before the children"),
    mutation("teardown-in-reverse", "children go in the order in which they came")
        .shows_in("delete a chain", Trouble::Nothing),
    mutation("delete-what-was-never-applied", "the label of a set is proof enough to delete")
        .shows_in("a stranger in the set", Trouble::Nothing),
    mutation("no-prune", "what is no longer wanted stays"),
    mutation("prune-one", "of several that are no longer wanted one goes"),
    mutation("child-without-set", "children do not say which set they belong to"),
    mutation("apply-politely", "what others changed is left to them").shows_in("repair", Trouble::Nothing),
    mutation("drift-unseen", "children count as they were applied, whatever became of them"),
    mutation("gaps-unseen", "what vanished while a watch was broken is still known")
        .shows_in("a child vanishes from history", Trouble::Loss),
    mutation("watch-ends-at-first-failure", "a watch that fails is not opened again"),
    mutation("children-unheard", "events of children wake nobody").shows_in("repair", Trouble::Nothing),
    mutation("externals-unheard", "events of other people's objects wake nobody")
        .shows_in("an external changes", Trouble::Nothing),
    mutation("missing-externals-unheard", "nobody listens for objects that are not there yet")
        .shows_in("an external appears", Trouble::Nothing),
    mutation("edits-unheard", "instances are reconciled once"),
    mutation("first-graph-stays", "edits of definitions are compiled and not used"),
    mutation("revisions-unheard", "definitions do not hear of their compiled revisions"),
    mutation("retries-forgotten", "what failed is not tried again"),
    mutation("ready-too-early", "instances are ready before their children"),
    mutation("status-never-shrinks", "status keeps fields that no longer have a value"),
    mutation("status-written-once", "status is written when the state changes, and else not"),
];

/// What noticed a mistake.
#[derive(Debug, Clone)]
pub struct Kill {
    /// The story, and what went wrong where if it was a small one.
    pub by: String,
    /// What was wrong.
    pub wrong: String,
}

/// How many seeds are tried.
const SEEDS: u64 = 60;

/// Plays the stories in which the mistake should show, always the same ones in the same order, until one goes wrong.
pub fn hunt(mutation: &Mutation) -> Option<Kill> {
    plant(Some(mutation.name));
    let kill = match mutation.shows {
        Shows::BySeed => by_seed(),
        Shows::In(story, trouble) => by_small_story(story, trouble),
    };
    plant(None);
    kill
}

fn by_seed() -> Option<Kill> {
    (0..SEEDS).find_map(|seed| judged(play(&story::of_seed(seed), false), || format!("seed {seed}")))
}

fn by_small_story(name: &str, trouble: Trouble) -> Option<Kill> {
    let mut stories = exhaustive::stories();
    stories.retain(|story| story.name == name);
    // On this thread alone: mistakes are planted in threads.
    let points = exhaustive::points(&stories, 1);
    let mut points = points.iter().filter(|point| point.trouble == trouble);
    points.find_map(|point| judged(point.play(), || point.to_string()))
}

/// The first thing that went wrong, and by what it was noticed.
fn judged(outcome: Outcome, by: impl Fn() -> String) -> Option<Kill> {
    Some(Kill { wrong: outcome.wrong.into_iter().next()?, by: by() })
}
