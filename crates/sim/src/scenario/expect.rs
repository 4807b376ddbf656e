//! Judges an expectation at one moment.

use super::{
    Expect, Failure, Reference,
    matches::{Lists, difference, project},
    snapshot,
};
use crate::{
    observer::{Effect, Request, Requests},
    oracle::shown,
    snapshot::Snapshot,
};
use kro_cel::{Limits, Program, Scope, Value as Cel};
use kro_diagnostic::{Diagnostic, codes};
use kro_object::{FieldPath, Gvk, Object, ObjectKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The world at one moment, as far as expectations speak of it.
pub(super) struct Moment<'m> {
    pub(super) now: &'m Snapshot,
    pub(super) journal: &'m [Request],
    /// Since the last expectation.
    pub(super) requests: Requests,
    /// Since the first step.
    pub(super) seconds: f64,
    /// Snapshots by name; `None` while they are being written.
    pub(super) snapshots: Option<&'m BTreeMap<String, String>>,
}

/// Everything that does not hold.
pub(super) fn judge(expect: &Expect, at: &FieldPath, moment: &Moment<'_>) -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut fails = |path: FieldPath, what: Result<(), Mismatch>| {
        if let Err(Mismatch { message, texts }) = what {
            let diagnostic = Diagnostic::error(codes::EXPECTATION, path.into(), message);
            failures.push(Failure { diagnostic, texts });
        }
    };
    let item = |field: &str, index: usize| at.join(field).join(index);
    for (index, wanted) in expect.objects.iter().enumerate() {
        fails(item("objects", index), is_there(moment.now, wanted));
    }
    for (index, wanted) in expect.absent.iter().enumerate() {
        fails(item("absent", index), is_absent(moment.now, wanted));
    }
    for (index, wanted) in expect.events.iter().enumerate() {
        fails(item("events", index), is_told(moment.now, wanted));
    }
    for (field, effect, wanted) in
        [("created", Effect::Created, &expect.created), ("deleted", Effect::Deleted, &expect.deleted)]
    {
        if let Err((index, what)) = in_order(moment.journal, effect, wanted) {
            fails(item(field, index), Err(what));
        }
    }
    for (field, made, most) in
        [("reads", moment.requests.reads, expect.reads), ("writes", moment.requests.writes, expect.writes)]
    {
        let message = || format!("{made} {field}, at most {} are expected", most.unwrap_or_default());
        let good = most.is_none_or(|most| made <= most);
        fails(at.join("requests").join(field), if good { Ok(()) } else { Err(Mismatch::new(message())) });
    }
    if !expect.that.is_empty() {
        let objects = moment.now.everything().map(Object::to_value).collect::<Vec<_>>().into();
        let requests = moment.journal.iter().map(Request::to_value).collect::<Vec<_>>().into();
        for (index, program) in expect.that.iter().enumerate() {
            fails(item("that", index), is_true(program, &objects, &requests, moment.seconds));
        }
    }
    if let (Some(name), Some(known)) = (&expect.snapshot, moment.snapshots) {
        let live = snapshot::text(moment.now);
        let wanted = known.get(name);
        if wanted != Some(&live) {
            let message = match wanted {
                Some(_) => format!("the snapshot {name:?} is another one"),
                None => format!("there is no snapshot {name:?}"),
            };
            failures.push(Failure {
                diagnostic: Diagnostic::error(codes::SNAPSHOT, at.join("snapshot").into(), message)
                    .with_help("`kro test --bless` takes what is there now"),
                texts: Some((wanted.cloned().unwrap_or_default(), live)),
            });
        }
    }
    failures
}

/// What does not hold: in words, and as wanted and live texts where there are any.
struct Mismatch {
    message: String,
    texts: Option<(String, String)>,
}

impl Mismatch {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), texts: None }
    }
}

fn is_there(now: &Snapshot, wanted: &Value) -> Result<(), Mismatch> {
    let text = |pointer: &str| wanted.pointer(pointer).and_then(Value::as_str);
    let gvk =
        Gvk::from_api_version(text("/apiVersion").unwrap_or_default(), text("/kind").unwrap_or_default())
            .map_err(|error| Mismatch::new(error.to_string()))?;
    let all: Vec<&Object> = match text("/metadata/name") {
        Some(name) => {
            let namespace = text("/metadata/namespace").unwrap_or("default").to_owned();
            let reference = Reference { gvk: gvk.clone(), namespace, name: Some(name.to_owned()) };
            let found =
                find(now, &reference).ok_or_else(|| Mismatch::new(format!("{reference} is not there")))?;
            vec![found]
        }
        None => now.all(&gvk.group_kind()).collect(),
    };
    best(&all, wanted, &gvk.kind)
}

