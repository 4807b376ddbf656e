//! Structured merge against the Go library: sets, fieldsV1, typed operations and sequences of applies and updates.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use kro_structured_merge::{
    Comparison, Duplicates, Error, FieldSet, Keys, MergeSchema, OnConflict, Owner, Ownership, Updater,
    Versions,
};
use serde::Deserialize;
use serde_json::Value;

use super::Input;
use crate::report::Report;

type Schemas = BTreeMap<String, MergeSchema>;

/// Runs every case of the folder.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    // A folder with a part of the cases need not have the schemas again.
    let folders = [&input.data, &input.gold.join("merge")];
    let schemas = folders.iter().map(|folder| folder.join("schemas.json")).find(|path| path.exists());
    let schemas =
        read_schemas(&schemas.context("schemas.json is neither in the data nor in the gold folder")?)?;
    let mut files: Vec<_> = std::fs::read_dir(&input.data)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut report = Report::default();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let check: fn(&Schemas, &Value) -> anyhow::Result<()> = match name {
            "schemas" => continue,
            "fieldset" => fieldset,
            "fieldsv1" => fields_v1,
            "typed" => typed,
            name if name.starts_with("seq-") => sequence,
            other => bail!("unknown kind of merge data: {other}"),
        };
        let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file)?)?;
        for case in cases {
            let name = case["name"].as_str().unwrap_or_default().to_owned();
            if input.wants(&name) {
                report.add(name, check(&schemas, &case).map_err(|error| format!("{error:#}")));
            }
        }
    }
    Ok(report)
}

fn read_schemas(path: &Path) -> anyhow::Result<Schemas> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
        root: String,
        schema: Value,
    }
    let named: Vec<Named> = serde_json::from_slice(&std::fs::read(path)?)?;
    named
        .into_iter()
        .map(|Named { name, root, schema }| {
            let schema = MergeSchema::from_model(&schema, &root).with_context(|| name.clone())?;
            Ok((name, schema))
        })
        .collect()
}

fn find<'a>(schemas: &'a Schemas, name: &str) -> anyhow::Result<&'a MergeSchema> {
    schemas.get(name).with_context(|| format!("no schema {name}"))
}

/// A set out of a case; one that is left out is empty.
fn set(value: Option<&Value>) -> anyhow::Result<FieldSet> {
    value.map_or_else(|| Ok(FieldSet::new()), |value| Ok(FieldSet::from_fields_v1_value(value)?))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, actual: &T, expected: &T) -> anyhow::Result<()> {
    anyhow::ensure!(actual == expected, "{what}: expected {expected:?}, got {actual:?}");
    Ok(())
}

fn fieldset(schemas: &Schemas, case: &Value) -> anyhow::Result<()> {
    let schema = find(schemas, case["schema"].as_str().unwrap_or_default())?;
    let (a, b) = (set(case.get("a"))?, set(case.get("b"))?);
    for (name, actual) in [
        ("union", a.union(&b)),
        ("intersection", a.intersection(&b)),
        ("difference", a.difference(&b)),
        ("recursiveDifference", a.without(&b)),
        ("leaves", a.leaves()),
        ("ensureNamed", schema.with_named_fields(&a)),
    ] {
        same(name, &actual, &set(case.get(name))?)?;
        same(name, &actual.to_fields_v1_value(), &case[name])?;
    }
    let paths: Vec<String> = a.paths().iter().map(ToString::to_string).collect();
    same("paths", &Value::from(paths), &case["paths"])?;
    same("size", &Value::from(a.len()), &case["size"])?;
    same("equal", &Value::from(a == b), &case["equal"])
}

fn fields_v1(_: &Schemas, case: &Value) -> anyhow::Result<()> {
    let decoded = FieldSet::from_fields_v1(case["input"].as_str().unwrap_or_default());
    if case["trailingData"] == true && decoded.is_err() {
        return Ok(());
    }
    if case.get("error").is_some() {
        anyhow::ensure!(decoded.is_err(), "expected an error, got {decoded:?}");
        return Ok(());
    }
    let set = decoded?;
    same("canonical", &Value::from(set.to_fields_v1()), &case["canonical"])?;
    let paths: Vec<String> = set.paths().iter().map(ToString::to_string).collect();
    same("paths", &Value::from(paths), &case["paths"])?;
    same("size", &Value::from(set.len()), &case["size"])
}

