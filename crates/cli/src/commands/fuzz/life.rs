//! Whole lives of instances in embedded clusters: created, changed, robbed of a child, under faults and crashes of the
//! operator, and deleted. Plays them as scenarios, and shrinks the first that goes wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context;
use kro_diagnostic::codes;
use kro_graph::Graph;
use kro_object::Object;
use kro_sim::scenario::{self, Inputs};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Reason, TestRunner};
use serde_json::Value;

use super::scenario::{Given, document};
use super::{Args, Instances, none_found, render, runner};
use crate::output::{Advice, BAD, FAINT, GOOD, STRONG, styled};

const CASES: u32 = 24;
/// How many smaller lives are played for one that goes wrong.
const SHRINKS: u32 = 100;

/// What becomes of one instance.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// How it is created.
    pub(super) instance: Value,
    /// What happens then, before it is deleted.
    pub(super) events: Vec<Event>,
    /// What goes wrong by chance, in the words of scenarios.
    pub(super) faults: &'static str,
    /// Seed of the cluster.
    pub(super) seed: u16,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The instance becomes another one.
    Change(Value),
    /// Somebody deletes one of its children, by number modulo how many there are.
    Lose(u8),
    /// The operator dies after so many more steps of its own.
    CrashAfter(u8),
    /// Seconds pass.
    Wait(u8),
}

/// Searches in every definition; says whether all is good.
pub(super) fn run<'d>(
    graphs: impl Iterator<Item = (&'d Object, Arc<Graph>)>,
    args: &Args,
) -> anyhow::Result<bool> {
    let given = Given::read(&args.input, args.save.as_deref())?;
    let mut good = true;
    let cases = args.cases.unwrap_or(CASES);
    for (definition, graph) in graphs {
        let name = definition.key().name;
        let search =
            Search { instances: Instances::of(&graph), targets: render::Targets::new(&graph), given: &given };
        // A cluster that cannot be made says nothing about the definition.
        let mut unplayable = None;
        let mut wrong = |life: &Life| match search.play(life) {
            Verdict::Good => None,
            Verdict::Wrong(what) => Some(what),
            Verdict::Unplayable(why) => {
                unplayable.get_or_insert(why);
                None
            }
        };
        let found = smallest(&mut runner(args, cases, 0), &lives(&search.instances), cases, &mut wrong);
        let found = found.map_err(|reason| none_found(definition, &reason))?;
        if let Some((life, what)) = found {
            good = false;
            report(&name, &what, &search.document(&life), args)?;
        } else if let Some(why) = unplayable {
            return Err(Advice::new(
                format!("{name} cannot be played: {why}"),
                "name the files with its CRDs and with the objects it refers to",
            )
            .into());
        } else {
            let lives = if cases == 1 { "life" } else { "lives" };
            anstream::println!("{} {name}: {cases} {lives} lived through, all well", styled(GOOD, "ok"));
        }
    }
    Ok(good)
}

/// The first life that is wrong, made as small as it stays wrong; with what is wrong then.
fn smallest(
    runner: &mut TestRunner,
    lives: &impl Strategy<Value = Life>,
    cases: u32,
    wrong: &mut impl FnMut(&Life) -> Option<String>,
) -> Result<Option<(Life, String)>, Reason> {
    for _ in 0..cases {
        let mut tree = lives.new_tree(runner)?;
        let life = tree.current();
        let Some(what) = wrong(&life) else { continue };
        let mut smallest = (life, what);
        let mut goes_on = tree.simplify();
        for _ in 0..SHRINKS {
            if !goes_on {
                break;
            }
            let life = tree.current();
            goes_on = if let Some(what) = wrong(&life) {
                smallest = (life, what);
                tree.simplify()
            } else {
                tree.complicate()
            };
        }
        return Ok(Some(smallest));
    }
    Ok(None)
}

fn report(name: &str, what: &str, document: &Value, args: &Args) -> anyhow::Result<()> {
    let text = serde_saphyr::to_string(document).context("cannot write YAML")?;
    anstream::println!(
        "{}: {}",
        styled(BAD, "error"),
        styled(STRONG, format_args!("a life of {name} goes wrong: {what}"))
    );
    let Some(path) = &args.save else {
        anstream::println!(
            "\n{}\n{text}",
            styled(FAINT, "# the smallest such life, for a file of this folder: fuzz.test.yaml")
        );
        return Ok(());
    };
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    anstream::println!("the smallest such life is in {}", path.display());
    Ok(())
}

fn lives(instances: &Instances) -> impl Strategy<Value = Life> + use<> {
    let event = prop_oneof![
        3 => instances.strategy().prop_map(Event::Change),
        2 => any::<u8>().prop_map(Event::Lose),
        2 => (0..60_u8).prop_map(Event::CrashAfter),
        1 => (1..30_u8).prop_map(Event::Wait),
    ];
    let faults = prop_oneof![2 => Just("none"), 1 => Just("light"), 1 => Just("heavy")];
    // The first is made smaller first.
    (vec(event, 0..4), faults, instances.strategy(), 0..1000_u16)
        .prop_map(|(events, faults, instance, seed)| Life { instance, events, faults, seed })
}

/// How a life went.
enum Verdict {
    Good,
    Wrong(String),
    /// The cluster around it cannot be made.
    Unplayable(String),
}

/// What lives of one definition are played with.
struct Search<'g> {
    instances: Instances,
    targets: render::Targets,
    given: &'g Given,
}

impl Search<'_> {
    fn rendered(&self, instance: &Value) -> Result<render::Rendered, String> {
        render::check(&self.instances.graph, &self.targets, self.instances.stored(instance))
    }

    fn document(&self, life: &Life) -> Value {
        // What does not render is known by now, or is the reason of the failure.
        let rendered = |instance: &Value| self.rendered(instance).unwrap_or_default();
        document(life, self.given, &self.instances, rendered)
    }

    fn play(&self, life: &Life) -> Verdict {
        let changed = life.events.iter().filter_map(|event| match event {
            Event::Change(instance) => Some(instance),
            _ => None,
        });
        for instance in std::iter::once(&life.instance).chain(changed) {
            if let Err(what) = self.rendered(instance) {
                return Verdict::Wrong(format!("it makes what cannot be: {what}"));
            }
        }
        let scenario = match scenario::read(&self.document(life)).into_result() {
            Ok(scenario) => scenario,
            Err(found) => {
                return Verdict::Unplayable(found.first().map(ToString::to_string).unwrap_or_default());
            }
        };
        let inputs = Inputs {
            files: &self.given.files,
            snapshots: Some(&BTreeMap::new()),
            seed: None,
            faults: None,
            keep_lines: false,
        };
        let Some(first) = scenario::run(&scenario, inputs).failures.into_iter().next() else {
            return Verdict::Good;
        };
        let is_given = first.diagnostic.primary.path.to_string().starts_with("given");
        if is_given && first.diagnostic.code == codes::STEP_FAILED {
            return Verdict::Unplayable(first.diagnostic.message);
        }
        Verdict::Wrong(first.diagnostic.message)
    }
}
