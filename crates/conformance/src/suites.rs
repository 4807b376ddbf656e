//! The suites by name. Each module reads one kind of gold data and compares; how to report is not its business.

use std::path::PathBuf;

use crate::report::Report;

mod apiserver;
mod cel;
mod cel_oracle;
mod compat;
mod merge;
mod resolve;
mod rgd;
mod scenarios;
mod simple_schema;
mod values;

#[cfg(test)]
pub(crate) use cel::{conformance::EVERYTHING, values::write};

/// Where a suite finds its data.
#[derive(Debug)]
pub(crate) struct Input {
    /// The folder with the case files.
    pub(crate) data: PathBuf,
    /// The folder with everything shared.
    pub(crate) gold: PathBuf,
    /// Run only cases whose name contains this text.
    pub(crate) only: Option<String>,
}

impl Input {
    /// Whether a case of this name is asked for.
    pub(crate) fn wants(&self, case: &str) -> bool {
        self.only.as_deref().is_none_or(|only| case.contains(only))
    }
}

/// What can be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Suite {
    /// The expression language: values, types, error texts, costs.
    Cel,
    /// The expression language beside the crate `cel`.
    CelOracle,
    /// SimpleSchema fields to OpenAPI.
    SimpleSchema,
    /// Definitions: accepted or not, graph, types, CRD, hash.
    Rgd,
    /// What a graph resolves to for an instance and observed objects.
    Resolve,
    /// Breaking and non-breaking schema changes.
    Compat,
    /// Structured merge and field ownership.
    Merge,
    /// Quantities, selectors, durations, times, JSON numbers.
    Values,
    /// Exchanges with an API server.
    Apiserver,
    /// An operator on an API server.
    Scenarios,
}

impl Suite {
    /// The name on the command line and in the list of known gaps.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cel => "cel",
            Self::CelOracle => "cel-oracle",
            Self::SimpleSchema => "simple-schema",
            Self::Rgd => "rgd",
            Self::Resolve => "resolve",
            Self::Compat => "compat",
            Self::Merge => "merge",
            Self::Values => "values",
            Self::Apiserver => "apiserver",
            Self::Scenarios => "scenarios",
        }
    }

    /// Runs the suite.
    pub(crate) fn run(self, input: &Input) -> anyhow::Result<Report> {
        match self {
            Self::Apiserver => apiserver::run(input),
            Self::Compat => compat::run(input),
            Self::Cel => cel::run(input),
            Self::CelOracle => cel_oracle::run(input),
            Self::Merge => merge::run(input),
            Self::SimpleSchema => simple_schema::run(input),
            Self::Resolve => resolve::run(input),
            Self::Rgd => rgd::run(input),
            Self::Scenarios => scenarios::run(input),
            Self::Values => values::run(input),
        }
    }
}
