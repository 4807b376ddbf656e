//! Plays a scenario in a world of its own, up to the first step that fails.

use super::{
    Action, Expect, Fail, Faults, Manifest, Reference, Scenario, Step, Turn,
    expect::{Moment, judge},
    snapshot,
};
use crate::{
    OPERATOR, World, WorldOptions,
    admin::{Refused, path},
    observer::Requests,
    snapshot::Snapshot,
};
use kro_apiserver::{
    core::{Key, ResourceId},
    fault::{Rates, Rule},
};
use kro_diagnostic::{Code, Diagnostic, codes};
use kro_object::{FieldPath, Object, ObjectKey, ResourceType};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// What a scenario needs beside itself.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'i> {
    /// The objects of the files it names.
    pub files: &'i BTreeMap<String, Vec<Object>>,
    /// Known snapshots by name; `None`: they are being written, and every snapshot is right.
    pub snapshots: Option<&'i BTreeMap<String, String>>,
    /// Another seed than its own.
    pub seed: Option<u64>,
    /// Other faults than its own.
    pub faults: Option<Faults>,
    /// Whether the transcript's lines are kept.
    pub keep_lines: bool,
}

/// How it went.
#[derive(Debug, Clone)]
pub struct Report {
    /// What failed; empty when everything held.
    pub failures: Vec<Failure>,
    /// Virtual time that passed.
    pub took: Duration,
    /// What the operator asked for.
    pub requests: Requests,
    /// The snapshots as they are now.
    pub snapshots: BTreeMap<String, String>,
    /// The transcript, if asked for.
    pub lines: Vec<String>,
}

/// Something that does not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What, and where in the scenario it is expected.
    pub diagnostic: Diagnostic,
    /// What is expected and what is there, as texts to compare.
    pub texts: Option<(String, String)>,
}

/// How long a kind may take to be served after its definition was applied.
const SERVING: Duration = Duration::from_mins(1);
/// How often it is looked whether something holds, at first and after [`HASTE`].
const LOOKS: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];
/// How long it is looked often.
const HASTE: Duration = Duration::from_secs(10);

/// Plays it.
pub fn run(scenario: &Scenario, inputs: Inputs<'_>) -> Report {
    crate::run(async {
        let rates = match inputs.faults.unwrap_or(scenario.faults) {
            Faults::None => None,
            Faults::Light => Some(Rates::mild()),
            Faults::Heavy => Some(Rates::rough()),
        };
        let seed = inputs.seed.unwrap_or(scenario.seed);
        let world = World::new(&WorldOptions {
            seed,
            rates,
            keep_lines: inputs.keep_lines,
            ..WorldOptions::default()
        });
        let mut runner = Runner {
            world,
            inputs,
            began: Instant::now(),
            asked: Requests::default(),
            snapshots: BTreeMap::new(),
            is_stopped: false,
        };
        let failures = runner.play(scenario).await.err().unwrap_or_default();
        let Runner { world, snapshots, .. } = runner;
        Report {
            failures,
            took: Duration::from_secs_f64(world.seconds()),
            requests: world.requests(),
            snapshots,
            lines: world.transcript().lines_kept(),
        }
    })
}

struct Runner<'i> {
    world: World,
    inputs: Inputs<'i>,
    began: Instant,
    /// What had been asked for when the last expectation held.
    asked: Requests,
    snapshots: BTreeMap<String, String>,
    is_stopped: bool,
}

