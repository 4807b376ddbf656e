//! Calls: which overloads may take the arguments, and what type the call has then.
use super::{
    Reference,
    expr::Checker,
    unify::{instantiate, most_general},
};
use crate::{ExprId, Mistake, Overload, Type};
use std::sync::Arc;

impl Checker<'_> {
    /// A call whose arguments are checked already.
    #[inline(never)]
    pub(super) fn resolve(
        &mut self,
        call: ExprId,
        (function, overloads): (&str, &[Arc<Overload>]),
        target: Option<ExprId>,
        args: &[ExprId],
    ) -> Type {
        if matches!(function, "_&&_" | "_||_") {
            return self.logic(call, function, args);
        }
        let arg_types: Vec<Type> = target.iter().chain(args).map(|id| self.ty(*id)).collect();
        let mut result: Option<Type> = None;
        let mut ids = Vec::new();
        for overload in overloads {
            let signature = &overload.signature;
            if signature.member != target.is_some()
                || signature.parameters.len() != arg_types.len()
                || self.is_disabled(overload)
            {
                continue;
            }
            let first = self.substitution.fresh_range(26);
            let parameters = signature.parameters.iter().map(|parameter| instantiate(parameter, first));
            if !self.substitution.assign_all(arg_types.iter().zip(parameters)) {
                continue;
            }
            ids.push(overload.id.clone());
            let this = self.substitution.apply(&instantiate(&signature.result, first), true);
            result = Some(match result {
                None => this,
                Some(before) if before.is_dyn() || before == this => before,
                Some(_) => Type::Dyn,
            });
        }
        let Some(result) = result else {
            let mut arguments = arg_types.iter().map(|ty| self.substitution.apply(ty, false));
            let receiver = target.and_then(|_| arguments.next());
            let arguments = arguments.collect();
            self.issue(call, Mistake::NoOverload { function: function.into(), receiver, arguments });
            return Type::Error;
        };
        self.refer(call, Reference::Function(function.into(), ids));
        result
    }

    /// `&&` and `||` report each operand that is no boolean.
    #[inline(never)]
    fn logic(&mut self, call: ExprId, function: &str, args: &[ExprId]) -> Type {
        let mut result = Type::Bool;
        for &arg in args {
            if !self.assert_type(arg, &Type::Bool) {
                result = Type::Error;
            }
        }
        if result == Type::Bool {
            let id = if function == "_&&_" { "logical_and" } else { "logical_or" };
            self.refer(call, Reference::Function(function.into(), vec![id.into()]));
        }
        result
    }

    /// Comparisons between different kinds of numbers are a dialect.
    fn is_disabled(&self, overload: &Overload) -> bool {
        !self.env.options.mixed_comparisons
            && matches!(&*overload.signature.function, "_<_" | "_<=_" | "_>_" | "_>=_")
            && overload.signature.parameters[0] != overload.signature.parameters[1]
    }

    /// The common type of the items of a literal.
    #[inline(never)]
    pub(super) fn join(&mut self, id: ExprId, before: Option<Type>, this: Type) -> Type {
        let Some(before) = before else { return this };
        if self.substitution.assign(&before, &this) {
            return most_general(&before, &this).clone();
        }
        if !self.env.options.homogeneous_literals || self.formats > 0 {
            return Type::Dyn;
        }
        self.mismatch(id, &before, &this);
        Type::Error
    }
}
