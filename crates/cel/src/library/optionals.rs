//! Optional values: constructors, accessors, and the overloads of `?` selections.
use super::{Bounds, Functions, Library, Overload};
use crate::{Call, ErrorKind, EvalError, Timestamp, Type, Value, syntax::macros::special::OPTIONAL};

/// `optional.of`, `a.?b`, `optMap` and the others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Optionals;

type Evaluated<'a> = Result<Value<'a>, EvalError>;

impl Library for Optionals {
    fn name(&self) -> &'static str {
        "optionals"
    }

    fn declare(&self, functions: &mut Functions) {
        for definition in OPTIONAL {
            functions.add_macro(definition);
        }
        functions.add_type("optional_type", Type::opaque("optional_type"));
        for (id, signature, example) in DECLARATIONS {
            let overload = Overload::declaration(id, signature).example(example);
            let chooses = matches!(id, "optional_or_optional" | "optional_orValue_value");
            functions.add(if chooses {
                overload.result_size(|sizes| sizes.arg(0).union(sizes.arg(1)))
            } else {
                overload
            });
        }
        let rows: [(&str, &str, crate::Function, &'static str); 9] = [
            ("optional_of", "optional.of(A) -> optional(A)", of, "optional.of(1).hasValue()"),
            (
                "optional_ofNonZeroValue",
                "optional.ofNonZeroValue(A) -> optional(A)",
                of_non_zero,
                "!optional.ofNonZeroValue('').hasValue()",
            ),
            (
                "optional_none",
                "optional.none() -> optional(A)",
                |_, _| Ok(Value::NONE),
                "!optional.none().hasValue()",
            ),
            ("optional_hasValue", "optional(A).hasValue() -> bool", has_value, "optional.of(1).hasValue()"),
            ("optional_value", "optional(A).value() -> A", value, "optional.of(1).value() == 1"),
            ("list_first", "list(A).first() -> optional(A)", first, "[1, 2].first() == optional.of(1)"),
            ("list_last", "list(A).last() -> optional(A)", last, "[1, 2].last() == optional.of(2)"),
            (
                "optional_unwrap",
                "optional.unwrap(list(optional(A))) -> list(A)",
                unwrap,
                "optional.unwrap([optional.of(1), optional.none()]) == [1]",
            ),
            (
                "optional_unwrapOpt",
                "list(optional(A)).unwrapOpt() -> list(A)",
                unwrap,
                "[optional.of(1), optional.none()].unwrapOpt() == [1]",
            ),
        ];
        for (id, signature, code, example) in rows {
            let overload = Overload::new(id, signature, code).example(example);
            functions.add(match id {
                // An optional is as large as what is in it.
                "optional_of" | "optional_value" => overload.result_size(|sizes| sizes.arg(0)),
                "optional_ofNonZeroValue" | "optional_unwrap" | "optional_unwrapOpt" => {
                    overload.result_size(|sizes| sizes.arg(0).up_to().union(Bounds::exactly(1.0)))
                }
                "optional_none" => overload.result_size(|_| Bounds::exactly(1.0)),
                "list_first" | "list_last" => overload.result_size(|sizes| {
                    let item = sizes.argument(0).map_or(Bounds::ANY, |argument| argument.item);
                    item.union(Bounds::exactly(1.0))
                }),
                _ => overload,
            });
        }
    }
}

/// Evaluated as paths, or without their second argument.
const DECLARATIONS: [(&str, &str, &str); 9] = [
    (
        "optional_or_optional",
        "optional(A).or(optional(A)) -> optional(A)",
        "optional.none().or(optional.of(1)) == optional.of(1)",
    ),
    ("optional_orValue_value", "optional(A).orValue(A) -> A", "optional.none().orValue(1) == 1"),
    ("select_optional_field", "_?._(dyn, string) -> optional(A)", "{'a': 1}.?b == optional.none()"),
    ("list_optindex_optional_int", "_[?_](list(A), int) -> optional(A)", "[1][?0] == optional.of(1)"),
    (
        "optional_list_optindex_optional_int",
        "_[?_](optional(list(A)), int) -> optional(A)",
        "optional.of([1])[?1] == optional.none()",
    ),
    ("map_optindex_optional_value", "_[?_](map(A, B), A) -> optional(B)", "{'a': 1}[?'a'] == optional.of(1)"),
    (
        "optional_map_optindex_optional_value",
        "_[?_](optional(map(A, B)), A) -> optional(B)",
        "optional.of({'a': 1})[?'b'] == optional.none()",
    ),
    (
        "optional_list_index_int",
        "_[_](optional(list(A)), int) -> optional(A)",
        "optional.of([1])[0] == optional.of(1)",
    ),
    (
        "optional_map_index_value",
        "_[_](optional(map(A, B)), A) -> optional(B)",
        "optional.of({'a': 1})['a'] == optional.of(1)",
    ),
];

#[expect(clippy::unnecessary_wraps, reason = "the signature of functions")]
fn of<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    Ok(Value::some(args[0].clone()))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of functions")]
fn of_non_zero<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    Ok(if is_zero(&args[0]) { Value::NONE } else { Value::some(args[0].clone()) })
}

fn is_zero(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0) | Value::Optional(None) => true,
        Value::Double(value) => *value == 0.0,
        Value::String(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::Duration(span) => span.0 == 0,
        Value::Timestamp(time) => *time == Timestamp::ZERO,
        _ => false,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of functions")]
fn has_value<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Bool(matches!(args[0], Value::Optional(Some(_)))))
}

fn value<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    match &args[0] {
        Value::Optional(Some(value)) => Ok(value.as_ref().clone()),
        _ => Err(EvalError::new(ErrorKind::NoneValue, "optional.none() dereference")),
    }
}

fn first<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    at(&args[0], 0)
}

fn last<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let Value::List(list) = &args[0] else { return Err(EvalError::no_such_overload()) };
    at(&args[0], list.len().wrapping_sub(1))
}

fn at<'a>(list: &Value<'a>, index: usize) -> Evaluated<'a> {
    let Value::List(list) = list else { return Err(EvalError::no_such_overload()) };
    list.get(index).map_or(Ok(Value::NONE), |item| item.map(Value::some))
}

fn unwrap<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let Value::List(list) = &args[0] else { return Err(EvalError::no_such_overload()) };
    call.reserve_list(list.len())?;
    let mut items = Vec::new();
    for item in list.iter() {
        match item? {
            Value::Optional(Some(value)) => items.push(value.as_ref().clone()),
            Value::Optional(None) => {}
            _ => return Err(EvalError::no_such_overload()),
        }
    }
    Ok(Value::list(items))
}
