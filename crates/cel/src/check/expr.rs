//! One rule per kind of expression.
use super::{Reference, names::Locals, suggest, unify::Substitution};
use crate::{
    Ast, Comprehension, Entry, Env, Expr, ExprId, Field, Issue, Literal, Mistake, Name, Stage, Type,
};

pub(super) struct Checker<'c> {
    pub(super) env: &'c Env,
    pub(super) substitution: Substitution,
    ast: &'c Ast,
    types: Vec<Type>,
    references: Vec<Option<Reference>>,
    issues: Vec<Issue>,
    locals: Locals,
    /// How many calls of `format` we are inside of: their arguments may be of any types.
    pub(super) formats: u32,
}

impl<'c> Checker<'c> {
    pub(super) fn new(env: &'c Env, ast: &'c Ast) -> Self {
        Self {
            env,
            substitution: Substitution::new(),
            ast,
            types: vec![Type::Dyn; ast.len()],
            references: vec![None; ast.len()],
            issues: Vec::new(),
            locals: Locals::default(),
            formats: 0,
        }
    }

    /// Types without parameters, references, findings.
    pub(super) fn finish(mut self) -> (Vec<Type>, Vec<Option<Reference>>, Vec<Issue>) {
        for ty in &mut self.types {
            if ty.has_params() {
                *ty = self.substitution.apply(ty, false);
            }
        }
        (self.types, self.references, self.issues)
    }

    pub(super) fn check(&mut self, id: ExprId) {
        let ast = self.ast;
        let ty = match ast.expr(id) {
            Expr::Hole => Type::Error,
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(name) => self.ident(id, name),
            Expr::Select { operand, field, test } => self.select(id, *operand, field, *test),
            Expr::Call { function, target, args } => self.call(id, function, *target, args),
            Expr::List { items, optional } => self.list(items, optional),
            Expr::Map { entries } => self.map(entries),
            Expr::Struct { name, fields } => self.structure(id, name, fields),
            Expr::Comprehension(fold) => self.comprehension(fold),
        };
        self.types[id.index()] = ty;
    }

    #[inline(never)]
    fn ident(&mut self, id: ExprId, name: &str) -> Type {
        if let Some(ty) = self.locals.get(name) {
            let ty = ty.clone();
            self.refer(id, Reference::Variable(name.into()));
            return ty;
        }
        match self.env.resolve(name) {
            Some((reference, ty)) => {
                self.refer(id, reference);
                ty
            }
            None => {
                let suggestions = suggest(name, self.env.variables().chain(self.locals.names()));
                self.undeclared(id, name, suggestions);
                Type::Error
            }
        }
    }

    #[inline(never)]
    fn select(&mut self, id: ExprId, operand: ExprId, field: &str, test: bool) -> Type {
        if !test
            && let Some(name) = self.global_name(id)
            && let Some((reference, ty)) = self.env.resolve(&name)
        {
            self.refer(id, reference);
            return ty;
        }
        let ty = self.field(id, operand, field, false);
        if test { Type::Bool } else { ty }
    }

    /// The dotted name an expression spells, unless it starts at a local.
    #[inline(never)]
    fn global_name(&self, id: ExprId) -> Option<String> {
        let name = self.ast.qualified_name(id)?;
        let root = name.split('.').next().unwrap_or_default();
        self.locals.get(root).is_none().then_some(name)
    }

    /// The type of a field, `optional` as in `operand.?field`.
    #[inline(never)]
    fn field(&mut self, id: ExprId, operand: ExprId, field: &str, optional: bool) -> Type {
        self.check(operand);
        let operand_type = self.substitution.apply(&self.types[operand.index()], true);
        let (target, is_optional) = unwrap_optional(&operand_type);
        let result = match target {
            Type::Map(_, value) => (**value).clone(),
            Type::Struct(name) => self.struct_field(id, name, field).unwrap_or(Type::Error),
            Type::Param(_) => {
                self.substitution.assign(&Type::Dyn, target);
                Type::Dyn
            }
            Type::Dyn | Type::Error => Type::Dyn,
            other => {
                self.issue(id, Mistake::NoFields(other.clone()));
                Type::Dyn
            }
        };
        let result = if is_optional || optional { Type::optional(result) } else { result };
        self.substitution.apply(&result, true)
    }

    #[inline(never)]
    fn struct_field(&mut self, id: ExprId, ty: &str, field: &str) -> Option<Type> {
        let span = self.ast.span(id);
        self.field_type(span.start..span.end, span.at, ty, field)
    }

