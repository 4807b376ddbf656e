//! `find` and `findAll` with RE2's syntax.

use std::{ops::Range, sync::Arc};

use kro_cel::{
    Call, Cost, EvalError, Functions, Library, Overload, StatefulFunction, Value,
    library::arguments::{integer, text},
};
use kro_gotext::re2::{self, LazyPattern};
use regex::Regex;

use super::native::invalid;

/// The `kubernetes.regex` library.
#[derive(Debug, Clone, Copy)]
pub struct Regexes;

/// Reading the text once for every four characters of the pattern.
const SEARCH: Cost = Cost::Sizes(|sizes| (sizes.arg(0) + 1.0).tenth() * sizes.arg(1).scale(0.25).ceil());

impl Library for Regexes {
    fn name(&self) -> &'static str {
        "kubernetes.regex"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new("string_find_string", "string.find(string) -> string", |call, args| {
                find(call, args, &compile(args)?)
            })
            .specialise(|args| constant(args, find))
            .profile_cost(SEARCH)
            .example("'abc 123'.find('[0-9]+') == '123'"),
        );
        functions.add(
            Overload::new(
                "string_find_all_string",
                "string.findAll(string) -> list(string)",
                |call, args| find_all(call, args, &compile(args)?, usize::MAX),
            )
            .specialise(|args| constant(args, |call, args, regex| find_all(call, args, regex, usize::MAX)))
            .profile_cost(SEARCH)
            .example("'123 abc 456'.findAll('[0-9]+') == ['123', '456']"),
        );
        functions.add(
            Overload::new(
                "string_find_all_string_int",
                "string.findAll(string, int) -> list(string)",
                |call, args| find_all(call, args, &compile(args)?, limit(args)?),
            )
            .specialise(|args| constant(args, |call, args, regex| find_all(call, args, regex, limit(args)?)))
            .profile_cost(SEARCH)
            .example("'1 2 3'.findAll('[0-9]', 2) == ['1', '2']"),
        );
    }
}

type Search = for<'a> fn(&mut Call<'_>, &[Value<'a>], &Regex) -> Result<Value<'a>, EvalError>;

/// With a constant pattern, compiles it once, at first use; an invalid one makes the expression invalid.
fn constant(args: &[Option<&Value<'static>>], search: Search) -> Option<Result<StatefulFunction, EvalError>> {
    let Some(Some(Value::String(pattern))) = args.get(1) else { return None };
    Some(LazyPattern::new(pattern).map_err(|error| illegal(&error)).map(|pattern| {
        let code: StatefulFunction =
            Arc::new(move |call, args| search(call, args, pattern.get().map_err(|error| illegal(&error))?));
        code
    }))
}

fn compile(args: &[Value<'_>]) -> Result<Regex, EvalError> {
    re2::compile(text(args, 1)?).map_err(|error| illegal(&error))
}

fn illegal(error: &re2::PatternError) -> EvalError {
    invalid(format!("Illegal regex: error parsing regexp: {error}"))
}

/// A negative number is no limit.
fn limit(args: &[Value<'_>]) -> Result<usize, EvalError> {
    Ok(usize::try_from(integer(args, 2)?).unwrap_or(usize::MAX))
}

fn find<'a>(call: &mut Call<'_>, args: &[Value<'a>], regex: &Regex) -> Result<Value<'a>, EvalError> {
    match regex.find(text(args, 0)?) {
        Some(found) => part(call, args, found.range()),
        None => Ok(Value::str("")),
    }
}

/// A part of the first argument.
fn part<'a>(call: &mut Call<'_>, args: &[Value<'a>], range: Range<usize>) -> Result<Value<'a>, EvalError> {
    call.reserve(range.len())?;
    match args.first() {
        Some(Value::String(text)) => Ok(Value::String(text.part(range))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn find_all<'a>(
    call: &mut Call<'_>,
    args: &[Value<'a>],
    regex: &Regex,
    limit: usize,
) -> Result<Value<'a>, EvalError> {
    let mut items = vec![];
    for found in regex.find_iter(text(args, 0)?).take(limit) {
        call.reserve_list(1)?;
        items.push(part(call, args, found.range())?);
    }
    Ok(Value::list(items))
}
