//! Reads the type model of the Go library, the JSON or YAML that its `schema` package defines.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{Fields, Key, List, Map, MergeSchema, Relation, Scalar, Type, TypeId};

/// Why a type model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The JSON is not of the model's form.
    #[error("the type model does not have the expected form")]
    Form(#[from] serde_json::Error),
    /// A reference names a type that does not exist.
    #[error("no type found matching {0:?}")]
    UnknownType(String),
    /// A reference overrides how elements relate with something the type cannot be.
    #[error("{relationship:?} cannot override the element relationship of {name:?}")]
    Override {
        /// The type referred to.
        name: String,
        /// The relationship asked for.
        relationship: String,
    },
    /// A list says neither `atomic` nor `associative`.
    #[error("{0:?} is no element relationship of a list")]
    ListRelationship(String),
}

#[derive(Debug, Deserialize)]
struct Model {
    types: Vec<ModelType>,
}

#[derive(Debug, Deserialize)]
struct ModelType {
    name: String,
    scalar: Option<ModelScalar>,
    list: Option<ModelList>,
    map: Option<ModelMap>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ModelScalar {
    Numeric,
    String,
    Boolean,
    Untyped,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelList {
    element_type: ModelRef,
    #[serde(default)]
    element_relationship: String,
    #[serde(default)]
    keys: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelMap {
    #[serde(default)]
    fields: Vec<ModelField>,
    #[serde(default)]
    element_type: Option<ModelRef>,
    #[serde(default)]
    element_relationship: String,
}

#[derive(Debug, Deserialize)]
struct ModelField {
    name: String,
    #[serde(rename = "type")]
    ty: ModelRef,
    default: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ModelRef {
    named_type: Option<String>,
    element_relationship: Option<String>,
    scalar: Option<ModelScalar>,
    list: Option<Box<ModelList>>,
    map: Option<Box<ModelMap>>,
}

/// The name the model gives to the type of values without schema.
const DEDUCED: &str = "__untyped_deduced_";

impl MergeSchema {
    /// Reads a model; `root` names the type of whole objects.
    pub fn from_model(model: &Value, root: &str) -> Result<Self, ModelError> {
        let model = Model::deserialize(model)?;
        let mut compiler = Compiler {
            named: model.types.iter().map(|ty| (ty.name.as_str(), ty)).collect(),
            ids: BTreeMap::new(),
            types: Vec::new(),
        };
        let root = compiler.named(root, None)?;
        Ok(Self { types: compiler.types, root })
    }
}

struct Compiler<'m> {
    named: BTreeMap<&'m str, &'m ModelType>,
    ids: BTreeMap<(&'m str, Option<&'m str>), TypeId>,
    types: Vec<Type>,
}

impl<'m> Compiler<'m> {
    /// A named type, with the relationship of a reference to it in place of its own.
    fn named(&mut self, name: &str, relationship: Option<&'m str>) -> Result<TypeId, ModelError> {
        let Some((&name, &ty)) = self.named.get_key_value(name) else {
            return Err(ModelError::UnknownType(name.to_owned()));
        };
        if let Some(&id) = self.ids.get(&(name, relationship)) {
            return Ok(id);
        }
        let id = self.reserve();
        self.ids.insert((name, relationship), id);
        let mut list_relationship = ty.list.as_ref().map(|list| list.element_relationship.as_str());
        let mut map_relationship = ty.map.as_ref().map(|map| map.element_relationship.as_str());
        if let Some(relationship) = relationship {
            let Some(target) = map_relationship.as_mut().or(list_relationship.as_mut()) else {
                let (name, relationship) = (name.to_owned(), relationship.to_owned());
                return Err(ModelError::Override { name, relationship });
            };
            *target = relationship;
        }
        let list = ty.list.as_ref().zip(list_relationship);
        let map = ty.map.as_ref().zip(map_relationship);
        self.types[id.0 as usize] = self.ty(ty.scalar, list, map)?;
        Ok(id)
    }

    fn reference(&mut self, reference: &'m ModelRef) -> Result<TypeId, ModelError> {
        if let Some(name) = &reference.named_type {
            return self.named(name, reference.element_relationship.as_deref());
        }
        let relationship = reference.element_relationship.as_deref();
        let id = self.reserve();
        let list = reference.list.as_deref();
        let map = reference.map.as_deref();
        let ty = self.ty(
            reference.scalar,
            list.map(|list| {
                (list, relationship.filter(|_| map.is_none()).unwrap_or(&list.element_relationship))
            }),
            map.map(|map| (map, relationship.unwrap_or(&map.element_relationship))),
        )?;
        self.types[id.0 as usize] = ty;
        Ok(id)
    }

    fn reserve(&mut self) -> TypeId {
        self.types.push(Type::default());
        TypeId(self.types.len() as u32 - 1)
    }

    fn ty(
        &mut self,
        scalar: Option<ModelScalar>,
        list: Option<(&'m ModelList, &str)>,
        map: Option<(&'m ModelMap, &str)>,
    ) -> Result<Type, ModelError> {
        Ok(Type {
            scalar: scalar.map(|scalar| match scalar {
                ModelScalar::Numeric => Scalar::Numeric,
                ModelScalar::String => Scalar::String,
                ModelScalar::Boolean => Scalar::Boolean,
                ModelScalar::Untyped => Scalar::Untyped,
            }),
            list: list.map(|(list, relationship)| self.list(list, relationship)).transpose()?,
            map: map.map(|(map, relationship)| self.map(map, relationship)).transpose()?,
        })
    }

    fn list(&mut self, list: &'m ModelList, relationship: &str) -> Result<List, ModelError> {
        let relation = match relationship {
            "atomic" => Relation::Atomic,
            "associative" if list.keys.is_empty() => Relation::Set,
            "associative" => Relation::Keys(self.keys(list)),
            other => return Err(ModelError::ListRelationship(other.to_owned())),
        };
        Ok(List { items: self.reference(&list.element_type)?, relation: relation.sorted() })
    }

    fn keys(&self, list: &'m ModelList) -> Box<[Key]> {
        let named = |name: &String| self.named.get(name.as_str()).and_then(|ty| ty.map.as_ref());
        let items = match &list.element_type.named_type {
            Some(name) => named(name),
            None => list.element_type.map.as_deref(),
        };
        list.keys
            .iter()
            .map(|key| Key {
                name: key.as_str().into(),
                default: items
                    .and_then(|map| map.fields.iter().find(|field| field.name == *key))
                    .and_then(|field| field.default.clone()),
            })
            .collect()
    }

    fn map(&mut self, map: &'m ModelMap, relationship: &str) -> Result<Map, ModelError> {
        let fields = map
            .fields
            .iter()
            .map(|field| Ok((field.name.as_str().into(), self.reference(&field.ty)?)))
            .collect::<Result<Vec<(Box<str>, TypeId)>, ModelError>>()?;
        let rest = map.element_type.as_ref().filter(|rest| rest.says_something());
        Ok(Map {
            deduced: fields.is_empty() && rest.is_some_and(ModelRef::is_deduced),
            fields: Fields::new(fields),
            rest: rest.map(|rest| self.reference(rest)).transpose()?,
            atomic: relationship == "atomic",
        })
    }
}

impl ModelRef {
    fn says_something(&self) -> bool {
        self.named_type.is_some() || self.scalar.is_some() || self.list.is_some() || self.map.is_some()
    }

    fn is_deduced(&self) -> bool {
        match &self.named_type {
            Some(name) => name == DEDUCED,
            None => matches!(self.scalar, Some(ModelScalar::Untyped)),
        }
    }
}
