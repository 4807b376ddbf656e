//! Validating admission policies: what their bindings say about a write. Policies are read when a write comes, so that
//! there is nothing to keep in step; only the programs of their expressions are kept.
//!
//! It refuses: the variable `authorizer`, audit annotations, type checking against schemas.

use super::{
    Core,
    kinds::check::{items, selects, text},
    object,
    registry::Served,
    store::Key,
    stored::Stored,
};
use crate::status::{Cause, Status};
use kro_cel::{Limits, Program, Scope, Type, Value as CelValue};
use serde_json::{Map, Value, json};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

const GROUP: &str = "admissionregistration.k8s.io";
/// What one expression may cost.
const COST: u64 = 1_000_000;
const VARIABLES: [&str; 6] = ["object", "oldObject", "request", "params", "namespaceObject", "variables"];

static ENVIRONMENT: LazyLock<kro_cel::Env> = LazyLock::new(|| {
    VARIABLES.iter().fold(super::rules::environment().clone(), |env, name| env.with_variable(name, Type::Dyn))
});

/// A write as policies see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub served: &'a Served,
    /// `CREATE`, `UPDATE` or `DELETE`.
    pub operation: &'static str,
    pub subresource: Option<&'a str>,
    pub new: Option<&'a Value>,
    pub old: Option<&'a Value>,
    pub dry_run: bool,
}

/// What one expression says.
enum Verdict {
    True,
    False,
    Error(String),
}

impl Core {
    /// Refuses a write that a policy denies; policies that only warn do so.
    pub(crate) fn check_policies(&mut self, attempt: Attempt<'_>) -> Result<(), Status> {
        if &*attempt.served.group == GROUP {
            return Ok(());
        }
        let Some(bindings) = self.registry.get(GROUP, "v1", "validatingadmissionpolicybindings") else {
            return Ok(());
        };
        let bindings: Vec<Arc<Stored>> =
            self.store.list(&bindings.storage, None).map(|(_, binding)| binding.clone()).collect();
        for binding in bindings {
            let binding = binding.value();
            let policies = self.registry.get(GROUP, "v1", "validatingadmissionpolicies");
            let key = Key::new("", text(&binding, "/spec/policyName"));
            let policy = policies.and_then(|policies| self.store.get(&policies.storage, &key)).cloned();
            let Some(policy) = policy else { continue };
            let policy = policy.value();
            let matches = self.is_matched(&policy["spec"]["matchConstraints"], attempt, false)
                && self.is_matched(&binding["spec"]["matchResources"], attempt, true);
            if !matches {
                continue;
            }
            if let Some(denied) = self.first_denial(&policy, &binding, attempt) {
                self.act(&policy, &binding, attempt, denied)?;
            }
        }
        Ok(())
    }

