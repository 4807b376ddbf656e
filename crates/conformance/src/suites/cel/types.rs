//! Types and declarations as the data writes them.

use std::sync::Arc;

use kro_cel::{Env, Functions, Implementation, Library, Overload, Signature, Type};
use serde_json::Value as Json;

/// A type; type parameters are numbered by the letter of their name.
pub(super) fn ty(json: &Json) -> Result<Type, String> {
    if let Some(name) = json.as_str() {
        return Ok(match name {
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            "null" => Type::Null,
            "dyn" | "any" => Type::Dyn,
            "timestamp" => Type::Timestamp,
            "duration" => Type::Duration,
            "error" => Type::Error,
            other => return Err(format!("unknown type {other}")),
        });
    }
    let Some((kind, inner)) = json.as_object().and_then(|object| object.iter().next()) else {
        return Err(format!("unknown type {json}"));
    };
    Ok(match kind.as_str() {
        "list" => Type::list(ty(inner)?),
        "map" => Type::map(ty(&inner[0])?, ty(&inner[1])?),
        "type" if inner.is_null() => Type::type_of(Type::Dyn),
        "type" => Type::type_of(ty(inner)?),
        "message" => Type::structure(inner.as_str().unwrap_or_default()),
        "param" => Type::Param(param(inner.as_str().unwrap_or_default())),
        "opaque" => {
            let name = inner[0].as_str().unwrap_or_default();
            let parameters = inner.as_array().into_iter().flatten().skip(1).map(ty);
            let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
            match (name, &parameters[..]) {
                ("optional_type", [parameter]) => Type::optional(parameter.clone()),
                _ => Type::opaque_with(name, parameters),
            }
        }
        other => return Err(format!("unknown type {other}")),
    })
}

pub(super) fn param(name: &str) -> u32 {
    name.bytes().next().map_or(0, |letter| u32::from(letter.wrapping_sub(b'A')) % 26)
}

/// Functions that a case declares.
#[derive(Debug)]
pub(super) struct Declared(pub(super) Vec<Overload>);

impl Library for Declared {
    fn name(&self) -> &'static str {
        "declared"
    }

    fn declare(&self, functions: &mut Functions) {
        for overload in &self.0 {
            functions.add(overload.clone());
        }
    }
}

/// An overload without code.
pub(super) fn overload(
    id: &str,
    function: &str,
    member: bool,
    parameters: Vec<Type>,
    result: Type,
) -> Overload {
    let signature = Signature { function: function.to_owned(), member, parameters, result };
    Overload {
        id: Arc::from(id),
        signature,
        implementation: Implementation::BuiltIn,
        cost: None,
        profile_cost: None,
        default_cost: None,
        result_size: None,
        specialise: None,
        validate: None,
        example: None,
    }
}

/// `env` with the variables and functions of a `type_env`.
pub(super) fn declare(mut env: Env, declarations: &Json) -> Result<Env, String> {
    for declaration in declarations.as_array().into_iter().flatten() {
        let name = declaration["name"].as_str().unwrap_or_default();
        if !declaration["type"].is_null() {
            env = env.with_variable(name, ty(&declaration["type"])?);
            continue;
        }
        let mut overloads = Vec::new();
        for row in declaration["overloads"].as_array().into_iter().flatten() {
            let parameters =
                row["params"].as_array().into_iter().flatten().map(ty).collect::<Result<_, _>>()?;
            let member = row["instance"].as_bool().unwrap_or_default();
            let id = row["id"].as_str().unwrap_or_default();
            overloads.push(overload(id, name, member, parameters, ty(&row["result"])?));
        }
        env = env.with_libraries(&[&Declared(overloads)]);
    }
    Ok(env)
}
