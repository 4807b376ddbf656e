//! How large a field of the status can be, as JSON.

use super::{Count, LARGEST_OBJECT};
use crate::{Expression, Graph, Hole, environment, lint};
use kro_cel::Type;
use kro_schema::{Kind, Schema};

/// The most bytes that a character of a text takes in JSON: `\u0000`.
const CHARACTER: u64 = 6;
/// `-9223372036854775808`.
const INTEGER: u64 = 20;
/// A fractional number, or a time with its quotes.
const NUMBER: u64 = 40;

/// The most bytes of a field with its name.
pub(super) fn size(graph: &Graph, hole: &Hole) -> Count {
    // `"name":` and what separates it from the next.
    let name = hole.path.last().map_or(0, |segment| segment.to_string().len() as u64 + 4);
    match of_expression(graph, &hole.expression) {
        Some(value) if value < LARGEST_OBJECT => Count { most: value.saturating_add(name), declared: true },
        _ => Count { most: LARGEST_OBJECT, declared: false },
    }
}

/// From the schema of what the expression names, else from its type.
fn of_expression(graph: &Graph, expression: &Expression) -> Option<u64> {
    let (ast, _) = environment::base().parse(&expression.cel);
    let named = lint::schema_at_root(graph, &ast).and_then(|schema| of_schema(schema));
    named.or_else(|| of_type(expression.program.result_type()))
}

fn of_type(ty: &Type) -> Option<u64> {
    match ty {
        Type::Null => Some(4),
        Type::Bool => Some(5),
        Type::Int | Type::Uint => Some(INTEGER),
        Type::Double | Type::Timestamp | Type::Duration => Some(NUMBER),
        Type::Optional(inner) => of_type(inner),
        _ => None,
    }
}

fn of_schema(schema: &Schema) -> Option<u64> {
    let limits = &schema.constraints;
    if !limits.allowed.is_empty() {
        return limits.allowed.iter().map(|value| value.to_string().len() as u64).max();
    }
    match &schema.kind {
        Kind::Boolean => Some(5),
        Kind::Integer => Some(INTEGER),
        Kind::Number => Some(NUMBER),
        Kind::String => match limits.format.as_deref() {
            Some("date-time" | "date" | "duration" | "uuid") => Some(NUMBER),
            _ => Some(count(limits.max_length)?.saturating_mul(CHARACTER).saturating_add(2)),
        },
        Kind::Array { items } => {
            let item = of_schema(items)?.saturating_add(1);
            Some(count(limits.max_items)?.saturating_mul(item).saturating_add(2))
        }
        Kind::Object { properties, additional: None, preserve_unknown: false, .. } => {
            properties.iter().try_fold(2_u64, |sum, (name, child)| {
                Some(sum.saturating_add(name.len() as u64 + 4).saturating_add(of_schema(child)?))
            })
        }
        _ => None,
    }
}

fn count(limit: Option<i64>) -> Option<u64> {
    u64::try_from(limit?).ok()
}
