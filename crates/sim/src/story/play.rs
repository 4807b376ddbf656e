//! Plays a story and judges it: after everything has calmed down, and once more after everything was deleted.

use super::{
    goodbye::{Goodbye, left_over},
    operation::{Operation, THEIRS, children, instances},
};
use crate::{OPERATOR, World, WorldOptions, oracle::shown, run};
use kro_api::{Profile, names::labels, policy::Deletion};
use kro_apiserver::fault::Rates;
use kro_object::Object;
use std::{collections::BTreeMap, time::Duration};

/// What happens, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Seed of everything that is left to chance while it is played.
    pub seed: u64,
    /// Whether requests and watches meet faults at [`Rates::rough`].
    pub faulty: bool,
    /// Whether operators run with the profile `safe`.
    pub is_safe: bool,
    /// Who operates.
    pub crew: Crew,
    /// The operations.
    pub operations: Vec<Operation>,
}

impl Story {
    /// Whether nothing in it takes a child out of a graph: then every deletion is that of a teardown.
    fn never_prunes(&self) -> bool {
        let made = |operation: &&Operation| matches!(operation, Operation::Define(..) | Operation::Wish(..));
        let fixed = self.operations.iter().filter(made).count() <= 2;
        fixed && !self.operations.iter().any(|operation| matches!(operation, Operation::Undefine(_)))
    }
}

/// The operators of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crew {
    /// One.
    Alone,
    /// Two, of which the holder of the lease acts.
    Candidates,
    /// Three that share the instances out.
    Replicas,
}

impl Crew {
    fn world(self, options: &WorldOptions) -> World {
        match self {
            Self::Alone => World::new(options),
            Self::Candidates => World::with_candidates(options, &["one", "two"]),
            Self::Replicas => World::with_replicas(options, &["one", "two", "three"], 4),
        }
    }
}

/// How a story ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What is wrong; empty when everything is right.
    pub wrong: Vec<String>,
    /// Hash of the transcript and of what the server stored in the end.
    pub hash: String,
    /// Virtual time that passed.
    pub took: Duration,
    /// Requests that operators made, watches and what is about leases apart.
    pub requests: u64,
    /// The most that one of them made within a minute.
    pub busiest: u64,
    /// How long after the last operation everything was right, if it was; looked at every quarter of a minute.
    pub calm_after: Duration,
    /// Steps that the operator made from when trouble was last asked for until then or until
    /// patience ended, if it lived on.
    pub steps: u64,
    /// How often the operator died at a step.
    pub deaths: u64,
    /// The transcript, if asked for.
    pub lines: Vec<String>,
}

/// Plays a story in a world of its own.
pub fn play(story: &Story, keep_lines: bool) -> Outcome {
    run(async {
        // Operators that renew leases on a bad day do little else.
        let rates = if story.crew == Crew::Alone { Rates::rough } else { Rates::mild };
        let rates = story.faulty.then(rates);
        let profile = if story.is_safe { Profile::Safe } else { Profile::Upstream };
        let mut world = story.crew.world(&WorldOptions { seed: story.seed, rates, profile, keep_lines });
        let mut calm = Calm::default();
        let wrong = live(&mut world, story, &mut calm).await.err().unwrap_or_default();
        for line in &wrong {
            world.transcript().note(&format!("WRONG {line}"));
        }
        world.transcript().seal(world.server());
        Outcome {
            wrong,
            hash: world.transcript().hash(),
            took: Duration::from_secs_f64(world.seconds()),
            requests: world.requests().total(),
            busiest: world.busiest_minute(),
            calm_after: calm.after,
            steps: calm.steps,
            deaths: world.deaths(OPERATOR),
            lines: world.transcript().lines_kept(),
        }
    })
}

/// When everything was right for the first time, or patience ended.
#[derive(Debug, Default)]
struct Calm {
    after: Duration,
    steps: u64,
}

