//! Calls of library functions: arguments, the overload that takes them, its price.
use super::{Evaluated, Machine};
use crate::{
    Call, EvalError, Implementation, Type, Value,
    plan::{CallPlan, NodeId},
};

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn call(&mut self, id: NodeId, call: &'a CallPlan) -> Evaluated<'a> {
        match *call.args {
            [] => self.apply(id, call, &[]),
            [a] => {
                let a = self.eval(a);
                let a = self.paid(a)?;
                self.apply(id, call, &[a])
            }
            [a, b] => {
                let a = self.eval(a);
                if matches!(&a, Err(fatal) if fatal.is_fatal()) {
                    return a;
                }
                let b = self.eval(b);
                match (a, b) {
                    (Ok(a), Ok(b)) => self.apply(id, call, &[a, b]),
                    (a, b) => {
                        self.charge(1)?;
                        a.and(b)
                    }
                }
            }
            ref args => {
                let mut values = Vec::with_capacity(args.len());
                for &arg in args {
                    values.push(self.eval(arg)?);
                }
                self.apply(id, call, &values)
            }
        }
    }

    /// The only argument of a function: its error is paid for as a call.
    fn paid(&mut self, value: Evaluated<'a>) -> Evaluated<'a> {
        if value.is_err() {
            self.charge(1)?;
        }
        value
    }

    #[inline(never)]
    fn apply(&mut self, id: NodeId, call: &'a CallPlan, args: &[Value<'a>]) -> Evaluated<'a> {
        if args.iter().any(|arg| matches!(arg, Value::Unknown(_))) {
            return self.unknown_call(args);
        }
        let candidate = call.candidates.iter().find(|candidate| {
            call.certain
                || args.iter().zip(&candidate.overload.signature.parameters).all(|(arg, ty)| fits(arg, ty))
        });
        let Some(candidate) = candidate else {
            self.charge(1)?;
            return Err(self.at(id, EvalError::no_such_overload()));
        };
        let mut context = Call { memory_left: &mut self.memory_left };
        let result = match &candidate.code {
            Implementation::Function(code) => code(&mut context, args),
            Implementation::Stateful(code) => code(&mut context, args),
            Implementation::BuiltIn => Err(EvalError::no_such_overload()),
        };
        let cost = candidate.cost.of(args, result.as_ref().unwrap_or(&Value::Null));
        self.charge(cost)?;
        result.map_err(|error| self.at(id, error))
    }

    /// What a call with unknown arguments waits for.
    #[cold]
    fn unknown_call(&mut self, args: &[Value<'a>]) -> Evaluated<'a> {
        self.charge(1)?;
        let unknowns = args.iter().filter_map(|arg| match arg {
            Value::Unknown(unknown) => Some(unknown.clone()),
            _ => None,
        });
        let merged = unknowns.reduce(|all, unknown| all.merge(&unknown));
        merged.map(Value::Unknown).ok_or_else(EvalError::no_such_overload)
    }
}

/// Whether a value may be passed for a parameter of type `ty`. Items of lists and maps are not looked at.
pub(crate) fn fits(value: &Value<'_>, ty: &Type) -> bool {
    match (value, ty) {
        (_, Type::Dyn | Type::Param(_) | Type::Error)
        | (Value::Null, Type::Null)
        | (Value::Bool(_), Type::Bool)
        | (Value::Int(_), Type::Int)
        | (Value::Uint(_), Type::Uint)
        | (Value::Double(_), Type::Double)
        | (Value::String(_), Type::String)
        | (Value::Bytes(_), Type::Bytes)
        | (Value::Timestamp(_), Type::Timestamp)
        | (Value::Duration(_), Type::Duration)
        | (Value::List(_), Type::List(_))
        | (Value::Map(_), Type::Map(..) | Type::Struct(_))
        | (Value::Optional(_), Type::Optional(_))
        | (Value::Type(_), Type::Type(_)) => true,
        (Value::Opaque(value), Type::Opaque(_) | Type::Struct(_)) => value.type_name() == ty.name(),
        _ => false,
    }
}
