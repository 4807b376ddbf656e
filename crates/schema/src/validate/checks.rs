//! The single rules: type, logic, text, numbers, sizes, enumeration. Each adds what is wrong to the findings.

use super::{Findings, Node, Reason, Validator, text::shown};
use crate::{Condition, Constraints, Logic, formats};
use kro_object::json;
use serde_json::{Number, Value};
use std::sync::Arc;

impl Validator {
    pub(super) fn check_type(&self, node: Node<'_>, value: &Value, findings: &mut Findings) {
        let types = node.types();
        // A format that validation does not know for the type is no format.
        let format =
            node.constraints().format.as_deref().filter(|format| formats::is_checked(&types, format));
        if types.is_empty() && format.is_none() {
            return;
        }
        let has = |name: &str| types.contains(&name);
        let (actual, actual_format) = match value {
            Value::Null => {
                if types.is_empty() || node.nullable() {
                    findings.matches += 1;
                } else {
                    findings.violations.push(self.wrong_type(&types.join(","), "null"));
                }
                return;
            }
            Value::Bool(_) => ("boolean", ""),
            Value::Number(number) if number.is_f64() => ("number", "float64"),
            Value::Number(_) => ("integer", "int64"),
            Value::String(_) => ("string", ""),
            Value::Array(_) => ("array", ""),
            Value::Object(_) => ("object", ""),
        };
        let converts = match actual {
            "number" => has("integer") && value.as_f64().is_some_and(is_integral),
            "integer" => has("number"),
            _ => false,
        };
        let is_sequence = matches!(value, Value::String(_) | Value::Array(_));
        let fits = has(actual) || converts;
        match format {
            Some(format) if !is_sequence && !fits && actual_format != format => {
                findings.violations.push(self.wrong_type(format, actual_format));
            }
            Some(_) if is_sequence && !has("number") && !has("integer") => findings.matches += 1,
            _ if fits => findings.matches += 1,
            _ => findings.violations.push(self.wrong_type(&types.join(","), actual)),
        }
    }

    pub(super) fn check_logic(&mut self, logic: &Logic, value: &Value, findings: &mut Findings) {
        findings.matches += 1;
        if logic.is_empty() {
            return;
        }
        let name = self.name.clone();
        if !logic.any_of.is_empty() {
            let (best, valid) = self.alternatives(&logic.any_of, value, 1);
            if valid == 0 {
                let message = format!("\"{name}\" must validate at least one schema (anyOf)");
                findings.violations.push(self.unlocated(&message));
            }
            findings.merge(best);
        }
        if !logic.one_of.is_empty() {
            let (best, valid) = self.alternatives(&logic.one_of, value, usize::MAX);
            if valid != 1 {
                let found = match valid {
                    0 => "Found none valid".to_owned(),
                    _ => format!("Found {valid} valid alternatives"),
                };
                let message = format!("\"{name}\" must validate one and only one schema (oneOf). {found}");
                findings.violations.push(self.unlocated(&message));
            }
            if valid <= 1 {
                findings.merge(best);
            }
        }
        if !logic.all_of.is_empty() {
            let mut valid = 0;
            for condition in &logic.all_of {
                let result = self.node(Node::Condition(condition), value, None);
                valid += usize::from(result.is_valid());
                findings.merge(result);
            }
            if valid != logic.all_of.len() {
                let none = if valid == 0 { ". None validated" } else { "" };
                let message = format!("\"{name}\" must validate all the schemas (allOf){none}");
                findings.violations.push(self.unlocated(&message));
            }
        }
        if let Some(not) = &logic.not
            && self.node(Node::Condition(not), value, None).is_valid()
        {
            findings
                .violations
                .push(self.unlocated(&format!("\"{name}\" must not validate the schema (not)")));
        }
    }

    /// The first alternative that holds, else the one that matches most, and how many hold (counting to a limit).
    fn alternatives(
        &mut self,
        conditions: &[Arc<Condition>],
        value: &Value,
        limit: usize,
    ) -> (Findings, usize) {
        let mut best: Option<Findings> = None;
        let mut valid = 0;
        for condition in conditions {
            let result = self.node(Node::Condition(condition), value, None);
            if result.is_valid() {
                valid += 1;
                if valid == 1 {
                    best = Some(result);
                }
                if valid == limit {
                    break;
                }
            } else if valid == 0 && best.as_ref().is_none_or(|best| result.matches > best.matches) {
                best = Some(result);
            }
        }
        (best.unwrap_or_default(), valid)
    }

