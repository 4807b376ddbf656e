//! Reading the arguments of a call. The checker has seen the types already, unless they are `dyn`: a value of another
//! kind is no overload.
use crate::{EvalError, List, Map, Value};

/// An argument that is text.
pub fn text<'v>(args: &'v [Value<'_>], index: usize) -> Result<&'v str, EvalError> {
    args.get(index).and_then(Value::as_str).ok_or_else(EvalError::no_such_overload)
}

/// An argument that is an integer.
pub fn integer(args: &[Value<'_>], index: usize) -> Result<i64, EvalError> {
    match args.get(index) {
        Some(Value::Int(value)) => Ok(*value),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// An argument that is a list.
pub fn list<'v, 'a>(args: &'v [Value<'a>], index: usize) -> Result<&'v List<'a>, EvalError> {
    match args.get(index) {
        Some(Value::List(list)) => Ok(list),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// An argument that is a map.
pub fn map<'v, 'a>(args: &'v [Value<'a>], index: usize) -> Result<&'v Map<'a>, EvalError> {
    match args.get(index) {
        Some(Value::Map(map)) => Ok(map),
        _ => Err(EvalError::no_such_overload()),
    }
}
