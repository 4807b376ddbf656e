//! [`MergeSchema`]: how the values of one kind merge. Only shapes, keys and relations; no constraints, no descriptions.

use serde_json::Value;

mod convert;
mod fields;
mod model;

pub(crate) use fields::Fields;
pub use model::ModelError;

/// How deep a value is looked into. What lies deeper is refused by [`MergeSchema::check`] and treated as one leaf
/// everywhere else, so that no input can exhaust the stack.
pub(crate) const MAX_DEPTH: usize = 128;

/// How the values of one kind merge: a compact table of types, built once per schema.
#[derive(Debug, Clone)]
pub struct MergeSchema {
    types: Vec<Type>,
    root: TypeId,
}

/// The place of a type in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TypeId(u32);

/// What a value may be. Several shapes at once make a type whose values decide.
#[derive(Debug, Clone, Default)]
struct Type {
    scalar: Option<Scalar>,
    list: Option<List>,
    map: Option<Map>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Numeric,
    String,
    Boolean,
    Untyped,
}

#[derive(Debug, Clone)]
pub(crate) struct List {
    pub(crate) items: TypeId,
    pub(crate) relation: Relation,
}

/// How the items of a list relate.
#[derive(Debug, Clone)]
pub(crate) enum Relation {
    /// The list is one leaf.
    Atomic,
    /// Each scalar is an item.
    Set,
    /// Items are told apart by these fields, sorted by name.
    Keys(Box<[Key]>),
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: Box<str>,
    pub(crate) default: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Map {
    /// Declared fields.
    fields: Fields,
    /// Type of every other field; without it they are errors.
    rest: Option<TypeId>,
    pub(crate) atomic: bool,
    /// Whether all there is to know is that values decide.
    pub(crate) deduced: bool,
}

/// A type in its table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypeRef<'s> {
    schema: &'s MergeSchema,
    ty: &'s Type,
}

/// The reading of a type that fits a value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape<'s> {
    Map(&'s Map),
    Scalar(Scalar),
    List(&'s List),
    /// The type says nothing at all.
    None,
}

impl MergeSchema {
    /// For objects without schema: maps merge field by field, lists are atomic, scalars are scalars.
    pub fn deduced() -> Self {
        let mut types = Vec::new();
        let root = push_deduced(&mut types);
        Self { types, root }
    }

    pub(crate) fn root(&self) -> TypeRef<'_> {
        self.resolve(self.root)
    }

    fn resolve(&self, id: TypeId) -> TypeRef<'_> {
        TypeRef { schema: self, ty: &self.types[id.0 as usize] }
    }
}

impl<'s> TypeRef<'s> {
    /// The shape that fits the value. A value that fits none, as null, takes the first of map, scalar, list.
    pub(crate) fn shape(self, value: &Value) -> Shape<'s> {
        let Type { scalar, list, map } = self.ty;
        match value {
            Value::Object(_) if let Some(map) = map => return Shape::Map(map),
            Value::Array(_) if let Some(list) = list => return Shape::List(list),
            Value::Number(_) | Value::String(_) | Value::Bool(_) if let Some(scalar) = scalar => {
                return Shape::Scalar(*scalar);
            }
            _ => {}
        }
        match (map, scalar, list) {
            (Some(map), _, _) => Shape::Map(map),
            (_, Some(scalar), _) => Shape::Scalar(*scalar),
            (_, _, Some(list)) => Shape::List(list),
            (None, None, None) => Shape::None,
        }
    }

    pub(crate) fn map(self) -> Option<&'s Map> {
        self.ty.map.as_ref()
    }

    pub(crate) fn list(self) -> Option<&'s List> {
        self.ty.list.as_ref()
    }

    /// The shape that stands for the type where there is no value to choose by.
    pub(crate) fn first_shape(self) -> Shape<'s> {
        self.shape(&Value::Null)
    }

    /// The type of a field, and whether the field is declared.
    pub(crate) fn field(self, map: &Map, name: impl AsRef<[u8]>) -> Option<(Self, bool)> {
        match map.fields.get(name.as_ref()) {
            Some(id) => Some((self.schema.resolve(id), true)),
            None => Some((self.schema.resolve(map.rest?), false)),
        }
    }

    /// The type of a list's items.
    pub(crate) fn items(self, list: &List) -> Self {
        self.schema.resolve(list.items)
    }
}

impl Relation {
    /// With the keys in order.
    fn sorted(mut self) -> Self {
        if let Self::Keys(keys) = &mut self {
            keys.sort_by(|a, b| a.name.cmp(&b.name));
        }
        self
    }
}

impl Shape<'_> {
    /// Whether both are maps, both scalars, and so on.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// Adds the type of values that are one leaf whatever they are.
fn push_atomic(types: &mut Vec<Type>) -> TypeId {
    let id = TypeId(types.len() as u32);
    types.push(Type {
        scalar: Some(Scalar::Untyped),
        list: Some(List { items: id, relation: Relation::Atomic }),
        map: Some(Map { fields: Fields::default(), rest: Some(id), atomic: true, deduced: false }),
    });
    id
}

/// Adds the type of values without schema.
fn push_deduced(types: &mut Vec<Type>) -> TypeId {
    let atomic = push_atomic(types);
    let id = TypeId(types.len() as u32);
    types.push(Type {
        scalar: Some(Scalar::Untyped),
        list: Some(List { items: atomic, relation: Relation::Atomic }),
        map: Some(Map { fields: Fields::default(), rest: Some(id), atomic: false, deduced: true }),
    });
    id
}