impl Runner<'_> {
    async fn play(&mut self, scenario: &Scenario) -> Result<(), Vec<Failure>> {
        for reference in &scenario.hold {
            self.hold(reference, true, &FieldPath::root().join("hold"))?;
        }
        for turn in &scenario.outcomes {
            self.turn(turn, &FieldPath::root().join("outcomes"))?;
        }
        self.world.start();
        let given = FieldPath::root().join("given");
        self.apply(&scenario.given)
            .await
            .map_err(|(path, refused)| failed(path.unwrap_or(&given), &refused))?;
        self.began = Instant::now();
        for step in &scenario.steps {
            if let Some(at) = step.at {
                tokio::time::sleep_until(self.began + at).await;
            }
            self.keep_running();
            self.step(step).await?;
            let broken = self.world.take_broken();
            if !broken.is_empty() {
                return Err(broken
                    .into_iter()
                    .map(|what| failure(codes::RULE_BROKEN, &step.path, format!("the operator {what}")))
                    .collect());
            }
        }
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Vec<Failure>> {
        let done: Result<(), Refused> = match &step.action {
            Action::Apply(manifests) => match self.apply(manifests).await {
                Ok(()) => Ok(()),
                Err((path, refused)) if step.refused.is_none() => {
                    return Err(failed(path.unwrap_or(&step.path), &refused));
                }
                Err((_, refused)) => Err(refused),
            },
            Action::Patch { object, with, subresource } => self.named(object).and_then(|(resource, key)| {
                self.world.admin().patch(&resource, &key, subresource, with).map(drop)
            }),
            Action::Delete(object) => {
                self.named(object).and_then(|(resource, key)| self.world.admin().delete(&resource, &key))
            }
            Action::Fail(fail) => self.fail(fail),
            Action::Hold(reference) => return self.hold(reference, true, &step.path),
            Action::Release(reference) => return self.hold(reference, false, &step.path),
            Action::Turn(turn) => return self.turn(turn, &step.path),
            Action::Expect(expect) => return self.expect(expect, &step.path).await,
            Action::Wait(time) => {
                self.pass(*time).await;
                Ok(())
            }
            Action::Heal => {
                self.world.faults().heal();
                Ok(())
            }
            Action::Crash => {
                self.world.crash(OPERATOR).await;
                Ok(())
            }
            Action::Restart | Action::Stop => {
                self.world.stop(OPERATOR).await;
                self.is_stopped = matches!(step.action, Action::Stop);
                Ok(())
            }
            Action::Start => {
                self.is_stopped = false;
                Ok(())
            }
            Action::CrashAfter(steps) => {
                self.world.crash_after(OPERATOR, *steps);
                Ok(())
            }
        };
        self.keep_running();
        match (done, &step.refused) {
            (Ok(()), None) => Ok(()),
            (Ok(()), Some(_)) => Err(vec![failure(
                codes::STEP_FAILED,
                &step.path,
                "the server accepts it; a refusal is expected".to_owned(),
            )]),
            (Err(refused), None) => Err(failed(&step.path, &refused)),
            (Err(refused), Some(words)) if refused.to_string().contains(words) => Ok(()),
            (Err(refused), Some(words)) => {
                let message = format!("the server refuses it with other words than {words:?}: {refused}");
                Err(vec![failure(codes::STEP_FAILED, &step.path, message)])
            }
        }
    }

    /// What starts the operator again after it has died.
    fn keep_running(&mut self) {
        if !self.is_stopped {
            self.world.start();
        }
    }

    /// Time passes; an operator that dies meanwhile is started again.
    async fn pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            tokio::time::sleep_until(end.min(Instant::now() + LOOKS[1])).await;
            self.keep_running();
        }
    }

    /// Creates or changes objects; waits for kinds that are being made.
    async fn apply<'m>(&mut self, manifests: &'m [Manifest]) -> Result<(), (Option<&'m FieldPath>, Refused)> {
        let mut objects: Vec<(&FieldPath, &Object)> = Vec::new();
        for manifest in manifests {
            match manifest {
                Manifest::Inline(object, path) => objects.push((path, object)),
                Manifest::File(name, path) => {
                    let contents = self.inputs.files.get(name).map(Vec::as_slice).unwrap_or_default();
                    objects.extend(contents.iter().map(|object| (path, object)));
                }
            }
        }
        objects.sort_by_key(|(_, object)| rank(object));
        for (path, object) in objects {
            let deadline = Instant::now() + SERVING;
            while let Err(refused) = self.world.admin().apply(object) {
                if !refused.is_unknown_kind() || Instant::now() >= deadline {
                    return Err((Some(path), refused));
                }
                self.pass(LOOKS[0]).await;
            }
        }
        Ok(())
    }

    async fn expect(&mut self, expect: &Expect, at: &FieldPath) -> Result<(), Vec<Failure>> {
        if expect.settled {
            self.is_stopped = false;
            let settled = self.world.settle().await;
            let wrong = |what| failure(codes::EXPECTATION, &at.join("settled"), what);
            settled.map_err(|wrongs| wrongs.into_iter().map(wrong).collect::<Vec<_>>())?;
        }
        let start = Instant::now();
        let end = start + expect.during.unwrap_or(expect.within);
        loop {
            let now = Snapshot::new(self.world.server().dump());
            let moment = Moment {
                now: &now,
                journal: &self.world.journal(),
                requests: self.world.requests() - self.asked,
                seconds: (Instant::now() - self.began).as_secs_f64(),
                snapshots: self.inputs.snapshots,
            };
            let failures = judge(expect, at, &moment);
            let is_over = Instant::now() >= end;
            if failures.is_empty() && (is_over || expect.during.is_none()) {
                if let Some(name) = &expect.snapshot {
                    self.snapshots.insert(name.clone(), snapshot::text(&now));
                }
                break;
            }
            if !failures.is_empty() && (is_over || expect.during.is_some()) {
                return Err(failures);
            }
            let pace = if start.elapsed() < HASTE { LOOKS[0] } else { LOOKS[1] };
            tokio::time::sleep_until(end.min(Instant::now() + pace)).await;
            self.keep_running();
        }
        self.asked = self.world.requests();
        Ok(())
    }

    fn fail(&self, fail: &Fail) -> Result<(), Refused> {
        let resource = self.resource(&fail.object)?;
        let key =
            ObjectKey::namespaced(&fail.object.namespace, fail.object.name.as_deref().unwrap_or_default());
        let rule = Rule::new(fail.with).method(fail.method.clone()).path(&path(&resource, &key));
        self.world.faults().script(rule.times(fail.times.unwrap_or(u32::MAX)));
        Ok(())
    }

    fn hold(&self, reference: &Reference, holds: bool, at: &FieldPath) -> Result<(), Vec<Failure>> {
        let (id, key) = self.place(reference, at)?;
        if holds {
            self.world.server().hold(&id, key.as_ref());
        } else {
            self.world.server().let_go(&id, key.as_ref());
        }
        Ok(())
    }

    fn turn(&self, turn: &Turn, at: &FieldPath) -> Result<(), Vec<Failure>> {
        let (id, key) = self.place(&turn.object, at)?;
        self.world.server().script(&id, key.as_ref(), turn.with);
        Ok(())
    }

    /// Where an object is stored, or all of a resource.
    fn place(
        &self,
        reference: &Reference,
        at: &FieldPath,
    ) -> Result<(ResourceId, Option<Key>), Vec<Failure>> {
        let resource = self.resource(reference).map_err(|refused| failed(at, &refused))?;
        let id =
            ResourceId { group: resource.gvk.group.as_ref().into(), plural: resource.plural.as_ref().into() };
        let namespace = if resource.is_namespaced() { reference.namespace.as_str() } else { "" };
        Ok((id, reference.name.as_deref().map(|name| Key::new(namespace, name))))
    }

    fn named(&self, reference: &Reference) -> Result<(ResourceType, ObjectKey), Refused> {
        let key = ObjectKey::namespaced(&reference.namespace, reference.name.as_deref().unwrap_or_default());
        Ok((self.resource(reference)?, key))
    }

    fn resource(&self, reference: &Reference) -> Result<ResourceType, Refused> {
        self.world.admin().resource(&reference.gvk).ok_or_else(|| Refused::unknown_kind(&reference.gvk))
    }
}

/// The order in which objects can be applied.
fn rank(object: &Object) -> u8 {
    match object.gvk().map(|gvk| gvk.kind).as_deref() {
        Ok("CustomResourceDefinition") => 0,
        Ok("Namespace") => 1,
        Ok("ResourceGraphDefinition") => 2,
        _ => 3,
    }
}

fn failed(at: &FieldPath, refused: &Refused) -> Vec<Failure> {
    vec![failure(codes::STEP_FAILED, at, format!("the server refuses it: {refused}"))]
}

fn failure(code: Code, at: &FieldPath, message: String) -> Failure {
    Failure { diagnostic: Diagnostic::error(code, at.clone().into(), message), texts: None }
}
