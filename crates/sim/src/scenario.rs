//! Scenarios: what happens to a cluster with some definitions, and what must hold then, as files that users write.
//!
//! [`read`] makes a [`Scenario`] of a document and says everything that is wrong with it; [`run`] plays it in a
//! [`crate::World`] of its own; [`json_schema`] is the format for editors. Reads no files: [`Scenario::files`] names
//! those it wants, and their objects are arguments.

mod check;
mod expect;
mod grammar;
mod matches;
mod read;
mod run;
mod schema;
mod snapshot;

pub use grammar::API_VERSION;
pub use read::read;
pub use run::{Failure, Inputs, Report, run};
pub use schema::json_schema;

pub(crate) use matches::{Lists, difference};

use kro_cel::Program;
use kro_object::{FieldPath, Gvk, Object};
use serde_json::Value;
use std::time::Duration;

/// One scenario.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What is shown to hold.
    pub name: String,
    /// What is there from the start.
    pub given: Vec<Manifest>,
    /// What the cluster's own controllers leave alone.
    pub hold: Vec<Reference>,
    /// How what the cluster's own controllers do turns out.
    pub outcomes: Vec<Turn>,
    /// Seed of names, jitter and faults.
    pub seed: u64,
    /// What goes wrong by chance.
    pub faults: Faults,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// What goes wrong by chance between the operator and the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    /// Nothing.
    None,
    /// About one request in twenty meets something.
    Light,
    /// About one request in four meets something; watches break within seconds.
    Heavy,
}

/// One step, with its place in the document.
#[derive(Debug, Clone)]
pub struct Step {
    /// Where it is written.
    pub path: FieldPath,
    /// Not before this much time since the first step.
    pub at: Option<Duration>,
    /// What happens.
    pub action: Action,
    /// The server must refuse it, in words that contain this.
    pub refused: Option<String>,
}

/// What happens in a step.
#[derive(Debug, Clone)]
pub enum Action {
    /// Objects are created or changed.
    Apply(Vec<Manifest>),
    /// An object is changed by a merge patch.
    Patch {
        /// Which.
        object: Reference,
        /// The patch.
        with: Value,
        /// A subresource; empty for the object itself.
        subresource: String,
    },
    /// An object is deleted.
    Delete(Reference),
    /// Time passes.
    Wait(Duration),
    /// The cluster's own controllers leave objects alone.
    Hold(Reference),
    /// They go on with them.
    Release(Reference),
    /// Objects turn out like this from now on.
    Turn(Turn),
    /// Requests of the operator fail.
    Fail(Fail),
    /// No request fails any more.
    Heal,
    /// The operator is killed and started again.
    Crash,
    /// The operator is stopped and started again.
    Restart,
    /// The operator is stopped.
    Stop,
    /// The operator is started.
    Start,
    /// The operator is killed after so many steps of its own.
    CrashAfter(u64),
    /// Something must hold.
    Expect(Box<Expect>),
}

/// How objects and what they control turn out.
#[derive(Debug, Clone)]
pub struct Turn {
    /// Which objects.
    pub object: Reference,
    /// How.
    pub with: kro_apiserver::Outcome,
}

/// Requests that fail.
#[derive(Debug, Clone)]
pub struct Fail {
    /// What they are about.
    pub object: Reference,
    /// How.
    pub with: kro_apiserver::fault::Fault,
    /// Their method.
    pub method: http::Method,
    /// How many; `None`: all until healed.
    pub times: Option<u32>,
}

/// An object that is written out, or those of a file.
#[derive(Debug, Clone)]
pub enum Manifest {
    /// A file, relative to the scenario's, with its place in the document.
    File(String, FieldPath),
    /// An object, with its place.
    Inline(Object, FieldPath),
}

/// An object, or all of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The kind.
    pub gvk: Gvk,
    /// The namespace it is in if its kind has namespaces.
    pub namespace: String,
    /// The name; `None` for all of the kind.
    pub name: Option<String>,
}

/// What must hold at one moment. Places are those of the items in the document.
#[derive(Debug, Clone)]
pub struct Expect {
    /// Objects with at least these fields.
    pub objects: Vec<Value>,
    /// Objects that are not there.
    pub absent: Vec<Reference>,
    /// Objects that the operator has created, in this order.
    pub created: Vec<Reference>,
    /// Objects that the operator has deleted, in this order.
    pub deleted: Vec<Reference>,
    /// Events with at least these fields.
    pub events: Vec<Value>,
    /// Gets and lists since the last expectation, at most.
    pub reads: Option<u64>,
    /// Creates, patches and deletes since then, at most.
    pub writes: Option<u64>,
    /// Expressions that are true.
    pub that: Vec<Program>,
    /// The name of a snapshot.
    pub snapshot: Option<String>,
    /// Everything is as the definitions say, and quiet.
    pub settled: bool,
    /// How much time may pass until it holds.
    pub within: Duration,
    /// It holds for this long instead.
    pub during: Option<Duration>,
}

impl Scenario {
    /// The files it names, each with the place where it does.
    pub fn files(&self) -> impl Iterator<Item = (&str, &FieldPath)> {
        let applied = self.steps.iter().flat_map(|step| match &step.action {
            Action::Apply(manifests) => manifests.as_slice(),
            _ => &[],
        });
        self.given.iter().chain(applied).filter_map(|manifest| match manifest {
            Manifest::File(name, path) => Some((name.as_str(), path)),
            Manifest::Inline(..) => None,
        })
    }

    /// The names of its snapshots.
    pub fn snapshots(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().filter_map(|step| match &step.action {
            Action::Expect(expect) => expect.snapshot.as_deref(),
            _ => None,
        })
    }
}

/// Kind and name.
impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.gvk.kind, self.name.as_deref().unwrap_or("*"))
    }
}
