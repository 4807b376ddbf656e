//! Values of Kubernetes' own types inside CEL, and what every row needs to read its arguments.

use std::{any::Any, borrow::Cow, fmt::Debug, sync::Arc};

use kro_cel::{Call, EvalError, Opaque, StatefulFunction, Value};

/// A type that Kubernetes adds to CEL.
pub trait Native: Clone + PartialEq + Debug + Send + Sync + 'static {
    /// Its name in expressions, such as `net.IP`.
    const TYPE: &'static str;

    /// The size that cost rules count.
    fn cost_size(&self) -> u64 {
        1
    }
}

/// A native value as CEL carries it. Comparing it with a value of another type is an error.
#[derive(Debug, Clone)]
pub struct Own<T>(pub T);

impl<T: Native> Opaque for Own<T> {
    fn type_name(&self) -> &'static str {
        T::TYPE
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, EvalError> {
        let other = (other as &dyn Any).downcast_ref::<Self>().ok_or_else(EvalError::no_such_overload)?;
        Ok(self.0 == other.0)
    }

    fn cost_size(&self) -> u64 {
        self.0.cost_size()
    }
}

pub(super) fn native<T: Native>(value: T) -> Value<'static> {
    Value::opaque(Own(value))
}

pub(super) fn own<'v, T: Native>(args: &'v [Value<'_>], index: usize) -> Result<&'v T, EvalError> {
    let own = args.get(index).and_then(Value::as_opaque::<Own<T>>);
    own.map(|own| &own.0).ok_or_else(EvalError::no_such_overload)
}

/// A new text, within the memory limit.
pub(super) fn shared<'a>(call: &mut Call<'_>, text: &str) -> Result<Value<'a>, EvalError> {
    call.reserve(text.len())?;
    Ok(Value::string(text))
}

pub(super) fn invalid(error: impl std::fmt::Display) -> EvalError {
    EvalError::invalid(error.to_string())
}

/// For a conversion from text: with a constant argument that converts, the value is made once, when planning.
pub(super) fn once<T: Native>(
    args: &[Option<&Value<'static>>],
    convert: impl FnOnce(&str) -> Option<T>,
) -> Option<Result<StatefulFunction, EvalError>> {
    let [Some(Value::String(text))] = args else { return None };
    let value: Arc<dyn Opaque> = Arc::new(Own(convert(text)?));
    Some(Ok(Arc::new(move |_, _| Ok(Value::Opaque(Cow::Owned(value.clone()))))))
}
