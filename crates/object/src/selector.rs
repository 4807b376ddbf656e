//! Label selectors: what they say and what they match. The text form is read in `selector/parse.rs`.

mod parse;
pub mod validate;

use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};

/// A set of requirements that must all hold, or a selector that matches nothing.
///
/// The empty selector matches everything; an absent one (`null`) nothing, as in `metav1.LabelSelector`.
/// Requirements are sorted by key, so equal texts print equally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector {
    requirements: Option<Vec<Requirement>>,
}

/// One condition on one label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: Box<str>,
    /// The condition.
    pub operator: Operator,
    /// Its values, sorted: one for equality and comparison, none for existence.
    pub values: Vec<Box<str>>,
}

/// The condition of a [`Requirement`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operator {
    /// `key=value`.
    Equals,
    /// `key==value`: the same, kept for its spelling.
    DoubleEquals,
    /// `key!=value`; a missing label matches.
    NotEquals,
    /// `key in (a,b)`.
    In,
    /// `key notin (a,b)`; a missing label matches.
    NotIn,
    /// `key`.
    Exists,
    /// `!key`.
    DoesNotExist,
    /// `key>3`: both are 64-bit integers.
    GreaterThan,
    /// `key<3`: both are 64-bit integers.
    LessThan,
}

/// A selector is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseSelectorError {
    /// The text does not follow the grammar.
    #[error("found '{found}', expected: {expected}")]
    Unexpected {
        /// The offending token, empty at the end.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A key or value is not a legal label key or value.
    #[error("{field}: Invalid value: {value:?}: {reason}")]
    Invalid {
        /// `key` or `values`.
        field: &'static str,
        /// The text that is refused.
        value: String,
        /// The rule it breaks.
        reason: String,
    },
    /// An operator of the object form is not `In`, `NotIn`, `Exists` or `DoesNotExist`.
    #[error("{0:?} is not a valid label selector operator")]
    Operator(String),
    /// A part of the object form has the wrong JSON type.
    #[error("{0} is not of the right type")]
    Type(&'static str),
}

/// A source of labels to match against.
pub trait Labels {
    /// The value of a label.
    fn label(&self, key: &str) -> Option<&str>;
}

impl Selector {
    /// Matches every set of labels.
    pub const fn everything() -> Self {
        Self { requirements: Some(Vec::new()) }
    }

    /// Matches no set of labels.
    pub const fn nothing() -> Self {
        Self { requirements: None }
    }

    /// The requirements must all hold; each is checked.
    pub fn new(requirements: impl IntoIterator<Item = Requirement>) -> Result<Self, ParseSelectorError> {
        let mut requirements: Vec<_> = requirements.into_iter().collect();
        for requirement in &mut requirements {
            requirement.values.sort();
            requirement.check()?;
        }
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(Self { requirements: Some(requirements) })
    }

    /// `key=value`, for a key and value known to be legal labels.
    pub fn label(key: &str, value: &str) -> Self {
        let requirement =
            Requirement { key: key.into(), operator: Operator::Equals, values: vec![value.into()] };
        Self { requirements: Some(vec![requirement]) }
    }

    /// The object form: `matchLabels` and `matchExpressions`. `null` matches nothing, `{}` everything.
    pub fn from_value(value: &Value) -> Result<Self, ParseSelectorError> {
        let map = match value {
            Value::Null => return Ok(Self::nothing()),
            Value::Object(map) => map,
            _ => return Err(ParseSelectorError::Type("selector")),
        };
        let mut requirements = Vec::new();
        for (key, value) in optional(map, "matchLabels", Value::as_object)?.into_iter().flatten() {
            let value = value.as_str().ok_or(ParseSelectorError::Type("matchLabels"))?;
            requirements.push(Requirement {
                key: key.as_str().into(),
                operator: Operator::Equals,
                values: vec![value.into()],
            });
        }
        for expression in optional(map, "matchExpressions", Value::as_array)?.into_iter().flatten() {
            requirements.push(Requirement::from_value(expression)?);
        }
        Self::new(requirements)
    }

    /// The requirements, sorted by key; none when the selector matches nothing at all.
    pub fn requirements(&self) -> &[Requirement] {
        self.requirements.as_deref().unwrap_or_default()
    }

    /// Whether every set of labels matches.
    pub fn is_everything(&self) -> bool {
        self.requirements.as_ref().is_some_and(Vec::is_empty)
    }

    /// Whether no set of labels matches, because the selector is absent.
    pub fn is_nothing(&self) -> bool {
        self.requirements.is_none()
    }

    /// Whether all requirements hold.
    pub fn matches(&self, labels: impl Labels) -> bool {
        self.requirements.as_ref().is_some_and(|all| all.iter().all(|one| one.matches(&labels)))
    }
}

impl Default for Selector {
    /// Everything.
    fn default() -> Self {
        Self::everything()
    }
}

impl Requirement {
    /// Whether the labels fulfil this requirement.
    pub fn matches(&self, labels: impl Labels) -> bool {
        let label = labels.label(&self.key);
        let listed = |value: &str| self.values.iter().any(|one| &**one == value);
        match self.operator {
            Operator::Exists => label.is_some(),
            Operator::DoesNotExist => label.is_none(),
            Operator::Equals | Operator::DoubleEquals | Operator::In => label.is_some_and(listed),
            Operator::NotEquals | Operator::NotIn => !label.is_some_and(listed),
            Operator::GreaterThan => self.compares(label, |label, bound| label > bound),
            Operator::LessThan => self.compares(label, |label, bound| label < bound),
        }
    }

    fn compares(&self, label: Option<&str>, holds: fn(i64, i64) -> bool) -> bool {
        let label = label.and_then(|text| text.parse().ok());
        let bound = self.values.first().and_then(|text| text.parse().ok());
        label.zip(bound).is_some_and(|(label, bound)| holds(label, bound))
    }

    fn from_value(value: &Value) -> Result<Self, ParseSelectorError> {
        let map = value.as_object().ok_or(ParseSelectorError::Type("matchExpressions"))?;
        let key = optional(map, "key", Value::as_str)?.unwrap_or_default();
        let operator = match optional(map, "operator", Value::as_str)?.unwrap_or_default() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            other => return Err(ParseSelectorError::Operator(other.to_owned())),
        };
        let values = optional(map, "values", Value::as_array)?
            .into_iter()
            .flatten()
            .map(|value| value.as_str().map(Box::from).ok_or(ParseSelectorError::Type("values")))
            .collect::<Result<_, _>>()?;
        Ok(Self { key: key.into(), operator, values })
    }

    fn check(&self) -> Result<(), ParseSelectorError> {
        let invalid = |field, value: &str, reason: String| ParseSelectorError::Invalid {
            field,
            value: value.to_owned(),
            reason,
        };
        validate::label_key(&self.key).map_err(|reason| invalid("key", &self.key, reason))?;
        let count_rule = match self.operator {
            Operator::In | Operator::NotIn if self.values.is_empty() => {
                Some("for 'in', 'notin' operators, values set can't be empty")
            }
            Operator::Exists | Operator::DoesNotExist if !self.values.is_empty() => {
                Some("values set must be empty for exists and does not exist")
            }
            Operator::Equals | Operator::DoubleEquals | Operator::NotEquals if self.values.len() != 1 => {
                Some("exact-match compatibility requires one single value")
            }
            Operator::GreaterThan | Operator::LessThan if self.values.len() != 1 => {
                Some("for 'Gt', 'Lt' operators, exactly one value is required")
            }
            Operator::GreaterThan | Operator::LessThan if self.values[0].parse::<i64>().is_err() => {
                Some("for 'Gt', 'Lt' operators, the value must be an integer")
            }
            _ => None,
        };
        if let Some(rule) = count_rule {
            return Err(invalid("values", &self.values.join(","), rule.to_owned()));
        }
        self.values.iter().try_for_each(|value| {
            validate::label_value(value).map_err(|reason| invalid("values", value, reason))
        })
    }
}

