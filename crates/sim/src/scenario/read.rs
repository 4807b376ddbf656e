//! From a document to a scenario. What the grammar does not say is checked here: kinds and expressions.

use super::{Action, Expect, Fail, Faults, Manifest, Reference, Scenario, Step, Turn, check::check, grammar};
use http::Method;
use kro_apiserver::fault::Fault;
use kro_cel::{Env, Program, Type};
use kro_diagnostic::{Checked, Diagnostic, codes};
use kro_gotext::duration;
use kro_object::{FieldPath, Gvk, Object};
use serde_json::Value;
use std::{sync::LazyLock, time::Duration};

/// How much time may pass until an expectation holds.
const WITHIN: Duration = Duration::from_mins(1);
/// The same while requests fail by chance.
const WITHIN_FAULTS: Duration = Duration::from_mins(15);

/// The libraries of definitions, and what expectations can speak of.
static ENVIRONMENT: LazyLock<Env> = LazyLock::new(|| {
    kro_graph::environment()
        .with_variable("objects", Type::list(Type::Dyn))
        .with_variable("requests", Type::list(Type::Dyn))
        .with_variable("seconds", Type::Double)
});

/// Reads a document; everything that is wrong with it is said at once.
pub fn read(document: &Value) -> Checked<Scenario> {
    let mut reader = Reader { found: Vec::new() };
    check(document, grammar::Shape::Record(&grammar::SCENARIO), &FieldPath::root(), &mut reader.found);
    if !reader.found.is_empty() {
        return Checked { value: None, diagnostics: reader.found };
    }
    let scenario = reader.scenario(document);
    Checked { value: Some(scenario), diagnostics: reader.found }
}

/// Makes values of what the grammar has accepted.
struct Reader {
    found: Vec<Diagnostic>,
}

impl Reader {
    fn scenario(&mut self, document: &Value) -> Scenario {
        let faults = match document["faults"].as_str() {
            Some("light") => Faults::Light,
            Some("heavy") => Faults::Heavy,
            _ => Faults::None,
        };
        let root = FieldPath::root();
        let steps = items(document, "steps", &root);
        Scenario {
            name: text(document, "name"),
            given: self.manifests(&document["given"], &root.join("given")),
            hold: self.references(document, "hold", &root),
            outcomes: items(document, "outcomes", &root)
                .into_iter()
                .map(|(turn, path)| self.turn(turn, &path))
                .collect(),
            seed: document["seed"].as_u64().unwrap_or_default(),
            faults,
            steps: steps.into_iter().map(|(step, path)| self.step(step, &path, faults)).collect(),
        }
    }

    fn step(&mut self, step: &Value, path: &FieldPath, faults: Faults) -> Step {
        let (name, value) = step
            .as_object()
            .into_iter()
            .flatten()
            .find(|(name, _)| grammar::STEP.one_of.contains(&name.as_str()))
            .expect("invariant: the grammar asks for exactly one");
        let at = path.join(name.as_str());
        let action = match name.as_str() {
            "apply" => Action::Apply(self.manifests(value, &at)),
            "patch" => Action::Patch {
                object: self.reference(&value["object"], &at.join("object")),
                with: value["with"].clone(),
                subresource: text(value, "subresource"),
            },
            "delete" => Action::Delete(self.reference(value, &at)),
            "wait" => Action::Wait(time(value).unwrap_or_default()),
            "hold" => Action::Hold(self.reference(value, &at)),
            "release" => Action::Release(self.reference(value, &at)),
            "outcome" => Action::Turn(self.turn(value, &at)),
            "fail" => Action::Fail(self.fail(value, &at)),
            "heal" => Action::Heal,
            "crashAfter" => Action::CrashAfter(value.as_u64().unwrap_or_default()),
            "expect" => Action::Expect(Box::new(self.expect(value, &at, faults))),
            _ => match value.as_str() {
                Some("crash") => Action::Crash,
                Some("restart") => Action::Restart,
                Some("stop") => Action::Stop,
                _ => Action::Start,
            },
        };
        let refused = step["refused"].as_str().map(str::to_owned);
        Step { at: time(&step["at"]), action, refused, path: at }
    }

    fn expect(&mut self, value: &Value, at: &FieldPath, faults: Faults) -> Expect {
        let default = if faults == Faults::None { WITHIN } else { WITHIN_FAULTS };
        let values = |field: &str| value[field].as_array().cloned().unwrap_or_default();
        for (object, path) in items(value, "objects", at) {
            self.gvk(object, &path);
        }
        Expect {
            objects: values("objects"),
            absent: self.references(value, "absent", at),
            created: self.references(value, "created", at),
            deleted: self.references(value, "deleted", at),
            events: values("events"),
            reads: value["requests"]["reads"].as_u64(),
            writes: value["requests"]["writes"].as_u64(),
            that: items(value, "that", at)
                .into_iter()
                .filter_map(|(text, path)| self.expression(text.as_str()?, &path))
                .collect(),
            snapshot: value["snapshot"].as_str().map(str::to_owned),
            settled: value["settled"] == true,
            within: time(&value["within"]).unwrap_or(default),
            during: time(&value["during"]),
        }
    }

