//! Changes of policies: annotations that a definition gets or loses.

use kro_api::{
    names::POLICY_PREFIX,
    policy::{Deletion, Existing, WithInstances},
};
use serde_json::{Value, json};

/// One option, and what it says from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyChange {
    /// What becomes of the objects of a node, or of all, that are to go.
    Deletion(Option<u8>, Deletion),
    /// What is done about objects that are there already.
    Existing(Existing),
    /// How many objects may go at once; `None` for any number.
    MaxDeletes(Option<u8>),
    /// Whether the values of a node's objects count only when they are made.
    CreateOnly(u8, bool),
    /// What becomes of instances when their definition goes.
    Instances(WithInstances),
    /// Whether the status has the states of nodes.
    Inventory(bool),
    /// Whether instances have the conditions of progress.
    Progress(bool),
}

impl PolicyChange {
    /// As a merge patch of a definition.
    pub(super) fn patch(self) -> Value {
        let (option, value) = self.annotation();
        json!({"metadata": {"annotations": {format!("{POLICY_PREFIX}{option}"): value}}})
    }

    fn annotation(self) -> (String, Value) {
        let switch = |on: bool| if on { "on" } else { "off" };
        match self {
            Self::Deletion(node, deletion) => {
                let value = match deletion {
                    Deletion::Delete => "delete",
                    Deletion::Retain => "retain",
                    Deletion::Orphan => "orphan",
                };
                let of = node.map(|node| format!(".n{}", node % 5)).unwrap_or_default();
                (format!("deletion{of}"), value.into())
            }
            Self::Existing(existing) => {
                let value = match existing {
                    Existing::Force => "force",
                    Existing::Adopt => "adopt",
                    Existing::Refuse => "refuse",
                };
                ("existing".to_owned(), value.into())
            }
            Self::MaxDeletes(most) => {
                ("max-deletes".to_owned(), most.map_or(Value::Null, |most| most.to_string().into()))
            }
            Self::CreateOnly(node, on) => {
                let value = if on { "data.value,spec.replicas".into() } else { Value::Null };
                (format!("create-only.n{}", node % 5), value)
            }
            Self::Instances(what) => {
                let value = match what {
                    WithInstances::Strand => "strand",
                    WithInstances::Refuse => "refuse",
                    WithInstances::Cascade => "cascade",
                };
                ("instances".to_owned(), value.into())
            }
            Self::Inventory(on) => ("inventory".to_owned(), switch(on).into()),
            Self::Progress(on) => ("progress".to_owned(), switch(on).into()),
        }
    }
}
