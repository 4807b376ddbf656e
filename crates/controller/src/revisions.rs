//! The compiled graphs of every definition by revision: which is the newest, which one serves. Pure.

use kro_graph::Graph;
use std::{collections::BTreeMap, sync::Arc};

/// How far a revision got in this process.
#[derive(Debug, Clone)]
pub(crate) enum Compiled {
    /// It compiled, and its status says so.
    Active(Arc<Graph>),
    /// It did not compile.
    Failed,
}

/// One revision known to this process.
#[derive(Debug, Clone)]
pub(crate) struct Revision {
    /// Hash of its snapshot.
    pub(crate) hash: String,
    pub(crate) compiled: Compiled,
}

impl Revision {
    pub(crate) fn is_failed(&self) -> bool {
        matches!(self.compiled, Compiled::Failed)
    }
}

/// The revisions of one definition, by number.
pub(crate) type Numbered = BTreeMap<i64, Revision>;

/// The revisions of all definitions.
#[derive(Debug, Default)]
pub(crate) struct Revisions {
    by_definition: BTreeMap<Arc<str>, Numbered>,
    /// Graphs that were compiled to check a definition, for the revision that is issued from it.
    candidates: BTreeMap<Arc<str>, (String, Arc<Graph>)>,
}

impl Revisions {
    pub(crate) fn of(&self, definition: &str) -> Numbered {
        self.by_definition.get(definition).cloned().unwrap_or_default()
    }

    pub(crate) fn insert(&mut self, definition: &Arc<str>, number: i64, revision: Revision) {
        self.by_definition.entry(Arc::clone(definition)).or_default().insert(number, revision);
    }

    pub(crate) fn remove(&mut self, definition: &str, number: i64) {
        if let Some(numbered) = self.by_definition.get_mut(definition) {
            numbered.remove(&number);
            if numbered.is_empty() {
                self.by_definition.remove(definition);
            }
        }
    }

    /// How many there are that compiled, and that did not.
    pub(crate) fn count(&self) -> (usize, usize) {
        let all = || self.by_definition.values().flat_map(BTreeMap::values);
        let failed = all().filter(|revision| revision.is_failed()).count();
        (all().count() - failed, failed)
    }

    /// Keep a graph for the revision about to be issued.
    pub(crate) fn propose(&mut self, definition: &Arc<str>, hash: String, graph: Arc<Graph>) {
        self.candidates.insert(Arc::clone(definition), (hash, graph));
    }

    /// The graph that was compiled a moment ago, with the hash of its spec. It is handed out once.
    pub(crate) fn candidate(&mut self, definition: &str) -> Option<(String, Arc<Graph>)> {
        self.candidates.remove(definition)
    }

    /// The definition is gone; its revisions may outlive it.
    pub(crate) fn withdraw(&mut self, definition: &str) {
        self.candidates.remove(definition);
    }
}

/// The newest graph that compiled: what runs while a newer one does not.
pub(crate) fn last_good(revisions: &Numbered) -> Option<(i64, &Arc<Graph>)> {
    revisions.iter().rev().find_map(|(number, revision)| match &revision.compiled {
        Compiled::Active(graph) => Some((*number, graph)),
        Compiled::Failed => None,
    })
}
