//! Text: searching, cutting, joining, formatting. Positions are code points; one outside of the text is an error.
use super::{
    Bounds, Cost, Functions, Library, Overload, Sizes,
    arguments::{integer, text},
};
use crate::{Call, EvalError, Text, TextBuffer, Value};
use smol_str::{SmolStr, StrExt};

mod format;
mod size;

/// The text functions. Kubernetes uses version 2; costs are counted from version 5 on, `reverse` came with 3, and
/// `format` prints like C from 4 on.
#[derive(Debug, Clone, Copy)]
pub struct Strings {
    /// cel-go's version of the library.
    pub version: u32,
}

impl Strings {
    /// The latest version.
    pub const LATEST: Self = Self { version: 5 };
}

type Evaluated<'a> = Result<Value<'a>, EvalError>;

impl Library for Strings {
    fn name(&self) -> &'static str {
        "strings"
    }

    fn declare(&self, functions: &mut Functions) {
        let version = self.version;
        let mut add =
            |id: &str, signature: &str, code: crate::Function, cost: fn(&Sizes<'_>) -> Bounds, example| {
                let mut overload = Overload::new(id, signature, code).example(example);
                overload.result_size = size::of_result(id);
                functions.add(if version >= 5 { overload.cost(Cost::Sizes(cost)) } else { overload });
            };
        add(
            "string_char_at_int",
            "string.charAt(int) -> string",
            char_at,
            |s| s.arg(0).tenth() + 2.0,
            "'abc'.charAt(1) == 'b'",
        );
        for (name, id, code) in [
            ("indexOf", "index_of", index_of as crate::Function),
            ("lastIndexOf", "last_index_of", last_index_of),
        ] {
            let cost: fn(&Sizes<'_>) -> Bounds = |s| (s.arg(0) * s.arg(1)).tenth() + 1.0;
            add(
                &format!("string_{id}_string"),
                &format!("string.{name}(string) -> int"),
                code,
                cost,
                "'abc'.indexOf('c') == 2",
            );
            let signature = format!("string.{name}(string, int) -> int");
            add(&format!("string_{id}_string_int"), &signature, code, cost, "'abcabc'.indexOf('c', 3) == 5");
        }
        let rows: [(&str, &str, crate::Function, &'static str); 5] = [
            (
                "string_lower_ascii",
                "string.lowerAscii() -> string",
                |c, a| ascii(c, a, u8::is_ascii_uppercase, StrExt::to_ascii_lowercase_smolstr),
                "'TacoÁ'.lowerAscii() == 'tacoÁ'",
            ),
            (
                "string_upper_ascii",
                "string.upperAscii() -> string",
                |c, a| ascii(c, a, u8::is_ascii_lowercase, StrExt::to_ascii_uppercase_smolstr),
                "'Tacoá'.upperAscii() == 'TACOá'",
            ),
            ("string_trim", "string.trim() -> string", trim, "'  a '.trim() == 'a'"),
            (
                "string_substring_int",
                "string.substring(int) -> string",
                substring,
                "'tacocat'.substring(4) == 'cat'",
            ),
            (
                "string_substring_int_int",
                "string.substring(int, int) -> string",
                substring,
                "'tacocat'.substring(0, 4) == 'taco'",
            ),
        ];
        for (id, signature, code, example) in rows {
            add(id, signature, code, |s| s.arg(0).tenth() + s.result() + 1.0, example);
        }
        let replacing: fn(&Sizes<'_>) -> Bounds = |s| {
            let one = Bounds::exactly(1.0);
            (s.arg(0).greatest(one) * s.arg(1).greatest(one)).tenth() + s.result() + 1.0
        };
        add(
            "string_replace_string_string",
            "string.replace(string, string) -> string",
            replace,
            replacing,
            "'hello hello'.replace('he', 'we') == 'wello wello'",
        );
        add(
            "string_replace_string_string_int",
            "string.replace(string, string, int) -> string",
            replace,
            replacing,
            "'hello hello'.replace('he', 'we', 1) == 'wello hello'",
        );
        let splitting: fn(&Sizes<'_>) -> Bounds = |s| (s.arg(0) + 1.0).tenth() + s.result() + 11.0;
        add(
            "string_split_string",
            "string.split(string) -> list(string)",
            split,
            splitting,
            "'a b'.split(' ') == ['a', 'b']",
        );
        add(
            "string_split_string_int",
            "string.split(string, int) -> list(string)",
            split,
            splitting,
            "'a b c'.split(' ', 2) == ['a', 'b c']",
        );
        let joining: fn(&Sizes<'_>) -> Bounds = |s| (s.arg(0) + 1.0).tenth() + s.result() + 1.0;
        add("list_join", "list(string).join() -> string", join, joining, "['a', 'b'].join() == 'ab'");
        add(
            "list_join_string",
            "list(string).join(string) -> string",
            join,
            joining,
            "['a', 'b'].join('-') == 'a-b'",
        );
        if version >= 3 {
            add(
                "string_reverse",
                "string.reverse() -> string",
                reverse,
                |s| s.arg(0).tenth() + s.result() + 1.0,
                "'abc'.reverse() == 'cba'",
            );
        }
        functions.add(
            Overload::new("strings_quote", "strings.quote(string) -> string", quote)
                .default_cost(Cost::Traverse)
                .result_size(|s| s.arg(0) + Bounds { min: 2.0, max: s.arg(0).max + 2.0 })
                .example(r#"strings.quote('a"b') == '"a\\"b"'"#),
        );
        let style = if version >= 4 { format::Style::Plain } else { format::Style::Locale };
        let (formatting, prepared) = format::code(style);
        functions.add(
            Overload::new("string_format", "string.format(list(dyn)) -> string", formatting)
                .default_cost(Cost::Traverse)
                .specialise(prepared)
                .validate(format::validate)
                .example("'%s has %d'.format(['a', 2]) == 'a has 2'"),
        );
    }
}

/// The byte at a position counted in code points; the length is a position, too.
fn position(text: &str, index: i64) -> Result<usize, EvalError> {
    let out_of_range = || EvalError::invalid(format!("index out of range: {index}"));
    let index = usize::try_from(index).map_err(|_| out_of_range())?;
    if text.is_ascii() {
        return if index <= text.len() { Ok(index) } else { Err(out_of_range()) };
    }
    text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(index).ok_or_else(out_of_range)
}

fn code_points(text: &str) -> i64 {
    text.chars().count() as i64
}

/// An argument that is text, with its borrow.
fn text_arg<'v, 'a>(args: &'v [Value<'a>], index: usize) -> Result<&'v Text<'a>, EvalError> {
    match args.get(index) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// The text with its letters changed; the text itself when none of its bytes `needs` it.
fn ascii<'a>(
    call: &mut Call<'_>,
    args: &[Value<'a>],
    needs: impl Fn(&u8) -> bool,
    change: impl Fn(&str) -> SmolStr,
) -> Evaluated<'a> {
    let text = text_arg(args, 0)?;
    call.reserve(text.len())?;
    if !text.as_bytes().iter().any(needs) {
        return Ok(args[0].clone());
    }
    Ok(Value::string(change(text)))
}

fn trim<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let text = text_arg(args, 0)?;
    call.reserve(text.len())?;
    Ok(Value::String(text.part_of(text.trim())))
}

fn reverse<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let text = text_arg(args, 0)?;
    call.reserve(text.len())?;
    Ok(Value::string(text.chars().rev().collect::<String>()))
}

fn char_at<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (text, index) = (text_arg(args, 0)?, integer(args, 1)?);
    let at = position(text, index)?;
    let length = text[at..].chars().next().map_or(0, char::len_utf8);
    Ok(Value::String(text.part(at..at + length)))
}

