//! A schema on its way: what a type brings, changed by markers from left to right.

use crate::{Atomic, Marker, MarkerKey, literal};
use kro_diagnostic::{Code, codes};
use kro_schema::{Kind, Merge, Pattern, Rule, Schema};
use serde_json::{Map, Number, Value};
use std::sync::Arc;

/// A schema with what has to be known until it takes its place in a parent.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    schema: Schema,
    /// How often the parent must name it as required: once for the type, once for each marker.
    required: usize,
    list_type: Option<ListType>,
    list_keys: Vec<Arc<str>>,
    /// Levels of nesting, itself included.
    pub(crate) depth: u32,
    /// Fields in it at any depth.
    pub(crate) fields: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ListType {
    Atomic,
    Set,
    Map,
}

impl ListType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Atomic => "atomic",
            Self::Set => "set",
            Self::Map => "map",
        }
    }
}

/// What is wrong with a marker.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    /// Whether the value is to blame, not the marker as such.
    pub(crate) value: bool,
    pub(crate) message: String,
}

fn bad_value<T>(message: String) -> Result<T, Problem> {
    Err(Problem { code: codes::SCHEMA_MARKER_VALUE, value: true, message })
}

fn bad_default<T>(message: String) -> Result<T, Problem> {
    Err(Problem { code: codes::SCHEMA_DEFAULT, value: true, message })
}

fn bad_target(message: String) -> Result<(), Problem> {
    Err(Problem { code: codes::SCHEMA_MARKER_TARGET, value: false, message })
}

impl Draft {
    /// Stands for what could not be read; takes every marker.
    pub(crate) fn any() -> Self {
        Self::of(Schema::new(Kind::Any), 0, 0)
    }

    pub(crate) fn atomic(atomic: Atomic) -> Self {
        let kind = match atomic {
            Atomic::String => Kind::String,
            Atomic::Integer => Kind::Integer,
            Atomic::Boolean => Kind::Boolean,
            Atomic::Float => Kind::Number,
        };
        Self::of(Schema::new(kind), 0, 0)
    }

    pub(crate) fn open_object() -> Self {
        Self::of(Schema::open_object(), 0, 0)
    }

    pub(crate) fn list(items: Self) -> Self {
        let (depth, fields) = (items.depth, items.fields);
        Self::of(Schema::array(items.finish()), depth, fields)
    }

    pub(crate) fn map(values: Self) -> Self {
        let (depth, fields) = (values.depth, values.fields);
        Self::of(Schema::map(values.finish()), depth, fields)
    }

    /// An object gets an empty default when a field has one and none is required, so that defaults of fields show
    /// even where the object is left out.
    pub(crate) fn object(children: Vec<(&str, Self)>) -> Self {
        let depth = children.iter().map(|(_, child)| child.depth).max().unwrap_or(0);
        let fields = children.iter().fold(0_u64, |sum, (_, child)| sum.saturating_add(child.fields + 1));
        let mut names: Vec<Arc<str>> = Vec::new();
        for (name, child) in &children {
            names.extend(std::iter::repeat_n(Arc::from(*name), child.required));
        }
        let defaulted = names.is_empty() && children.iter().any(|(_, child)| child.schema.default.is_some());
        let mut schema = Schema::object(children.into_iter().map(|(name, child)| (name, child.finish())));
        if let Kind::Object { required, .. } = &mut schema.kind {
            *required = names;
        }
        schema.default = defaulted.then(|| Value::Object(Map::new()));
        Self::of(schema, depth, fields)
    }

    fn of(schema: Schema, inner_depth: u32, fields: u64) -> Self {
        Self { schema, required: 0, list_type: None, list_keys: Vec::new(), depth: inner_depth + 1, fields }
    }

    /// The schema in its final form.
    pub(crate) fn finish(mut self) -> Schema {
        self.schema.merge = match self.list_type {
            None => Merge::Default,
            Some(ListType::Atomic) => Merge::Atomic,
            Some(ListType::Set) => Merge::Set,
            Some(ListType::Map) => Merge::Map { keys: self.list_keys },
        };
        self.schema
    }

    /// What is wrong with the list markers together, after all of them.
    pub(crate) fn list_problem(&self) -> Option<String> {
        let state = match self.list_type {
            _ if self.list_keys.is_empty() => return None,
            Some(ListType::Map) => return None,
            None => "unset".to_owned(),
            Some(other) => format!("set to {}", other.as_str()),
        };
        Some(format!("listMapKey set while listType is {state}, listType must be set to map"))
    }