    /// Only the first broken limit is reported.
    pub(super) fn check_text(&self, constraints: &Constraints, text: &str, findings: &mut Findings) {
        let length = text.chars().count() as i64;
        let violation = if let Some(limit) = constraints.max_length.filter(|limit| length > *limit) {
            Some(self.violation(Reason::TooLong, format!("Too long: may not be more than {limit} bytes")))
        } else if let Some(limit) = constraints.min_length.filter(|limit| length < *limit) {
            Some(self.invalid(&text.into(), &format!("should be at least {limit} chars long")))
        } else {
            constraints.pattern.as_ref().and_then(|pattern| match pattern.is_match(text) {
                Ok(true) => None,
                Ok(false) => {
                    Some(self.invalid(&text.into(), &format!("should match '{}'", pattern.as_str())))
                }
                Err(error) => Some(self.invalid(
                    &text.into(),
                    &format!("should match '{}, but pattern is invalid: {error}'", pattern.as_str()),
                )),
            })
        };
        findings.violations.extend(violation);
        if let Some(format) = constraints.format.as_deref()
            && formats::check(format, text) == Some(false)
        {
            findings.violations.push(self.wrong_type(format, text));
        }
    }

    pub(super) fn check_number(&self, node: Node<'_>, number: &Number, findings: &mut Findings) {
        let constraints = node.constraints();
        let value = Value::Number(number.clone());
        let range = NumberRange::of(node);
        if !range.holds(number) {
            findings.violations.push(self.unlocated(&range.message("Checked", &self.name)));
        }
        let limits = [
            ("MultipleOf", &constraints.multiple_of),
            ("Minimum boundary", &constraints.minimum),
            ("Maximum boundary", &constraints.maximum),
        ];
        for (what, limit) in limits {
            let Some(limit) = limit else { continue };
            let native = range.holds(limit);
            if !native {
                findings.violations.push(self.unlocated(&range.message(what, &self.name)));
            }
            let limit = Limit::new(number, limit, native);
            let broken = match what {
                "MultipleOf" if !limit.is_positive() => {
                    let rule =
                        format!("factor MultipleOf declared for {} must be positive: {limit}", self.name);
                    let message = format!("Invalid value: {limit}: {rule}");
                    findings.violations.push(self.violation(Reason::Invalid, message));
                    None
                }
                "MultipleOf" => (!limit.divides()).then_some("a multiple of"),
                "Minimum boundary" if constraints.exclusive_minimum => {
                    limit.order().is_le().then_some("greater than")
                }
                "Minimum boundary" => limit.order().is_lt().then_some("greater than or equal to"),
                _ if constraints.exclusive_maximum => limit.order().is_ge().then_some("less than"),
                _ => limit.order().is_gt().then_some("less than or equal to"),
            };
            if let Some(relation) = broken {
                findings.violations.push(self.invalid(&value, &format!("should be {relation} {limit}")));
            }
        }
        findings.matches += 1;
    }

    pub(super) fn check_items(&self, constraints: &Constraints, list: &[Value], findings: &mut Findings) {
        let size = list.len() as i64;
        if let Some(limit) = constraints.min_items.filter(|limit| size < *limit) {
            findings
                .violations
                .push(self.invalid(&size.into(), &format!("should have at least {limit} items")));
        }
        if let Some(limit) = constraints.max_items.filter(|limit| size > *limit) {
            findings.violations.push(self.too_many(size, limit));
        }
        if constraints.unique_items
            && list.iter().enumerate().any(|(index, value)| list[..index].contains(value))
        {
            findings.violations.push(self.invalid(&"".into(), "shouldn't contain duplicates"));
        }
    }

    pub(super) fn check_size(&self, constraints: &Constraints, size: usize, findings: &mut Findings) {
        let size = size as i64;
        if let Some(limit) = constraints.min_properties.filter(|limit| size < *limit) {
            findings
                .violations
                .push(self.invalid(&size.into(), &format!("should have at least {limit} properties")));
        }
        if let Some(limit) = constraints.max_properties.filter(|limit| size > *limit) {
            findings.violations.push(self.too_many(size, limit));
        }
    }

    pub(super) fn check_allowed(&self, constraints: &Constraints, value: &Value, findings: &mut Findings) {
        if constraints.allowed.is_empty() || constraints.allowed.iter().any(|one| equal(one, value)) {
            return;
        }
        let quoted = |value: &Value| match value {
            Value::String(text) => super::go_quote(text),
            other => super::go_quote(&json::canonical(other)),
        };
        let allowed: Vec<_> = constraints.allowed.iter().map(quoted).collect();
        let message =
            format!("Unsupported value: {}: supported values: {}", shown(value), allowed.join(", "));
        findings.violations.push(self.violation(Reason::NotSupported, message));
    }