fn index_of<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (text, wanted) = (text(args, 0)?, text(args, 1)?);
    let from = if args.len() > 2 { position_or_end(text, integer(args, 2)?)? } else { Some(0) };
    let found = from.and_then(|from| text[from..].find(wanted).map(|at| from + at));
    Ok(Value::Int(found.map_or(-1, |at| code_points(&text[..at]))))
}

fn last_index_of<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (text, wanted) = (text(args, 0)?, text(args, 1)?);
    let last = if args.len() > 2 { position_or_end(text, integer(args, 2)?)? } else { Some(text.len()) };
    let found = last.and_then(|last| {
        let starts = text[..last].char_indices().map(|(at, _)| at).chain([last]);
        starts.rev().find(|at| text[*at..].starts_with(wanted))
    });
    Ok(Value::Int(found.map_or(-1, |at| code_points(&text[..at]))))
}

/// A position to search from; one past the end is where nothing is found.
fn position_or_end(text: &str, index: i64) -> Result<Option<usize>, EvalError> {
    if index < 0 {
        return Err(EvalError::invalid(format!("index out of range: {index}")));
    }
    Ok(position(text, index).ok())
}

fn substring<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (text, start) = (text_arg(args, 0)?, integer(args, 1)?);
    let from = position(text, start)?;
    let to = if args.len() > 2 { position(text, integer(args, 2)?)? } else { text.len() };
    if from > to {
        let end = integer(args, 2)?;
        return Err(EvalError::invalid(format!("invalid substring range. start: {start}, end: {end}")));
    }
    call.reserve(to - from)?;
    Ok(Value::String(text.part(from..to)))
}

