//! Sizes of data from the limits in its schema: as the API server assumes them when it judges rules, and as they can
//! really be. What has no limit fits into one request.

use kro_cel::{Bounds, DataSizes, Place, PlaceStep, Type};
use kro_schema::{Kind, Schema};

use crate::{shape::SchemaShape, types::SchemaTypes};

/// Bytes of the largest request that an API server takes.
const REQUEST: u64 = 3 << 20;

/// The sizes that Kubernetes' API server assumes for the rules of one position, be it `self` or `oldSelf`.
///
/// Which definitions a server accepts hangs on them, so they follow upstream where that is not exact: scalars, objects
/// and keys of maps count nothing, and items of a literal count as much as `self`.
#[derive(Debug, Clone, Copy)]
pub struct RuleSizes<'s> {
    root: &'s SchemaShape,
}

impl<'s> RuleSizes<'s> {
    /// The sizes of what this position holds.
    pub fn new(root: &'s SchemaShape) -> Self {
        Self { root }
    }
}

impl DataSizes for RuleSizes<'_> {
    fn size(&self, place: Option<&Place>, _ty: &Type) -> Option<Bounds> {
        let mut steps = place?.steps.iter();
        let mut at = self.root;
        while let Some(step) = steps.next() {
            at = match step {
                PlaceStep::Items => at.item_shape()?,
                PlaceStep::Values => at.value_shape()?,
                PlaceStep::Field(name) if at.value_shape().is_none() => at.property(name)?,
                PlaceStep::Keys if at.value_shape().is_some() && steps.as_slice().is_empty() => {
                    return Some(Bounds::exactly(0.0));
                }
                _ => return None,
            };
        }
        Some(Bounds { min: 0.0, max: assumed(at.schema()) as f64 })
    }

    fn as_upstream(&self) -> bool {
        true
    }
}

/// The sizes that objects of the schemas can have; nothing is known about what a schema leaves open.
impl DataSizes for SchemaTypes {
    fn size(&self, place: Option<&Place>, _ty: &Type) -> Option<Bounds> {
        let place = place?;
        let root = self.shape(place.variable.as_deref()?)?;
        size_at(root, &place.steps)
    }
}

/// The size of what stands some steps below a position.
pub fn size_at(root: &SchemaShape, steps: &[PlaceStep]) -> Option<Bounds> {
    let mut at = root;
    for (index, step) in steps.iter().enumerate() {
        at = match step {
            PlaceStep::Items => at.item_shape()?,
            PlaceStep::Values => at.value_shape()?,
            PlaceStep::Field(name) => at.property(name).or_else(|| at.value_shape())?,
            PlaceStep::Keys if index + 1 == steps.len() => {
                at.value_shape()?;
                return Some(Bounds { min: 0.0, max: REQUEST as f64 });
            }
            PlaceStep::Keys | PlaceStep::Indices => return None,
        };
    }
    possible(at).map(|most| Bounds { min: 0.0, max: most as f64 })
}

/// How often the data of a schema can stand in one request, when something around it has no limit.
pub(crate) fn repetitions(schema: &Schema) -> u64 {
    REQUEST / (least_text(schema) + 1)
}

fn limit(limit: i64) -> u64 {
    u64::try_from(limit).unwrap_or_default()
}

/// The greatest size in upstream's estimates. Lengths count characters, of which each may take four bytes.
fn assumed(schema: &Schema) -> u64 {
    let limits = &schema.constraints;
    match &schema.kind {
        Kind::Array { items } => {
            limits.max_items.map_or_else(|| (REQUEST - 2) / (least_text(items) + 1), limit)
        }
        Kind::Object { additional: Some(values), .. } => {
            limits.max_properties.map_or_else(|| (REQUEST - 2) / (least_text(values) + 6), limit)
        }
        Kind::IntOrString => limits.max_length.map_or(REQUEST - 2, |length| limit(length).saturating_mul(4)),
        Kind::String => match (limits.format.as_deref(), limits.max_length) {
            (Some("date"), _) => 12,
            (Some("date-time" | "duration"), _) => 32,
            (Some("byte"), Some(length)) => limit(length),
            (_, Some(length)) => limit(length).saturating_mul(4),
            (Some("byte"), None) => REQUEST - 2,
            _ => longest_choice(schema).unwrap_or(REQUEST - 2),
        },
        _ => 0,
    }
}

/// The greatest size there can be; `None` for scalars and for what the schema leaves open.
fn possible(shape: &SchemaShape) -> Option<u64> {
    let schema = shape.schema();
    let limits = &schema.constraints;
    let most = match &schema.kind {
        Kind::Array { .. } | Kind::Object { additional: Some(_), .. } => assumed(schema),
        Kind::Object { preserve_unknown: false, .. } if !shape.keeps_unknown() => {
            shape.visible_properties() as u64
        }
        Kind::String if matches!(limits.format.as_deref(), Some("date" | "date-time" | "duration")) => {
            return None;
        }
        Kind::String | Kind::IntOrString => {
            limits.max_length.map(limit).or_else(|| longest_choice(schema)).unwrap_or(REQUEST)
        }
        _ => return None,
    };
    // `null` has the size of a scalar.
    Some(if schema.nullable { most.max(1) } else { most })
}

/// The bytes of the longest text of an enumeration.
fn longest_choice(schema: &Schema) -> Option<u64> {
    let texts = schema.constraints.allowed.iter().map(|value| value.as_str().map_or(0, str::len));
    texts.max().map(|length| length as u64)
}

/// Bytes of the shortest JSON that fits. Only properties that are required and have no default must be written.
fn least_text(schema: &Schema) -> u64 {
    match &schema.kind {
        Kind::Object { properties, required, additional: None, .. } => {
            let written = required.iter().filter_map(|name| Some((name, properties.get(name)?)));
            written
                .filter(|(_, property)| property.default.is_none() && property.kind != Kind::Any)
                .fold(2, |sum, (name, property)| sum + name.len() as u64 + least_text(property) + 4)
        }
        Kind::String => match schema.constraints.format.as_deref() {
            Some("duration") => 3,
            Some("date") => 12,
            Some("date-time") => 21,
            _ => 2,
        },
        Kind::Boolean => 4,
        Kind::Integer | Kind::Number | Kind::IntOrString => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