    #[inline(never)]
    fn field_type(&mut self, span: std::ops::Range<u32>, at: u32, ty: &str, field: &str) -> Option<Type> {
        if let Some(found) = self.env.types.field(ty, field) {
            return Some(found);
        }
        let (mistake, suggestions) = match self.env.types.fields(ty) {
            Some(fields) => (
                Mistake::NoField { ty: ty.into(), field: field.into() },
                suggest(field, fields.iter().map(|name| &**name)),
            ),
            None => (format!("unexpected failed resolution of '{ty}'").into(), Vec::new()),
        };
        self.issues.push(Issue { suggestions, ..Issue::new(Stage::Check, span, at, mistake) });
        None
    }

    #[inline(never)]
    fn call(&mut self, id: ExprId, function: &Name, target: Option<ExprId>, args: &[ExprId]) -> Type {
        match (&**function, args) {
            ("_?._", [operand, field]) => return self.optional_select(id, *operand, *field),
            ("cel.@block", [slots, body]) => return self.block(id, *slots, *body),
            _ => {}
        }
        let format = u32::from(&**function == "format");
        self.formats += format;
        for &arg in args {
            self.check(arg);
        }
        self.formats -= format;
        if let Some(target) = target {
            if let Some(prefix) = self.global_name(target)
                && let Some(found) = self.env.function(&format!("{prefix}.{function}"))
            {
                return self.resolve(id, found, None, args);
            }
            self.check(target);
        }
        match self.env.function(function) {
            Some(found) => self.resolve(id, found, target, args),
            None => {
                let suggestions =
                    suggest(function, self.env.declarations.functions.keys().map(String::as_str));
                self.undeclared(id, function, suggestions);
                Type::Error
            }
        }
    }

    #[inline(never)]
    fn optional_select(&mut self, id: ExprId, operand: ExprId, field: ExprId) -> Type {
        self.check(field);
        let Expr::Literal(Literal::String(name)) = self.ast.expr(field) else {
            self.issue(field, "unsupported optional field selection");
            return Type::Error;
        };
        let ty = self.field(id, operand, name, true);
        self.refer(id, Reference::Function("_?._".into(), vec!["select_optional_field".into()]));
        ty
    }

    /// `cel.@block([a, b], body)`: each slot is `@index0`, `@index1`, .. of type `dyn`.
    #[inline(never)]
    fn block(&mut self, id: ExprId, slots: ExprId, body: ExprId) -> Type {
        let Expr::List { items, .. } = self.ast.expr(slots) else {
            self.issue(slots, "cel.block requires the first arg to be a list literal");
            return Type::Error;
        };
        let depth = self.locals.depth();
        for index in 0..items.len() {
            self.locals.push(format!("@index{index}").into(), Type::Dyn);
        }
        self.check(slots);
        self.check(body);
        self.locals.truncate(depth);
        self.refer(id, Reference::Function("cel.@block".into(), vec!["cel_block_list".into()]));
        self.ty(body)
    }

    #[inline(never)]
    fn list(&mut self, items: &[ExprId], optional: &[u32]) -> Type {
        let mut joined = None;
        for (index, &item) in items.iter().enumerate() {
            self.check(item);
            let mut ty = self.ty(item);
            if optional.contains(&(index as u32)) {
                ty = self.inside_optional(item, &ty);
            }
            joined = Some(self.join(item, joined, ty));
        }
        Type::list(joined.unwrap_or_else(|| self.substitution.fresh()))
    }

    #[inline(never)]
    fn map(&mut self, entries: &[Entry]) -> Type {
        let (mut keys, mut values) = (None, None);
        for entry in entries {
            self.check(entry.key);
            let key = self.ty(entry.key);
            keys = Some(self.join(entry.key, keys, key));
            self.check(entry.value);
            let mut value = self.ty(entry.value);
            if entry.optional {
                value = self.inside_optional(entry.value, &value);
            }
            values = Some(self.join(entry.value, values, value));
        }
        let keys = keys.unwrap_or_else(|| self.substitution.fresh());
        let values = values.unwrap_or_else(|| self.substitution.fresh());
        Type::map(keys, values)
    }

    /// The type inside the optional that a `?` entry must be.
    fn inside_optional(&mut self, id: ExprId, ty: &Type) -> Type {
        let (inner, is_optional) = unwrap_optional(ty);
        if !is_optional && !ty.is_dyn() {
            self.mismatch(id, &Type::optional(ty.clone()), ty);
        }
        inner.clone()
    }

