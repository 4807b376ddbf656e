//! What an instance says about its resources in the end, and when it is looked at again.

use crate::queue::Outcome;
use kro_api::{ConditionStatus, InstanceState};

/// What the instance says about its resources, and when to look again.
pub(super) struct Verdict {
    pub(super) status: ConditionStatus,
    pub(super) reason: &'static str,
    pub(super) message: String,
    pub(super) state: InstanceState,
    pub(super) outcome: Outcome,
}

/// How deleting what is no longer wanted went.
pub(super) enum Pruned {
    /// Nothing is left of it.
    Clean,
    /// Something waits for its finalizers.
    Lingering,
    /// More would go than the policy allows at once.
    Blocked(String),
    Failed(String),
}

impl Verdict {
    pub(super) fn ready() -> Self {
        Self {
            status: ConditionStatus::True,
            reason: "AllResourcesReady",
            message: "all resources are created and ready".to_owned(),
            state: InstanceState::Active,
            outcome: Outcome::Done,
        }
    }

    /// Everything that is wanted is there and ready.
    pub(super) fn of_pruning(pruned: Pruned, retry: Outcome) -> Self {
        match pruned {
            Pruned::Clean => Self::ready(),
            Pruned::Lingering => {
                Self::not_ready(InstanceState::Active, "waiting for pruned objects to go", retry)
            }
            Pruned::Blocked(message) => Self {
                reason: "DeletionLimit",
                message,
                ..Self::not_ready(InstanceState::Error, "", Outcome::Done)
            },
            Pruned::Failed(message) => {
                Self::not_ready(InstanceState::Active, &format!("prune failed: {message}"), retry)
            }
        }
    }

    /// Something else is wrong: that comes first, but what is left to delete is not forgotten over it.
    pub(super) fn with_pruning(mut self, pruned: Pruned, retry: Outcome) -> Self {
        let more = match pruned {
            Pruned::Clean => return self,
            Pruned::Blocked(message) => message,
            Pruned::Lingering => return Self { outcome: retry, ..self },
            Pruned::Failed(message) => {
                self.outcome = retry;
                format!("prune failed: {message}")
            }
        };
        self.message = format!("{}\n{more}", self.message);
        self
    }

    pub(super) fn suspended() -> Self {
        Self {
            status: ConditionStatus::False,
            reason: "ReconciliationSuspended",
            message: "reconciliation suspended via kro.run/reconcile annotation".to_owned(),
            state: InstanceState::Active,
            outcome: Outcome::Done,
        }
    }

    pub(super) fn not_ready(state: InstanceState, message: &str, outcome: Outcome) -> Self {
        Self {
            status: ConditionStatus::False,
            reason: "NotReady",
            message: format!("resource reconciliation failed: {message}"),
            state,
            outcome,
        }
    }
}
