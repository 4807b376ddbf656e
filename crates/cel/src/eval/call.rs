//! Calls of library functions: arguments, the overload that takes them, its price.
use super::{Evaluated, Machine};
use crate::{
    Call, EvalError, Implementation, Type, Value,
    plan::{CallPlan, Candidate, NodeId},
};

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn call(&mut self, id: NodeId, call: &'a CallPlan) -> Evaluated<'a> {
        match *call.args {
            [] => self.apply(id, call, &[]),
            [a] => match &self.eval(a) {
                // Looked at where it is.
                Ok(a) => self.apply(id, call, std::slice::from_ref(a)),
                Err(error) => self.unpaid_call(error),
            },
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

    /// The only argument of a function has failed, which is paid for as a call.
    #[cold]
    fn unpaid_call(&mut self, error: &EvalError) -> Evaluated<'a> {
        self.charge(1)?;
        Err(error.clone())
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
        self.run_code(id, candidate, args)
    }

    /// Runs the code and pays for it. One variable from first to last: the result is made where the caller wants it.
    #[inline(never)]
    fn run_code(&mut self, id: NodeId, candidate: &'a Candidate, args: &[Value<'a>]) -> Evaluated<'a> {
        let mut context = Call { memory_left: &mut self.memory_left };
        let mut result = match &candidate.code {
            Implementation::Function(code) => code(&mut context, args),
            Implementation::Stateful(code) => code(&mut context, args),
            Implementation::BuiltIn => Err(EvalError::no_such_overload()),
        };
        let cost = candidate.cost.of(args, result.as_ref().unwrap_or(&Value::Null));
        if let Err(limit) = self.charge(cost) {
            result = Err(limit);
        } else if result.is_err() {
            result = result.map_err(|error| self.at(id, error));
        }
        result
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
