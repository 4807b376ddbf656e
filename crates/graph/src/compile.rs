//! The stages of compiling, in order, and nothing else.

use crate::{Graph, GraphSource, Kinds};
use kro_diagnostic::Checked;

/// What compile is told besides the definition.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompileOptions {
    /// Limits on collections.
    pub limits: Limits,
    /// Whether `omit()` may be used: upstream's feature gate `CELOmitFunction`.
    pub omit: bool,
}

/// Limits on collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most objects of one collection; checked when it is expanded.
    pub collection_size: usize,
    /// The most iterators of one collection; checked when it is compiled.
    pub dimensions: usize,
}

impl Default for Limits {
    /// Upstream's: 1000 objects, 10 iterators.
    fn default() -> Self {
        Self { collection_size: 1000, dimensions: 10 }
    }
}

/// Compiles a definition against the kinds it needs. Deterministic and total: the same inputs give the same graph and
/// the same diagnostics in the same order; all problems are found in one pass, each with its place.
pub fn compile(_source: &GraphSource, _kinds: &Kinds, _options: &CompileOptions) -> Checked<Graph> {
    todo!()
}
