//! A second evaluator for tests, as plain as can be: straight down the tree, comprehensions from their parts, every call
//! by its row. It knows nothing of plans, slots, constants, prepared code or costs. Refuses unknown values.
use crate::{
    Call, Checked, Comprehension, Duration, Entries, Entry, Env, EvalError, Expr, ExprId, Implementation,
    Key, List, Literal, Name, Reference, Scope, Type, Value, eval::fits, value::Number,
};
use std::cmp::Ordering;

type Evaluated<'a> = Result<Value<'a>, EvalError>;

pub(super) struct Naive<'n, 'a> {
    env: &'n Env,
    checked: &'n Checked,
    scope: &'n Scope<'n, 'a>,
    locals: Vec<(Name, Evaluated<'a>)>,
    memory: u64,
}

/// Evaluates a checked tree.
pub(super) fn eval<'a>(env: &Env, checked: &Checked, scope: &Scope<'_, 'a>, memory: u64) -> Evaluated<'a> {
    let mut naive = Naive { env, checked, scope, locals: Vec::new(), memory };
    naive.eval(checked.ast().root())
}

impl<'a> Naive<'_, 'a> {
    fn eval(&mut self, id: ExprId) -> Evaluated<'a> {
        let checked = self.checked;
        match checked.ast().expr(id) {
            Expr::Hole => Err(EvalError::invalid("a hole")),
            Expr::Literal(literal) => Ok(constant(literal)),
            Expr::Ident(name) => self.name(id, name),
            Expr::Select { operand, field, test } => self.select(id, *operand, field, *test),
            Expr::Call { function, target, args } => self.call(id, function, *target, args),
            Expr::List { items, optional } => self.list(items, optional),
            Expr::Map { entries } => self.map(entries),
            Expr::Struct { .. } => Err(EvalError::no_such_overload()),
            Expr::Comprehension(fold) => self.comprehension(fold),
        }
    }

    fn name(&mut self, id: ExprId, name: &str) -> Evaluated<'a> {
        if let Some((_, value)) = self.locals.iter().rev().find(|(local, _)| **local == *name) {
            return value.clone();
        }
        match self.checked.reference(id) {
            Some(Reference::Variable(name)) => {
                self.scope.get(name).cloned().ok_or_else(|| EvalError::missing_variable(name))
            }
            Some(Reference::Type(_, ty)) => Ok(Value::Type(ty.clone())),
            _ => Err(EvalError::missing_variable(name)),
        }
    }

    fn select(&mut self, id: ExprId, operand: ExprId, field: &str, test: bool) -> Evaluated<'a> {
        if self.checked.reference(id).is_some() {
            return self.name(id, "");
        }
        let operand = self.eval(operand)?;
        let key = Value::string(field);
        if !test {
            return through(&operand, |value| item(value, &key), false);
        }
        let found = match &operand {
            Value::Optional(None) => None,
            Value::Optional(Some(inner)) => member(inner, &key)?,
            value => member(value, &key)?,
        };
        Ok(Value::Bool(found.is_some()))
    }

    fn call(&mut self, id: ExprId, function: &str, target: Option<ExprId>, args: &[ExprId]) -> Evaluated<'a> {
        match (function, args) {
            ("_&&_", [left, right]) => self.logic(*left, *right, false),
            ("_||_", [left, right]) => self.logic(*left, *right, true),
            ("_?_:_", [condition, yes, no]) => match self.eval(*condition)? {
                Value::Bool(true) => self.eval(*yes),
                Value::Bool(false) => self.eval(*no),
                _ => Err(EvalError::no_such_overload()),
            },
            ("@not_strictly_false", [arg]) => {
                Ok(Value::Bool(!matches!(self.eval(*arg), Ok(Value::Bool(false)))))
            }
            ("or" | "orValue", [other]) if target.is_some() => {
                match self.eval(target.expect("just seen"))? {
                    Value::Optional(None) => self.eval(*other),
                    Value::Optional(Some(value)) if function == "orValue" => Ok(value.as_ref().clone()),
                    some => Ok(some),
                }
            }
            // Where an optional has nothing, there is nothing to look up.
            ("_[_]" | "_[?_]" | "_?._", [operand, _])
                if matches!(self.eval(*operand)?, Value::Optional(None)) =>
            {
                Ok(Value::NONE)
            }
            _ => {
                let is_value = |target: &ExprId| !self.is_namespace(id, *target);
                let ids: Vec<ExprId> =
                    target.filter(is_value).into_iter().chain(args.iter().copied()).collect();
                let values: Vec<Value<'a>> = ids.iter().map(|id| self.eval(*id)).collect::<Result<_, _>>()?;
                self.function(id, function, &values)
            }
        }
    }

    /// Namespaces have no reference of their own, and are no macros' variables.
    fn is_namespace(&self, call: ExprId, target: ExprId) -> bool {
        let Some(Reference::Function(found, _)) = self.checked.reference(call) else { return false };
        let prefix = self.checked.ast().qualified_name(target);
        self.checked.reference(target).is_none()
            && prefix
                .is_some_and(|prefix| found.strip_prefix(&*prefix).is_some_and(|rest| rest.starts_with('.')))
    }

    /// An answer that decides stands against errors on the other side.
    fn logic(&mut self, left: ExprId, right: ExprId, decisive: bool) -> Evaluated<'a> {
        let left = self.eval(left);
        if matches!(left, Ok(Value::Bool(value)) if value == decisive) {
            return left;
        }
        let right = self.eval(right);
        match (left, right) {
            (_, Ok(Value::Bool(value))) if value == decisive => Ok(Value::Bool(decisive)),
            (Ok(Value::Bool(_)), Ok(Value::Bool(_))) => Ok(Value::Bool(!decisive)),
            (Err(error), _) | (_, Err(error)) => Err(error),
            _ => Err(EvalError::no_such_overload()),
        }
    }

    fn function(&mut self, id: ExprId, function: &str, values: &[Value<'a>]) -> Evaluated<'a> {
        match (function, values) {
            ("_[_]", [operand, key]) => through(operand, |value| item(value, key), false),
            ("_[?_]" | "_?._", [operand, key]) => through(operand, |value| item(value, key), true),
            ("cel.@mapInsert", [Value::Map(map), rest @ ..]) => {
                let mut entries: Entries<'a> = Entries::default();
                for (key, value) in map.iter() {
                    entries.insert(key, value?);
                }
                let more = match rest {
                    [Value::Map(more)] => more.iter().map(|(key, value)| Ok((key, value?))).collect(),
                    [key, value] => Ok(vec![(Key::new(key.clone()).ok_or_else(unsupported)?, value.clone())]),
                    _ => Err(EvalError::no_such_overload()),
                };
                for (key, value) in more? {
                    if entries.insert(key, value).is_some() {
                        return Err(EvalError::invalid("insert failed"));
                    }
                }
                Ok(Value::map(entries))
            }
            (_, [left, right]) if function.starts_with('_') || function == "@in" => {
                operate(function, left, right)
            }
            ("!_", [Value::Bool(value)]) => Ok(Value::Bool(!value)),
            ("-_", [Value::Int(value)]) => value.checked_neg().map(Value::Int).ok_or_else(overflow),
            ("-_", [Value::Double(value)]) => Ok(Value::Double(-value)),
            _ => self.row(id, values),
        }
    }

    /// The first overload that takes the arguments.
    fn row(&mut self, id: ExprId, values: &[Value<'a>]) -> Evaluated<'a> {
        let checked = self.checked;
        let Some(Reference::Function(name, ids)) = checked.reference(id) else {
            return Err(EvalError::no_such_overload());
        };
        let overload = self.env.overloads().find(|overload| {
            let signature = &overload.signature;
            signature.function == **name
                && ids.contains(&overload.id)
                && values.iter().zip(&signature.parameters).all(|(value, ty): (_, &Type)| fits(value, ty))
        });
        let mut call = Call { memory_left: &mut self.memory };
        match overload.map(|overload| &overload.implementation) {
            Some(Implementation::Function(code)) => code(&mut call, values),
            Some(Implementation::Stateful(code)) => code(&mut call, values),
            _ => Err(EvalError::no_such_overload()),
        }
    }

    fn list(&mut self, items: &[ExprId], optional: &[u32]) -> Evaluated<'a> {
        let mut out = Vec::new();
        for (index, &id) in items.iter().enumerate() {
            match self.eval(id)? {
                Value::Optional(inner) if optional.contains(&(index as u32)) => {
                    out.extend(inner.map(|inner| inner.as_ref().clone()));
                }
                _ if optional.contains(&(index as u32)) => return Err(EvalError::no_such_overload()),
                value => out.push(value),
            }
        }
        Ok(Value::list(out))
    }

    fn map(&mut self, entries: &[Entry]) -> Evaluated<'a> {
        let mut out: Entries<'a> = Entries::default();
        for entry in entries {
            let (key, value) = (self.eval(entry.key)?, self.eval(entry.value)?);
            let value = match (value, entry.optional) {
                (Value::Optional(None), true) => continue,
                (Value::Optional(Some(inner)), true) => inner.as_ref().clone(),
                (_, true) => return Err(EvalError::no_such_overload()),
                (value, false) => value,
            };
            if out.insert(Key::new(key).ok_or_else(unsupported)?, value).is_some() {
                return Err(EvalError::invalid("repeated key"));
            }
        }
        Ok(Value::map(out))
    }

    /// Errors of the accumulator are values until something needs it.
    fn comprehension(&mut self, fold: &Comprehension) -> Evaluated<'a> {
        let rounds: Vec<(Value<'a>, Evaluated<'a>)> = match self.eval(fold.range)? {
            Value::List(list) => {
                list.iter().enumerate().map(|(index, item)| (Value::Int(index as i64), item)).collect()
            }
            Value::Map(map) => map.iter().map(|(key, value)| (key.value(), value)).collect(),
            _ => return Err(EvalError::no_such_overload()),
        };
        let is_list = matches!(self.checked.ty(fold.range), Type::List(_));
        let mut so_far = self.eval(fold.init);
        let outer = self.locals.len();
        for (first, second) in rounds {
            self.locals.push((fold.accumulator.clone(), so_far.clone()));
            match &fold.variable2 {
                Some(name) => {
                    self.locals.push((fold.variable.clone(), Ok(first)));
                    self.locals.push((name.clone(), second));
                }
                None if is_list => self.locals.push((fold.variable.clone(), second)),
                None => self.locals.push((fold.variable.clone(), Ok(first))),
            }
            let goes_on = !matches!(self.eval(fold.condition), Ok(Value::Bool(false)));
            if goes_on {
                so_far = self.eval(fold.step);
            }
            self.locals.truncate(outer);
            if !goes_on {
                break;
            }
        }
        self.locals.push((fold.accumulator.clone(), so_far));
        let result = self.eval(fold.result);
        self.locals.truncate(outer);
        result
    }
}

