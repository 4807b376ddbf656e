//! `runtime.newCondition` and `runtime.condition`: status conditions as values. Which conditions are published, and
//! when, is not decided here.

use std::{any::Any, sync::Arc};

use kro_cel::{
    Entry, EvalError, Expansion, Expr, ExprId, Functions, Library, Literal, Macro, MacroError, Opaque,
    Overload, Type, Types, Value,
    library::arguments::{map, text},
};

/// The variable whose members these functions are.
pub const RUNTIME: &str = "runtime";

/// The name of a condition's type.
pub const CONDITION: &str = "kro.run.Condition";

/// The name of the type of [`RUNTIME`].
const HANDLE: &str = "kro.run.Runtime";

const FIELDS: [&str; 4] = ["type", "status", "reason", "message"];

/// `runtime.newCondition` and `runtime.condition`.
#[derive(Debug, Clone, Copy)]
pub struct Runtime;

/// The value of the variable [`RUNTIME`].
#[derive(Debug, Clone, Copy)]
pub struct RuntimeHandle;

/// A status condition. An empty one stands for one that is not there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Condition {
    /// CamelCase name, unique among an object's conditions.
    pub ty: Arc<str>,
    /// `True`, `False` or `Unknown`; empty when the condition is not there.
    pub status: Arc<str>,
    /// CamelCase reason.
    pub reason: Arc<str>,
    /// For people.
    pub message: Arc<str>,
}

/// Struct types with the type of conditions in front.
#[derive(Debug)]
pub struct ConditionTypes(pub Arc<dyn Types>);

impl Runtime {
    /// The type of the variable [`RUNTIME`].
    pub fn handle_type() -> Type {
        Type::opaque(HANDLE)
    }

    /// The type of conditions.
    pub fn condition_type() -> Type {
        Type::structure(CONDITION)
    }
}

impl Library for Runtime {
    fn name(&self) -> &'static str {
        "kro.runtime"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_macro(Macro {
            function: "newCondition",
            member: true,
            arguments: Some(1),
            usage: "runtime.newCondition({type: .., ..})",
            example: "runtime.newCondition({type: 'Done', status: 'True'}).type == 'Done'",
            expand,
        });
        let made = Overload::new(
            "runtime_new_condition",
            "<kro.run.Runtime>.newCondition(map(string, string)) -> struct(kro.run.Condition)",
            |_, args| {
                let fields = map(args, 1)?;
                let field = |name| -> Result<Arc<str>, EvalError> {
                    Ok(fields.member(name)?.as_ref().and_then(Value::as_str).unwrap_or_default().into())
                };
                new_condition(Condition {
                    ty: field("type")?,
                    status: field("status")?,
                    reason: field("reason")?,
                    message: field("message")?,
                })
            },
        );
        functions.add(made.example("runtime.newCondition({type: 'Done', status: 'True'}).status == 'True'"));
        let found = Overload::new(
            "runtime_condition",
            "<kro.run.Runtime>.condition(dyn, string) -> struct(kro.run.Condition)",
            |_, args| {
                let object = args.get(1).ok_or_else(EvalError::no_such_overload)?;
                Ok(Value::opaque(find_condition(object, text(args, 2)?)?))
            },
        );
        functions.add(found.example(
            "runtime.condition({'status': {'conditions': [{'type': 'Ready', 'status': 'True'}]}}, 'Ready').status == 'True'",
        ));
    }
}

fn new_condition<'a>(condition: Condition) -> Result<Value<'a>, EvalError> {
    if condition.ty.is_empty() {
        return Err(EvalError::invalid("runtime.newCondition: type must not be empty"));
    }
    if !["True", "False", "Unknown"].contains(&&*condition.status) {
        return Err(EvalError::invalid(format!(
            "runtime.newCondition: status must be one of True, False, Unknown (got {:?})",
            condition.status
        )));
    }
    Ok(Value::opaque(condition))
}