fn typed(schemas: &Schemas, case: &Value) -> anyhow::Result<()> {
    let schema = find(schemas, case["schema"].as_str().unwrap_or_default())?;
    let (lhs, rhs) = (&case["lhs"], &case["rhs"]);
    for (value, duplicates, name) in [
        (lhs, Duplicates::Refuse, "lhsStrictError"),
        (rhs, Duplicates::Refuse, "rhsStrictError"),
        (lhs, Duplicates::Allow, "lhsError"),
        (rhs, Duplicates::Allow, "rhsError"),
    ] {
        let expected = case.get(name).is_some();
        let problems = schema.check(value, duplicates);
        anyhow::ensure!(problems.is_err() == expected, "{name}: expected {expected}, got {problems:?}");
    }
    if case.get("lhsError").or(case.get("rhsError")).is_some() {
        return Ok(());
    }
    same("lhsSet", &schema.field_set(lhs), &set(case.get("lhsSet"))?)?;
    same("rhsSet", &schema.field_set(rhs), &set(case.get("rhsSet"))?)?;
    let expected = &case["compare"];
    let compare = schema.compare(lhs, rhs);
    same("same", &compare.is_same(), &(expected["same"] == true))?;
    let sets = Comparison {
        added: set(expected.get("added"))?,
        modified: set(expected.get("modified"))?,
        removed: set(expected.get("removed"))?,
    };
    same("compare", &compare, &sets)?;
    match schema.merge(lhs, rhs) {
        Err(_) if case.get("mergeError").is_some() => {}
        Err(error) => bail!("merge: {error}"),
        Ok(_) if case.get("mergeError").is_some() => bail!("merge: expected an error"),
        Ok(merged) => same("merge", merged.as_ref().unwrap_or(lhs), &case["merge"])?,
    }
    let mut removed = lhs.clone();
    schema.remove(&mut removed, &set(case.get("removeSet"))?);
    same("remove", &removed, &case["remove"])?;
    let fields = set(case.get("extractSet"))?;
    for (name, fields, keys) in
        [("extract", &fields, Keys::AsListed), ("extractWithKeys", &fields.leaves(), Keys::Include)]
    {
        let mut extracted = lhs.clone();
        schema.extract(&mut extracted, fields, keys);
        same(name, &extracted, &case[name])?;
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sequence {
    #[serde(rename = "name")]
    _name: String,
    schema: String,
    ignore: Option<FieldSet>,
    ops: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
enum Operation {
    Apply {
        manager: String,
        #[serde(default)]
        force: bool,
        object: Value,
        #[serde(flatten)]
        outcome: Outcome,
    },
    Update {
        manager: String,
        object: Value,
        #[serde(flatten)]
        outcome: Outcome,
    },
    Schema {
        schema: String,
        #[serde(flatten)]
        outcome: Outcome,
    },
}

/// The result of a step; what is left out is as it was.
#[derive(Deserialize)]
struct Outcome {
    error: Option<Failure>,
    #[serde(default, deserialize_with = "present")]
    live: Option<Value>,
    managers: Option<BTreeMap<String, Manager>>,
}

/// A field that may be null, told apart from one that is not there.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
struct Failure {
    kind: String,
    #[serde(default)]
    conflicts: Vec<Conflict>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Conflict {
    manager: String,
    path: String,
}

#[derive(Deserialize)]
struct Manager {
    applied: bool,
    fields: FieldSet,
}

/// A kind with one version and fields that nobody owns.
struct OneVersion<'a> {
    schema: &'a MergeSchema,
    unowned: Option<&'a FieldSet>,
}

impl Versions for OneVersion<'_> {
    fn schema(&self, _: &str) -> Option<&MergeSchema> {
        Some(self.schema)
    }

    fn convert(&self, object: &Value, _: &str) -> Result<Value, String> {
        Ok(object.clone())
    }

    fn unowned(&self, _: &str) -> Option<&FieldSet> {
        self.unowned
    }
}

const VERSION: &str = "v1";

fn sequence(schemas: &Schemas, case: &Value) -> anyhow::Result<()> {
    let sequence = Sequence::deserialize(case)?;
    let mut schema = find(schemas, &sequence.schema)?;
    let (mut live, mut owners) = (Value::Null, Ownership::new());
    for (at, operation) in sequence.ops.into_iter().enumerate() {
        let versions = OneVersion { schema, unowned: sequence.ignore.as_ref() };
        let updater = Updater::new(&versions);
        let (result, outcome) = match operation {
            Operation::Apply { manager, force, object, outcome } => {
                let on_conflict = if force { OnConflict::Force } else { OnConflict::Report };
                let result = updater.apply(&live, &object, VERSION, owners.clone(), &manager, on_conflict);
                (result.map(|applied| (applied.object.map(Cow::into_owned), applied.owners)), outcome)
            }
            Operation::Update { manager, object, outcome } => {
                let result = updater.update(&live, &object, VERSION, owners.clone(), &manager);
                (result.map(|owners| (Some(object), owners)), outcome)
            }
            Operation::Schema { schema: name, outcome } => {
                let next = find(schemas, &name)?;
                let result = next.check(&live, Duplicates::Allow);
                if result.is_ok() {
                    schema = next;
                }
                (result.map(|()| (None, owners.clone())).map_err(Error::InvalidLive), outcome)
            }
        };
        step(&mut live, &mut owners, result, &outcome).with_context(|| format!("step {at}"))?;
    }
    Ok(())
}

fn step(
    live: &mut Value,
    owners: &mut Ownership,
    result: Result<(Option<Value>, Ownership), Error>,
    expected: &Outcome,
) -> anyhow::Result<()> {
    match (result, &expected.error) {
        (Ok((object, now)), None) => {
            let object = object.unwrap_or_else(|| live.clone());
            same("live", &object, expected.live.as_ref().unwrap_or(live))?;
            let managers = expected.managers.as_ref().map_or_else(
                || owners.clone(),
                |managers| {
                    let owner = |manager: &Manager| Owner {
                        fields: manager.fields.clone(),
                        version: VERSION.to_owned(),
                        applied: manager.applied,
                    };
                    managers.iter().map(|(name, manager)| (name.clone(), owner(manager))).collect()
                },
            );
            same("managers", &now, &managers)?;
            (*live, *owners) = (object, now);
            Ok(())
        }
        (Err(error), Some(failure)) => {
            let kind = match &error {
                Error::Conflicts(conflicts) => {
                    let mut conflicts: Vec<Conflict> = conflicts
                        .iter()
                        .map(|conflict| Conflict {
                            manager: conflict.manager.clone(),
                            path: conflict.path.to_string(),
                        })
                        .collect();
                    conflicts.sort();
                    same("conflicts", &conflicts, &failure.conflicts)?;
                    "conflict"
                }
                Error::Invalid(_) => "invalid",
                Error::InvalidLive(_) => "schema",
                _ => "merge",
            };
            same("kind", &kind, &failure.kind.as_str()).with_context(|| error.to_string())
        }
        (Ok(_), Some(failure)) => bail!("expected an error of kind {}", failure.kind),
        (Err(error), None) => bail!("unexpected error: {error}"),
    }
}