/// How many times at most: all of them for negative numbers.
fn limit(args: &[Value<'_>], index: usize) -> Result<usize, EvalError> {
    if args.len() <= index {
        return Ok(usize::MAX);
    }
    Ok(usize::try_from(integer(args, index)?).unwrap_or(usize::MAX))
}

fn replace<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (text, old, new) = (text(args, 0)?, text(args, 1)?, text(args, 2)?);
    let limit = limit(args, 3)?;
    // A character is looked for without the preparation that a text needs.
    match one_byte(old) {
        Some(byte) => replace_parts(call, args, text.match_indices(byte).take(limit), new),
        None => replace_parts(call, args, text.match_indices(old).take(limit), new),
    }
}

/// The first argument with `new` in the place of these parts.
fn replace_parts<'a, 't>(
    call: &mut Call<'_>,
    args: &'t [Value<'a>],
    parts: impl Iterator<Item = (usize, &'t str)> + Clone,
    new: &str,
) -> Evaluated<'a> {
    let text = text(args, 0)?;
    let count = parts.clone().count();
    call.reserve(text.len().saturating_add(count.saturating_mul(new.len())))?;
    if count == 0 {
        return Ok(args[0].clone());
    }
    let mut out = TextBuffer::new();
    let mut end = 0;
    for (at, part) in parts {
        out.push_str(&text[end..at]);
        out.push_str(new);
        end = at + part.len();
    }
    out.push_str(&text[end..]);
    Ok(Value::String(out.finish()))
}

/// The only character of a text, when it is an ASCII one.
fn one_byte(text: &str) -> Option<char> {
    match text.as_bytes() {
        [byte] => Some(char::from(*byte)),
        _ => None,
    }
}

fn split<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let (whole, separator) = (text_arg(args, 0)?, text(args, 1)?);
    let text: &str = whole;
    let limit = limit(args, 2)?;
    if limit == 0 {
        return Ok(Value::list(Vec::new()));
    }
    let mut parts = Vec::new();
    let mut push = |part: &str| {
        call.reserve_list(1)?;
        call.reserve(part.len())?;
        parts.push(Value::String(whole.part_of(part)));
        Ok::<_, EvalError>(())
    };
    if separator.is_empty() {
        // Between all characters, as Go does.
        let mut rest = text;
        for _ in 1..limit {
            let Some(c) = rest.chars().next().filter(|c| c.len_utf8() < rest.len()) else { break };
            push(&rest[..c.len_utf8()])?;
            rest = &rest[c.len_utf8()..];
        }
        if !rest.is_empty() {
            push(rest)?;
        }
    } else if let Some(separator) = one_byte(separator) {
        text.splitn(limit, separator).try_for_each(push)?;
    } else {
        text.splitn(limit, separator).try_for_each(push)?;
    }
    Ok(Value::list(parts))
}

fn join<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let Value::List(list) = &args[0] else { return Err(EvalError::no_such_overload()) };
    let separator = if args.len() > 1 { text(args, 1)? } else { "" };
    let mut out = TextBuffer::new();
    for (index, item) in list.iter().enumerate() {
        let item = item?;
        let part = item.as_str().ok_or_else(EvalError::no_such_overload)?;
        call.reserve(part.len() + separator.len())?;
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str(part);
    }
    Ok(Value::String(out.finish()))
}

fn quote<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    let text = text(args, 0)?;
    call.reserve(text.len().saturating_mul(2))?;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
    Ok(Value::string(out))
}
