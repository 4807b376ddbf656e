//! Structs whose JSON Go writes by code of its own: quantities, times, free-form values, and the unions of schemas.

use super::{Decoder, Site, time};
use crate::core::metadata::json_type;
use kro_k8s_schemas::{GoType, Named, go_type};
use serde_json::{Value, json};

const PROPS: &str = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps";

/// What Go writes for one that nobody set.
pub(super) fn zero(named: &Named) -> Value {
    match named.base() {
        "Quantity" => "0".into(),
        "IntOrString" => 0.into(),
        "FieldsV1" => json!({}),
        _ => Value::Null,
    }
}

/// Reads one in place.
pub(super) fn decode(
    decoder: &mut Decoder<'_>,
    named: &Named,
    value: &mut Value,
    site: Site<'_>,
) -> Result<(), String> {
    match named.base() {
        "Quantity" => quantity(value),
        "IntOrString" => int_or_string(value),
        "Time" => moment(value, time::SECONDS, site),
        "MicroTime" => moment(value, time::MICROSECONDS, site),
        "JSONSchemaPropsOrBool" if value.is_boolean() => Ok(()),
        "JSONSchemaPropsOrArray" | "JSONSchemaPropsOrStringArray" if value.is_array() => {
            let items = value.as_array_mut().into_iter().flatten();
            items.filter(|item| item.is_object()).try_for_each(|item| props(decoder, item, site))
        }
        name if name.starts_with("JSONSchemaProps") => props(decoder, value, site),
        _ => Ok(()),
    }
}

fn props(decoder: &mut Decoder<'_>, value: &mut Value, site: Site<'_>) -> Result<(), String> {
    let props = go_type(PROPS).expect("invariant: the table holds what definitions are made of");
    decoder.value(&GoType::Named(props), value, site)
}

fn quantity(value: &mut Value) -> Result<(), String> {
    let text = match &*value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        other => other.to_string(),
    };
    let quantity: kro_object::Quantity =
        text.parse().map_err(|error: kro_object::ParseQuantityError| error.to_string())?;
    *value = quantity.to_string().into();
    Ok(())
}

fn int_or_string(value: &Value) -> Result<(), String> {
    match value {
        Value::String(_) => Ok(()),
        Value::Number(number) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => {
            Ok(())
        }
        Value::Number(number) => {
            Err(format!("json: cannot unmarshal number {number} into Go value of type int32"))
        }
        other => Err(format!("json: cannot unmarshal {} into Go value of type int32", json_type(other))),
    }
}

fn moment(value: &mut Value, layout: time::Layout, site: Site<'_>) -> Result<(), String> {
    let Value::String(text) = value else { return Err(site.mismatch(value, &GoType::String)) };
    *text = time::parse(text, layout)?;
    Ok(())
}