    fn act(
        &mut self,
        policy: &Value,
        binding: &Value,
        attempt: Attempt<'_>,
        (message, reason): (String, String),
    ) -> Result<(), Status> {
        let (policy, bound) = (object::name(policy), object::name(binding));
        for (_, action) in items(binding, "/spec/validationActions") {
            match action.as_str() {
                Some("Warn") => self.warnings.push(format!(
                    "Validation failed for ValidatingAdmissionPolicy '{policy}' with binding '{bound}': {message}"
                )),
                Some("Deny") => {
                    let message = format!(
                        "ValidatingAdmissionPolicy '{policy}' with binding '{bound}' denied request: {message}"
                    );
                    let name = attempt.new.or(attempt.old).map(object::name).unwrap_or_default();
                    let mut status = Status::forbidden(attempt.served.named(), name, &message);
                    (status.code, status.reason) = match reason.as_str() {
                        "Unauthorized" => (401, "Unauthorized"),
                        "Forbidden" => (403, "Forbidden"),
                        "RequestEntityTooLarge" => (413, "RequestEntityTooLarge"),
                        _ => (422, "Invalid"),
                    };
                    return Err(status.with_causes(vec![Cause {
                        reason: "",
                        message,
                        field: String::new(),
                    }]));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether rules and selectors take a write in. A binding without rules takes all its policy takes.
    fn is_matched(&self, matching: &Value, attempt: Attempt<'_>, without_rules: bool) -> bool {
        let by_rule = |list: &str| items(matching, list).any(|(_, rule)| is_ruled(rule, attempt));
        let has_rules = items(matching, "/resourceRules").next().is_some();
        if !by_rule("/resourceRules") && (has_rules || !without_rules) || by_rule("/excludeResourceRules") {
            return false;
        }
        let subjects = [attempt.new, attempt.old];
        let mut subjects = subjects.into_iter().flatten().peekable();
        let labels = |object: &Value| object::meta(object, "labels").cloned().unwrap_or_default();
        let namespace = subjects.peek().map(|one| object::namespace(one)).unwrap_or_default();
        let namespace_labels = if attempt.served.is("", "namespaces") {
            subjects.peek().map(|one| labels(one))
        } else {
            self.namespace(namespace).map(|one| labels(&one))
        };
        let selected = |selector: &str, labels: &Value| {
            matching.get(selector).is_none_or(|selector| selects(selector, labels))
        };
        namespace_labels.is_none_or(|labels| selected("namespaceSelector", &labels))
            && subjects.any(|one| selected("objectSelector", &labels(one)))
    }

    fn namespace(&self, name: &str) -> Option<Cow<'_, Value>> {
        let namespaces = self.registry.get("", "v1", "namespaces")?;
        Some(self.store.get(&namespaces.storage, &Key::new("", name))?.value())
    }

    /// Message and reason of the first validation that fails.
    fn first_denial(
        &self,
        policy: &Value,
        binding: &Value,
        attempt: Attempt<'_>,
    ) -> Option<(String, String)> {
        let fails = text(policy, "/spec/failurePolicy") != "Ignore";
        let on_error = |why: String| fails.then(|| (why, String::new()));
        let subject = attempt.new.or(attempt.old)?;
        let params = match self.params(policy, binding, object::namespace(subject)) {
            Ok(params) => params,
            Err(why) => return on_error(format!("failed to configure binding: {why}")),
        };
        let namespace = self.namespace(object::namespace(subject));
        for params in params {
            let mut inputs = json!({
                "object": attempt.new, "oldObject": attempt.old, "request": request(attempt, subject),
                "params": params, "namespaceObject": namespace.as_deref(), "variables": {},
            });
            for (_, condition) in items(policy, "/spec/matchConditions") {
                match judge(text(condition, "/expression"), &inputs) {
                    Verdict::True => {}
                    Verdict::False => return None,
                    Verdict::Error(why) => return on_error(why),
                }
            }
            for (_, variable) in items(policy, "/spec/variables") {
                // One that fails is missing, which matters to those who use it.
                if let Ok(value) = evaluate(text(variable, "/expression"), &inputs) {
                    inputs["variables"][text(variable, "/name")] = value;
                }
            }
            for (_, validation) in items(policy, "/spec/validations") {
                let expression = text(validation, "/expression");
                match judge(expression, &inputs) {
                    Verdict::True => {}
                    Verdict::Error(why) => {
                        if let Some(denied) = on_error(why) {
                            return Some(denied);
                        }
                    }
                    Verdict::False => {
                        let message = message(validation, &inputs)
                            .unwrap_or_else(|| format!("failed expression: {}", expression.trim()));
                        return Some((message, text(validation, "/reason").to_owned()));
                    }
                }
            }
        }
        None
    }

    /// The parameters a policy is to be run with, one after the other; null for a policy that has none.
    fn params(&self, policy: &Value, binding: &Value, namespace: &str) -> Result<Vec<Value>, String> {
        let Some(kind) = policy.pointer("/spec/paramKind") else { return Ok(vec![Value::Null]) };
        let (api_version, name) = (text(kind, "/apiVersion"), text(kind, "/kind"));
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let served = self.registry.kind(group, version, name).ok_or_else(|| {
            format!("failed to find resource referenced by paramKind: '{api_version}, Kind={name}'")
        })?;
        let Some(reference) = binding.pointer("/spec/paramRef") else { return Ok(vec![Value::Null]) };
        let given = text(reference, "/namespace");
        let namespace = match (served.is_namespaced(), given.is_empty()) {
            (false, _) => "",
            (true, true) => namespace,
            (true, false) => given,
        };
        let wanted = text(reference, "/name");
        let found: Vec<Value> = if wanted.is_empty() {
            let selector = reference.get("selector").cloned().unwrap_or_default();
            let labels = |object: &Value| object::meta(object, "labels").cloned().unwrap_or_default();
            let all = self.store.list(&served.storage, Some(namespace));
            all.map(|(_, one)| served.present(one)).filter(|one| selects(&selector, &labels(one))).collect()
        } else {
            let found = self.store.get(&served.storage, &Key::new(namespace, wanted));
            found.map(|found| served.present(found)).into_iter().collect()
        };
        if found.is_empty() && text(reference, "/parameterNotFoundAction") == "Deny" {
            return Err("no params found for policy binding with `Deny` parameterNotFoundAction".into());
        }
        Ok(found)
    }
}

/// Whether one of a policy's rules is about a write.
fn is_ruled(rule: &Value, attempt: Attempt<'_>) -> bool {
    let served = attempt.served;
    let listed = |list: &str, wanted: &str| {
        items(rule, list).any(|(_, one)| one == "*" || one.as_str() == Some(wanted))
    };
    let named = object::texts(rule.get("resourceNames"));
    let name = attempt.new.or(attempt.old).map(object::name).unwrap_or_default();
    let resource = items(rule, "/resources").any(|(_, one)| {
        let (resource, below) = one
            .as_str()
            .unwrap_or_default()
            .split_once('/')
            .map_or((one.as_str().unwrap_or_default(), None), |(resource, below)| (resource, Some(below)));
        (resource == "*" || resource == &*served.plural)
            && match (below, attempt.subresource) {
                (None, wanted) => wanted.is_none(),
                (Some("*"), _) => true,
                (Some(below), wanted) => wanted == Some(below),
            }
    });
    let scope = match text(rule, "/scope") {
        "Cluster" => !served.is_namespaced(),
        "Namespaced" => served.is_namespaced(),
        _ => true,
    };
    listed("/apiGroups", &served.group)
        && listed("/apiVersions", &served.version)
        && listed("/operations", attempt.operation)
        && resource
        && scope
        && (named.is_empty() || named.contains(&name))
}

/// The variable `request`.
fn request(attempt: Attempt<'_>, subject: &Value) -> Value {
    let served = attempt.served;
    let kind = json!({"group": &*served.group, "version": &*served.version, "kind": &*served.kind});
    let resource = json!({"group": &*served.group, "version": &*served.version, "resource": &*served.plural});
    json!({
        "kind": kind, "resource": resource, "requestKind": kind, "requestResource": resource,
        "subResource": attempt.subresource.unwrap_or_default(),
        "name": object::name(subject), "namespace": object::namespace(subject),
        "operation": attempt.operation, "dryRun": attempt.dry_run,
    })
}

fn message(validation: &Value, inputs: &Value) -> Option<String> {
    let computed = match evaluate(text(validation, "/messageExpression"), inputs) {
        Ok(Value::String(message)) => message.trim().to_owned(),
        _ => String::new(),
    };
    let fixed = text(validation, "/message").trim();
    [computed.as_str(), fixed].into_iter().find(|text| !text.is_empty()).map(str::to_owned)
}

fn judge(expression: &str, inputs: &Value) -> Verdict {
    match evaluate(expression, inputs) {
        Ok(Value::Bool(true)) => Verdict::True,
        Ok(_) => Verdict::False,
        Err(why) => Verdict::Error(why),
    }
}

/// How many expressions are kept compiled.
const KEPT: usize = 1_000;

/// The program of an expression. Policies are asked about every write, so programs are kept.
fn compiled(expression: &str) -> Result<Program, String> {
    static PROGRAMS: Mutex<BTreeMap<String, Result<Program, String>>> = Mutex::new(BTreeMap::new());
    let mut programs = PROGRAMS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = programs.get(expression) {
        return known.clone();
    }
    let program = ENVIRONMENT.compile(expression).map_err(|issues| {
        let why: Vec<String> = issues.iter().map(kro_cel::Issue::message).collect();
        format!("compilation failed: {}", why.join("\n"))
    });
    if programs.len() == KEPT {
        programs.clear();
    }
    programs.insert(expression.to_owned(), program.clone());
    program
}

/// The value of an expression as JSON.
fn evaluate(expression: &str, inputs: &Value) -> Result<Value, String> {
    let program = compiled(expression)?;
    let none = Map::new();
    let map = inputs.as_object().unwrap_or(&none);
    let bindings: Vec<(&str, CelValue<'_>)> =
        map.iter().map(|(name, value)| (name.as_str(), CelValue::from_json(value))).collect();
    let limits = Limits { cost: Some(COST), ..Limits::default() };
    let outcome = program
        .eval(&Scope::new(&bindings), &limits)
        .and_then(|outcome| outcome.value.to_json())
        .map_err(|error| format!("expression '{expression}' resulted in error: {error}"))?;
    Ok(outcome)
}
