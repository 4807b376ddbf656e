//! The evaluator.
use crate::{EvalError, Limits, Outcome, Scope, plan::Plan};

pub(crate) fn eval<'a>(
    _plan: &'a Plan,
    _scope: &Scope<'_, 'a>,
    _limits: &Limits<'_>,
) -> Result<Outcome<'a>, EvalError> {
    Err(EvalError::invalid("evaluation is not built yet"))
}
