//! Rounds: operations and trouble, then peace until everything is right and silent, then everything is deleted and
//! nothing may be left.

use crate::{
    machine::Machine,
    trouble::{Trouble, troubles, wait},
};
use kro_sim::{
    Admin, Judge,
    story::{Goodbye, Operation, left_over, operations},
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

/// Operations of a round.
const OPERATIONS: usize = 24;
/// How long everything may take to become right: beyond the longest wait that trouble of a round leads to.
const PATIENCE: Duration = Duration::from_mins(5);
/// How long it must then be silent.
const SILENCE: Duration = Duration::from_secs(10);
/// A connection that is closed for idleness says so; a request takes more.
const FAREWELL: u64 = 512;

/// What happens next.
#[derive(Debug, Clone)]
enum Event {
    Operation(Operation),
    Trouble(Trouble),
    /// Tenths of a second pass.
    Wait(u8),
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => operations().prop_map(Event::Operation),
        1 => troubles().prop_map(Event::Trouble),
        3 => (0_u8..20).prop_map(Event::Wait),
    ]
}

/// All rounds.
#[derive(Debug)]
pub(crate) struct Soak {
    machine: Machine,
    admin: Admin,
    judge: Judge,
    runner: TestRunner,
    start: Instant,
    rounds: u64,
    operations: u64,
    troubles: BTreeMap<&'static str, u64>,
}

impl Soak {
    #[expect(clippy::disallowed_methods, reason = "real time")]
    pub(crate) fn new(mut machine: Machine, seed: u64) -> anyhow::Result<Self> {
        let admin = Admin::at(Arc::<crate::server::Real>::clone(&machine.server));
        for crd in kro_api::manifests() {
            admin.apply(&crd)?;
        }
        machine.start_operator()?;
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let runner = TestRunner::new_with_rng(Config::default(), rng);
        Ok(Self {
            machine,
            admin,
            judge: Judge::default(),
            runner,
            start: Instant::now(),
            rounds: 0,
            operations: 0,
            troubles: BTreeMap::new(),
        })
    }

    /// What was done, in words.
    pub(crate) fn counts(&self) -> String {
        let mut text = format!(
            "{} minutes, {} rounds, {} operations",
            self.start.elapsed().as_secs() / 60,
            self.rounds,
            self.operations
        );
        for (name, count) in &self.troubles {
            let _ = write!(text, ", {count} {name}");
        }
        text
    }

    /// Plays rounds for so long; what is wrong ends it.
    pub(crate) fn run(&mut self, time: Duration) -> Vec<String> {
        while self.start.elapsed() < time {
            match self.round() {
                Ok(took) => {
                    self.rounds += 1;
                    println!("round {}: right {} s after the last trouble", self.rounds, took.as_secs());
                }
                Err(mut wrong) => {
                    wrong.push(format!("the operator said last:\n{}", self.machine.log()));
                    return wrong;
                }
            }
        }
        Vec::new()
    }

    fn round(&mut self) -> Result<Duration, Vec<String>> {
        let mut story = Vec::new();
        while story.len() < OPERATIONS {
            let event =
                events().new_tree(&mut self.runner).map_err(|reason| vec![reason.to_string()])?.current();
            println!("  {event:?}");
            match event {
                Event::Operation(operation) => {
                    if let Some(mut done) = operation.by(&self.admin) {
                        let is_early = done.as_ref().is_err_and(|refused| refused.code == 404);
                        if is_early && matches!(operation, Operation::Wish(..)) {
                            // The kind is perhaps about to be served.
                            wait(Duration::from_secs(2));
                            done = operation.by(&self.admin).unwrap_or(Ok(()));
                        }
                        println!("    {}", done.err().map_or_else(|| "done".to_owned(), |it| it.to_string()));
                        story.push(operation);
                    }
                }
                Event::Trouble(trouble) => self.strike(trouble)?,
                Event::Wait(tenths) => wait(Duration::from_millis(100) * u32::from(tenths)),
            }
            self.judge.learn(&self.admin);
        }
        self.operations += story.len() as u64;
        let took = self.settle()?;
        let Goodbye { back, delete, undefine } = Goodbye::to(&story);
        for part in [back, delete, undefine] {
            for operation in part {
                if let Some(Err(refused)) = operation.by(&self.admin)
                    && refused.code != 404
                {
                    println!("  {operation:?}: {refused}");
                }
            }
            self.settle()?;
        }
        let left = left_over(&self.admin.everything(), |child| self.judge.may_be_retained(child));
        self.sweep();
        if left.is_empty() { Ok(took) } else { Err(left) }
    }

    /// Takes away what people and policies left, for the next round.
    fn sweep(&self) {
        for object in self.admin.everything() {
            let is_here = object.key().namespace.as_deref() == Some("default");
            if let Some(resource) =
                object.gvk().ok().and_then(|gvk| self.admin.resource(&gvk)).filter(|_| is_here)
            {
                // What is refused stays, and is judged in the next round.
                let _ = self.admin.delete(&resource, &object.key());
            }
        }
    }

    fn strike(&mut self, trouble: Trouble) -> Result<(), Vec<String>> {
        trouble.strike(&mut self.machine, &mut self.troubles).map_err(|error| vec![format!("{error:#}")])
    }

    /// Waits until everything is right, then looks whether it is silent.
    fn settle(&mut self) -> Result<Duration, Vec<String>> {
        self.machine.start_operator().map_err(|error| vec![format!("{error:#}")])?;
        #[expect(clippy::disallowed_methods, reason = "real time")]
        let start = Instant::now();
        loop {
            let wrong = self.judge.look(&self.admin);
            if wrong.is_empty() {
                break;
            }
            if start.elapsed() > PATIENCE {
                return Err(wrong);
            }
            wait(Duration::from_secs(1));
        }
        let took = start.elapsed();
        // What was on its way arrives.
        wait(Duration::from_secs(5));
        let mut said = 0;
        for _ in 0..3 {
            let (before, asked) = (versions(&self.admin), self.machine.proxy.asked());
            wait(SILENCE);
            said = self.machine.proxy.asked() - asked;
            if self.judge.waits() || (said <= FAREWELL && versions(&self.admin) == before) {
                return Ok(took);
            }
        }
        Err(vec![format!(
            "not quiet: the operator sent {said} bytes in {SILENCE:?} after everything was right"
        )])
    }
}

/// What is stored in which version.
fn versions(admin: &Admin) -> Vec<(String, String)> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let everything = admin.everything();
    everything.iter().map(|it| (text(it.metadata().uid()), text(it.metadata().resource_version()))).collect()
}