    fn turn(&mut self, value: &Value, at: &FieldPath) -> Turn {
        let with = text(value, "with").parse().expect("invariant: the grammar knows the words");
        Turn { object: self.reference(&value["object"], &at.join("object")), with }
    }

    fn fail(&mut self, value: &Value, at: &FieldPath) -> Fail {
        Fail {
            object: self.reference(&value["object"], &at.join("object")),
            with: match value["with"].as_str() {
                Some("conflict") => Fault::Conflict,
                Some("tooManyRequests") => Fault::TooManyRequests(1),
                Some("internalError") => Fault::InternalError,
                Some("unavailable") => Fault::Unavailable,
                Some("lostRequest") => Fault::LoseRequest,
                Some("lostReply") => Fault::LoseReply,
                _ => Fault::Deny,
            },
            method: match value["verb"].as_str() {
                Some("read") => Method::GET,
                Some("delete") => Method::DELETE,
                // The operator creates by server-side apply, too.
                _ => Method::PATCH,
            },
            times: value["times"].as_u64().map(|times| u32::try_from(times).unwrap_or(u32::MAX)),
        }
    }

    fn expression(&mut self, text: &str, at: &FieldPath) -> Option<Program> {
        let issues = match ENVIRONMENT.compile(text) {
            Ok(program) if matches!(program.result_type(), Type::Bool | Type::Dyn) => return Some(program),
            Ok(program) => {
                let message = format!("the expression is of type {}, not bool", program.result_type());
                self.found.push(Diagnostic::error(codes::CONDITION_TYPE, at.clone().into(), message));
                return None;
            }
            Err(issues) => issues,
        };
        self.found.extend(issues.iter().map(|issue| {
            let code = match issue.stage {
                kro_cel::Stage::Parse => codes::CEL_SYNTAX,
                _ => codes::CEL_TYPE,
            };
            let place = kro_diagnostic::Locus::value(at.clone()).with_range(issue.span.clone());
            let help = match issue.suggestions.first() {
                Some(name) => format!("did you mean {name:?}?"),
                None => "it can speak of `objects`, `requests` and `seconds`".to_owned(),
            };
            Diagnostic::error(code, place, issue.message()).with_help(help)
        }));
        None
    }

    fn manifests(&mut self, value: &Value, at: &FieldPath) -> Vec<Manifest> {
        let one = |value: &Value, path: FieldPath| match value {
            Value::String(file) => Some(Manifest::File(file.clone(), path)),
            value => Some(Manifest::Inline(Object::from_value(value.clone()).ok()?, path)),
        };
        let made: Vec<Manifest> = match value {
            Value::Null => Vec::new(),
            Value::Array(values) => {
                values.iter().enumerate().filter_map(|(index, value)| one(value, at.join(index))).collect()
            }
            value => one(value, at.clone()).into_iter().collect(),
        };
        for manifest in &made {
            if let Manifest::Inline(object, path) = manifest {
                self.gvk(&object.to_value(), path);
            }
        }
        made
    }

    fn references(&mut self, value: &Value, field: &str, at: &FieldPath) -> Vec<Reference> {
        items(value, field, at).into_iter().map(|(value, path)| self.reference(value, &path)).collect()
    }

    fn reference(&mut self, value: &Value, at: &FieldPath) -> Reference {
        Reference {
            gvk: self.gvk(value, at),
            namespace: value["namespace"].as_str().unwrap_or("default").to_owned(),
            name: value["name"].as_str().map(str::to_owned),
        }
    }

    fn gvk(&mut self, value: &Value, at: &FieldPath) -> Gvk {
        let (version, kind) = (text(value, "apiVersion"), text(value, "kind"));
        Gvk::from_api_version(&version, &kind).unwrap_or_else(|error| {
            let help = "write `apiVersion: apps/v1` and `kind: Deployment`";
            self.found.push(
                Diagnostic::error(codes::KIND_REFERENCE, at.clone().into(), error.to_string())
                    .with_help(help),
            );
            Gvk::new("", "v1", &kind)
        })
    }
}

fn items<'v>(value: &'v Value, field: &str, at: &FieldPath) -> Vec<(&'v Value, FieldPath)> {
    let list = value[field].as_array().map(Vec::as_slice).unwrap_or_default();
    let at = at.join(field);
    list.iter().enumerate().map(|(index, item)| (item, at.join(index))).collect()
}

fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<Duration> {
    let nanos = duration::parse(value.as_str()?).ok()?;
    Some(Duration::from_nanos(u64::try_from(nanos).ok()?))
}