fn optional<'v, T: ?Sized>(
    map: &'v Map<String, Value>,
    field: &'static str,
    read: fn(&'v Value) -> Option<&'v T>,
) -> Result<Option<&'v T>, ParseSelectorError> {
    match map.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => read(value).map(Some).ok_or(ParseSelectorError::Type(field)),
    }
}

impl fmt::Display for Selector {
    /// The text form; empty both for everything and for nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, requirement) in self.requirements().iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            requirement.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(",");
        match self.operator {
            Operator::Exists => write!(f, "{}", self.key),
            Operator::DoesNotExist => write!(f, "!{}", self.key),
            Operator::In => write!(f, "{} in ({values})", self.key),
            Operator::NotIn => write!(f, "{} notin ({values})", self.key),
            Operator::Equals => write!(f, "{}={values}", self.key),
            Operator::DoubleEquals => write!(f, "{}=={values}", self.key),
            Operator::NotEquals => write!(f, "{}!={values}", self.key),
            Operator::GreaterThan => write!(f, "{}>{values}", self.key),
            Operator::LessThan => write!(f, "{}<{values}", self.key),
        }
    }
}

impl<L: Labels + ?Sized> Labels for &L {
    fn label(&self, key: &str) -> Option<&str> {
        (**self).label(key)
    }
}

impl<L: Labels> Labels for Option<L> {
    fn label(&self, key: &str) -> Option<&str> {
        self.as_ref()?.label(key)
    }
}

impl Labels for BTreeMap<String, String> {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key).map(String::as_str)
    }
}

impl Labels for BTreeMap<Box<str>, Box<str>> {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key).map(|value| &**value)
    }
}

impl Labels for Map<String, Value> {
    fn label(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }
}

impl Labels for [(Box<str>, Box<str>)] {
    fn label(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| **name == *key).map(|(_, value)| &**value)
    }
}

#[cfg(test)]
mod tests;
