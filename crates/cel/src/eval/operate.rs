//! Operators: arithmetic with overflow checks, comparisons, membership, concatenation; each with its price.
use super::{Evaluated, Machine, price::price};
use crate::{
    Duration, ErrorKind, EvalError, Key, List, ListKind, TextBuffer, Value,
    plan::{Node, NodeId, Operator},
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
        let plan = self.plan;
        if plan.quick[id as usize]
            && let Some((answer, price)) = self.quick_answer(id, 0)
        {
            self.charge(price)?;
            return Ok(Value::Bool(answer));
        }
        let left = self.eval(left);
        // A constant is looked at where it is.
        if let (Node::Const(right, cost), Some(test)) = (&plan.nodes[right as usize], operator.test()) {
            self.charge(*cost)?;
            return match &left {
                Ok(Value::Unknown(_)) => {
                    self.charge(1)?;
                    left
                }
                Ok(left) => {
                    self.charge(price(operator, left, right))?;
                    test(left, right).map(Value::Bool).map_err(|error| self.at(id, error))
                }
                Err(error) => self.unpaid(error.clone()),
            };
        }
        let right = self.eval(right);
        let (left, right) = match (left, right) {
            (Ok(left), Ok(right)) => (left, right),
            (Err(fatal), _) | (_, Err(fatal)) if fatal.is_fatal() => return Err(fatal),
            (Err(error), _) | (_, Err(error)) => return self.unpaid(error),
        };
        if let Some(unknown) = unknown(&left, &right) {
            self.charge(1)?;
            return Ok(unknown);
        }
        self.charge(price(operator, &left, &right))?;
        match operator.test() {
            Some(test) => test(&left, &right).map(Value::Bool),
            None if operator == Operator::Add => self.add(left, right),
            None => arithmetic(operator, &left, &right),
        }
        .map_err(|error| self.at(id, error))
    }

    /// An operator whose operand failed costs one unit, unless the failure is a limit's.
    #[cold]
    fn unpaid(&mut self, error: EvalError) -> Evaluated<'a> {
        if !error.is_fatal() {
            self.charge(1)?;
        }
        Err(error)
    }

    fn add(&mut self, left: Value<'a>, right: Value<'a>) -> Evaluated<'a> {
        match (left, right) {
            (Value::String(a), Value::String(b)) => {
                self.reserve(a.len() + b.len())?;
                let mut text = TextBuffer::new();
                text.push_str(&a);
                text.push_str(&b);
                Ok(Value::String(text.finish()))
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
        if b.is_empty() {
            return Ok(Value::List(a));
        }
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

/// The result and the price of an operator on constants; `None` where it fails or makes something new.
pub(crate) fn operate(
    operator: Operator,
    left: &Value<'static>,
    right: &Value<'static>,
) -> Option<(Value<'static>, u64)> {
    let value = match operator.test() {
        Some(test) => test(left, right).map(Value::Bool),
        None => arithmetic(operator, left, right),
    };
    Some((value.ok()?, price(operator, left, right)))
}

type Test = for<'a> fn(&Value<'a>, &Value<'a>) -> Result<bool, EvalError>;

impl Operator {
    /// The code of an operator that answers yes or no.
    fn test(self) -> Option<Test> {
        Some(match self {
            Self::Equal => |left, right| left.equals(right),
            Self::NotEqual => |left, right| left.equals(right).map(|equal| !equal),
            Self::Less => |left, right| compare(left, right, Ordering::is_lt),
            Self::LessEqual => |left, right| compare(left, right, Ordering::is_le),
            Self::Greater => |left, right| compare(left, right, Ordering::is_gt),
            Self::GreaterEqual => |left, right| compare(left, right, Ordering::is_ge),
            Self::In => contains,
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Modulo => return None,
        })
    }
}

fn compare<'a>(left: &Value<'a>, right: &Value<'a>, test: fn(Ordering) -> bool) -> Result<bool, EvalError> {
    match left.compare(right) {
        Some(ordering) => Ok(test(ordering)),
        None if Number::of(left).is_some() && Number::of(right).is_some() => {
            Err(EvalError::invalid("NaN values cannot be ordered"))
        }
        None => Err(EvalError::no_such_overload()),
    }
}

fn contains<'a>(value: &Value<'a>, container: &Value<'a>) -> Result<bool, EvalError> {
    match container {
        Value::List(list) => list.contains(value),
        Value::Map(map) => match Key::lookup(value) {
            Some(key) => Ok(map.get(&key)?.is_some()),
            None => Ok(false),
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
