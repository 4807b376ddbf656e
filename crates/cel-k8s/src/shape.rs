//! A schema as CEL sees it: the static type of every position and the way to read JSON that stands there.
//! Levels are made when something first goes through them, so a large schema costs what is used of it.

mod read;
mod time;

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, OnceLock},
};

use kro_cel::{Hint, Type, same_text};
use kro_object::Segment;
use kro_schema::{Kind, Merge, Schema};

use crate::escape::{escape, is_reserved, unescape};
use read::Reading;

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
    reading: Reading,
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
    /// Whether the name is a word that CEL reserves. Expressions may use it without escape.
    reserved: bool,
    shape: SchemaShape,
}

impl SchemaShape {
    /// The shape of data that this schema describes.
    pub fn new(schema: Arc<Schema>, unknown: UnknownFields) -> Self {
        Self { reading: Reading::of(&schema), schema, unknown, children: OnceLock::new() }
    }

    /// The schema of this position.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The property an expression calls `identifier`. Reserved words name their property without escape.
    pub fn property(&self, identifier: &str) -> Option<&Self> {
        self.find(self.properties(), identifier, &Hint::default()).map(|property| &property.shape)
    }

    /// The shape of list items.
    pub fn item_shape(&self) -> Option<&Self> {
        match self.children() {
            Children::Items { item, .. } => Some(item),
            _ => None,
        }
    }

