//! `regex.extract`, `regex.extractAll` and `regex.replace`.
use super::{
    Cost, Functions, Library, Overload, Sizes,
    arguments::{integer, text},
};
use crate::{Bounds, Call, EvalError, StatefulFunction, Value};
use kro_gotext::re2::{self, LazyPattern, PatternError};
use regex::Regex as Pattern;
use std::sync::Arc;

/// Extraction and replacement by regular expressions. At most one capture group for extraction; replacements name
/// groups `\1` to `\9`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Regex;

type Evaluated<'a> = Result<Value<'a>, EvalError>;

impl Library for Regex {
    fn name(&self) -> &'static str {
        "regex"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new(
                "regex_extract_string_string",
                "regex.extract(string, string) -> optional(string)",
                |call, args| extract(call, args, &compile(args)?),
            )
            .specialise(|args| constant(args, extract))
            .cost(Cost::Sizes(|sizes| matching(sizes).ceil()))
            .result_size(|sizes| sizes.arg(0).up_to().union(Bounds::exactly(1.0)))
            .example(r"regex.extract('item-A, item-B', r'item-(\w+)') == optional.of('A')"),
        );
        functions.add(
            Overload::new(
                "regex_extractAll_string_string",
                "regex.extractAll(string, string) -> list(string)",
                |call, args| extract_all(call, args, &compile(args)?),
            )
            .specialise(|args| constant(args, extract_all))
            .cost(Cost::Sizes(|sizes| (matching(sizes) + 10.0).ceil()))
            .result_size(|sizes| (sizes.arg(0) + 1.0).up_to())
            .example(r"regex.extractAll('id:1, id:2', r'id:(\d)') == ['1', '2']"),
        );
        let replacing = Cost::Sizes(|sizes| matching(sizes).floor());
        functions.add(
            Overload::new(
                "regex_replace_string_string_string",
                "regex.replace(string, string, string) -> string",
                |call, args| replace(call, args, &compile(args)?, -1),
            )
            .specialise(|args| constant(args, |call, args, pattern| replace(call, args, pattern, -1)))
            .cost(replacing)
            .result_size(replaced_size)
            .example(r"regex.replace('hello world', r'(\w+) (\w+)', r'\2 \1') == 'world hello'"),
        );
        functions.add(
            Overload::new(
                "regex_replace_string_string_string_int",
                "regex.replace(string, string, string, int) -> string",
                |call, args| replace(call, args, &compile(args)?, integer(args, 3)?),
            )
            .specialise(|args| {
                constant(args, |call, args, pattern| replace(call, args, pattern, integer(args, 3)?))
            })
            .cost(replacing)
            .result_size(replaced_size)
            .example("regex.replace('banana', 'a', 'x', 1) == 'bxnana'"),
        );
    }
}

fn matching(sizes: &Sizes<'_>) -> Bounds {
    (sizes.arg(0) + 1.0).scale(0.1) * (sizes.arg(1) + 1.0).scale(0.25) + sizes.result() + 1.0
}

type Search = for<'a> fn(&mut Call<'_>, &[Value<'a>], &Pattern) -> Evaluated<'a>;

/// With a constant pattern, compiles it once, at first use. An invalid one fails in the general code.
fn constant(args: &[Option<&Value<'static>>], search: Search) -> Option<Result<StatefulFunction, EvalError>> {
    let pattern = LazyPattern::new(args.get(1).copied()??.as_str()?).ok()?;
    Some(Ok(Arc::new(move |call, args| search(call, args, pattern.get().map_err(|error| invalid(&error))?))))
}

fn compile(args: &[Value<'_>]) -> Result<Pattern, EvalError> {
    re2::compile(text(args, 1)?).map_err(|error| invalid(&error))
}

fn invalid(error: &PatternError) -> EvalError {
    EvalError::invalid(format!("given regex is invalid: {error}"))
}

/// The group that an extraction means.
fn group(pattern: &Pattern) -> Result<usize, EvalError> {
    match pattern.captures_len() {
        1 => Ok(0),
        2 => Ok(1),
        _ => Err(EvalError::invalid(format!(
            "regular expression has more than one capturing group: {:?}",
            pattern.as_str()
        ))),
    }
}

fn extract<'a>(call: &mut Call<'_>, args: &[Value<'a>], pattern: &Pattern) -> Evaluated<'a> {
    let group = group(pattern)?;
    let text = text(args, 0)?;
    call.reserve(text.len())?;
    let found = pattern.captures(text).and_then(|captures| captures.get(group));
    Ok(found.map_or(Value::NONE, |found| Value::some(Value::string(found.as_str()))))
}

fn extract_all<'a>(call: &mut Call<'_>, args: &[Value<'a>], pattern: &Pattern) -> Evaluated<'a> {
    let group = group(pattern)?;
    let mut found = Vec::new();
    for captures in pattern.captures_iter(text(args, 0)?) {
        if let Some(part) = captures.get(group) {
            call.reserve_list(1)?;
            call.reserve(part.len())?;
            found.push(Value::string(part.as_str()));
        }
    }
    Ok(Value::list(found))
}

fn replace<'a>(call: &mut Call<'_>, args: &[Value<'a>], pattern: &Pattern, count: i64) -> Evaluated<'a> {
    let (text, replacement) = (text(args, 0)?, text(args, 2)?);
    if count == 0 {
        return Ok(args[0].clone());
    }
    let limit = usize::try_from(count).unwrap_or(usize::MAX);
    let mut out = String::new();
    let mut end = 0;
    for captures in pattern.captures_iter(text).take(limit) {
        let Some(whole) = captures.get(0) else { continue };
        let before = out.len();
        out.push_str(&text[end..whole.start()]);
        expand(&captures, replacement, &mut out)?;
        call.reserve(out.len() - before)?;
        end = whole.end();
    }
    call.reserve(text.len() - end)?;
    out.push_str(&text[end..]);
    Ok(Value::string(out))
}

/// Puts groups in place of `\0` to `\9`; `\\` is a backslash.
fn expand(captures: &regex::Captures<'_>, replacement: &str, out: &mut String) -> Result<(), EvalError> {
    let mut rest = replacement.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('\\') => out.push('\\'),
            Some(digit @ '0'..='9') => {
                let group = digit as usize - '0' as usize;
                if group >= captures.len() {
                    return Err(EvalError::invalid(format!(
                        "replacement string references group {group} but regex has only {} group(s)",
                        captures.len() - 1
                    )));
                }
                out.push_str(captures.get(group).map_or("", |part| part.as_str()));
            }
            _ => {
                let message = format!(
                    "invalid replacement string: '{replacement}' \\ must be followed by a digit or \\"
                );
                return Err(EvalError::invalid(message));
            }
        }
    }
    Ok(())
}

/// A match at every place, each replaced by groups that together are as long as the text.
fn replaced_size(sizes: &Sizes<'_>) -> Bounds {
    let (text, replacement) = (sizes.arg(0), sizes.arg(2));
    (text + (text.scale(2.0) + 1.0) * replacement).up_to()
}
