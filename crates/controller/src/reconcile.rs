//! The reconciles. Each is an async function from a snapshot of what the dispatcher knows to an outcome and the
//! effects the dispatcher shall record. A reconcile performs requests; it changes no state of the controller but
//! what is known of children, through the answers to its own writes.

pub(crate) mod definition;
pub(crate) mod instance;
pub(crate) mod revision;
pub(crate) mod teardown;

use crate::{Shared, dispatch::Served, queue::Outcome, revisions::Revision, router::Interest};
use kro_api::Policy;
use kro_cluster::{Cluster, Error};
use kro_graph::Graph;
use kro_object::Object;
use std::sync::Arc;

/// What a reconcile hands back.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    pub(crate) effects: Vec<Effect>,
}

impl Report {
    pub(crate) fn new(outcome: Outcome) -> Self {
        Self { outcome, effects: Vec::new() }
    }

    pub(crate) fn with(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}

/// The cluster with the rights that count for the objects of an instance.
pub(crate) fn cluster_for(shared: &Shared, served: &Served, instance: &Object) -> Cluster {
    match &served.policy.account {
        None => shared.cluster.clone(),
        Some(account) => shared.cluster.impersonating(&account.user(instance.metadata().namespace())),
    }
}

/// What is said of a failed request: when the operator lacks rules, which ones, instead of the one it was refused by.
pub(crate) fn explain(error: &Error, served: &Served) -> String {
    match &served.lacks {
        Some(lacks) if error.is_forbidden() => lacks.to_string(),
        _ => error.to_string(),
    }
}

/// Something the dispatcher shall know.
#[derive(Debug)]
pub(crate) enum Effect {
    /// The server's answer to a write of ours to a definition, revision or instance.
    Wrote(Object),
    /// A write to a definition or an instance was not answered: it may have happened all the same.
    Unsure,
    /// A graph was compiled to check a definition; its revision will want it.
    Proposed { hash: String, graph: Arc<Graph> },
    /// A revision was compiled, or could not be.
    Compiled { number: i64, revision: Revision },
    /// A revision is gone.
    Dropped { number: i64 },
    /// The definition's CRD is there: its instances are reconciled by this graph from now on.
    /// `lacks` says which rules the operator lacks, `reread` that the CRD changed, so that stored instances may have
    /// other defaults now.
    Serve { uid: Box<str>, graph: Arc<Graph>, policy: Policy, lacks: Option<String>, reread: bool },
    /// No revision compiles: instances are left alone, unless they are being deleted or a revision serves already.
    ServeDeletions { uid: Box<str>, graph: Arc<Graph>, policy: Policy },
    /// The definition is gone: its instances are left alone from now on.
    Unserve,
    /// Whether an instance that waits has not been told so in its status yet.
    Held(bool),
    /// The operator may not do something that an instance needs.
    Denied,
    /// What an instance wants to hear about, beside its children.
    Interests(Vec<Interest>),
}

impl Effect {
    /// What a failed write to a definition or an instance leaves open, if anything.
    pub(crate) fn of_failed_write(error: &Error) -> Option<Self> {
        error.is_uncertain().then_some(Self::Unsure)
    }
}