fn constant<'a>(literal: &Literal) -> Value<'a> {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(value) => Value::Int(*value),
        Literal::Uint(value) => Value::Uint(*value),
        Literal::Double(value) => Value::Double(*value),
        Literal::String(text) => Value::string(text.clone()),
        Literal::Bytes(bytes) => Value::bytes(bytes.clone()),
    }
}

/// A step from a value, or from what an optional holds; the result is optional then, too.
fn through<'a>(
    operand: &Value<'a>,
    step: impl Fn(&Value<'a>) -> Evaluated<'a>,
    optional: bool,
) -> Evaluated<'a> {
    let (value, optional) = match operand {
        Value::Optional(None) => return Ok(Value::NONE),
        Value::Optional(Some(inner)) => (inner.as_ref(), true),
        value => (value, optional),
    };
    match step(value) {
        Err(error) if optional && error.is_missing() => Ok(Value::NONE),
        Ok(value) if optional => Ok(Value::some(value)),
        other => other,
    }
}

fn item<'a>(value: &Value<'a>, key: &Value<'a>) -> Evaluated<'a> {
    member(value, key)?.ok_or_else(|| EvalError::missing_key("it"))
}

fn member<'a>(value: &Value<'a>, key: &Value<'a>) -> Result<Option<Value<'a>>, EvalError> {
    match value {
        Value::List(list) => {
            let index = match Number::of(key).and_then(Number::integral) {
                Some(Number::Int(index)) => usize::try_from(index).ok(),
                Some(Number::Uint(index)) => usize::try_from(index).ok(),
                _ => return Err(unsupported()),
            };
            index.and_then(|index| list.get(index)).transpose()
        }
        Value::Map(map) => match Key::lookup(key) {
            Some(key) => map.get(&key),
            None if matches!(key, Value::Double(_)) => Ok(None),
            None => Err(unsupported()),
        },
        value => value.member(key.as_str().ok_or_else(EvalError::no_such_overload)?),
    }
}

