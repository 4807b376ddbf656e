//! The planner: from a checked tree to slots, paths, folds and constants.
use crate::{Checked, Env, Issue, Program, Type};
use std::sync::Arc;

/// A planned expression.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) text: Arc<str>,
    pub(crate) result_type: Type,
}

pub(crate) fn plan(_env: &Env, checked: Checked) -> Result<Program, Vec<Issue>> {
    let result_type = checked.result_type().clone();
    Ok(Program { plan: Arc::new(Plan { text: checked.ast.text.clone(), result_type }) })
}
