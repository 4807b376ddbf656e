//! What changed between two schemas, and which changes break stored objects or their writers.
//!
//! The verdicts are kro's: a type change ends the comparison of a position; map values, rules, list types, `format`,
//! `nullable` and the first `enum` are not compared.

use crate::{Constraints, Kind, Schema};
use kro_object::json;
use serde_json::{Number, Value};
use std::{collections::BTreeMap, fmt, sync::Arc};

/// All changes of a schema, in the order they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The changes.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What happened, `PROPERTY_REMOVED`.
    pub id: &'static str,
    /// Where: `.properties.spec.properties.a.minimum`; empty for the root.
    pub path: String,
    /// Whether stored objects or their writers may fail.
    pub breaking: bool,
    /// The former value as text.
    pub old: String,
    /// The new value as text.
    pub new: String,
    /// For people.
    pub text: String,
}

/// The version lists of two CRDs cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VersionsError {
    /// kro serves one version.
    #[error("expected exactly one version in each CRD, got {0} old and {1} new versions")]
    Count(usize, usize),
    /// A version has no schema.
    #[error("{0} version {1} has no schema")]
    NoSchema(&'static str, String),
    /// A schema cannot be read.
    #[error("{0} version {1}")]
    Schema(&'static str, String, #[source] crate::ParseError),
}

/// Compare two schemas of the same kind.
pub fn compare(old: &Schema, new: &Schema) -> Report {
    let mut comparison = Comparison::default();
    comparison.schemas(old, new);
    comparison.report
}

/// Compare `spec.versions` of two CRDs.
pub fn compare_versions(old: &[Value], new: &[Value]) -> Result<Report, VersionsError> {
    let ([old], [new]) = (old, new) else { return Err(VersionsError::Count(old.len(), new.len())) };
    let name = |version: &Value| version["name"].as_str().unwrap_or_default().to_owned();
    let mut comparison = Comparison::default();
    if name(old) != name(new) {
        comparison.path.push_str("version");
        comparison.type_changed(&name(old), &name(new));
        return Ok(comparison.report);
    }
    let schema = |which: &'static str, version: &Value| match version.pointer("/schema/openAPIV3Schema") {
        None | Some(Value::Null) => Err(VersionsError::NoSchema(which, name(version))),
        Some(value) => {
            Schema::from_json(value).map_err(|error| VersionsError::Schema(which, name(version), error))
        }
    };
    comparison.schemas(&schema("old", old)?, &schema("new", new)?);
    let served = |version: &Value| version["served"] == true;
    if served(old) && !served(new) {
        comparison.path.push_str("version.served");
        comparison.type_changed("true", "false");
        comparison.path.clear();
    }
    let has_status =
        |version: &Value| version.pointer("/subresources/status").is_some_and(|status| !status.is_null());
    if has_status(old) && !has_status(new) {
        comparison.path.push_str("version.subresources.status");
        comparison.push("PROPERTY_REMOVED", "", Verdict::Breaking, "", "", "Property status was removed");
    }
    Ok(comparison.report)
}

