//! Limits on a value: length, range, pattern, format, enumeration.

use crate::Pattern;
use serde_json::{Number, Value};
use std::sync::Arc;

/// Limits on a value. Lengths count Unicode characters, sizes items or fields.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Constraints {
    /// `format`; unknown ones are ignored by validation.
    pub format: Option<Arc<str>>,
    /// `enum`; empty where there is none.
    pub allowed: Vec<Value>,
    /// `pattern`, unanchored.
    pub pattern: Option<Pattern>,
    /// `minLength`.
    pub min_length: Option<i64>,
    /// `maxLength`.
    pub max_length: Option<i64>,
    /// `minimum`.
    pub minimum: Option<Number>,
    /// `maximum`.
    pub maximum: Option<Number>,
    /// `exclusiveMinimum`.
    pub exclusive_minimum: bool,
    /// `exclusiveMaximum`.
    pub exclusive_maximum: bool,
    /// `multipleOf`.
    pub multiple_of: Option<Number>,
    /// `minItems`.
    pub min_items: Option<i64>,
    /// `maxItems`.
    pub max_items: Option<i64>,
    /// `uniqueItems`; refused in CRDs.
    pub unique_items: bool,
    /// `minProperties`.
    pub min_properties: Option<i64>,
    /// `maxProperties`.
    pub max_properties: Option<i64>,
}
