//! What can go wrong between a client and a server, on purpose: from a script, from a seed, until it is healed.
//!
//! ```
//! use kro_apiserver::{ApiServer, Options, fault::{Fault, Faults, Rule}};
//! use tower_layer::Layer as _;
//!
//! let server = ApiServer::new(Options::default());
//! let faults = Faults::none();
//! faults.script(Rule::new(Fault::Unavailable).path("/api/v1/namespaces/default/configmaps").times(2));
//! let service = faults.layer("operator").layer(server);
//! // kube_client::Client::new(service, "default") meets the faults; another layer is another client.
//! # drop(service);
//! faults.heal();
//! ```
//!
//! Decisions depend on the seed, the client's name and how many requests that client has sent, and on nothing else:
//! what one client asks does not change what another one meets. Time is that of the tokio runtime.
//! Refuses to change what the server stores, but for [`Fault::Compact`], which etcd does as well.

mod decide;
mod service;
#[cfg(test)]
mod tests;

pub use self::{
    decide::Rates,
    service::{FaultLayer, Faulty, FaultyBody, Lost, Witness},
};

use self::decide::{Asked, Dice};
use crate::signal::Signal;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The request reaches the server later.
    Delay(Duration),
    /// The request never reaches the server; the client sees a broken connection.
    LoseRequest,
    /// The server performs the request; the client sees a broken connection.
    LoseReply,
    /// 409 `Conflict`, not performed.
    Conflict,
    /// 429 `TooManyRequests` with `Retry-After` in seconds, not performed.
    TooManyRequests(u32),
    /// 500 `InternalError`, not performed.
    InternalError,
    /// 503 `ServiceUnavailable`, not performed.
    Unavailable,
    /// 403 `Forbidden`, not performed.
    Deny,
    /// The history is compacted before the request is performed: watches and pages that lag behind get 410.
    Compact,
    /// A list that takes any version (`resourceVersion=0`) shows the state of some revisions ago, as far as history
    /// goes back. Other lists are never stale, as on real servers.
    StaleList(u64),
    /// The connection of a watch breaks after this time.
    CutWatch(Duration),
    /// Every event of a watch arrives later by this time.
    DelayWatch(Duration),
}

/// A fault for the requests that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    fault: Fault,
    client: Option<String>,
    method: Option<http::Method>,
    path: String,
    skip: u32,
    left: u32,
}

impl Rule {
    /// The fault for the first request of anybody.
    pub fn new(fault: Fault) -> Self {
        Self { fault, client: None, method: None, path: String::new(), skip: 0, left: 1 }
    }

    /// Only for requests of this client.
    #[must_use]
    pub fn client(mut self, name: &str) -> Self {
        self.client = Some(name.to_owned());
        self
    }

    /// Only for requests with this method.
    #[must_use]
    pub fn method(mut self, method: http::Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only for requests whose path begins so.
    #[must_use]
    pub fn path(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.path);
        self
    }

    /// Lets so many fitting requests pass first.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    /// For so many requests instead of one.
    #[must_use]
    pub fn times(mut self, requests: u32) -> Self {
        self.left = requests;
        self
    }

    fn take(&mut self, client: &str, asked: &Asked) -> Option<Fault> {
        let fits = self.left > 0
            && self.client.as_deref().is_none_or(|name| name == client)
            && self.method.as_ref().is_none_or(|method| *method == asked.method)
            && asked.path.starts_with(&self.path)
            && asked.can_meet(self.fault);
        if !fits {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.left -= 1;
        Some(self.fault)
    }
}

/// A fault that a request met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injected {
    /// The client.
    pub client: String,
    /// The number of the request among those of the client, from 1.
    pub request: u64,
    /// Method and path.
    pub what: String,
    /// What went wrong.
    pub fault: Fault,
}

/// The faults of one world, shared by all of its clients.
#[derive(Debug, Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Raised when the world was healed and when partitions change.
    changed: Signal,
}

#[derive(Debug, Default)]
struct State {
    seed: u64,
    rates: Option<Rates>,
    rules: Vec<Rule>,
    partitioned: BTreeSet<String>,
    clients: BTreeMap<String, (Dice, u64)>,
    injected: Vec<Injected>,
    /// Some client was cut off once.
    was_parted: bool,
    healed: u64,
}

impl Faults {
    /// Nothing goes wrong until it is scripted.
    pub fn none() -> Self {
        Self::with(State::default())
    }

    /// Requests meet faults at these rates, the same ones for the same seed.
    pub fn seeded(seed: u64, rates: Rates) -> Self {
        Self::with(State { seed, rates: Some(rates), ..State::default() })
    }

    fn with(state: State) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::new(state), changed: Signal::default() }) }
    }

    /// Adds a rule. Of all rules the first that fits decides; rules come before the seed.
    pub fn script(&self, rule: Rule) {
        self.state().rules.push(rule);
    }

    /// Cuts a client off: its requests are lost, its watches fall silent until [`Faults::mend`] or [`Faults::heal`].
    pub fn partition(&self, client: &str) {
        let mut state = self.state();
        state.partitioned.insert(client.to_owned());
        state.was_parted = true;
        drop(state);
        self.shared.changed.raise();
    }

    /// Ends the partition of one client; its watches go on where they were.
    pub fn mend(&self, client: &str) {
        self.state().partitioned.remove(client);
        self.shared.changed.raise();
    }

    /// Ends everything: rules, rates, partitions, running delays. What is in flight arrives now.
    pub fn heal(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.rates = None;
        state.partitioned.clear();
        state.healed += 1;
        drop(state);
        self.shared.changed.raise();
    }

    /// Whether anything has gone wrong so far: a request met a fault, or a client was cut off.
    pub fn have_struck(&self) -> bool {
        let state = self.state();
        state.was_parted || !state.injected.is_empty()
    }

    /// The requests that met a fault so far, in order.
    pub fn injected(&self) -> Vec<Injected> {
        self.state().injected.clone()
    }

    /// The layer through which one client reaches the server.
    pub fn layer(&self, client: &str) -> FaultLayer {
        FaultLayer::new(self.clone(), client)
    }

    fn decide(&self, client: &str, asked: &Asked) -> Option<Fault> {
        let mut state = self.state();
        let seed = state.seed;
        let (dice, requests) =
            state.clients.entry(client.to_owned()).or_insert_with(|| (Dice::new(seed, client), 0));
        *requests += 1;
        // Drawn in any case, so that a rule does not shift what comes later.
        let (roll, request) = (dice.roll(), *requests);
        let scripted = state.rules.iter_mut().find_map(|rule| rule.take(client, asked));
        let fault = scripted.or_else(|| state.rates.as_ref()?.pick(roll, asked))?;
        let what = format!("{} {}", asked.method, asked.path);
        state.injected.push(Injected { client: client.to_owned(), request, what, fault });
        Some(fault)
    }

    fn is_partitioned(&self, client: &str) -> bool {
        self.state().partitioned.contains(client)
    }

    /// How often the world was healed.
    fn healed(&self) -> u64 {
        self.state().healed
    }

    /// Comes when the world has been healed more than so often.
    async fn healed_since(&self, times: u64) {
        loop {
            let seen = self.changed().count();
            if self.healed() != times {
                return;
            }
            self.changed().after(seen).await;
        }
    }

    fn changed(&self) -> &Signal {
        &self.shared.changed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
