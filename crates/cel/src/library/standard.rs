//! The standard library of the language: operators, macros, sizes, text, conversions, time.
use super::{Cost, Functions, Library, Overload, arguments::text};
use crate::{Call, EvalError, Value, syntax::macros::folds::STANDARD};
use kro_gotext::re2::{self, LazyPattern};
use std::sync::Arc;

mod convert;
mod time;

pub(crate) use convert::to_string;

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
        for (id, signature, example) in OPERATORS {
            let overload = operator(id, signature);
            functions.add(if example.is_empty() { overload } else { overload.example(example) });
        }
        comparisons(functions);
        declare_text(functions);
        sizes(functions);
        convert::declare(functions);
        time::declare(functions);
    }
}

/// Operators have their code and price in the evaluator. Those that nobody writes have no example.
const OPERATORS: [(&str, &str, &str); 43] = [
    ("conditional", "_?_:_(bool, A, A) -> A", "(1 < 2 ? 'a' : 'b') == 'a'"),
    ("logical_and", "_&&_(bool, bool) -> bool", "true && !(true && false)"),
    ("logical_or", "_||_(bool, bool) -> bool", "false || true"),
    ("logical_not", "!_(bool) -> bool", "!false"),
    ("not_strictly_false", "@not_strictly_false(bool) -> bool", ""),
    ("equals", "_==_(A, A) -> bool", "[1, 2] == [1, 2] && 1 == 1"),
    ("not_equals", "_!=_(A, A) -> bool", "'a' != 'b'"),
    ("add_bytes", "_+_(bytes, bytes) -> bytes", "b'a' + b'b' == b'ab'"),
    ("add_double", "_+_(double, double) -> double", "1.5 + 1.0 == 2.5"),
    (
        "add_duration_duration",
        "_+_(duration, duration) -> duration",
        "duration('1h') + duration('1m') == duration('61m')",
    ),
    (
        "add_duration_timestamp",
        "_+_(duration, timestamp) -> timestamp",
        "duration('1s') + timestamp(0) == timestamp(1)",
    ),
    (
        "add_timestamp_duration",
        "_+_(timestamp, duration) -> timestamp",
        "timestamp(0) + duration('1s') == timestamp(1)",
    ),
    ("add_int64", "_+_(int, int) -> int", "1 + 2 == 3"),
    ("add_list", "_+_(list(A), list(A)) -> list(A)", "[1] + [2] == [1, 2]"),
    ("add_string", "_+_(string, string) -> string", "'a' + 'b' == 'ab'"),
    ("add_uint64", "_+_(uint, uint) -> uint", "1u + 2u == 3u"),
    ("subtract_double", "_-_(double, double) -> double", "2.5 - 1.0 == 1.5"),
    (
        "subtract_duration_duration",
        "_-_(duration, duration) -> duration",
        "duration('1h') - duration('1m') == duration('59m')",
    ),
    ("subtract_int64", "_-_(int, int) -> int", "1 - 2 == -1"),
    (
        "subtract_timestamp_duration",
        "_-_(timestamp, duration) -> timestamp",
        "timestamp(1) - duration('1s') == timestamp(0)",
    ),
    (
        "subtract_timestamp_timestamp",
        "_-_(timestamp, timestamp) -> duration",
        "timestamp(61) - timestamp(1) == duration('1m')",
    ),
    ("subtract_uint64", "_-_(uint, uint) -> uint", "2u - 1u == 1u"),
    ("multiply_double", "_*_(double, double) -> double", "1.5 * 2.0 == 3.0"),
    ("multiply_int64", "_*_(int, int) -> int", "2 * 3 == 6"),
    ("multiply_uint64", "_*_(uint, uint) -> uint", "2u * 3u == 6u"),
    ("divide_double", "_/_(double, double) -> double", "3.0 / 2.0 == 1.5"),
    ("divide_int64", "_/_(int, int) -> int", "7 / 2 == 3"),
    ("divide_uint64", "_/_(uint, uint) -> uint", "7u / 2u == 3u"),
    ("modulo_int64", "_%_(int, int) -> int", "-7 % 2 == -1"),
    ("modulo_uint64", "_%_(uint, uint) -> uint", "7u % 2u == 1u"),
    ("negate_double", "-_(double) -> double", "-(1.5) == -1.5"),
    ("negate_int64", "-_(int) -> int", "-(1) == -1"),
    ("index_list", "_[_](list(A), int) -> A", "['a', 'b'][1] == 'b'"),
    ("index_map", "_[_](map(A, B), A) -> B", "{'a': 1}['a'] == 1"),
    ("in_list", "@in(A, list(A)) -> bool", "2 in [1, 2]"),
    ("in_map", "@in(A, map(A, B)) -> bool", "'a' in {'a': 1}"),
    ("less_bool", "_<_(bool, bool) -> bool", "false < true"),
    ("less_equals_bool", "_<=_(bool, bool) -> bool", "true <= true"),
    ("greater_bool", "_>_(bool, bool) -> bool", "true > false"),
    ("greater_equals_bool", "_>=_(bool, bool) -> bool", "true >= true"),
    ("map_insert_entry", "cel.@mapInsert(map(A, B), A, B) -> map(A, B)", ""),
    ("map_insert_map", "cel.@mapInsert(map(A, B), map(A, B)) -> map(A, B)", ""),
    ("cel_block_list", "cel.@block(list(dyn), A) -> A", ""),
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
    /// Suffix, type, and two literals, the smaller first.
    const KINDS: [(&str, &str, &str, &str); 7] = [
        ("int64", "int", "1", "2"),
        ("uint64", "uint", "1u", "2u"),
        ("double", "double", "1.0", "2.0"),
        ("string", "string", "'a'", "'b'"),
        ("bytes", "bytes", "b'a'", "b'b'"),
        ("timestamp", "timestamp", "timestamp(1)", "timestamp(2)"),
        ("duration", "duration", "duration('1s')", "duration('2s')"),
    ];
    for (operator, name) in [("<", "less"), ("<=", "less_equals"), (">", "greater"), (">=", "greater_equals")]
    {
        let compare = |small: (&str, &str), great: (&str, &str)| {
            let (left, right) =
                if operator.starts_with('<') { (small.0, great.1) } else { (small.1, great.0) };
            format!("{left} {operator} {right}")
        };
        for (suffix, ty, small, great) in KINDS {
            let signature = format!("_{operator}_({ty}, {ty}) -> bool");
            let overload = Overload::declaration(&format!("{name}_{suffix}"), &signature);
            let overload = overload.example(compare((small, great), (small, great)));
            let reads = matches!(ty, "string" | "bytes");
            functions.add(if reads { overload.default_cost(COMPARISON) } else { overload });
        }
        for (left, left_type, small, great) in &KINDS[..3] {
            for (right, right_type, other_small, other_great) in
                KINDS[..3].iter().filter(|(right, ..)| right != left)
            {
                let signature = format!("_{operator}_({left_type}, {right_type}) -> bool");
                let overload = Overload::declaration(&format!("{name}_{left}_{right}"), &signature);
                functions.add(overload.example(compare((small, great), (other_small, other_great))));
            }
        }
    }
}

