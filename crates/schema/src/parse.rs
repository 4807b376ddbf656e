//! From JSON to the model. Lenient about keywords it does not know, strict about the types of those it does.

use crate::{
    Condition, Constraints, Kind, Logic, Merge, Pattern, Rule, Schema,
    schema::{EMBEDDED, INT_OR_STRING, LIST_MAP_KEYS, LIST_TYPE, MAP_TYPE, PRESERVE_UNKNOWN, VALIDATIONS},
};
use kro_object::FieldPath;
use serde_json::{Map, Number, Value};
use std::{collections::BTreeMap, sync::Arc};

/// The deepest nesting of a schema.
const MAX_DEPTH: usize = 64;

/// A JSON value is not a schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid schema at {path:?}: {message}", path = path.to_string())]
pub struct ParseError {
    /// Where in the schema.
    pub path: FieldPath,
    /// What is wrong there.
    pub message: String,
}

/// Finds what `$ref` refers to.
pub(crate) trait Refs {
    /// The schema behind a reference text such as `#/components/schemas/io.k8s.api.core.v1.Pod`.
    fn resolve(&mut self, reference: &str) -> Result<Arc<Schema>, String>;
}

impl Schema {
    /// The schema in an OpenAPI v3 JSON object without references.
    pub fn from_json(value: &Value) -> Result<Self, ParseError> {
        Parser { refs: &mut NoRefs, path: FieldPath::root(), depth: 0 }.schema(value)
    }

    pub(crate) fn from_json_with(value: &Value, refs: &mut dyn Refs) -> Result<Self, ParseError> {
        Parser { refs, path: FieldPath::root(), depth: 0 }.schema(value)
    }
}

struct NoRefs;

impl Refs for NoRefs {
    fn resolve(&mut self, reference: &str) -> Result<Arc<Schema>, String> {
        Err(format!("reference {reference:?} cannot be resolved here"))
    }
}

struct Parser<'r> {
    refs: &'r mut dyn Refs,
    path: FieldPath,
    depth: usize,
}

