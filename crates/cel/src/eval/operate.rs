//! Operators: arithmetic with overflow checks, comparisons, membership, concatenation; each with its price.
use super::{Evaluated, Machine};
use crate::{
    Duration, ErrorKind, EvalError, Key, List, ListKind, Value,
    plan::{NodeId, Operator},
    value::{Number, same_key},
};
use std::{cmp::Ordering, sync::Arc};

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn not(&mut self, id: NodeId, operand: NodeId) -> Evaluated<'a> {
        let value = self.eval(operand);
        self.charge(1)?;
        match value? {
            Value::Bool(value) => Ok(Value::Bool(!value)),
            unknown @ Value::Unknown(_) => Ok(unknown),
            _ => Err(self.at(id, EvalError::no_such_overload())),
        }
    }

    #[inline(never)]
    pub(super) fn negate(&mut self, id: NodeId, operand: NodeId) -> Evaluated<'a> {
        let value = self.eval(operand);
        self.charge(1)?;
        let result = match value? {
            Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(|| overflow("integer")),
            Value::Double(value) => Ok(Value::Double(-value)),
            Value::Duration(value) => value
                .0
                .checked_neg()
                .map(|nanos| Value::Duration(Duration(nanos)))
                .ok_or_else(|| overflow("integer")),
            unknown @ Value::Unknown(_) => Ok(unknown),
            _ => Err(EvalError::no_such_overload()),
        };
        result.map_err(|error| self.at(id, error))
    }

    /// Both sides are evaluated, and paid for, before either error counts.
    #[inline(never)]
    pub(super) fn binary(
        &mut self,
        id: NodeId,
        operator: Operator,
        left: NodeId,
        right: NodeId,
    ) -> Evaluated<'a> {
        let left = self.eval(left);
        let right = self.eval(right);
        let (left, right) = match (left, right) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(fatal), _) | (_, Err(fatal)) if fatal.is_fatal() => return Err(fatal),
            (Err(error), _) | (_, Err(error)) => {
                self.charge(1)?;
                return Err(error);
            }
        };
        if let Some(unknown) = unknown(&left, &right) {
            self.charge(1)?;
            return Ok(unknown);
        }
        self.charge(price(operator, &left, &right))?;
        self.operate(operator, left, right).map_err(|error| self.at(id, error))
    }

    #[inline(never)]
    fn operate(&mut self, operator: Operator, left: Value<'a>, right: Value<'a>) -> Evaluated<'a> {
        match operator {
            Operator::Equal => left.equals(&right).map(Value::Bool),
            Operator::NotEqual => left.equals(&right).map(|equal| Value::Bool(!equal)),
            Operator::Less => compare(&left, &right, Ordering::is_lt),
            Operator::LessEqual => compare(&left, &right, Ordering::is_le),
            Operator::Greater => compare(&left, &right, Ordering::is_gt),
            Operator::GreaterEqual => compare(&left, &right, Ordering::is_ge),
            Operator::In => contains(&left, &right),
            Operator::Add => self.add(left, right),
            _ => arithmetic(operator, &left, &right),
        }
    }

    fn add(&mut self, left: Value<'a>, right: Value<'a>) -> Evaluated<'a> {
        match (left, right) {
            (Value::String(a), Value::String(b)) => {
                self.reserve(a.len() + b.len())?;
                let mut text = String::with_capacity(a.len() + b.len());
                text.push_str(&a);
                text.push_str(&b);
                Ok(Value::string(text))
            }
            (Value::Bytes(a), Value::Bytes(b)) => {
                self.reserve(a.len() + b.len())?;
                Ok(Value::bytes([&*a, &*b].concat()))
            }
            (Value::List(a), Value::List(b)) => self.concat_lists(a, &b),
            (Value::Timestamp(time), Value::Duration(span))
            | (Value::Duration(span), Value::Timestamp(time)) => {
                time.checked_add(span).map(Value::Timestamp).ok_or_else(|| overflow("timestamp"))
            }
            (a, b) => arithmetic(Operator::Add, &a, &b),
        }
    }

    /// `+` of lists: sets unite, keyed lists merge.
    pub(super) fn concat_lists(&mut self, a: List<'a>, b: &List<'a>) -> Evaluated<'a> {
        crate::Call { memory_left: &mut self.memory_left }.reserve_list(a.len() + b.len())?;
        let (kind, shape) = (a.kind(), a.shape());
        let mut items = match a {
            List::Shared(items) => Arc::try_unwrap(items).unwrap_or_else(|items| items.as_ref().clone()),
            other => other.to_vec()?,
        };
        match kind {
            ListKind::Ordered => {
                for item in b.iter() {
                    items.push(item?);
                }
            }
            ListKind::Set => {
                for item in b.iter() {
                    let item = item?;
                    if !has(&items, |other| other.equals(&item))? {
                        items.push(item);
                    }
                }
            }
            ListKind::Keyed(keys) => {
                for item in b.iter() {
                    let item = item?;
                    let mut place = None;
                    for (index, other) in items.iter().enumerate() {
                        if same_key(other, &item, keys)? {
                            place = Some(index);
                            break;
                        }
                    }
                    match place {
                        Some(index) => items[index] = item,
                        None => items.push(item),
                    }
                }
            }
        }
        let items = Arc::new(items);
        Ok(Value::List(match shape {
            Some(shape) if kind != ListKind::Ordered => List::Shaped(items, shape),
            _ => List::Shared(items),
        }))
    }

    /// A chain of text concatenations in one go, charged as the steps it stands for.
    #[inline(never)]
    pub(super) fn concat(&mut self, id: NodeId, parts: &[NodeId]) -> Evaluated<'a> {
        let mut text = String::new();
        let mut code_points = 0;
        let mut failed: Option<Evaluated<'a>> = None;
        for (index, &part) in parts.iter().enumerate() {
            let value = self.eval(part);
            match value {
                Ok(Value::String(part)) if failed.is_none() => {
                    self.reserve(part.len())?;
                    text.push_str(&part);
                    code_points += part.code_points() as u64;
                    if index > 0 {
                        self.charge(tenth(code_points))?;
                    }
                }
                Err(fatal) if fatal.is_fatal() => return Err(fatal),
                other => {
                    if index > 0 {
                        self.charge(1)?;
                    }
                    let other = match other {
                        Ok(Value::String(_)) => continue,
                        Ok(unknown @ Value::Unknown(_)) => Ok(unknown),
                        Ok(_) => Err(self.at(id, EvalError::no_such_overload())),
                        error => error,
                    };
                    failed = Some(match (failed, other) {
                        (Some(Ok(Value::Unknown(a))), Ok(Value::Unknown(b))) => {
                            Ok(Value::Unknown(a.merge(&b)))
                        }
                        (Some(first), _) => first,
                        (None, other) => other,
                    });
                }
            }
        }
        failed.unwrap_or_else(|| Ok(Value::string(text)))
    }
}

