//! What operators cost.
use crate::{Value, plan::Operator, value::code_points};

/// A tenth, rounded up: what cel-go's product with 0.1 comes to for every size below 2^53.
pub(super) fn tenth(size: u64) -> u64 {
    size.div_ceil(10)
}

/// A tenth of the smaller of two texts in code points. Short ones need not be counted.
#[inline]
pub(super) fn tenth_of_shorter(a: &str, b: &str) -> u64 {
    match a.len().min(b.len()) {
        // No text has more code points than bytes, and none but the empty one has none.
        0 => 0,
        1..=10 => 1,
        _ => tenth(code_points(a).min(code_points(b)) as u64),
    }
}

/// What an operator costs.
pub(super) fn price(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> u64 {
    use Operator::{Add, Equal, Greater, GreaterEqual, In, Less, LessEqual, NotEqual};
    match (operator, left, right) {
        (_, Value::Int(_), Value::Int(_)) => 1,
        (
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual,
            Value::String(left),
            Value::String(right),
        ) => tenth_of_shorter(left, right),
        (Less | LessEqual | Greater | GreaterEqual, Value::Bytes(left), Value::Bytes(right)) => {
            tenth(left.len().min(right.len()) as u64)
        }
        (Equal | NotEqual, left, right) => tenth(left.cost_size().min(right.cost_size())),
        (Add, Value::String(_), Value::String(_)) | (Add, Value::Bytes(_), Value::Bytes(_)) => {
            tenth(left.cost_size() + right.cost_size())
        }
        (In, _, Value::List(list)) => list.len() as u64,
        _ => 1,
    }
}