    /// Applies one marker.
    pub(crate) fn apply(&mut self, marker: &Marker) -> Result<(), Problem> {
        let Marker { key, value, .. } = marker;
        match key {
            MarkerKey::Required => self.required += usize::from(boolean(*key, value)?),
            MarkerKey::Default => self.schema.default = Some(self.default_value(value)?),
            MarkerKey::Description => {
                self.schema.description =
                    Some(value.as_str()).filter(|text| !text.is_empty()).map(Into::into);
            }
            MarkerKey::Minimum => self.schema.constraints.minimum = Some(number(*key, value)?),
            MarkerKey::Maximum => self.schema.constraints.maximum = Some(number(*key, value)?),
            MarkerKey::Validation if value.trim().is_empty() => {
                return bad_value("the rule is empty".to_owned());
            }
            MarkerKey::Validation => self.rule(value, "validation failed"),
            MarkerKey::Immutable => {
                if boolean(*key, value)? {
                    self.rule("self == oldSelf", "field is immutable");
                }
            }
            MarkerKey::Enum => self.choices(value)?,
            MarkerKey::Pattern => {
                self.must_be(*key, &["string"])?;
                if value.is_empty() {
                    return bad_value("the pattern is empty".to_owned());
                }
                let pattern = Pattern::new(value.as_str());
                if let Err(error) = pattern.is_match("") {
                    return bad_value(error.to_string());
                }
                self.schema.constraints.pattern = Some(pattern);
            }
            MarkerKey::MinLength => {
                self.must_be(*key, &["string"])?;
                self.schema.constraints.min_length = Some(size(*key, value)?);
            }
            MarkerKey::MaxLength => {
                self.must_be(*key, &["string"])?;
                self.schema.constraints.max_length = Some(size(*key, value)?);
            }
            MarkerKey::MinItems => {
                self.must_be(*key, &["array"])?;
                self.schema.constraints.min_items = Some(size(*key, value)?);
            }
            MarkerKey::MaxItems => {
                self.must_be(*key, &["array"])?;
                self.schema.constraints.max_items = Some(size(*key, value)?);
            }
            MarkerKey::UniqueItems => {
                self.must_be(*key, &["array"])?;
                if boolean(*key, value)? {
                    self.list_type(ListType::Set)?;
                }
            }
            MarkerKey::ListType => {
                self.must_be(*key, &["array"])?;
                let all = [ListType::Atomic, ListType::Set, ListType::Map];
                match all.into_iter().find(|kind| kind.as_str() == value) {
                    Some(kind) => self.list_type(kind)?,
                    None => return bad_value(format!("listType is atomic, set or map, not {value:?}")),
                }
            }
            MarkerKey::ListMapKey => {
                self.must_be(*key, &["array"])?;
                if self.list_keys.iter().any(|key| **key == **value) {
                    return bad_value(format!("duplicate listMapKey {value:?}"));
                }
                self.list_keys.push(value.as_str().into());
            }
        }
        Ok(())
    }

    fn rule(&mut self, rule: &str, message: &str) {
        self.schema.rules.push(Rule { rule: rule.into(), message: Some(message.into()), ..Rule::default() });
    }

    fn list_type(&mut self, wanted: ListType) -> Result<(), Problem> {
        match self.list_type.replace(wanted) {
            Some(before) if before != wanted => {
                let (before, wanted) = (before.as_str(), wanted.as_str());
                bad_target(format!("the list type is {before} already and cannot be {wanted} too"))
            }
            _ => Ok(()),
        }
    }

    /// Comma-separated choices; white space around them does not count.
    fn choices(&mut self, value: &str) -> Result<(), Problem> {
        let mut choices: Vec<Value> = Vec::new();
        for choice in value.split(',').map(str::trim) {
            if choice.is_empty() {
                return bad_value("empty enum values are not allowed".to_owned());
            }
            match self.schema.kind {
                Kind::Integer => match literal::integer(choice).and_then(|_| json(choice)) {
                    Some(number) => choices.push(number),
                    None => return bad_value(format!("{choice:?} is not an integer")),
                },
                Kind::String | Kind::Any => choices.push(choice.into()),
                _ => {
                    let actual = self.schema.type_name();
                    return bad_target(format!("enum is for strings and integers, this is of type {actual}"));
                }
            }
        }
        self.schema.constraints.allowed = choices;
        Ok(())
    }

    /// JSON of the field's type; a text gets its quotes here, so its backslashes are JSON escapes.
    fn default_value(&self, value: &str) -> Result<Value, Problem> {
        let wanted = match self.schema.kind {
            Kind::String => {
                return json(&format!("\"{value}\"")).map_or_else(
                    || {
                        bad_default(
                            "the text needs JSON escapes: write \\\\\" for a quote, \\\\\\\\ for a backslash"
                                .to_owned(),
                        )
                    },
                    Ok,
                );
            }
            Kind::Integer => literal::integer(value).is_none().then_some("an integer"),
            Kind::Number => literal::float(value).is_none().then_some("a number"),
            Kind::Boolean => literal::boolean(value).is_none().then_some("true or false"),
            _ if value.is_empty() => return Ok(Value::Null),
            _ => None,
        };
        if let Some(wanted) = wanted {
            return bad_default(format!("the default must be {wanted}, got {value:?}"));
        }
        json(value).map_or_else(
            || {
                let advice = match self.schema.kind {
                    Kind::Boolean => "; write true or false",
                    Kind::Integer | Kind::Number => "; JSON numbers have no plus sign and no leading zeros",
                    _ => "; texts and keys in JSON have double quotes",
                };
                bad_default(format!("the default is not JSON: {value}{advice}"))
            },
            Ok,
        )
    }

    fn must_be(&self, key: MarkerKey, types: &[&str]) -> Result<(), Problem> {
        let actual = self.schema.type_name();
        if types.contains(&actual) || self.schema.kind == Kind::Any {
            return Ok(());
        }
        bad_target(format!("{key} is for type {}, this is of type {actual}", types.join(" or ")))
    }
}

fn json(text: &str) -> Option<Value> {
    kro_object::json::parse(text.as_bytes()).ok()
}

fn boolean(key: MarkerKey, value: &str) -> Result<bool, Problem> {
    literal::boolean(value).map_or_else(|| bad_value(format!("{key} is true or false, not {value:?}")), Ok)
}

fn size(key: MarkerKey, value: &str) -> Result<i64, Problem> {
    literal::integer(value).map_or_else(|| bad_value(format!("{key} is an integer, not {value:?}")), Ok)
}

/// A number in its shortest JSON form: whole ones have no fraction.
fn number(key: MarkerKey, value: &str) -> Result<Number, Problem> {
    let number = literal::float(value).and_then(|number| {
        let whole = kro_object::json::float_text(number).parse::<i64>().ok().map(Number::from);
        whole.or_else(|| Number::from_f64(number))
    });
    number.map_or_else(|| bad_value(format!("{key} is a number, not {value:?}")), Ok)
}