impl Parser<'_> {
    fn schema(&mut self, value: &Value) -> Result<Schema, ParseError> {
        self.nested(|parser| parser.one_schema(value))
    }

    fn one_schema(&mut self, value: &Value) -> Result<Schema, ParseError> {
        let map = self.map(value)?;
        if let Some(reference) = referenced(map) {
            let target = self.refs.resolve(reference).map_err(|message| self.error_here(message))?;
            let mut schema = (*target).clone();
            self.overlay(&mut schema, map)?;
            return Ok(schema);
        }
        let flag = |name: &str| map.get(name) == Some(&Value::Bool(true));
        let format = self.text(map, "format")?;
        let type_name = self.text(map, "type")?;
        let int_or_string = flag(INT_OR_STRING)
            || (format.as_deref() == Some("int-or-string")
                && type_name.as_deref().is_none_or(|name| name == "string"));
        let kind = if int_or_string {
            Kind::IntOrString
        } else {
            match type_name.as_deref() {
                Some("object") => self.object(map)?,
                Some("array") => self.array(map)?,
                Some("string") => Kind::String,
                Some("integer") => Kind::Integer,
                Some("number") => Kind::Number,
                Some("boolean") => Kind::Boolean,
                Some(other) => return Err(self.error_at("type", format!("unknown type {other:?}"))),
                None if map.contains_key("properties") || map.contains_key("additionalProperties") => {
                    self.object(map)?
                }
                None if map.contains_key("items") => self.array(map)?,
                None => Kind::Any,
            }
        };
        let keeps_flag = matches!(kind, Kind::Any);
        let mut schema = Schema {
            kind,
            nullable: flag("nullable"),
            default: None,
            constraints: self.constraints(map)?,
            logic: self.logic(map)?,
            merge: self.merge(map)?,
            rules: self.rules(map)?,
            description: None,
            other: BTreeMap::new(),
        };
        self.overlay(&mut schema, map)?;
        if keeps_flag && flag(PRESERVE_UNKNOWN) {
            schema.other.insert(PRESERVE_UNKNOWN.into(), Value::Bool(true));
        }
        if map.get("additionalProperties") == Some(&Value::Bool(false)) {
            schema.other.insert("additionalProperties".into(), Value::Bool(false));
        }
        Ok(schema)
    }

    /// What may stand beside a reference: default, description, merge rules, extensions.
    fn overlay(&mut self, schema: &mut Schema, map: &Map<String, Value>) -> Result<(), ParseError> {
        if let Some(default) = map.get("default") {
            schema.default = Some(default.clone());
        }
        if let Some(description) = self.text(map, "description")? {
            schema.description = Some(description);
        }
        if map.get("nullable") == Some(&Value::Bool(true)) {
            schema.nullable = true;
        }
        let merge = self.merge(map)?;
        if merge != Merge::Default {
            schema.merge = merge;
        }
        for (key, value) in map {
            let known = key.starts_with("x-") && !EXTENSIONS.contains(&key.as_str());
            if known || matches!(key.as_str(), "title" | "example" | "externalDocs") {
                schema.other.insert(key.as_str().into(), value.clone());
            }
        }
        Ok(())
    }

    fn object(&mut self, map: &Map<String, Value>) -> Result<Kind, ParseError> {
        let flag = |name: &str| map.get(name) == Some(&Value::Bool(true));
        let properties = self.children(map, "properties", Self::schema)?;
        let additional = match map.get("additionalProperties") {
            None | Some(Value::Null | Value::Bool(false)) => None,
            Some(Value::Bool(true)) => Some(Arc::new(Schema::default())),
            Some(value) => Some(Arc::new(self.below("additionalProperties", |parser| parser.schema(value))?)),
        };
        Ok(Kind::Object {
            properties,
            required: self.texts(map, "required")?,
            additional,
            preserve_unknown: flag(PRESERVE_UNKNOWN),
            embedded: flag(EMBEDDED),
        })
    }

    fn array(&mut self, map: &Map<String, Value>) -> Result<Kind, ParseError> {
        let items = match map.get("items") {
            None | Some(Value::Null) => Schema::default(),
            Some(value) => self.below("items", |parser| parser.schema(value))?,
        };
        Ok(Kind::Array { items: Arc::new(items) })
    }

    fn condition(&mut self, value: &Value) -> Result<Condition, ParseError> {
        self.nested(|parser| parser.one_condition(value))
    }

    fn one_condition(&mut self, value: &Value) -> Result<Condition, ParseError> {
        let map = self.map(value)?;
        let additional = match map.get("additionalProperties") {
            None | Some(Value::Null | Value::Bool(_)) => None,
            Some(value) => {
                Some(Arc::new(self.below("additionalProperties", |parser| parser.condition(value))?))
            }
        };
        let items = match map.get("items") {
            None | Some(Value::Null) => None,
            Some(value) => Some(Arc::new(self.below("items", |parser| parser.condition(value))?)),
        };
        Ok(Condition {
            type_name: self.text(map, "type")?,
            constraints: self.constraints(map)?,
            required: self.texts(map, "required")?,
            properties: self.children(map, "properties", Self::condition)?,
            additional,
            items,
            logic: self.logic(map)?,
        })
    }

    fn logic(&mut self, map: &Map<String, Value>) -> Result<Logic, ParseError> {
        let not = match map.get("not") {
            None | Some(Value::Null) => None,
            Some(value) => Some(Arc::new(self.below("not", |parser| parser.condition(value))?)),
        };
        Ok(Logic {
            all_of: self.conditions(map, "allOf")?,
            any_of: self.conditions(map, "anyOf")?,
            one_of: self.conditions(map, "oneOf")?,
            not,
        })
    }

    fn conditions(
        &mut self,
        map: &Map<String, Value>,
        keyword: &str,
    ) -> Result<Vec<Arc<Condition>>, ParseError> {
        let list = self.list(map, keyword)?;
        self.below(keyword, |parser| {
            let each = |(index, value)| parser.below(index, |parser| parser.condition(value).map(Arc::new));
            list.iter().enumerate().map(each).collect()
        })
    }

    fn constraints(&mut self, map: &Map<String, Value>) -> Result<Constraints, ParseError> {
        let flag = |name: &str| map.get(name) == Some(&Value::Bool(true));
        Ok(Constraints {
            format: self.text(map, "format")?,
            allowed: self.list(map, "enum")?.to_vec(),
            pattern: self.text(map, "pattern")?.map(Pattern::new),
            min_length: self.integer(map, "minLength")?,
            max_length: self.integer(map, "maxLength")?,
            minimum: self.number(map, "minimum")?,
            maximum: self.number(map, "maximum")?,
            exclusive_minimum: flag("exclusiveMinimum"),
            exclusive_maximum: flag("exclusiveMaximum"),
            multiple_of: self.number(map, "multipleOf")?,
            min_items: self.integer(map, "minItems")?,
            max_items: self.integer(map, "maxItems")?,
            unique_items: flag("uniqueItems"),
            min_properties: self.integer(map, "minProperties")?,
            max_properties: self.integer(map, "maxProperties")?,
        })
    }

    fn merge(&mut self, map: &Map<String, Value>) -> Result<Merge, ParseError> {
        let list_type = self.text(map, LIST_TYPE)?;
        let map_type = self.text(map, MAP_TYPE)?;
        match (list_type.as_deref(), map_type.as_deref()) {
            (Some("map"), _) => Ok(Merge::Map { keys: self.texts(map, LIST_MAP_KEYS)? }),
            (Some("set"), _) => Ok(Merge::Set),
            (Some("atomic"), _) | (None, Some("atomic")) => Ok(Merge::Atomic),
            (None, Some("granular")) => Ok(Merge::Granular),
            (None, None) => Ok(Merge::Default),
            (Some(other), _) => Err(self.error_at(LIST_TYPE, format!("unknown list type {other:?}"))),
            (None, Some(other)) => Err(self.error_at(MAP_TYPE, format!("unknown map type {other:?}"))),
        }
    }

    fn rules(&mut self, map: &Map<String, Value>) -> Result<Vec<Rule>, ParseError> {
        let list = self.list(map, VALIDATIONS)?;
        self.below(VALIDATIONS, |parser| {
            list.iter()
                .enumerate()
                .map(|(index, value)| parser.below(index, |parser| parser.rule(value)))
                .collect()
        })
    }

    fn rule(&mut self, value: &Value) -> Result<Rule, ParseError> {
        let map = self.map(value)?;
        Ok(Rule {
            rule: self.text(map, "rule")?.unwrap_or_default(),
            message: self.text(map, "message")?,
            message_expression: self.text(map, "messageExpression")?,
            reason: self.text(map, "reason")?,
            field_path: self.text(map, "fieldPath")?,
            optional_old_self: map.get("optionalOldSelf").and_then(Value::as_bool),
        })
    }

    fn children<T>(
        &mut self,
        map: &Map<String, Value>,
        keyword: &str,
        read: fn(&mut Self, &Value) -> Result<T, ParseError>,
    ) -> Result<BTreeMap<Arc<str>, Arc<T>>, ParseError> {
        let Some(value) = map.get(keyword).filter(|value| !value.is_null()) else {
            return Ok(BTreeMap::new());
        };
        self.below(keyword, |parser| {
            let children = parser.map(value)?;
            let each = |(name, value): (&String, &Value)| {
                let child = parser.below(name, |parser| read(parser, value))?;
                Ok((name.as_str().into(), Arc::new(child)))
            };
            children.iter().map(each).collect()
        })
    }

    fn map<'v>(&self, value: &'v Value) -> Result<&'v Map<String, Value>, ParseError> {
        value.as_object().ok_or_else(|| self.error_here("must be an object".to_owned()))
    }

    fn list<'v>(&self, map: &'v Map<String, Value>, keyword: &str) -> Result<&'v [Value], ParseError> {
        match map.get(keyword) {
            None | Some(Value::Null) => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.error_at(keyword, "must be a list".to_owned())),
        }
    }

    fn text(&self, map: &Map<String, Value>, keyword: &str) -> Result<Option<Arc<str>>, ParseError> {
        match map.get(keyword) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok((!text.is_empty()).then(|| text.as_str().into())),
            Some(_) => Err(self.error_at(keyword, "must be a string".to_owned())),
        }
    }

    fn texts(&self, map: &Map<String, Value>, keyword: &str) -> Result<Vec<Arc<str>>, ParseError> {
        let each = |value: &Value| match value {
            Value::String(text) => Ok(text.as_str().into()),
            _ => Err(self.error_at(keyword, "must be a list of strings".to_owned())),
        };
        self.list(map, keyword)?.iter().map(each).collect()
    }

    fn integer(&self, map: &Map<String, Value>, keyword: &str) -> Result<Option<i64>, ParseError> {
        match self.number(map, keyword)? {
            None => Ok(None),
            // A float with an integral value is an integer to Kubernetes.
            Some(number) => match number
                .as_i64()
                .or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64))
            {
                Some(integer) => Ok(Some(integer)),
                None => Err(self.error_at(keyword, "must be an integer".to_owned())),
            },
        }
    }

    fn number(&self, map: &Map<String, Value>, keyword: &str) -> Result<Option<Number>, ParseError> {
        match map.get(keyword) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.clone())),
            Some(_) => Err(self.error_at(keyword, "must be a number".to_owned())),
        }
    }

    fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, ParseError>) -> Result<T, ParseError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error_here(format!("nests deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    fn below<T>(
        &mut self,
        segment: impl Into<kro_object::Segment>,
        work: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        self.path.push(segment);
        let result = work(self);
        self.path.pop();
        result
    }

    fn error_here(&self, message: String) -> ParseError {
        ParseError { path: self.path.clone(), message }
    }

    fn error_at(&self, keyword: &str, message: String) -> ParseError {
        ParseError { path: self.path.join(keyword), message }
    }
}

/// Extensions the model has fields for.
const EXTENSIONS: [&str; 7] =
    [PRESERVE_UNKNOWN, EMBEDDED, INT_OR_STRING, LIST_TYPE, LIST_MAP_KEYS, MAP_TYPE, VALIDATIONS];

/// The target of `$ref`, also where it stands alone in `allOf`, as Kubernetes writes references with a default.
fn referenced(map: &Map<String, Value>) -> Option<&str> {
    let nested = || match map.get("allOf")?.as_array()?.as_slice() {
        [Value::Object(only)] => only.get("$ref")?.as_str(),
        _ => None,
    };
    map.get("$ref").and_then(Value::as_str).or_else(nested)
}

#[cfg(test)]
mod tests;