    /// The shape of map values.
    pub fn value_shape(&self) -> Option<&Self> {
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
            Kind::String => match self.reading {
                Reading::Octets => Type::Bytes,
                Reading::Date | Reading::DateTime => Type::Timestamp,
                Reading::Duration => Type::Duration,
                _ => Type::String,
            },
            Kind::Boolean => Type::Bool,
            Kind::Integer => Type::Int,
            Kind::Number => Type::Double,
            Kind::Any => return None,
            Kind::Array { .. } => Type::list(self.item_shape()?.ty(&format!("{name}.{ITEM}"))?),
            Kind::Object { .. } => match self.value_shape() {
                Some(values) => {
                    Type::map(Type::String, values.ty(&format!("{name}.{VALUE}")).unwrap_or(Type::Dyn))
                }
                None => Type::structure(name),
            },
        })
    }

    /// Whether the position is an object with fields of its own, not a map.
    pub(crate) fn is_struct(&self) -> bool {
        matches!(self.schema.kind, Kind::Object { additional: None, .. })
    }

    /// Whether fields beyond the declared ones may be selected.
    pub(crate) fn keeps_unknown(&self) -> bool {
        self.unknown == UnknownFields::Dynamic
            && matches!(self.schema.kind, Kind::Object { preserve_unknown: true, .. })
    }

    /// How many properties expressions see.
    pub(crate) fn visible_properties(&self) -> usize {
        self.properties().len()
    }

    /// The type of a field of this object, whose own type has the name `ty`.
    pub(crate) fn field_type(&self, ty: &str, field: &str) -> Option<Type> {
        let declared =
            self.find(self.properties(), field, &Hint::default()).and_then(|property| property.ty(ty));
        declared.or_else(|| self.keeps_unknown().then_some(Type::Dyn))
    }

    /// The identifiers of the fields that CEL sees, in the order of the properties.
    pub(crate) fn fields(&self, ty: &str) -> Vec<Arc<str>> {
        let visible = self.properties().iter().filter(|property| property.ty(ty).is_some());
        visible.filter_map(|property| property.identifier.clone()).collect()
    }

    /// The position one segment of a field path further; appends what its type's name has more.
    pub(crate) fn step(&self, segment: &Segment, name: &mut String) -> Option<&Self> {
        match (segment, self.children()) {
            (Segment::Field(field), Children::Properties(_)) => {
                let property = self.declared(field)?;
                name.extend([".", property.identifier.as_deref()?]);
                Some(&property.shape)
            }
            (Segment::Field(_), Children::Values(values)) => {
                name.extend([".", VALUE]);
                Some(values)
            }
            (Segment::Index(_), Children::Items { item, .. }) => {
                name.extend([".", ITEM]);
                Some(item)
            }
            // A field of a list is looked for in its items.
            (Segment::Field(_), Children::Items { item, .. }) => {
                name.extend([".", ITEM]);
                item.step(segment, name)
            }
            _ => None,
        }
    }

    fn children(&self) -> &Children {
        self.children.get_or_init(|| {
            let child = |schema: &Arc<Schema>| Self::new(schema.clone(), self.unknown);
            match &self.schema.kind {
                Kind::Array { items } => {
                    let keys = match &self.schema.merge {
                        Merge::Map { keys } => keys
                            .iter()
                            .map(|key| escape(key).unwrap_or(Cow::Borrowed(key)).into_owned())
                            .collect(),
                        _ => vec![],
                    };
                    Children::Items { item: Box::new(child(items)), keys }
                }
                Kind::Object { additional: Some(values), .. } => Children::Values(Box::new(child(values))),
                Kind::Object { embedded: true, .. } => {
                    Children::Properties(properties(&with_type_and_metadata(&self.schema), child))
                }
                Kind::Object { .. } => Children::Properties(properties(&self.schema, child)),
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
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the step")]
    fn find<'s>(&'s self, properties: &'s [Property], identifier: &str, hint: &Hint) -> Option<&'s Property> {
        match properties.get(hint.get()) {
            Some(guess) if guess.is_called(identifier) => Some(guess),
            _ => self.search(identifier, hint),
        }
    }

    #[inline(never)]
    fn search(&self, identifier: &str, hint: &Hint) -> Option<&Property> {
        let same = self.declared(identifier).filter(|property| property.is_called(identifier));
        let found = same.or_else(|| {
            let escaped = identifier.contains("__");
            self.declared(&unescape(identifier).filter(|_| escaped)?)
        });
        let index = found.and_then(|found| self.properties().iter().position(|it| std::ptr::eq(it, found)));
        if let Some(index) = index {
            hint.set(index);
        }
        found
    }

    /// The declared property of this name.
    fn declared(&self, name: &str) -> Option<&Property> {
        let properties = self.properties();
        properties.binary_search_by(|property| (*property.name).cmp(name)).ok().map(|at| &properties[at])
    }
}

impl Property {
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the step")]
    fn is_called(&self, identifier: &str) -> bool {
        self.identifier.as_deref().is_some_and(|own| same_text(own, identifier))
            || self.reserved && same_text(&self.name, identifier)
    }

    /// The property's type in an object whose type has the name `ty`; `None` when CEL does not see it.
    fn ty(&self, ty: &str) -> Option<Type> {
        self.shape.ty(&format!("{ty}.{}", self.identifier.as_deref()?))
    }
}

fn properties(schema: &Schema, shape: impl Fn(&Arc<Schema>) -> SchemaShape) -> Vec<Property> {
    let Kind::Object { properties, .. } = &schema.kind else { return vec![] };
    let identifier = |name: &Arc<str>| {
        escape(name).map(|identifier| match identifier {
            Cow::Borrowed(_) => name.clone(),
            Cow::Owned(escaped) => escaped.into(),
        })
    };
    properties
        .iter()
        .map(|(name, schema)| Property {
            name: name.clone(),
            identifier: identifier(name),
            reserved: is_reserved(name),
            shape: shape(schema),
        })
        .collect()
}

/// The schema of an object with a kind of its own: `apiVersion`, `kind`, and of the metadata the names; as it is when
/// it has all of these.
pub(crate) fn with_type_and_metadata(schema: &Schema) -> Schema {
    let text = || Schema::new(Kind::String);
    let is_text = |schema: &Schema, name| schema.property(name).is_some_and(|it| it.kind == Kind::String);
    let named = |schema: &Arc<Schema>| is_text(schema, "name") && is_text(schema, "generateName");
    if is_text(schema, "apiVersion")
        && is_text(schema, "kind")
        && schema.property("metadata").is_some_and(named)
    {
        return schema.clone();
    }
    let mut schema = schema.clone();
    if let Kind::Object { properties, .. } = &mut schema.kind {
        let metadata = Schema::object([("generateName", text()), ("name", text())]);
        properties.extend([
            (Arc::from("apiVersion"), Arc::new(text())),
            (Arc::from("kind"), Arc::new(text())),
            (Arc::from("metadata"), Arc::new(metadata)),
        ]);
    }
    schema
}

impl fmt::Debug for SchemaShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SchemaShape").field(&std::mem::discriminant(&self.schema.kind)).finish()
    }
}

/// The step in the name of a struct type from a list to its items, and from a map to its values.
pub(crate) const ITEM: &str = "@idx";
pub(crate) const VALUE: &str = "@elem";

#[cfg(test)]
mod tests;
