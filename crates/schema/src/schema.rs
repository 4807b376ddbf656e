//! The model of a structural schema. Holds no rules about which schemas are allowed.

use crate::{Constraints, Logic};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// One position of a structural schema.
///
/// Build one with [`Schema::new`] and struct update: `Schema { nullable: true, ..Schema::new(Kind::String) }`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The type, with the children it has.
    pub kind: Kind,
    /// Whether `null` is a value.
    pub nullable: bool,
    /// What a missing value becomes.
    pub default: Option<Value>,
    /// Limits on the value.
    pub constraints: Constraints,
    /// `allOf`, `anyOf`, `oneOf`, `not`.
    pub logic: Logic,
    /// How server-side apply merges the value.
    pub merge: Merge,
    /// `x-kubernetes-validations`.
    pub rules: Vec<Rule>,
    /// For people.
    pub description: Option<Arc<str>>,
    /// Keywords without meaning here, kept for printing: `title`, `example`, `externalDocs`, and extensions such as
    /// `x-kubernetes-patch-merge-key` and `x-kubernetes-group-version-kind`.
    pub other: BTreeMap<Arc<str>, Value>,
}

/// The type of a [`Schema`].
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Kind {
    /// A map: with named properties, or with values of one schema, or both.
    Object {
        /// Named properties.
        properties: BTreeMap<Arc<str>, Arc<Schema>>,
        /// Properties that must be there.
        required: Vec<Arc<str>>,
        /// Schema of all other values (`additionalProperties`).
        additional: Option<Arc<Schema>>,
        /// `x-kubernetes-preserve-unknown-fields`: pruning keeps fields without a schema.
        preserve_unknown: bool,
        /// `x-kubernetes-embedded-resource`: has `apiVersion`, `kind` and `metadata` of its own.
        embedded: bool,
    },
    /// A list.
    Array {
        /// Schema of its items.
        items: Arc<Schema>,
    },
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An integer or a text (`x-kubernetes-int-or-string`, or format `int-or-string` of the built-in kinds).
    IntOrString,
    /// No type is given. Whether unknown fields are kept says [`Schema::preserves_unknown`].
    #[default]
    Any,
}

/// How server-side apply merges a value: `x-kubernetes-list-type`, `x-kubernetes-map-type`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Merge {
    /// Not said: lists are atomic, maps granular.
    #[default]
    Default,
    /// One owner for the whole value.
    Atomic,
    /// Each field has its own owner (maps).
    Granular,
    /// A list of unique scalars.
    Set,
    /// A list of maps identified by some of their fields.
    Map {
        /// The identifying fields.
        keys: Vec<Arc<str>>,
    },
}

/// One entry of `x-kubernetes-validations`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// The CEL expression; it yields a boolean.
    pub rule: Arc<str>,
    /// What to say when it is false.
    pub message: Option<Arc<str>>,
    /// A CEL expression that yields the message.
    pub message_expression: Option<Arc<str>>,
    /// `FieldValueInvalid`, `FieldValueForbidden`, `FieldValueRequired` or `FieldValueDuplicate`.
    pub reason: Option<Arc<str>>,
    /// The field to blame, relative to this position: `.spec.a`, `['b']`.
    pub field_path: Option<Arc<str>>,
    /// Whether `oldSelf` is an optional, so that the rule also runs on creation.
    pub optional_old_self: Option<bool>,
}

impl Schema {
    /// A schema of a kind without anything else.
    pub fn new(kind: Kind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// An object with the given properties.
    pub fn object<N: Into<Arc<str>>>(properties: impl IntoIterator<Item = (N, Schema)>) -> Self {
        Self::new(Kind::Object {
            properties: properties
                .into_iter()
                .map(|(name, schema)| (name.into(), Arc::new(schema)))
                .collect(),
            required: Vec::new(),
            additional: None,
            preserve_unknown: false,
            embedded: false,
        })
    }

    /// A map of text to values of one schema.
    pub fn map(values: impl Into<Arc<Schema>>) -> Self {
        Self::new(Kind::Object {
            properties: BTreeMap::new(),
            required: Vec::new(),
            additional: Some(values.into()),
            preserve_unknown: false,
            embedded: false,
        })
    }

    /// An object that keeps whatever it is given.
    pub fn open_object() -> Self {
        Self::new(Kind::Object {
            properties: BTreeMap::new(),
            required: Vec::new(),
            additional: None,
            preserve_unknown: true,
            embedded: false,
        })
    }

    /// A list of values of one schema.
    pub fn array(items: impl Into<Arc<Schema>>) -> Self {
        Self::new(Kind::Array { items: items.into() })
    }

    /// `type` as it is printed; empty where there is none.
    pub fn type_name(&self) -> &'static str {
        match self.kind {
            Kind::Object { .. } => "object",
            Kind::Array { .. } => "array",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
            Kind::IntOrString | Kind::Any => "",
        }
    }

    /// Whether pruning keeps fields that have no schema here.
    pub fn preserves_unknown(&self) -> bool {
        match &self.kind {
            Kind::Object { preserve_unknown, .. } => *preserve_unknown,
            Kind::Any => self.other.get(PRESERVE_UNKNOWN) == Some(&Value::Bool(true)),
            _ => false,
        }
    }

    /// Whether values are objects with their own `apiVersion`, `kind` and `metadata`.
    pub fn is_embedded(&self) -> bool {
        matches!(self.kind, Kind::Object { embedded: true, .. })
    }

    /// The fields that identify an item of this list, if it is a list of that type.
    pub fn list_map_keys(&self) -> Option<&[Arc<str>]> {
        match &self.merge {
            Merge::Map { keys } => Some(keys),
            _ => None,
        }
    }
}

pub(crate) const PRESERVE_UNKNOWN: &str = "x-kubernetes-preserve-unknown-fields";
pub(crate) const EMBEDDED: &str = "x-kubernetes-embedded-resource";
pub(crate) const INT_OR_STRING: &str = "x-kubernetes-int-or-string";
pub(crate) const LIST_TYPE: &str = "x-kubernetes-list-type";
pub(crate) const LIST_MAP_KEYS: &str = "x-kubernetes-list-map-keys";
pub(crate) const MAP_TYPE: &str = "x-kubernetes-map-type";
pub(crate) const VALIDATIONS: &str = "x-kubernetes-validations";
