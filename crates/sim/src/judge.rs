//! The judgement over a server that is not part of a world: one with real programs, in real time.

use crate::{
    Admin,
    oracle::{Judgement, Oracle},
    policies::Policies,
    snapshot::Snapshot,
};
use kro_api::{names, policy::Deletion};
use kro_object::Object;

/// Says what is not as definitions and instances ask for.
#[derive(Debug, Default)]
pub struct Judge {
    oracle: Oracle,
    policies: Policies,
    waits: bool,
}

impl Judge {
    /// Takes note of the policies that hold now. Whatever was asked for between two such calls is not known.
    pub fn learn(&mut self, admin: &Admin) {
        let definitions = admin.all(names::GROUP, "ResourceGraphDefinition");
        self.policies.learn(0.0, &definitions);
    }

    /// Everything that is wrong now; nothing, when all is right.
    pub fn look(&mut self, admin: &Admin) -> Vec<String> {
        self.learn(admin);
        let now = Snapshot::new(admin.everything());
        let Judgement { wrong, waiting } = self.oracle.judge(&now, admin, &self.policies);
        self.waits = waiting > 0;
        wrong
    }

    /// Whether something that was right at the last look waits for what nobody tells of: it is asked for again and
    /// again.
    pub fn waits(&self) -> bool {
        self.waits
    }

    /// Whether a child may be there without being wanted.
    pub fn may_be_retained(&self, child: &Object) -> bool {
        self.policies.ever(child).iter().any(|policy| policy.deletion == Deletion::Retain)
    }
}