async fn live(world: &mut World, story: &Story, calm: &mut Calm) -> Result<(), Vec<String>> {
    if story.never_prunes() {
        world.never_prunes();
    }
    world.start();
    let mut notes = Notes::default();
    for operation in &story.operations {
        operation.perform(world).await;
        if matches!(operation, Operation::Meddle(..)) {
            notes.remember(world);
        }
    }
    let settled = world.settle().await;
    calm.steps = world.steps(OPERATOR);
    calm.after = settled?;
    notes.judge(world)?;

    let goodbye = Goodbye::to(&story.operations);
    all(world, &goodbye.back).await?;
    let fates = Fates::of(world);
    all(world, &goodbye.delete).await?;
    let instances =
        (0..2).flat_map(|which| world.admin().all(kro_api::names::GROUP, &instances(which).gvk.kind));
    if let Some(instance) = instances.into_iter().next() {
        return Err(vec![format!("{} did not go", shown(&instance))]);
    }
    all(world, &goodbye.undefine).await?;
    fates.judge(world)?;
    let left = left_over(&world.admin().everything(), |child| world.may_be_retained(child));
    if left.is_empty() { Ok(()) } else { Err(left) }
}

/// Performs operations and waits until everything has calmed down.
async fn all(world: &mut World, operations: &[Operation]) -> Result<(), Vec<String>> {
    for operation in operations {
        operation.perform(world).await;
    }
    world.settle().await.map(drop)
}

/// What must become of children when their instances go, by uid.
#[derive(Debug)]
struct Fates(BTreeMap<String, (String, Deletion)>);

impl Fates {
    fn of(world: &World) -> Self {
        let fate = |child: &Object| {
            let uid = child.metadata().uid().unwrap_or_default().to_owned();
            (uid, (shown(child), world.deletion_of(child)))
        };
        // One that lost its instance before stays as it is.
        let admin = world.admin();
        let has_parent = |child: &&Object| {
            let label = |name| child.metadata().label(name).unwrap_or_default();
            let parents = admin.all(label(labels::INSTANCE_GROUP), label(labels::INSTANCE_KIND));
            parents.iter().any(|parent| parent.metadata().uid() == Some(label(labels::INSTANCE_ID)))
        };
        Self(children(&admin).iter().filter(has_parent).map(fate).collect())
    }

    fn judge(&self, world: &World) -> Result<(), Vec<String>> {
        let everything = world.admin().everything();
        let mut wrong = Vec::new();
        for (uid, (name, deletion)) in &self.0 {
            let live = everything.iter().find(|object| object.metadata().uid() == Some(uid));
            let is_labelled = |live: &Object| live.metadata().label(labels::APPLYSET_PART_OF).is_some();
            match (deletion, live) {
                (Deletion::Delete, None) => {}
                (Deletion::Retain, Some(live)) if is_labelled(live) => {}
                (Deletion::Orphan, Some(live)) if !is_labelled(live) => {}
                (_, live) => {
                    let is = live.map_or("is gone", |_| "is there");
                    wrong.push(format!("{name} {is}, its policy says {deletion:?}"));
                }
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// What others wrote on children, by uid: it stays as long as the child does.
#[derive(Debug, Default)]
struct Notes {
    by_uid: BTreeMap<String, BTreeMap<String, String>>,
}

impl Notes {
    fn remember(&mut self, world: &World) {
        for child in children(&world.admin()) {
            let theirs = theirs(&child);
            if !theirs.is_empty() {
                self.by_uid.insert(child.metadata().uid().unwrap_or_default().to_owned(), theirs);
            }
        }
    }

    fn judge(&self, world: &World) -> Result<(), Vec<String>> {
        let lost = |child: &Object| {
            let known = self.by_uid.get(child.metadata().uid().unwrap_or_default())?;
            (theirs(child) != *known).then(|| format!("{} lost what others wrote: {known:?}", shown(child)))
        };
        let lost: Vec<String> = children(&world.admin()).iter().filter_map(lost).collect();
        if lost.is_empty() { Ok(()) } else { Err(lost) }
    }
}

fn theirs(object: &Object) -> BTreeMap<String, String> {
    let annotations = object.metadata().annotations().into_iter().flatten();
    let theirs = annotations.filter(|(key, _)| key.starts_with(THEIRS));
    theirs.map(|(key, value)| (key.clone(), value.to_string())).collect()
}
