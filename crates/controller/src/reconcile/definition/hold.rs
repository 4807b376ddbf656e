//! A definition that is to stay at one of its revisions: rolled back, or held while others are tried.

use super::{Input, Pass};
use crate::{
    queue::Outcome,
    revisions::{Compiled, Revision},
};
use kro_api::{ConditionStatus, ResourceGraphDefinition};
use std::sync::Arc;

impl Pass<'_> {
    /// The definition is to stay at one of its revisions; what was written since waits.
    pub(super) async fn hold(
        &mut self,
        definition: &ResourceGraphDefinition,
        hash: &str,
        pin: i64,
        latest: i64,
        input: &Input,
    ) -> Outcome {
        let problem = match input.compiled.get(&pin) {
            Some(Revision { compiled: Compiled::Active(graph), hash: held }) => {
                let waits = if held == hash { "" } else { "; the definition as it is written now waits" };
                let message = format!("pinned to revision {pin}; the newest is {latest}{waits}");
                self.set("GraphRevisionsResolved", ConditionStatus::True, "Pinned", &message);
                self.accept();
                self.shared.metrics.revision_resolved("serve");
                let outcome = self.serve(definition, Arc::clone(graph)).await;
                self.collect(input).await;
                return outcome;
            }
            Some(_) => format!("revision {pin} is pinned and failed compilation"),
            None if input.revisions.contains_key(&pin) => {
                // It compiles right now.
                self.quiet = true;
                return Outcome::Done;
            }
            None => {
                let known: Vec<String> = input.revisions.keys().map(ToString::to_string).collect();
                format!("revision {pin} is pinned and does not exist; there are: {}", known.join(", "))
            }
        };
        self.set("GraphRevisionsResolved", ConditionStatus::False, "PinnedRevisionUnavailable", &problem);
        self.serve_last_good(input);
        Outcome::Done
    }
}
