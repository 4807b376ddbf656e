//! From CEL types back to schemas: what the status of a definition becomes when its fields are expressions.

use std::{collections::BTreeMap, fmt, sync::Arc};

use kro_cel::{Type, Types};
use kro_schema::{Kind, Schema};

/// The schema of data that has a CEL type, with upstream's choices: what has no counterpart may be anything, and the
/// description says why. Fields of struct types keep their names as expressions know them.
pub fn schema_of(ty: &Type, types: &dyn Types) -> Schema {
    match ty {
        Type::Timestamp => describe(text("date-time"), "Timestamp representing a creation time"),
        Type::List(item) => Schema::array(schema_of(item, types)),
        Type::Map(_, value) => Schema::map(schema_of(value, types)),
        Type::Null => describe(anything(), "null type - any value allowed"),
        Type::Dyn => anything(),
        Type::Struct(_) | Type::Opaque(_) => structure(ty, types),
        ty => scalar(ty)
            .unwrap_or_else(|| describe(anything(), &format!("unknown CEL type: {}", RuntimeName(ty)))),
    }
}

/// An object with all visible fields; one with any fields where the type is unknown.
fn structure(ty: &Type, types: &dyn Types) -> Schema {
    let Some(fields) = types.fields(ty.name()) else { return Schema::map(Schema::default()) };
    let properties: BTreeMap<_, _> = fields
        .into_iter()
        .map(|field| {
            let schema = types.field(ty.name(), &field).map_or_else(anything, |ty| field_schema(&ty, types));
            (field, Arc::new(schema))
        })
        .collect();
    Schema::new(Kind::Object {
        properties,
        required: vec![],
        additional: None,
        preserve_unknown: false,
        embedded: false,
    })
}

/// Inside of objects, what is no plain scalar may be anything, without a word.
fn field_schema(ty: &Type, types: &dyn Types) -> Schema {
    match ty {
        Type::List(item) => Schema::array(field_schema(item, types)),
        Type::Map(_, value) => Schema::map(field_schema(value, types)),
        Type::Struct(_) | Type::Opaque(_) => structure(ty, types),
        ty => scalar(ty).unwrap_or_else(anything),
    }
}

fn scalar(ty: &Type) -> Option<Schema> {
    Some(match ty {
        Type::Bool => Schema::new(Kind::Boolean),
        Type::Int | Type::Uint => Schema::new(Kind::Integer),
        Type::Double => Schema::new(Kind::Number),
        Type::String => Schema::new(Kind::String),
        Type::Bytes => text("byte"),
        _ => return None,
    })
}

fn text(format: &str) -> Schema {
    let mut schema = Schema::new(Kind::String);
    schema.constraints.format = Some(format.into());
    schema
}

fn anything() -> Schema {
    let mut schema = Schema::default();
    schema.other.insert("x-kubernetes-preserve-unknown-fields".into(), true.into());
    schema
}

fn describe(mut schema: Schema, description: &str) -> Schema {
    schema.description = Some(description.into());
    schema
}

/// A type as upstream prints it: with the names types have at run time.
pub(crate) struct RuntimeName<'t>(pub(crate) &'t Type);

impl fmt::Display for RuntimeName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name())?;
        for (at, parameter) in self.0.parameters().enumerate() {
            write!(f, "{}{}", if at == 0 { "(" } else { ", " }, RuntimeName(parameter))?;
        }
        if self.0.parameters().next().is_some() { f.write_str(")") } else { Ok(()) }
    }
}