    fn invalid(&self, value: &Value, rule: &str) -> super::Violation {
        let message = format!("Invalid value: {}: {} in body {rule}", shown(value), self.name);
        self.violation(Reason::Invalid, message)
    }

    fn wrong_type(&self, expected: &str, actual: &str) -> super::Violation {
        let actual = super::go_quote(actual);
        let message =
            format!("Invalid value: {actual}: {} in body must be of type {expected}: {actual}", self.name);
        self.violation(Reason::TypeInvalid, message)
    }

    fn too_many(&self, size: i64, limit: i64) -> super::Violation {
        let items = if limit == 1 { "item" } else { "items" };
        self.violation(Reason::TooMany, format!("Too many: {size}: must have at most {limit} {items}"))
    }
}

/// One more than the largest 64-bit integer.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// The range of a number type with its format.
struct NumberRange<'s> {
    type_name: &'s str,
    format: Option<&'s str>,
}

impl<'s> NumberRange<'s> {
    fn of(node: Node<'s>) -> Self {
        let format = node.constraints().format.as_deref();
        match node.types().as_slice() {
            ["integer"] => {
                Self { type_name: "integer", format: format.filter(|f| matches!(*f, "int32" | "int64")) }
            }
            ["number"] => {
                Self { type_name: "number", format: format.filter(|f| matches!(*f, "float" | "double")) }
            }
            _ => Self { type_name: "", format: None },
        }
    }

    fn holds(&self, number: &Number) -> bool {
        let integer = || match number.as_f64() {
            Some(float) if number.is_f64() => {
                (float.fract() == 0.0 && (-TWO_63..TWO_63).contains(&float)).then_some(float as i64)
            }
            _ => number.as_i64(),
        };
        match (self.type_name, self.format) {
            ("integer", Some("int32")) => integer().is_some_and(|value| i32::try_from(value).is_ok()),
            ("integer", _) => integer().is_some(),
            ("number", Some("float")) => {
                number.as_f64().is_none_or(|value| value.abs() <= f64::from(f32::MAX))
            }
            _ => true,
        }
    }

    fn message(&self, what: &str, name: &str) -> String {
        let format = match self.format {
            Some(format) => format!("with format {format}"),
            None => "(default format)".to_owned(),
        };
        format!("{what} value must be of type {} {format} in {name}", self.type_name)
    }
}

/// A number and its limit, both integers or both floats.
enum Limit {
    Integers(i64, i64),
    Floats(f64, f64),
}

impl Limit {
    fn new(number: &Number, limit: &Number, native: bool) -> Self {
        let float = limit.as_f64().unwrap_or_default();
        match number.as_i64() {
            Some(value) if native => Limit::Integers(value, limit.as_i64().unwrap_or(float as i64)),
            _ => Limit::Floats(number.as_f64().unwrap_or_default(), float),
        }
    }

    fn order(&self) -> std::cmp::Ordering {
        match self {
            Limit::Integers(value, limit) => value.cmp(limit),
            Limit::Floats(value, limit) => value.total_cmp(limit),
        }
    }

    fn is_positive(&self) -> bool {
        match self {
            Limit::Integers(_, limit) => *limit > 0,
            Limit::Floats(_, limit) => *limit > 0.0,
        }
    }

    fn divides(&self) -> bool {
        match *self {
            Limit::Integers(value, limit) => value % limit == 0,
            Limit::Floats(value, limit) if limit < 1.0 => is_integral(1.0 / limit * value),
            Limit::Floats(value, limit) => is_integral(value / limit),
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Limit::Integers(_, limit) => write!(f, "{limit}"),
            Limit::Floats(_, limit) => f.write_str(&super::go_float(*limit)),
        }
    }
}

/// Whether a float is so near to an integer of up to 53 bits that JSON schema takes it for one.
fn is_integral(float: f64) -> bool {
    const LIMIT: f64 = 9_007_199_254_740_991.0;
    if !(-LIMIT..=LIMIT).contains(&float) {
        return false;
    }
    let whole = float.trunc();
    float.total_cmp(&whole).is_eq()
        || (whole != 0.0 && (float - whole).abs() / (float.abs() + whole.abs()) < 1e-9)
}

/// Equality of JSON values in which `1` is `1.0`.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}
