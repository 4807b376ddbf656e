//! When a world has calmed down: everything is right, nothing is read or written any more, and little is remembered.
//! Refuses to say what is right: the oracle and people's wishes do.

use super::World;
use crate::{operator::lease_times, oracle::Judgement, snapshot::Snapshot as Everything};
use kro_api::{
    ResourceGraphDefinitionStatus, State,
    names::{self, labels},
};
use kro_object::Object;
use serde_json::json;
use std::time::Duration;

/// How often it is looked whether everything is as it should be.
const LOOK: Duration = Duration::from_secs(15);
/// How long a healed world has to become right: beyond the longest back-off.
const PATIENCE: Duration = Duration::from_hours(1);
/// How long a world that is right must then be silent.
const SILENCE: Duration = Duration::from_mins(20);
/// How many requests a minute a definition or instance may make that waits for what nobody tells of.
const WAITING: u64 = 45;

impl World {
    /// Ends all faults, starts what does not run, and waits until everything is as it should be and nothing happens
    /// any more. Gives the time until everything was right; the errors say what is wrong when patience ends.
    pub async fn settle(&mut self) -> Result<Duration, Vec<String>> {
        let took = self.converge().await?;
        self.silence().await?;
        Ok(took)
    }

    /// The same for programs that go on to ask and write when everything is right. Leases do not count as that.
    pub async fn converge(&mut self) -> Result<Duration, Vec<String>> {
        self.site.faults.heal();
        self.start();
        let start = tokio::time::Instant::now();
        let deadline = start + PATIENCE;
        // What is right depends on what is stored alone, so it is judged when that has changed.
        let mut judged = None;
        let mut wrong = Vec::new();
        loop {
            self.sleep(LOOK).await;
            self.start();
            let broken = self.observer.take_broken();
            if !broken.is_empty() {
                return Err(broken);
            }
            let revision = self.server().revision();
            if judged != Some(revision) {
                judged = Some(revision);
                wrong = self.judge().wrong;
            }
            if wrong.is_empty() {
                return Ok(start.elapsed());
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(wrong);
            }
        }
    }

    /// Nothing is read and nothing written once everything is right; but what was announced for later may come once, and
    /// what failed while there were faults is tried once more when its back-off ends. Clocks that were put back put it off.
    async fn silence(&mut self) -> Result<(), Vec<String>> {
        // What was on its way may arrive, and leases of the dead find others who begin to watch.
        let leases = if self.operators.len() > 1 { lease_times().duration * 2 } else { Duration::ZERO };
        self.sleep(LOOK + leases).await;
        let first = self.is_silent().await;
        let is_put_off = self.observer.policies().have_timeouts() || self.site.faults.have_struck();
        if first.is_err() && is_put_off {
            self.sleep(2 * PATIENCE).await;
            self.is_silent().await?;
        } else {
            first?;
        }
        self.keeps_little()
    }

    async fn is_silent(&mut self) -> Result<(), Vec<String>> {
        // Leases are renewed all the time.
        let renews = self.operators.len() > 1;
        let silence = if renews { SILENCE / 10 } else { SILENCE };
        let (requests, revision) = (self.requests(), self.server().revision());
        self.sleep(silence).await;
        let (later, moved) = (self.requests(), self.server().revision() - revision);
        let is_still = renews || moved == 0;
        if later == requests && is_still {
            return Ok(());
        }
        let Judgement { wrong, waiting } = self.judge();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let minutes = silence.as_secs() / 60;
        let (reads, writes) = (later.reads - requests.reads, later.writes - requests.writes);
        if is_still && reads + writes <= WAITING * waiting * minutes {
            return Ok(());
        }
        Err(vec![format!(
            "not quiet: {reads} reads, {writes} writes and {moved} changes in {minutes} minutes after everything was right"
        )])
    }

    /// No operator remembers more than there is, or watches more than definitions ask for.
    fn keeps_little(&self) -> Result<(), Vec<String>> {
        let server = self.server();
        let children = server.labelled(labels::NODE_ID, None).len() as u64;
        let definitions = server.all(names::GROUP, "ResourceGraphDefinition");
        let revisions = server.all(names::INTERNAL_GROUP, "GraphRevision");
        let nodes = |object: &Object, path: &str| {
            let spec = object.as_value_at("spec")?;
            spec.pointer(path)?.as_array().map(Vec::len)
        };
        let needed = definitions.iter().filter_map(|definition| {
            let written = nodes(definition, "/resources");
            let active = ResourceGraphDefinitionStatus::of(definition).state == Some(State::Active);
            if active && !definition.metadata().is_deleting() {
                return written;
            }
            // What is on its way out, or does not compile, is served as it was, whatever is written to it.
            let name = json!(definition.metadata().name());
            let own = revisions.iter().filter(|revision| {
                revision.as_value_at("spec").is_some_and(|spec| spec["snapshot"]["name"] == name)
            });
            own.filter_map(|revision| nodes(revision, "/snapshot/spec/resources")).max().max(written)
        });
        let watches = 3 + definitions.len() + 2 * needed.sum::<usize>();
        let bounds = [("kro_children", children), ("dynamic_controller_watch_count", watches as u64)];
        let kept = bounds.map(|(name, most)| (name, self.setup.metric(name), most));
        let over = kept.into_iter().filter(|(_, kept, most)| kept > most);
        let over: Vec<String> = over
            .map(|(name, kept, most)| format!("keeps too much: {name} is {kept}, expected {most} at most"))
            .collect();
        if over.is_empty() { Ok(()) } else { Err(over) }
    }

    /// Whether everything is as it should be.
    fn judge(&mut self) -> Judgement {
        let admin = self.admin();
        let now = Everything::new(self.server().dump());
        let mut judgement = self.oracle.judge(&now, &admin, &self.observer.policies());
        judgement.wrong.extend(self.wishes.iter().filter_map(|wish| wish(&admin).err()));
        judgement
    }
}
