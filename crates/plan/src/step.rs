//! What a planner asks for and what it is told: plain data between it and whoever performs.

use crate::Plan;
use kro_graph::NodeId;
use kro_object::{Object, ObjectKey, ResourceType, Selector};

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Independent reads; answer each with [`Planner::observe`](crate::Planner::observe).
    Read(Vec<Read>),
    /// Independent objects to apply; answer each with [`Planner::applied`](crate::Planner::applied). Every object
    /// they depend on has been applied, and its answer taken into account.
    Apply(Vec<Desired>),
    /// There is nothing more to do in this pass.
    Done(Plan),
}

/// Names a [`Read`] of one planner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadId(pub(crate) u32);

/// The wish to see objects, and also the declaration of what to watch: when one of them changes, the instance is due.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// To answer with.
    pub id: ReadId,
    /// The node that wants them. [`Graph::paths_read`](kro_graph::Graph::paths_read) says which of their fields any
    /// expression reads; the answer may lack all other fields but identity, labels and deletion time.
    pub node: NodeId,
    /// Their kind.
    pub resource: ResourceType,
    /// Which of them.
    pub target: Target,
}

/// Which objects of a kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One by name.
    Named(ObjectKey),
    /// All with such labels.
    Selected {
        /// `None`: in every namespace.
        namespace: Option<Box<str>>,
        /// The labels.
        selector: Selector,
    },
}

/// The answer to a [`Read`].
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// The objects there are, possibly none.
    Found(Vec<Object>),
    /// There is no such object, or not even such a kind.
    Missing,
    /// The cluster could not be asked.
    Failed(String),
}

/// An object as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// The node it belongs to.
    pub node: NodeId,
    /// Its place in a collection.
    pub item: Option<Item>,
    /// Its apply wave, from 1; teardown goes backwards.
    pub wave: u32,
    /// Its kind.
    pub resource: ResourceType,
    /// Name, namespace and everything the template says; without kro's own labels.
    pub object: Object,
    /// What stands in the cluster now, as far as it was observed.
    pub live: Option<Object>,
}

/// The place of an object in its collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// From 0.
    pub index: u32,
    /// How many there are.
    pub size: u32,
}
