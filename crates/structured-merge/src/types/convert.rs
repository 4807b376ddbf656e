//! Compiles a [`Schema`] to the table that merging needs.

use std::collections::BTreeMap;
use std::sync::Arc;

use kro_schema::{Kind, Merge, Schema};
use serde_json::Value;

use super::{Fields, Key, List, Map, MergeSchema, Relation, Scalar, Type, TypeId, push_deduced};

impl MergeSchema {
    /// How objects of this schema merge: `x-kubernetes-list-type`, `-list-map-keys`, `-map-type`,
    /// `-preserve-unknown-fields` and `-int-or-string` as server-side apply reads them.
    ///
    /// Lists are atomic and maps are granular unless they say otherwise.
    /// Where nothing is declared, or unknown fields are preserved, values are treated as without schema.
    pub fn new(schema: &Schema) -> Self {
        let mut compiler = Compiler::new();
        let root = compiler.schema(schema, false, false);
        Self { types: compiler.types, root }
    }

    /// The same for the schema of a custom resource, which leaves out what every object has:
    /// `apiVersion`, `kind`, and `metadata` with the schema given here, at the root and in embedded resources.
    pub fn of_custom_resource(schema: &Schema, metadata: &Schema) -> Self {
        let mut compiler = Compiler::new();
        compiler.metadata = Some(compiler.schema(metadata, false, false));
        let root = compiler.schema(schema, false, true);
        Self { types: compiler.types, root }
    }
}

struct Compiler {
    types: Vec<Type>,
    deduced: TypeId,
    text: TypeId,
    /// The type of `metadata`, if whole objects get one.
    metadata: Option<TypeId>,
    /// Types made already, by the address of their schema and whether unknown fields are preserved around it.
    shared: BTreeMap<(*const Schema, bool), TypeId>,
}

impl Compiler {
    fn new() -> Self {
        let mut types = Vec::new();
        let deduced = push_deduced(&mut types);
        let text = TypeId(types.len() as u32);
        types.push(scalar(Scalar::String));
        Self { types, deduced, text, metadata: None, shared: BTreeMap::new() }
    }

    fn shared(&mut self, schema: &Arc<Schema>, preserve: bool) -> TypeId {
        let key = (Arc::as_ptr(schema), preserve);
        if let Some(&id) = self.shared.get(&key) {
            return id;
        }
        let id = self.schema(schema, preserve, schema.is_embedded());
        self.shared.insert(key, id);
        id
    }

    /// `preserve`: unknown fields are preserved here; `object`: values have `apiVersion`, `kind` and `metadata`.
    fn schema(&mut self, schema: &Schema, preserve: bool, object: bool) -> TypeId {
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
            Kind::Object { properties, additional, .. } => {
                let preserve = preserve || schema.preserves_unknown();
                let mut fields: BTreeMap<&str, TypeId> = properties
                    .iter()
                    .map(|(name, field)| (name.as_ref(), self.shared(field, preserve)))
                    .collect();
                let rest = match additional {
                    Some(additional) => Some(self.shared(additional, preserve)),
                    None if schema.other.contains_key("additionalProperties") => None,
                    None => (preserve || fields.is_empty()).then_some(self.deduced),
                };
                if object && let Some(metadata) = self.metadata {
                    fields.extend([("apiVersion", self.text), ("kind", self.text), ("metadata", metadata)]);
                }
                Type {
                    map: Some(Map {
                        atomic: schema.merge == Merge::Atomic,
                        deduced: fields.is_empty() && rest == Some(self.deduced),
                        fields: Fields::new(fields.into_iter().map(|(name, id)| (name.into(), id)).collect()),
                        rest,
                    }),
                    ..Type::default()
                }
            }
        };
        self.types.push(ty);
        TypeId(self.types.len() as u32 - 1)
    }
}

fn scalar(scalar: Scalar) -> Type {
    Type { scalar: Some(scalar), ..Type::default() }
}

/// Only plain strings and bytes are strings; with any other format, any scalar will do.
fn string(schema: &Schema) -> Scalar {
    match schema.constraints.format.as_deref() {
        None | Some("" | "byte") => Scalar::String,
        Some(_) => Scalar::Untyped,
    }
}

fn relation(schema: &Schema, items: &Schema) -> Relation {
    let other = |name: &str| schema.other.get(name).and_then(Value::as_str);
    match &schema.merge {
        Merge::Set => Relation::Set,
        Merge::Map { keys } => Relation::Keys(keys.iter().map(|name| key(name, items)).collect()),
        // Older schemas only say how strategic merge patches treat the list.
        Merge::Default
            if matches!(other("x-kubernetes-patch-strategy"), Some("merge" | "merge,retainKeys")) =>
        {
            match other("x-kubernetes-patch-merge-key") {
                Some(name) => Relation::Keys([key(name, items)].into()),
                None => Relation::Set,
            }
        }
        Merge::Default | Merge::Atomic | Merge::Granular => Relation::Atomic,
    }
    .sorted()
}

fn key(name: &str, items: &Schema) -> Key {
    let default = match &items.kind {
        Kind::Object { properties, .. } => properties.get(name).and_then(|field| field.default.clone()),
        _ => None,
    };
    Key { name: name.into(), default }
}