fn has<'a>(
    items: &[Value<'a>],
    test: impl Fn(&Value<'a>) -> Result<bool, EvalError>,
) -> Result<bool, EvalError> {
    for item in items {
        if test(item)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The unknown that a strict function of two values comes to.
fn unknown<'a>(left: &Value<'a>, right: &Value<'a>) -> Option<Value<'a>> {
    match (left, right) {
        (Value::Unknown(a), Value::Unknown(b)) => Some(Value::Unknown(a.merge(b))),
        (Value::Unknown(a), _) | (_, Value::Unknown(a)) => Some(Value::Unknown(a.clone())),
        _ => None,
    }
}

/// A tenth, rounded up.
pub(super) fn tenth(size: u64) -> u64 {
    (size as f64 * 0.1).ceil() as u64
}

/// What an operator costs.
fn price(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> u64 {
    let texts =
        matches!((left, right), (Value::String(_), Value::String(_)) | (Value::Bytes(_), Value::Bytes(_)));
    match operator {
        Operator::Equal | Operator::NotEqual => tenth(left.cost_size().min(right.cost_size())),
        Operator::Less | Operator::LessEqual | Operator::Greater | Operator::GreaterEqual if texts => {
            tenth(left.cost_size().min(right.cost_size()))
        }
        Operator::Add if texts => tenth(left.cost_size() + right.cost_size()),
        Operator::In if matches!(right, Value::List(_)) => right.cost_size(),
        _ => 1,
    }
}

fn compare<'a>(left: &Value<'a>, right: &Value<'a>, test: fn(Ordering) -> bool) -> Evaluated<'a> {
    match left.compare(right) {
        Some(ordering) => Ok(Value::Bool(test(ordering))),
        None if Number::of(left).is_some() && Number::of(right).is_some() => {
            Err(EvalError::invalid("NaN values cannot be ordered"))
        }
        None => Err(EvalError::no_such_overload()),
    }
}

fn contains<'a>(value: &Value<'a>, container: &Value<'a>) -> Evaluated<'a> {
    match container {
        Value::List(list) => list.contains(value).map(Value::Bool),
        Value::Map(map) => match Key::lookup(value) {
            Some(key) => Ok(Value::Bool(map.get(&key)?.is_some())),
            None => Ok(Value::Bool(false)),
        },
        _ => Err(EvalError::no_such_overload()),
    }
}

fn overflow(what: &str) -> EvalError {
    EvalError::invalid(format!("{what} overflow"))
}

fn arithmetic<'a>(operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Evaluated<'a> {
    use Operator::{Add, Divide, Modulo, Multiply, Subtract};
    let result = match (left, right) {
        (Value::Int(a), Value::Int(b)) => match operator {
            Divide | Modulo if *b == 0 => return Err(by_zero(operator)),
            Add => a.checked_add(*b),
            Subtract => a.checked_sub(*b),
            Multiply => a.checked_mul(*b),
            Divide => a.checked_div(*b),
            Modulo => a.checked_rem(*b),
            _ => return Err(EvalError::no_such_overload()),
        }
        .map(Value::Int),
        (Value::Uint(a), Value::Uint(b)) => match operator {
            Divide | Modulo if *b == 0 => return Err(by_zero(operator)),
            Add => a.checked_add(*b),
            Subtract => a.checked_sub(*b),
            Multiply => a.checked_mul(*b),
            Divide => a.checked_div(*b),
            Modulo => a.checked_rem(*b),
            _ => return Err(EvalError::no_such_overload()),
        }
        .map(Value::Uint),
        (Value::Double(a), Value::Double(b)) => Some(Value::Double(match operator {
            Add => a + b,
            Subtract => a - b,
            Multiply => a * b,
            Divide => a / b,
            _ => return Err(EvalError::no_such_overload()),
        })),
        (Value::Duration(a), Value::Duration(b)) => match operator {
            Add => a.0.checked_add(b.0),
            Subtract => a.0.checked_sub(b.0),
            _ => return Err(EvalError::no_such_overload()),
        }
        .map(|nanos| Value::Duration(Duration(nanos))),
        (Value::Timestamp(a), Value::Timestamp(b)) if operator == Subtract => {
            a.since(*b).map(Value::Duration)
        }
        (Value::Timestamp(a), Value::Duration(b)) if operator == Subtract => {
            a.checked_sub(*b).map(Value::Timestamp)
        }
        _ => return Err(EvalError::no_such_overload()),
    };
    result.ok_or_else(|| {
        overflow(match left {
            Value::Uint(_) => "unsigned integer",
            Value::Duration(_) => "duration",
            Value::Timestamp(_) => "timestamp",
            _ => "integer",
        })
    })
}

fn by_zero(operator: Operator) -> EvalError {
    let text = if operator == Operator::Modulo { "modulus by zero" } else { "division by zero" };
    EvalError::new(ErrorKind::Invalid, text)
}
