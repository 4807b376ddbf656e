//! Which type may stand for which: assignability under a growing substitution of type parameters.
use crate::Type;

/// Numbers below belong to declarations; the checker's own parameters start here.
const FIRST_FRESH: u32 = 26;

/// What type parameters stand for, with a trail to undo failed attempts.
#[derive(Debug)]
pub(super) struct Substitution {
    bound: Vec<Option<Type>>,
    trail: Vec<(u32, Option<Type>)>,
    fresh: u32,
}

impl Substitution {
    pub(super) fn new() -> Self {
        Self { bound: Vec::new(), trail: Vec::new(), fresh: FIRST_FRESH }
    }

    /// A type parameter that nobody else has.
    pub(super) fn fresh(&mut self) -> Type {
        self.fresh += 1;
        Type::Param(self.fresh - 1)
    }

    /// The first of `count` consecutive fresh parameters.
    pub(super) fn fresh_range(&mut self, count: u32) -> u32 {
        self.fresh += count;
        self.fresh - count
    }

    fn find(&self, ty: &Type) -> Option<&Type> {
        match ty {
            Type::Param(index) => self.bound.get(*index as usize)?.as_ref(),
            _ => None,
        }
    }

    fn bind(&mut self, param: &Type, ty: Type) {
        if let Type::Param(index) = param {
            let at = *index as usize;
            if self.bound.len() <= at {
                self.bound.resize(at + 1, None);
            }
            let before = self.bound[at].replace(ty);
            self.trail.push((*index, before));
        }
    }

    /// Runs `attempt`, and undoes what it bound when it answers false.
    fn attempt(&mut self, attempt: impl FnOnce(&mut Self) -> bool) -> bool {
        let start = self.trail.len();
        let done = attempt(self);
        if !done {
            for (index, before) in self.trail.drain(start..).rev() {
                self.bound[index as usize] = before;
            }
        }
        done
    }

    /// Whether a value of type `from` may stand where `to` is wanted; binds parameters when it may.
    pub(super) fn assign(&mut self, to: &Type, from: &Type) -> bool {
        self.attempt(|this| this.assignable(to, from))
    }

    /// [`assign`](Self::assign) for arguments and parameters in pairs.
    pub(super) fn assign_all<'t>(&mut self, mut pairs: impl Iterator<Item = (&'t Type, Type)>) -> bool {
        self.attempt(|this| pairs.all(|(arg, parameter)| this.assignable(arg, &parameter)))
    }

    fn assignable(&mut self, t1: &Type, t2: &Type) -> bool {
        if matches!(t2, Type::Param(_)) {
            match self.stands_for(t1, t2) {
                (true, _) => return true,
                (false, true) => return false,
                (false, false) => {}
            }
        }
        if matches!(t1, Type::Param(_)) {
            return self.stands_for(t2, t1).0;
        }
        match (t1, t2) {
            (Type::Dyn | Type::Error, _) | (_, Type::Dyn | Type::Error) | (Type::Type(_), Type::Type(_)) => {
                true
            }
            (Type::Null, other) | (other, Type::Null) => matches!(
                other,
                Type::Null
                    | Type::Struct(_)
                    | Type::Opaque(_)
                    | Type::Optional(_)
                    | Type::Timestamp
                    | Type::Duration
            ),
            (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => self.assignable(a, b),
            (Type::Map(k1, v1), Type::Map(k2, v2)) => self.assignable(k1, k2) && self.assignable(v1, v2),
            (Type::Opaque(a), Type::Opaque(b)) => {
                a.name == b.name
                    && a.parameters.len() == b.parameters.len()
                    && a.parameters.iter().zip(&b.parameters).all(|(a, b)| self.assignable(a, b))
            }
            (a, b) => a == b,
        }
    }

    /// Whether `ty` may be what `param` stands for, and whether `param` stands for something already.
    fn stands_for(&mut self, ty: &Type, param: &Type) -> (bool, bool) {
        if ty == param {
            return (true, true);
        }
        if let Some(bound) = self.find(param).cloned() {
            if *ty == bound {
                return (true, true);
            }
            if self.assignable(ty, &bound) {
                let general = most_general(ty, &bound).clone();
                if self.absent(param, &general) {
                    self.bind(param, general);
                }
                return (true, true);
            }
            return (false, true);
        }
        let absent = self.absent(param, ty);
        if absent {
            self.bind(param, ty.clone());
        }
        (absent, false)
    }

    /// Whether `param` does not occur within `ty`.
    fn absent(&self, param: &Type, ty: &Type) -> bool {
        if param == ty {
            return false;
        }
        if let Type::Param(_) = ty {
            return self.find(ty).is_none_or(|bound| self.absent(param, bound));
        }
        ty.parameters().all(|inner| self.absent(param, inner))
    }

    /// `ty` with every bound parameter replaced; with `open` also the others stay, else they become `dyn`.
    pub(super) fn apply(&self, ty: &Type, open: bool) -> Type {
        if let Some(bound) = self.find(ty) {
            return self.apply(bound, open);
        }
        match ty {
            Type::Param(_) if !open => Type::Dyn,
            Type::List(_) | Type::Map(..) | Type::Optional(_) | Type::Opaque(_) | Type::Type(_)
                if ty.has_params() =>
            {
                ty.map_parameters(|inner| self.apply(inner, open))
            }
            other => other.clone(),
        }
    }
}

/// The less specific of two types that agree.
pub(super) fn most_general<'t>(t1: &'t Type, t2: &'t Type) -> &'t Type {
    if equal_or_less_specific(t1, t2) { t1 } else { t2 }
}

fn equal_or_less_specific(t1: &Type, t2: &Type) -> bool {
    match (t1, t2) {
        (Type::Dyn | Type::Param(_), _) | (Type::Type(_), Type::Type(_)) => true,
        (_, Type::Dyn | Type::Param(_)) => false,
        (Type::List(a), Type::List(b)) | (Type::Optional(a), Type::Optional(b)) => {
            equal_or_less_specific(a, b)
        }
        (Type::Map(k1, v1), Type::Map(k2, v2)) => {
            equal_or_less_specific(k1, k2) && equal_or_less_specific(v1, v2)
        }
        (Type::Opaque(a), Type::Opaque(b)) => {
            a.name == b.name
                && a.parameters.len() == b.parameters.len()
                && a.parameters.iter().zip(&b.parameters).all(|(a, b)| equal_or_less_specific(a, b))
        }
        (a, b) => a == b,
    }
}

/// A declared type with its parameters numbered from `first` on.
pub(super) fn instantiate(ty: &Type, first: u32) -> Type {
    match ty {
        Type::Param(index) => Type::Param(first + index),
        ty if ty.has_params() => ty.map_parameters(|inner| instantiate(inner, first)),
        ty => ty.clone(),
    }
}