/// The first condition of this type in `status.conditions`; an empty one when there is none.
fn find_condition(object: &Value<'_>, ty: &str) -> Result<Condition, EvalError> {
    let wrong = |what: &str| EvalError::invalid(format!("runtime.condition: {what}"));
    if !matches!(object, Value::Map(_)) {
        return Err(wrong("the first argument must be an object"));
    }
    let conditions = match object.member("status")? {
        None => None,
        Some(status @ Value::Map(_)) => status.member("conditions")?,
        Some(_) => return Err(wrong("status must be an object")),
    };
    let conditions = match conditions {
        None => return Ok(Condition::default()),
        Some(Value::List(conditions)) => conditions,
        Some(_) => return Err(wrong("status.conditions must be a list")),
    };
    for item in conditions.iter() {
        let item = item?;
        let field = |name| -> Result<Arc<str>, EvalError> {
            let member = if matches!(item, Value::Map(_)) { item.member(name)? } else { None };
            Ok(member.as_ref().and_then(Value::as_str).unwrap_or_default().into())
        };
        if *field("type")? == *ty {
            return Ok(Condition {
                ty: ty.into(),
                status: field("status")?,
                reason: field("reason")?,
                message: field("message")?,
            });
        }
    }
    Ok(Condition::default())
}

/// `runtime.newCondition({type: t, …})`: the keys are names, not expressions.
fn expand(call: &mut Expansion<'_>) -> Result<Option<ExprId>, MacroError> {
    let (Some(target), [argument]) = (call.target(), call.args()) else { return Ok(None) };
    let argument = *argument;
    if call.simple_name(target).is_none_or(|name| *name != *RUNTIME) {
        return Ok(None);
    }
    let error = |at, message: String| MacroError::new(at, format!("runtime.newCondition: {message}"));
    let Expr::Map { entries } = call.ast().expr(argument) else {
        return Err(error(argument, "argument must be a map literal".to_owned()));
    };
    let mut seen: Vec<&'static str> = vec![];
    let mut rewritten = vec![];
    for entry in entries.clone() {
        let Some(name) = call.simple_name(entry.key) else {
            return Err(error(entry.key, "keys must be bare identifiers".to_owned()));
        };
        let Some(field) = FIELDS.into_iter().find(|field| *field == &*name) else {
            return Err(error(entry.key, format!("unknown key \"{name}\"")));
        };
        if seen.contains(&field) {
            return Err(error(entry.key, format!("duplicate key \"{name}\"")));
        }
        seen.push(field);
        rewritten.push(Entry { key: call.literal(Literal::String(field.into())), ..entry });
    }
    if let Some(missing) = ["type", "status"].into_iter().find(|field| !seen.contains(field)) {
        return Err(error(argument, format!("'{missing}' is required")));
    }
    let fields = call.map(rewritten);
    Ok(Some(call.member_call("newCondition", target, vec![fields])))
}

impl Opaque for RuntimeHandle {
    fn type_name(&self) -> &'static str {
        HANDLE
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, EvalError> {
        Ok((other as &dyn Any).is::<Self>())
    }
}

impl Opaque for Condition {
    fn type_name(&self) -> &'static str {
        CONDITION
    }

    fn ty(&self) -> Type {
        Runtime::condition_type()
    }

    fn equals(&self, other: &dyn Opaque) -> Result<bool, EvalError> {
        let other = (other as &dyn Any).downcast_ref::<Self>();
        other.map(|other| self == other).ok_or_else(EvalError::no_such_overload)
    }

    fn member(&self, name: &str) -> Option<Value<'static>> {
        let text = match name {
            "type" => &self.ty,
            "status" => &self.status,
            "reason" => &self.reason,
            "message" => &self.message,
            _ => return None,
        };
        Some(Value::string(text.clone()))
    }
}

impl Types for ConditionTypes {
    fn contains(&self, name: &str) -> bool {
        name == CONDITION || self.0.contains(name)
    }

    fn field(&self, ty: &str, field: &str) -> Option<Type> {
        if ty == CONDITION {
            return FIELDS.contains(&field).then_some(Type::String);
        }
        self.0.field(ty, field)
    }

    fn fields(&self, ty: &str) -> Option<Vec<Arc<str>>> {
        if ty == CONDITION {
            return Some(FIELDS.into_iter().map(Arc::from).collect());
        }
        self.0.fields(ty)
    }
}
