//! `x-kubernetes-validations` of custom resources: compiled with a definition, run with every write.

use crate::field_error::FieldError;
use kro_cel::{
    Env, Library, NoTypes,
    library::{Optionals, Standard, Strings, TwoVariables},
};
use kro_cel_k8s::{KubernetesCosts, RuleLimits, Rules, environment};
use kro_schema::Schema;
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// The minor version of Kubernetes whose functions rules may use.
const MINOR: u32 = 36;

static ENVIRONMENT: LazyLock<Env> = LazyLock::new(|| {
    let mut libraries: Vec<&dyn Library> =
        vec![&Standard, &Strings { version: 2 }, &Optionals, &TwoVariables];
    libraries.extend(environment::kubernetes(MINOR));
    Env::new(&libraries, Arc::new(NoTypes))
        .with_costs(Arc::new(KubernetesCosts))
        .with_options(environment::kubernetes_options(MINOR))
});

/// The functions that expressions in objects may use.
pub(crate) fn environment() -> &'static Env {
    &ENVIRONMENT
}

/// The rules of a schema.
pub(crate) fn compile(schema: &Arc<Schema>) -> Rules {
    Rules::compile(schema, &ENVIRONMENT)
}

/// What rules say about an object: reasons to refuse it, and to warn about it.
pub(crate) fn judge(rules: &Rules, new: &Value, old: Option<&Value>) -> (Vec<FieldError>, Vec<String>) {
    let findings = rules.validate(new, old, RuleLimits::default());
    let errors = findings.violations.iter().map(FieldError::from).collect();
    let warnings =
        findings.unchanged.iter().map(|violation| FieldError::from(violation).to_string()).collect();
    (errors, warnings)
}
