//! How Go writes the built-in kinds: the fields of each struct with their JSON names, protobuf numbers and types, and
//! whether empty values are left out. OpenAPI documents tell none of it, and clients see all of it.
//!
//! It refuses: alpha and beta versions, kinds of lists.

use kro_object::Gvk;
use std::{collections::BTreeMap, sync::LazyLock};

/// A type as Go names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GoType {
    /// `bool`.
    Bool,
    /// `int32` or a smaller one.
    Int32,
    /// `int64`.
    Int64,
    /// `float64`.
    Float64,
    /// `string`.
    String,
    /// `[]byte`, which JSON holds as base64.
    Bytes,
    /// Any value.
    Any,
    /// `*T`: absent is not the same as zero.
    Pointer(Box<Self>),
    /// `[]T`.
    List(Box<Self>),
    /// `map[K]V`, with keys that are text.
    Map(Box<Self>),
    /// A type with a name of its own.
    Named(GoName),
}

/// A reference to a named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoName(usize);

/// A type with a name of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// As OpenAPI documents write it: `io.k8s.api.apps.v1.Deployment`.
    pub name: Box<str>,
    /// What it is.
    pub definition: Definition,
}

/// What a named type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// Another type under a new name.
    Alias(GoType),
    /// A struct.
    Struct(Vec<GoField>),
    /// A struct whose JSON Go writes by code of its own: times, quantities, free-form values.
    Custom,
}

/// A field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoField {
    /// Name in JSON; empty for a struct whose fields stand in place of it.
    pub name: Box<str>,
    /// Number in protobuf; 0 if it is not part of it.
    pub number: u32,
    /// What becomes of an empty value.
    pub empty: Empty,
    /// Type.
    pub go_type: GoType,
}

/// What becomes of an empty value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// It is written: `null`, `""`, `0`.
    Keep,
    /// `omitempty`: left out, unless it is a struct.
    Omit,
    /// `omitzero`: left out, structs as well.
    OmitZero,
}

struct Table {
    types: Vec<Named>,
    by_name: BTreeMap<&'static str, usize>,
    kinds: BTreeMap<Gvk, GoName>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| read(include_str!("../data/go-types.txt")));
/// For each type its fields as JSON knows them.
static JSON_FIELDS: LazyLock<Vec<Vec<&'static GoField>>> =
    LazyLock::new(|| TABLE.types.iter().map(flattened).collect());

fn flattened(named: &'static Named) -> Vec<&'static GoField> {
    let Definition::Struct(fields) = &named.definition else { return Vec::new() };
    let mut out = Vec::with_capacity(fields.len());
    for field in fields {
        match &field.go_type {
            GoType::Named(inner) if field.name.is_empty() => out.extend(flattened(inner.get())),
            _ => out.push(field),
        }
    }
    out
}

impl GoName {
    /// The type itself.
    pub fn get(self) -> &'static Named {
        &TABLE.types[self.0]
    }

    /// The fields of a struct as JSON knows them, those of structs without a name of their own in place; none for
    /// what is no struct.
    pub fn json_fields(self) -> &'static [&'static GoField] {
        &JSON_FIELDS[self.0]
    }
}

impl Named {
    /// As Go's messages write it: `v1.Deployment`.
    pub fn short(&self) -> String {
        let mut parts = self.name.rsplitn(3, '.');
        let (name, package) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        format!("{package}.{name}")
    }

    /// Without its package: `Deployment`.
    pub fn base(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or_default()
    }
}

/// The struct of a built-in kind.
pub fn go_kind(gvk: &Gvk) -> Option<GoName> {
    TABLE.kinds.get(gvk).copied()
}

/// A type by the name OpenAPI documents give it.
pub fn go_type(name: &str) -> Option<GoName> {
    TABLE.by_name.get(name).map(|index| GoName(*index))
}