impl Report {
    /// The changes that break something.
    pub fn breaking(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| change.breaking)
    }

    /// Whether nothing breaks.
    pub fn is_compatible(&self) -> bool {
        self.breaking().next().is_none()
    }

    /// The first three breaking changes in one line.
    pub fn summary(&self) -> String {
        let texts: Vec<_> = self.breaking().map(|change| change.text.as_str()).collect();
        match texts.len() {
            0 => "no breaking changes".to_owned(),
            1..=3 => texts.join("; "),
            count => format!("{}; and {} more changes", texts[..3].join("; "), count - 3),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Breaking,
    Fine,
}

#[derive(Default)]
struct Comparison {
    report: Report,
    path: String,
}

/// A bound by its names, and whether a larger value is stricter.
struct Bound {
    keyword: &'static str,
    title: &'static str,
    ids: [&'static str; 4],
    lower: bool,
    value: fn(&Constraints) -> Option<Number>,
}

const fn bound(
    keyword: &'static str,
    title: &'static str,
    ids: [&'static str; 4],
    value: fn(&Constraints) -> Option<Number>,
) -> Bound {
    let lower = matches!(keyword.as_bytes(), [b'm', b'i', ..]);
    Bound { keyword, title, ids, lower, value }
}

macro_rules! ids {
    ($name:literal) => {
        [
            concat!($name, "_ADDED"),
            concat!($name, "_REMOVED"),
            concat!($name, "_INCREASED"),
            concat!($name, "_DECREASED"),
        ]
    };
}

/// Ids are: added, removed, increased, decreased.
const BOUNDS: [Bound; 6] = [
    bound("minimum", "Minimum", ids!("MINIMUM"), |c| c.minimum.clone()),
    bound("maximum", "Maximum", ids!("MAXIMUM"), |c| c.maximum.clone()),
    bound("minLength", "MinLength", ids!("MIN_LENGTH"), |c| c.min_length.map(Number::from)),
    bound("maxLength", "MaxLength", ids!("MAX_LENGTH"), |c| c.max_length.map(Number::from)),
    bound("minItems", "MinItems", ids!("MIN_ITEMS"), |c| c.min_items.map(Number::from)),
    bound("maxItems", "MaxItems", ids!("MAX_ITEMS"), |c| c.max_items.map(Number::from)),
];

impl Comparison {
    fn schemas(&mut self, old: &Schema, new: &Schema) {
        self.description(old, new);
        self.default_value(old, new);
        if old.type_name() != new.type_name() {
            self.path.push_str(".type");
            self.type_changed(old.type_name(), new.type_name());
            self.path.truncate(self.path.len() - ".type".len());
            return;
        }
        self.pattern(&old.constraints, &new.constraints);
        for bound in &BOUNDS {
            self.bound(bound, &old.constraints, &new.constraints);
        }
        if let (
            Kind::Object { properties: old, required: old_required, .. },
            Kind::Object { properties: new, required: new_required, .. },
        ) = (&old.kind, &new.kind)
        {
            self.properties(old, old_required, new, new_required);
            self.required(old, old_required, new_required);
        }
        self.allowed(&old.constraints.allowed, &new.constraints.allowed);
        if let (Kind::Array { items: old }, Kind::Array { items: new }) = (&old.kind, &new.kind) {
            self.items(old, new);
        }
    }

    fn description(&mut self, old: &Schema, new: &Schema) {
        let (old, new) = (old.description.as_deref().unwrap_or(""), new.description.as_deref().unwrap_or(""));
        if old != new {
            let text = format!("Description field was changed from {old} to {new}");
            self.push("DESCRIPTION_CHANGED", ".description", Verdict::Fine, old, new, &text);
        }
    }

    fn default_value(&mut self, old: &Schema, new: &Schema) {
        if old.default != new.default {
            let show = |schema: &Schema| schema.default.as_ref().map(json::canonical).unwrap_or_default();
            let (old, new) = (show(old), show(new));
            let text = format!("Default value was changed from {old} to {new}");
            self.push("DEFAULT_CHANGED", ".default", Verdict::Fine, &old, &new, &text);
        }
    }

    fn type_changed(&mut self, old: &str, new: &str) {
        let text = format!("Type changed from {old} to {new}");
        self.push("TYPE_CHANGED", "", Verdict::Breaking, old, new, &text);
    }

    fn pattern(&mut self, old: &Constraints, new: &Constraints) {
        let show = |constraints: &Constraints| {
            constraints.pattern.as_ref().map_or_else(String::new, |pattern| pattern.as_str().to_owned())
        };
        let (old, new) = (show(old), show(new));
        let (id, verdict, text) = match (old.is_empty(), new.is_empty()) {
            _ if old == new => return,
            (true, _) => ("PATTERN_ADDED", Verdict::Breaking, format!("Validation pattern {new} was added")),
            (_, true) => ("PATTERN_REMOVED", Verdict::Fine, format!("Validation pattern {old} was removed")),
            _ => (
                "PATTERN_CHANGED",
                Verdict::Breaking,
                format!("Validation pattern changed from {old} to {new}"),
            ),
        };
        self.push(id, ".pattern", verdict, &old, &new, &text);
    }

    fn bound(&mut self, bound: &Bound, old: &Constraints, new: &Constraints) {
        let (old, new) = ((bound.value)(old), (bound.value)(new));
        let show = |number: &Option<Number>| number.as_ref().map(plain).unwrap_or_default();
        let (old_text, new_text) = (show(&old), show(&new));
        let title = bound.title;
        let (id, verdict, text) = match (old, new) {
            (None, None) => return,
            (None, Some(_)) => {
                (bound.ids[0], Verdict::Breaking, format!("{title} constraint {new_text} was added"))
            }
            (Some(_), None) => {
                (bound.ids[1], Verdict::Fine, format!("{title} constraint {old_text} was removed"))
            }
            (Some(old), Some(new)) => {
                let (old, new) = (old.as_f64().unwrap_or_default(), new.as_f64().unwrap_or_default());
                let increased = match new.total_cmp(&old) {
                    std::cmp::Ordering::Equal => return,
                    order => order.is_gt(),
                };
                let verdict = if increased == bound.lower { Verdict::Breaking } else { Verdict::Fine };
                let word = if increased { "increased" } else { "decreased" };
                let text = format!("{title} was {word} from {old_text} to {new_text}");
                (bound.ids[if increased { 2 } else { 3 }], verdict, text)
            }
        };
        self.push(id, &format!(".{}", bound.keyword), verdict, &old_text, &new_text, &text);
    }

    fn properties(
        &mut self,
        old: &BTreeMap<Arc<str>, Arc<Schema>>,
        old_required: &[Arc<str>],
        new: &BTreeMap<Arc<str>, Arc<Schema>>,
        new_required: &[Arc<str>],
    ) {
        for (name, old) in old {
            let length = self.path.len();
            self.path.push_str(".properties.");
            self.path.push_str(name);
            match new.get(name) {
                None => {
                    let text = format!("Property {} was removed", last(&self.path));
                    self.push("PROPERTY_REMOVED", "", Verdict::Breaking, "", "", &text);
                }
                Some(new) => {
                    self.schemas(old, new);
                    let kept = old_required.contains(name) && new_required.contains(name);
                    if kept && old.default.is_some() && new.default.is_none() {
                        let text = format!("Default value removed from required field {}", last(&self.path));
                        let show = old.default.as_ref().map(json::canonical).unwrap_or_default();
                        self.push(
                            "REQUIRED_DEFAULT_REMOVED",
                            ".default",
                            Verdict::Breaking,
                            &show,
                            "",
                            &text,
                        );
                    }
                }
            }
            self.path.truncate(length);
        }
        for (name, schema) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
            let place = format!(".properties.{name}");
            let text = format!("Optional property {} was added", last(&place));
            if new_required.contains(name) && schema.default.is_none() {
                let (old, new) = ("required=false", "required=true");
                self.push("PROPERTY_ADDED", &place, Verdict::Breaking, old, new, &text);
            } else {
                self.push("PROPERTY_ADDED", &place, Verdict::Fine, "", "", &text);
            }
        }
    }

    fn required(
        &mut self,
        old: &BTreeMap<Arc<str>, Arc<Schema>>,
        old_required: &[Arc<str>],
        new_required: &[Arc<str>],
    ) {
        for name in new_required.iter().filter(|name| !old_required.contains(name) && old.contains_key(*name))
        {
            let text = format!("Field {name} is newly required");
            self.push("REQUIRED_ADDED", ".required", Verdict::Breaking, "", name, &text);
        }
        for name in old_required.iter().filter(|name| !new_required.contains(name)) {
            let text = format!("Field {name} is no longer required");
            self.push("REQUIRED_REMOVED", ".required", Verdict::Fine, name, "", &text);
        }
    }

    fn allowed(&mut self, old: &[Value], new: &[Value]) {
        if old.is_empty() || new.is_empty() {
            return;
        }
        for value in old.iter().filter(|value| !new.contains(value)) {
            let value = json::canonical(value);
            let text = format!("Enum value {value} was removed");
            self.push("ENUM_RESTRICTED", ".enum", Verdict::Breaking, &value, "", &text);
        }
        for value in new.iter().filter(|value| !old.contains(value)) {
            let value = json::canonical(value);
            let text = format!("Enum value {value} was added");
            self.push("ENUM_EXPANDED", ".enum", Verdict::Fine, "", &value, &text);
        }
    }

    fn items(&mut self, old: &Schema, new: &Schema) {
        let absent = Schema::default();
        match (*old == absent, *new == absent) {
            (true, true) => {}
            (true, false) => {
                let text = "Optional property items was added";
                self.push("PROPERTY_ADDED", ".items", Verdict::Fine, "", "", text);
            }
            (false, true) => {
                let text = "Property items was removed";
                self.push("PROPERTY_REMOVED", ".items", Verdict::Breaking, "", "", text);
            }
            (false, false) => {
                self.path.push_str(".items");
                self.schemas(old, new);
                self.path.truncate(self.path.len() - ".items".len());
            }
        }
    }

    fn push(&mut self, id: &'static str, below: &str, verdict: Verdict, old: &str, new: &str, text: &str) {
        self.report.changes.push(Change {
            id,
            path: format!("{}{below}", self.path),
            breaking: verdict == Verdict::Breaking,
            old: old.to_owned(),
            new: new.to_owned(),
            text: text.to_owned(),
        });
    }
}

/// The part of a path after its last dot, as the texts name a property.
fn last(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, last)| last)
}

/// A number without exponent.
fn plain(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => format!("{float}"),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn summaries() {
        let schema = |properties: Value| {
            Schema::from_json(&json!({"type": "object", "properties": properties})).unwrap()
        };
        let text = json!({"type": "string"});
        let old = schema(
            json!({"a": text, "b": text, "c": text, "d": text, "e": {"type": "integer", "minimum": 1}}),
        );
        let check = |new: Value, expected: &str| assert_eq!(compare(&old, &schema(new)).summary(), expected);
        check(
            json!({"a": text, "b": text, "c": text, "d": text, "e": {"type": "integer"}}),
            "no breaking changes",
        );
        check(
            json!({"a": {"type": "integer"}, "b": text, "c": text, "d": text, "e": {"type": "integer", "minimum": 2}}),
            "Type changed from string to integer; Minimum was increased from 1 to 2",
        );
        check(
            json!({}),
            "Property a was removed; Property b was removed; Property c was removed; and 2 more changes",
        );
    }

    proptest! {
        #[test]
        fn a_schema_is_compatible_with_itself(schema in strategy::schema()) {
            prop_assert_eq!(compare(&schema, &schema), Report::default());
        }
    }
}
