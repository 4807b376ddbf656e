//! The standard library of the language: operators, macros, sizes, text, conversions, time.
use super::{Cost, Functions, Library, Overload};
use crate::{Call, EvalError, Value, syntax::macros::folds::STANDARD};
use std::sync::Arc;

mod convert;
mod time;

/// Everything the language specification has, except protobuf.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standard;

impl Library for Standard {
    fn name(&self) -> &'static str {
        "standard"
    }

    fn declare(&self, functions: &mut Functions) {
        for definition in STANDARD {
            functions.add_macro(definition);
        }
        for (id, signature) in OPERATORS {
            functions.add(operator(id, signature));
        }
        comparisons(functions);
        text(functions);
        sizes(functions);
        convert::declare(functions);
        time::declare(functions);
    }
}

/// Operators have their code and price in the evaluator.
const OPERATORS: [(&str, &str); 43] = [
    ("conditional", "_?_:_(bool, A, A) -> A"),
    ("logical_and", "_&&_(bool, bool) -> bool"),
    ("logical_or", "_||_(bool, bool) -> bool"),
    ("logical_not", "!_(bool) -> bool"),
    ("not_strictly_false", "@not_strictly_false(bool) -> bool"),
    ("equals", "_==_(A, A) -> bool"),
    ("not_equals", "_!=_(A, A) -> bool"),
    ("add_bytes", "_+_(bytes, bytes) -> bytes"),
    ("add_double", "_+_(double, double) -> double"),
    ("add_duration_duration", "_+_(duration, duration) -> duration"),
    ("add_duration_timestamp", "_+_(duration, timestamp) -> timestamp"),
    ("add_timestamp_duration", "_+_(timestamp, duration) -> timestamp"),
    ("add_int64", "_+_(int, int) -> int"),
    ("add_list", "_+_(list(A), list(A)) -> list(A)"),
    ("add_string", "_+_(string, string) -> string"),
    ("add_uint64", "_+_(uint, uint) -> uint"),
    ("subtract_double", "_-_(double, double) -> double"),
    ("subtract_duration_duration", "_-_(duration, duration) -> duration"),
    ("subtract_int64", "_-_(int, int) -> int"),
    ("subtract_timestamp_duration", "_-_(timestamp, duration) -> timestamp"),
    ("subtract_timestamp_timestamp", "_-_(timestamp, timestamp) -> duration"),
    ("subtract_uint64", "_-_(uint, uint) -> uint"),
    ("multiply_double", "_*_(double, double) -> double"),
    ("multiply_int64", "_*_(int, int) -> int"),
    ("multiply_uint64", "_*_(uint, uint) -> uint"),
    ("divide_double", "_/_(double, double) -> double"),
    ("divide_int64", "_/_(int, int) -> int"),
    ("divide_uint64", "_/_(uint, uint) -> uint"),
    ("modulo_int64", "_%_(int, int) -> int"),
    ("modulo_uint64", "_%_(uint, uint) -> uint"),
    ("negate_double", "-_(double) -> double"),
    ("negate_int64", "-_(int) -> int"),
    ("index_list", "_[_](list(A), int) -> A"),
    ("index_map", "_[_](map(A, B), A) -> B"),
    ("in_list", "@in(A, list(A)) -> bool"),
    ("in_map", "@in(A, map(A, B)) -> bool"),
    ("less_bool", "_<_(bool, bool) -> bool"),
    ("less_equals_bool", "_<=_(bool, bool) -> bool"),
    ("greater_bool", "_>_(bool, bool) -> bool"),
    ("greater_equals_bool", "_>=_(bool, bool) -> bool"),
    ("map_insert_entry", "cel.@mapInsert(map(A, B), A, B) -> map(A, B)"),
    ("map_insert_map", "cel.@mapInsert(map(A, B), map(A, B)) -> map(A, B)"),
    ("cel_block_list", "cel.@block(list(dyn), A) -> A"),
];

/// What the evaluator charges for an operator and what comes out of it, for estimates.
fn operator(id: &str, signature: &str) -> Overload {
    let overload = Overload::declaration(id, signature);
    match id {
        "equals" | "not_equals" => overload.default_cost(COMPARISON),
        "in_list" => overload.default_cost(Cost::Sizes(|sizes| sizes.arg(1))),
        "add_list" => overload.result_size(|sizes| sizes.arg(0) + sizes.arg(1)),
        "add_string" | "add_bytes" => overload
            .default_cost(Cost::Sizes(|sizes| (sizes.arg(0) + sizes.arg(1)).tenth()))
            .result_size(|sizes| sizes.arg(0) + sizes.arg(1)),
        _ => overload,
    }
}