fn read(text: &'static str) -> Table {
    let mut by_name = BTreeMap::new();
    let is_kind = |line: &str| line.contains(" kind ") && !line.starts_with(' ');
    for line in text.lines().filter(|line| !line.starts_with(' ') && !is_kind(line)) {
        let name = line.split(' ').next().unwrap_or_default();
        by_name.insert(name, by_name.len());
    }
    // The names come sorted, so the place in the map is the place in the list.
    let named = |name: &str| GoName(by_name[name]);
    let mut types: Vec<Named> = Vec::new();
    let mut kinds = BTreeMap::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (line.starts_with(' '), words.as_slice()) {
            (true, [name, number, empty, go_type]) => {
                let field = GoField {
                    name: if *name == "." { "".into() } else { (*name).into() },
                    number: number.parse().expect("invariant: the data was written by us"),
                    empty: match *empty {
                        "omitempty" => Empty::Omit,
                        "omitzero" => Empty::OmitZero,
                        _ => Empty::Keep,
                    },
                    go_type: parse(go_type, &named),
                };
                if let Some(Named { definition: Definition::Struct(fields), .. }) = types.last_mut() {
                    fields.push(field);
                }
            }
            (false, [kind, "kind", name]) => {
                let mut parts = kind.splitn(3, '/');
                let mut part = || parts.next().unwrap_or_default();
                kinds.insert(Gvk::new(part(), part(), part()), named(name));
            }
            (false, [name, what]) => types.push(Named {
                name: (*name).into(),
                definition: match *what {
                    "struct" => Definition::Struct(Vec::new()),
                    "custom" => Definition::Custom,
                    other => Definition::Alias(parse(other, &named)),
                },
            }),
            _ => {}
        }
    }
    Table { types, by_name, kinds }
}

fn parse(text: &str, named: &impl Fn(&str) -> GoName) -> GoType {
    if let Some(inner) = text.strip_prefix('*') {
        return GoType::Pointer(Box::new(parse(inner, named)));
    }
    if text == "[]uint8" {
        return GoType::Bytes;
    }
    if let Some(inner) = text.strip_prefix("[]") {
        return GoType::List(Box::new(parse(inner, named)));
    }
    if let Some((_, value)) = text.strip_prefix("map[").and_then(|rest| rest.split_once(']')) {
        return GoType::Map(Box::new(parse(value, named)));
    }
    match text {
        "bool" => GoType::Bool,
        "int64" | "int" => GoType::Int64,
        "int32" | "int16" | "int8" | "uint8" | "uint16" | "uint32" => GoType::Int32,
        "float64" | "float32" => GoType::Float64,
        "string" => GoType::String,
        "interface" => GoType::Any,
        name => GoType::Named(named(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'f>(fields: &'f [GoField], name: &str) -> &'f GoField {
        fields.iter().find(|field| &*field.name == name).expect("the struct has the field")
    }

    #[test]
    fn deployments() {
        let kind = go_kind(&Gvk::new("apps", "v1", "Deployment")).unwrap().get();
        assert_eq!((kind.short().as_str(), kind.base()), ("v1.Deployment", "Deployment"));
        let Definition::Struct(fields) = &kind.definition else { panic!("a struct") };
        let GoType::Named(spec) = &field(fields, "spec").go_type else { panic!("a named type") };
        let Definition::Struct(fields) = &spec.get().definition else { panic!("a struct") };
        let replicas = field(fields, "replicas");
        assert_eq!(replicas.number, 1);
        assert_eq!(replicas.empty, Empty::Omit);
        assert_eq!(replicas.go_type, GoType::Pointer(Box::new(GoType::Int32)));
        assert_eq!(field(fields, "selector").empty, Empty::Keep);
    }

    #[test]
    fn every_kind_has_a_struct() {
        for kind in crate::kinds() {
            assert!(go_kind(&kind.gvk).is_some(), "{} has no struct", kind.gvk);
        }
    }

    #[test]
    fn every_type_is_where_its_name_says() {
        for (name, index) in &TABLE.by_name {
            assert_eq!(&*TABLE.types[*index].name, *name);
        }
    }
}