    #[inline(never)]
    fn structure(&mut self, id: ExprId, name: &str, fields: &[Field]) -> Type {
        let Some((reference, ty)) = self.env.resolve(name) else {
            self.undeclared(id, name, Vec::new());
            return Type::Error;
        };
        self.refer(id, reference);
        let result = match &ty {
            Type::Type(inner) if matches!(**inner, Type::Struct(_)) => (**inner).clone(),
            Type::Type(inner) => {
                self.issue(id, format!("'{}' is not a message type", inner.name()));
                Type::Error
            }
            other => {
                self.issue(id, format!("'{other}' is not a type"));
                Type::Error
            }
        };
        for field in fields {
            self.check(field.value);
            let mut given = self.ty(field.value);
            if field.optional {
                given = self.inside_optional(field.value, &given);
            }
            let span = self.ast.span(field.value);
            let wanted = match &result {
                Type::Struct(name) => self.field_type(field.at..span.end, field.at, name, &field.name),
                _ => None,
            };
            let Some(wanted) = wanted else { continue };
            if !self.substitution.assign(&wanted, &given) {
                let given = self.substitution.apply(&given, false);
                let message = format!(
                    "expected type of field '{}' is '{wanted}' but provided type is '{given}'",
                    field.name
                );
                self.issues.push(Issue::new(Stage::Check, field.at..span.end, field.at, message));
            }
        }
        result
    }

    #[inline(never)]
    fn comprehension(&mut self, fold: &Comprehension) -> Type {
        self.check(fold.range);
        self.check(fold.init);
        let range = self.substitution.apply(&self.types[fold.range.index()], true);
        let two = fold.variable2.is_some();
        let (first, second) = match &range {
            Type::List(item) if two => (Type::Int, (**item).clone()),
            Type::List(item) => ((**item).clone(), Type::Dyn),
            Type::Map(key, value) => ((**key).clone(), (**value).clone()),
            Type::Dyn | Type::Error | Type::Param(_) => {
                self.substitution.assign(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                self.issue(fold.range, Mistake::NotIterable(other.clone()));
                (Type::Error, Type::Error)
            }
        };
        let outer = self.locals.depth();
        let accumulator = self.ty(fold.init);
        self.locals.push(fold.accumulator.clone(), accumulator.clone());
        let inner = self.locals.depth();
        self.locals.push(fold.variable.clone(), first);
        if let Some(name) = &fold.variable2 {
            self.locals.push(name.clone(), second);
        }
        self.check(fold.condition);
        self.assert_type(fold.condition, &Type::Bool);
        self.check(fold.step);
        self.assert_type(fold.step, &accumulator);
        self.locals.truncate(inner);
        self.check(fold.result);
        self.locals.truncate(outer);
        self.substitution.apply(&self.types[fold.result.index()], true)
    }

    /// The type found for an expression.
    pub(super) fn ty(&self, id: ExprId) -> Type {
        self.types[id.index()].clone()
    }

    pub(super) fn refer(&mut self, id: ExprId, reference: Reference) {
        self.references[id.index()] = Some(reference);
    }

    /// Reports an expression that is not of the wanted type.
    pub(super) fn assert_type(&mut self, id: ExprId, wanted: &Type) -> bool {
        let found = self.ty(id);
        let fits = self.substitution.assign(wanted, &found);
        if !fits {
            self.mismatch(id, wanted, &found);
        }
        fits
    }

    pub(super) fn mismatch(&mut self, id: ExprId, wanted: &Type, found: &Type) {
        let expected = self.substitution.apply(wanted, false);
        let found = self.substitution.apply(found, false);
        self.issue(id, Mistake::Mismatch { expected, found });
    }

    pub(super) fn issue(&mut self, id: ExprId, mistake: impl Into<Mistake>) {
        let span = self.ast.span(id);
        self.issues.push(Issue::new(Stage::Check, span.start..span.end, span.at, mistake));
    }

    #[inline(never)]
    fn undeclared(&mut self, id: ExprId, name: &str, suggestions: Vec<String>) {
        let span = self.ast.span(id);
        let mistake = Mistake::Undeclared { name: name.into(), container: self.env.container.clone() };
        let issue = Issue::new(Stage::Check, span.start..span.end, span.at, mistake);
        self.issues.push(Issue { suggestions, ..issue });
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}

fn unwrap_optional(ty: &Type) -> (&Type, bool) {
    match ty {
        Type::Optional(inner) => (inner, true),
        other => (other, false),
    }
}
