//! A schema as CEL sees it: the static type of every position and the way to read JSON that stands there.
//! Levels are made when something first goes through them, so a large schema costs what is used of it.

mod read;

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use kro_cel::{Type, Types};
use kro_schema::{Kind, Merge, Schema};

use crate::escape::{escape, is_reserved, unescape};

/// What an object that keeps unknown fields (`x-kubernetes-preserve-unknown-fields`) tells the checker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UnknownFields {
    /// Unknown fields may be selected and are `dyn`: kro's rule.
    #[default]
    Dynamic,
    /// Only declared fields may be selected: the rule of validation rules in Kubernetes.
    Refused,
}

/// One position of a schema. Reading JSON through it borrows and allocates nothing, except where a format asks for
/// another value (`byte`).
pub struct SchemaShape {
    schema: Arc<Schema>,
    unknown: UnknownFields,
    children: OnceLock<Children>,
}

#[derive(Debug)]
enum Children {
    /// A scalar, or nothing is known.
    None,
    /// The items of a list, and the members that identify them when it is a keyed one.
    Items { item: Box<SchemaShape>, keys: Vec<String> },
    /// The values of a map.
    Values(Box<SchemaShape>),
    /// The properties of an object in the order of their names.
    Properties(Vec<Property>),
}

#[derive(Debug)]
struct Property {
    name: Arc<str>,
    /// What expressions call the property; `None` when no identifier can.
    identifier: Option<Arc<str>>,
    shape: SchemaShape,
}

impl SchemaShape {
    /// The shape of data that this schema describes.
    pub fn new(schema: Arc<Schema>, unknown: UnknownFields) -> Self {
        Self { schema, unknown, children: OnceLock::new() }
    }

    /// The schema of this position.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The property an expression calls `identifier`. Reserved words name their property without escape.
    pub fn property(&self, identifier: &str) -> Option<&Self> {
        self.find(identifier).map(|property| &property.shape)
    }

    /// The shape of list items.
    pub fn items(&self) -> Option<&Self> {
        match self.children() {
            Children::Items { item, .. } => Some(item),
            _ => None,
        }
    }

    /// The shape of map values.
    pub fn values(&self) -> Option<&Self> {
        match self.children() {
            Children::Values(values) => Some(values),
            _ => None,
        }
    }

    /// The static type of this position, whose struct type would have the given name. `None` when CEL does not see
    /// the position at all: it has no type, or is a list of such.
    pub fn ty(&self, name: &str) -> Option<Type> {
        Some(match &self.schema.kind {
            Kind::IntOrString => Type::Dyn,
            Kind::String => match self.schema.constraints.format.as_deref() {
                Some("byte") => Type::Bytes,
                Some("date" | "date-time") => Type::Timestamp,
                Some("duration") => Type::Duration,
                Some("int-or-string") => Type::Dyn,
                _ => Type::String,
            },
            Kind::Boolean => Type::Bool,
            Kind::Integer => Type::Int,
            Kind::Number => Type::Double,
            Kind::Any => return None,
            Kind::Array { .. } => Type::list(self.items()?.ty(&format!("{name}.{ITEM}"))?),
            Kind::Object { .. } => match self.values() {
                Some(values) => {
                    Type::map(Type::String, values.ty(&format!("{name}.{VALUE}")).unwrap_or(Type::Dyn))
                }
                None => Type::structure(name),
            },
        })
    }

    fn children(&self) -> &Children {
        self.children.get_or_init(|| {
            let child = |schema: &Arc<Schema>| Self::new(schema.clone(), self.unknown);
            match &self.schema.kind {
                Kind::Array { items } => {
                    let keys = match &self.schema.merge {
                        Merge::Map { keys } => keys.iter().map(|key| identifier(key)).collect(),
                        _ => vec![],
                    };
                    Children::Items { item: Box::new(child(items)), keys }
                }
                Kind::Object { additional: Some(values), .. } => Children::Values(Box::new(child(values))),
                Kind::Object { properties, .. } => Children::Properties(
                    properties
                        .iter()
                        .map(|(name, schema)| Property {
                            name: name.clone(),
                            identifier: escape(name).map(|identifier| match identifier {
                                std::borrow::Cow::Borrowed(_) => name.clone(),
                                std::borrow::Cow::Owned(escaped) => escaped.into(),
                            }),
                            shape: child(schema),
                        })
                        .collect(),
                ),
                _ => Children::None,
            }
        })
    }

    fn properties(&self) -> &[Property] {
        match self.children() {
            Children::Properties(properties) => properties,
            _ => &[],
        }
    }

    /// The declared property an expression calls `identifier`.
    fn find(&self, identifier: &str) -> Option<&Property> {
        if !identifier.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        let named = |name: &str| {
            let properties = self.properties();
            properties.binary_search_by(|property| (*property.name).cmp(name)).ok().map(|at| &properties[at])
        };
        let property = if is_reserved(identifier) { named(identifier) } else { named(&unescape(identifier)?) };
        property.filter(|property| property.identifier.is_some())
    }

    fn keeps_unknown(&self) -> bool {
        self.unknown == UnknownFields::Dynamic
            && matches!(self.schema.kind, Kind::Object { preserve_unknown: true, .. })
    }
}

impl fmt::Debug for SchemaShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SchemaShape").field(&std::mem::discriminant(&self.schema.kind)).finish()
    }
}