/// A tenth of the shorter side.
const COMPARISON: Cost = Cost::Sizes(|sizes| sizes.arg(0).comparison(sizes.arg(1)));

/// `<` and its kin for every ordered kind, and for pairs of different numbers.
fn comparisons(functions: &mut Functions) {
    const KINDS: [(&str, &str); 7] = [
        ("int64", "int"),
        ("uint64", "uint"),
        ("double", "double"),
        ("string", "string"),
        ("bytes", "bytes"),
        ("timestamp", "timestamp"),
        ("duration", "duration"),
    ];
    for (operator, name) in [("<", "less"), ("<=", "less_equals"), (">", "greater"), (">=", "greater_equals")]
    {
        for (suffix, ty) in KINDS {
            let signature = format!("_{operator}_({ty}, {ty}) -> bool");
            let overload = Overload::declaration(&format!("{name}_{suffix}"), &signature);
            let reads = matches!(ty, "string" | "bytes");
            functions.add(if reads { overload.default_cost(COMPARISON) } else { overload });
        }
        for (left, left_type) in &KINDS[..3] {
            for (right, right_type) in KINDS[..3].iter().filter(|(right, _)| right != left) {
                let signature = format!("_{operator}_({left_type}, {right_type}) -> bool");
                functions.add(Overload::declaration(&format!("{name}_{left}_{right}"), &signature));
            }
        }
    }
}

fn text(functions: &mut Functions) {
    functions.add(
        Overload::new("contains_string", "string.contains(string) -> bool", |_, args| {
            Ok(Value::Bool(str_arg(args, 0)?.contains(str_arg(args, 1)?)))
        })
        .default_cost(Cost::Sizes(|sizes| sizes.arg(0).tenth() * sizes.arg(1).tenth()))
        .example("'apple'.contains('ppl')"),
    );
    // cel-go charged for the text up to 0.30 and charges for the affix since; no more than the shorter is read.
    let affix = Cost::Sizes(|sizes| sizes.arg(0).least(sizes.arg(1)).tenth());
    functions.add(
        Overload::new("starts_with_string", "string.startsWith(string) -> bool", |_, args| {
            Ok(Value::Bool(str_arg(args, 0)?.starts_with(str_arg(args, 1)?)))
        })
        .default_cost(affix)
        .example("'apple'.startsWith('app')"),
    );
    functions.add(
        Overload::new("ends_with_string", "string.endsWith(string) -> bool", |_, args| {
            Ok(Value::Bool(str_arg(args, 0)?.ends_with(str_arg(args, 1)?)))
        })
        .default_cost(affix)
        .example("'apple'.endsWith('ple')"),
    );
    let pattern_cost = Cost::Sizes(|sizes| (sizes.arg(0) + 1.0).tenth() * sizes.arg(1).scale(0.25).ceil());
    for (id, signature) in
        [("matches", "matches(string, string) -> bool"), ("matches_string", "string.matches(string) -> bool")]
    {
        let overload = Overload::new(id, signature, matches).specialise(|args| {
            let pattern = crate::re2::compile(args[1]?.as_str()?).ok()?;
            Some(Ok(Arc::new(move |_, args| Ok(Value::Bool(pattern.is_match(str_arg(args, 0)?))))))
        });
        functions.add(if id == "matches" { overload } else { overload.default_cost(pattern_cost) });
    }
}

fn matches<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let pattern =
        crate::re2::compile(str_arg(args, 1)?).map_err(|error| EvalError::invalid(error.to_string()))?;
    Ok(Value::Bool(pattern.is_match(str_arg(args, 0)?)))
}

fn sizes(functions: &mut Functions) {
    for (name, ty) in [("string", "string"), ("bytes", "bytes"), ("list", "list(A)"), ("map", "map(A, B)")] {
        functions.add(Overload::new(&format!("size_{name}"), &format!("size({ty}) -> int"), size));
        functions.add(Overload::new(&format!("{name}_size"), &format!("{ty}.size() -> int"), size));
    }
}

fn size<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    Ok(Value::Int(match &args[0] {
        Value::String(text) => text.code_points(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        _ => return Err(EvalError::no_such_overload()),
    } as i64))
}

/// An argument that is text.
pub(super) fn str_arg<'v>(args: &'v [Value<'_>], index: usize) -> Result<&'v str, EvalError> {
    args.get(index).and_then(Value::as_str).ok_or_else(EvalError::no_such_overload)
}

/// An argument that is an integer.
pub(super) fn int_arg(args: &[Value<'_>], index: usize) -> Result<i64, EvalError> {
    match args.get(index) {
        Some(Value::Int(value)) => Ok(*value),
        _ => Err(EvalError::no_such_overload()),
    }
}
