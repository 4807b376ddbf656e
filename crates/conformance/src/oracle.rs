//! The crate `cel`, another implementation of the language, as a second opinion. Where the two differ, a list says who
//! is right and why: `fixtures/cel-disagreements.toml`. A difference that is not listed fails, and so does an entry
//! that shows none any more.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use cel::{Context, extensions};
use kro_cel::Value;
use serde::Deserialize;

use crate::gaps::matches;

#[cfg(test)]
mod tests;
mod values;

/// The other implementation with all of its extensions.
pub(crate) struct Peer {
    env: cel::Env,
}

impl Peer {
    /// With names looked up in a container first.
    pub(crate) fn new(container: &str) -> anyhow::Result<Self> {
        let mut env = cel::Env::stdlib();
        for extension in [extensions::encoders, extensions::lists, extensions::math, extensions::strings] {
            env.add_extension(extension)?;
        }
        env.set_container(container)?;
        Ok(Self { env })
    }

    /// What an expression comes to; types are given out as their names. It runs on the stack of the caller, and
    /// needs much of it.
    pub(crate) fn eval(self, text: &str, bindings: &[(&str, Value<'_>)]) -> Result<Value<'static>, String> {
        let run = || {
            let env = Arc::new(self.env);
            let program = env.compile(text).map_err(|error| error.to_string())?;
            let mut context = Context::with_env(Arc::clone(&env));
            for (name, value) in bindings {
                context.add_variable_from_value(*name, values::to_peer(value)?);
            }
            let value = program.execute(&context).map_err(|error| error.to_string())?;
            values::from_peer(&value)
        };
        catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("panic".to_owned()))
    }
}

/// All known disagreements.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disagreements {
    #[serde(default, rename = "disagreement")]
    list: Vec<Disagreement>,
}

/// One thing that the two implementations do differently.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Disagreement {
    /// Short name.
    pub(crate) id: String,
    /// Who does what the specification says.
    pub(crate) right: Right,
    /// What the specification says.
    reason: String,
    /// Conformance cases that show it; `*` stands for any text.
    #[serde(default)]
    cases: Vec<String>,
    /// Expressions that show it, each evaluated by both.
    #[serde(default)]
    expressions: Vec<String>,
    /// What generated expressions that show it look like, `EXPRESSION | ours: VALUE | cel: VALUE` with `*`.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "only tests generate expressions"))]
    covers: Vec<String>,
}

/// Who does what the specification says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Right {
    /// `kro-cel`.
    Ours,
    /// The crate `cel`.
    Cel,
    /// The specification leaves it open.
    Either,
}

impl Disagreements {
    /// Reads the list.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let read: Self = toml::from_str(&text).with_context(|| format!("cannot read {}", path.display()))?;
        for entry in &read.list {
            ensure!(!entry.reason.is_empty(), "{} has no reason", entry.id);
            ensure!(
                !entry.cases.is_empty() || !entry.expressions.is_empty(),
                "{}: nothing shows it; name cases or expressions",
                entry.id
            );
        }
        Ok(read)
    }

    /// The entry for a conformance case.
    pub(crate) fn of_case(&self, name: &str) -> Option<&Disagreement> {
        self.list.iter().find(|entry| entry.cases.iter().any(|pattern| matches(pattern, name)))
    }

    /// Entries with patterns of conformance cases that none of these names fits.
    pub(crate) fn stale<'d>(&'d self, names: &'d [String]) -> impl Iterator<Item = (&'d str, &'d str)> {
        self.list.iter().flat_map(move |entry| {
            let stale = entry.cases.iter().filter(|pattern| !names.iter().any(|name| matches(pattern, name)));
            stale.map(|pattern| (&*entry.id, &**pattern))
        })
    }
}
