//! Compiles a [`Schema`] to the table that merging needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use kro_schema::{Kind, Merge, Schema};

use super::{Key, List, Map, MergeSchema, Relation, Scalar, Type, TypeId, push_deduced};

impl MergeSchema {
    /// How objects of this schema merge: `x-kubernetes-list-type`, `-list-map-keys`, `-map-type`,
    /// `-preserve-unknown-fields` and `-int-or-string` as server-side apply reads them.
    ///
    /// Lists are atomic and maps are granular unless they say otherwise.
    /// Where nothing is declared, or unknown fields are preserved, values are treated as without schema.
    pub fn new(schema: &Schema) -> Self {
        let mut types = Vec::new();
        let deduced = push_deduced(&mut types);
        let mut compiler = Compiler { types, deduced, shared: BTreeMap::new() };
        let root = compiler.schema(schema, false);
        Self { types: compiler.types, root }
    }
}

struct Compiler {
    types: Vec<Type>,
    deduced: TypeId,
    /// Types made already, by the address of their schema and whether unknown fields are preserved around it.
    shared: BTreeMap<(*const Schema, bool), TypeId>,
}

impl Compiler {
    fn shared(&mut self, schema: &Arc<Schema>, preserve: bool) -> TypeId {
        let key = (Arc::as_ptr(schema), preserve);
        if let Some(&id) = self.shared.get(&key) {
            return id;
        }
        let id = self.schema(schema, preserve);
        self.shared.insert(key, id);
        id
    }

    fn schema(&mut self, schema: &Schema, preserve: bool) -> TypeId {
        let ty = match &schema.kind {
            Kind::Any => return self.deduced,
            Kind::String => scalar(string(schema)),
            Kind::Integer | Kind::Number => scalar(Scalar::Numeric),
            Kind::Boolean => scalar(Scalar::Boolean),
            Kind::IntOrString => scalar(Scalar::Untyped),
            Kind::Array { items } => {
                let list = List { items: self.shared(items, preserve), relation: relation(schema, items) };
                Type { list: Some(list), ..Type::default() }
            }
            Kind::Object { properties, additional, preserve_unknown, .. } => {
                let preserve = preserve || *preserve_unknown;
                let fields: Box<[_]> = properties
                    .iter()
                    .map(|(name, field)| (name.as_ref().into(), self.shared(field, preserve)))
                    .collect();
                let rest = match additional {
                    Some(additional) => Some(self.shared(additional, preserve)),
                    None => (preserve || fields.is_empty()).then_some(self.deduced),
                };
                let atomic = schema.merge == Merge::Atomic;
                let deduced = fields.is_empty() && rest == Some(self.deduced);
                Type { map: Some(Map { fields, rest, atomic, deduced }), ..Type::default() }
            }
        };
        self.types.push(ty);
        TypeId(self.types.len() as u32 - 1)
    }
}

fn scalar(scalar: Scalar) -> Type {
    Type { scalar: Some(scalar), ..Type::default() }
}

/// Only plain strings are strings; with a format (other than of bytes) any scalar will do.
fn string(_schema: &Schema) -> Scalar {
    Scalar::Untyped
}

fn relation(schema: &Schema, items: &Schema) -> Relation {
    match &schema.merge {
        Merge::Set => Relation::Set,
        Merge::Map { keys } => {
            let default = |name: &str| match &items.kind {
                Kind::Object { properties, .. } => properties.get(name)?.default.clone(),
                _ => None,
            };
            let mut keys: Vec<Key> =
                keys.iter().map(|name| Key { name: name.as_ref().into(), default: default(name) }).collect();
            keys.sort_by(|a, b| a.name.cmp(&b.name));
            Relation::Keys(keys.into())
        }
        Merge::Default | Merge::Atomic | Merge::Granular => Relation::Atomic,
    }
}