fn operate<'a>(operator: &str, left: &Value<'a>, right: &Value<'a>) -> Evaluated<'a> {
    // NaN has no order.
    let compared = |test: fn(Ordering) -> bool| {
        left.compare(right)
            .map(|ordering| Value::Bool(test(ordering)))
            .ok_or_else(EvalError::no_such_overload)
    };
    match operator {
        "_==_" => return left.equals(right).map(Value::Bool),
        "_!=_" => return left.equals(right).map(|equal| Value::Bool(!equal)),
        "_<_" => return compared(Ordering::is_lt),
        "_<=_" => return compared(Ordering::is_le),
        "_>_" => return compared(Ordering::is_gt),
        "_>=_" => return compared(Ordering::is_ge),
        _ => {}
    }
    let missing = EvalError::no_such_overload;
    match (operator, left, right) {
        ("@in", item, Value::List(list)) => list.contains(item).map(Value::Bool),
        ("@in", key, map @ Value::Map(_)) => member(map, key).map(|found| Value::Bool(found.is_some())),
        (_, Value::Int(a), Value::Int(b)) => match operator {
            "_+_" => a.checked_add(*b),
            "_-_" => a.checked_sub(*b),
            "_*_" => a.checked_mul(*b),
            "_/_" => a.checked_div(*b),
            "_%_" => a.checked_rem(*b),
            _ => return Err(missing()),
        }
        .map(Value::Int)
        .ok_or_else(overflow),
        (_, Value::Uint(a), Value::Uint(b)) => match operator {
            "_+_" => a.checked_add(*b),
            "_-_" => a.checked_sub(*b),
            "_*_" => a.checked_mul(*b),
            "_/_" => a.checked_div(*b),
            "_%_" => a.checked_rem(*b),
            _ => return Err(missing()),
        }
        .map(Value::Uint)
        .ok_or_else(overflow),
        (_, Value::Double(a), Value::Double(b)) => Ok(Value::Double(match operator {
            "_+_" => a + b,
            "_-_" => a - b,
            "_*_" => a * b,
            "_/_" => a / b,
            _ => return Err(missing()),
        })),
        ("_+_", Value::String(a), Value::String(b)) => Ok(Value::string(format!("{}{}", &**a, &**b))),
        ("_+_", Value::Bytes(a), Value::Bytes(b)) => Ok(Value::bytes([&**a, &**b].concat())),
        ("_+_", Value::List(a), Value::List(b)) => {
            Ok(Value::List(List::Shared([a.to_vec()?, b.to_vec()?].concat().into())))
        }
        ("_+_", Value::Duration(a), Value::Duration(b)) => {
            a.0.checked_add(b.0).map(|nanos| Value::Duration(Duration(nanos))).ok_or_else(overflow)
        }
        ("_-_", Value::Duration(a), Value::Duration(b)) => {
            a.0.checked_sub(b.0).map(|nanos| Value::Duration(Duration(nanos))).ok_or_else(overflow)
        }
        ("_+_", Value::Timestamp(time), Value::Duration(span))
        | ("_+_", Value::Duration(span), Value::Timestamp(time)) => {
            time.checked_add(*span).map(Value::Timestamp).ok_or_else(overflow)
        }
        ("_-_", Value::Timestamp(time), Value::Duration(span)) => {
            time.checked_sub(*span).map(Value::Timestamp).ok_or_else(overflow)
        }
        ("_-_", Value::Timestamp(a), Value::Timestamp(b)) => {
            a.since(*b).map(Value::Duration).ok_or_else(overflow)
        }
        _ => Err(missing()),
    }
}

fn overflow() -> EvalError {
    EvalError::invalid("no result")
}

fn unsupported() -> EvalError {
    EvalError::invalid("unsupported key")
}