fn is_told(now: &Snapshot, wanted: &Value) -> Result<(), Mismatch> {
    let events: Vec<&Object> =
        now.everything().filter(|object| object.gvk().is_ok_and(|gvk| &*gvk.kind == "Event")).collect();
    best(&events, wanted, "Event")
}

/// One of the objects fits; if none does, what is wrong with the only one.
fn best(all: &[&Object], wanted: &Value, kind: &str) -> Result<(), Mismatch> {
    let mut wanted = wanted.clone();
    // Stored in another version it is the same object.
    if let Some(map) = wanted.as_object_mut() {
        map.remove("apiVersion");
    }
    let misses = |object: &Object| difference(&wanted, &object.to_value(), "", Lists::Part);
    if all.iter().any(|object| misses(object).is_none()) {
        return Ok(());
    }
    match all {
        [] => Err(Mismatch::new(format!("there is no {kind}"))),
        [only] => {
            let what = misses(only).unwrap_or_default();
            let live = project(&wanted, &only.to_value());
            Err(Mismatch {
                message: format!("{}: {}", shown(only), what.trim_start_matches('.')),
                texts: Some((snapshot::yaml(&wanted), snapshot::yaml(&live))),
            })
        }
        several => Err(Mismatch::new(format!("none of {} objects of kind {kind} fits", several.len()))),
    }
}

fn is_absent(now: &Snapshot, reference: &Reference) -> Result<(), Mismatch> {
    match find(now, reference) {
        None => Ok(()),
        Some(object) if object.metadata().is_deleting() => {
            Err(Mismatch::new(format!("{} is being deleted and still there", shown(object))))
        }
        Some(object) => Err(Mismatch::new(format!("{} is there", shown(object)))),
    }
}

/// The wanted ones are found in this order among what was done.
fn in_order(journal: &[Request], effect: Effect, wanted: &[Reference]) -> Result<(), (usize, Mismatch)> {
    let done: Vec<&Request> = journal.iter().filter(|request| request.effect == Some(effect)).collect();
    let mut rest = done.iter();
    for (index, reference) in wanted.iter().enumerate() {
        if !rest.any(|request| request.is_about(reference)) {
            let word = if effect == Effect::Created { "created" } else { "deleted" };
            let came_early = index > 0 && done.iter().any(|request| request.is_about(reference));
            let when = if came_early {
                format!("was {word} before {}", wanted[index - 1])
            } else {
                format!("was not {word}")
            };
            return Err((index, Mismatch::new(format!("{reference} {when}"))));
        }
    }
    Ok(())
}

fn is_true(program: &Program, objects: &Value, requests: &Value, seconds: f64) -> Result<(), Mismatch> {
    let bindings = [
        ("objects", Cel::from_json(objects)),
        ("requests", Cel::from_json(requests)),
        ("seconds", Cel::Double(seconds)),
    ];
    match program.eval(&Scope::new(&bindings), &Limits::default()).and_then(|outcome| outcome.value.to_json())
    {
        Ok(Value::Bool(true)) => Ok(()),
        Ok(Value::Bool(false)) => Err(Mismatch::new("the expression is false")),
        Ok(other) => Err(Mismatch::new(format!("the expression is {other}, not true"))),
        Err(error) => Err(Mismatch::new(format!("the expression cannot be evaluated: {}", error.message()))),
    }
}

/// An object by name, in its namespace or without one, as its kind has it.
fn find<'s>(now: &'s Snapshot, reference: &Reference) -> Option<&'s Object> {
    let name = reference.name.as_deref()?;
    let kind = reference.gvk.group_kind();
    now.find(&kind, &ObjectKey::namespaced(&reference.namespace, name))
        .or_else(|| now.find(&kind, &ObjectKey::cluster(name)))
}

impl Request {
    fn to_value(&self) -> Value {
        json!({"at": self.at, "verb": self.verb, "path": self.path, "code": self.code})
    }

    fn is_about(&self, reference: &Reference) -> bool {
        let (Some(kind), Some((_, key))) = (&self.kind, &self.target) else { return false };
        *kind == reference.gvk.group_kind()
            && reference.name.as_deref().is_none_or(|name| name == &*key.name)
            && (key.namespace.is_empty() || *key.namespace == *reference.namespace)
    }
}