fn declare_text(functions: &mut Functions) {
    functions.add(
        Overload::new("contains_string", "string.contains(string) -> bool", |_, args| {
            Ok(Value::Bool(text(args, 0)?.contains(text(args, 1)?)))
        })
        .default_cost(Cost::Sizes(|sizes| sizes.arg(0).tenth() * sizes.arg(1).tenth()))
        .example("'apple'.contains('ppl')"),
    );
    // cel-go charged for the text up to 0.30 and charges for the affix since; no more than the shorter is read.
    let affix = Cost::Sizes(|sizes| sizes.arg(0).least(sizes.arg(1)).tenth());
    functions.add(
        Overload::new("starts_with_string", "string.startsWith(string) -> bool", |_, args| {
            Ok(Value::Bool(text(args, 0)?.starts_with(text(args, 1)?)))
        })
        .default_cost(affix)
        .example("'apple'.startsWith('app')"),
    );
    functions.add(
        Overload::new("ends_with_string", "string.endsWith(string) -> bool", |_, args| {
            Ok(Value::Bool(text(args, 0)?.ends_with(text(args, 1)?)))
        })
        .default_cost(affix)
        .example("'apple'.endsWith('ple')"),
    );
    let pattern_cost = Cost::Sizes(|sizes| (sizes.arg(0) + 1.0).tenth() * sizes.arg(1).scale(0.25).ceil());
    for (id, signature) in
        [("matches", "matches(string, string) -> bool"), ("matches_string", "string.matches(string) -> bool")]
    {
        let overload = Overload::new(id, signature, matches).specialise(|args| {
            let pattern = LazyPattern::new(args[1]?.as_str()?).ok()?;
            Some(Ok(Arc::new(move |_, args| {
                let pattern = pattern.get().map_err(|error| EvalError::invalid(error.to_string()))?;
                Ok(Value::Bool(pattern.is_match(text(args, 0)?)))
            })))
        });
        functions.add(if id == "matches" {
            overload.example("matches('abc', 'b')")
        } else {
            overload.default_cost(pattern_cost).example("'abc'.matches('^a.c$')")
        });
    }
}

fn matches<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let pattern = re2::compile(text(args, 1)?).map_err(|error| EvalError::invalid(error.to_string()))?;
    Ok(Value::Bool(pattern.is_match(text(args, 0)?)))
}

fn sizes(functions: &mut Functions) {
    for (name, ty, sample) in [
        ("string", "string", "'é'"),
        ("bytes", "bytes", "b'a'"),
        ("list", "list(A)", "[1]"),
        ("map", "map(A, B)", "{'a': 1}"),
    ] {
        let global = Overload::new(&format!("size_{name}"), &format!("size({ty}) -> int"), size);
        functions.add(global.example(format!("size({sample}) == 1")));
        let member = Overload::new(&format!("{name}_size"), &format!("{ty}.size() -> int"), size);
        functions.add(member.example(format!("{sample}.size() == 1")));
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
