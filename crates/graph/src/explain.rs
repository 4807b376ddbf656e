//! What the language finds in an expression, in the words of a definition: no names of grammar rules or internal
//! types, and what to do about it. Decides nothing: every finding stays a finding.

use kro_cel::Issue;
use std::fmt::Write;

/// A finding as authors read it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Explained {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Explained {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()) }
    }
}

/// A finding about syntax. `ends` says whether it is about the end of the author's expression.
pub(crate) fn syntax(issue: &Issue, expression: &str, ends: bool) -> Explained {
    let message = issue.message.strip_prefix("Syntax error: ").unwrap_or(&issue.message);
    if let Some(token) = quoted_after(message, "token recognition error at: ") {
        return character(token.trim());
    }
    if let Some(word) = message.strip_prefix("reserved identifier: ") {
        return Explained::new(format!("`{word}` is a reserved word and names nothing"));
    }
    if let Some((found, expected)) = mismatch(message) {
        let ends = ends || found == "<EOF>";
        if expected == "<EOF>" {
            let found_text = format!("unexpected `{found}` behind the expression");
            return match found {
                "and" => Explained::help(found_text, "write `&&`"),
                "or" => Explained::help(found_text, "write `||`"),
                "," => Explained::help(found_text, "an expression has one value; a list is `[a, b]`"),
                _ if expression.trim_start().starts_with("not ") => Explained::help(found_text, "write `!`"),
                _ => Explained::help(found_text, "an operator may be missing in front of it"),
            };
        }
        if expected.starts_with('{') {
            return match ends {
                true if expression.trim().is_empty() => {
                    Explained::help("the expression is empty", "write one, or remove the `${}`")
                }
                true => Explained::new("the expression ends where a value is expected"),
                false => Explained::new(format!("expected a value, found `{found}`")),
            };
        }
        let expected = expected.trim_matches('\'');
        return Explained::new(if ends {
            format!("`{expected}` is missing at the end of the expression")
        } else {
            format!("expected `{expected}`, found `{found}`")
        });
    }
    match message {
        "invalid argument to has() macro" => {
            Explained::new("has() asks for a field, as in `has(schema.spec.name)`")
        }
        "argument is not an identifier" => Explained::new(
            "the first argument of a macro is a name of your choice, as in `list.map(x, x + 1)`",
        ),
        "invalid int literal" => Explained::new("the integer does not fit in 64 bits"),
        _ if message.starts_with("no viable alternative") => {
            Explained::new("the name of a field is missing behind `.`")
        }
        _ => match message.strip_prefix("expression recursion limit exceeded: ") {
            Some(limit) => Explained::new(format!("the expression is nested deeper than {limit} levels")),
            None => Explained::new(message),
        },
    }
}

fn character(token: &str) -> Explained {
    if token.starts_with(['\'', '"']) {
        return if token.contains('\\') {
            Explained::help("the string holds an escape that does not exist", "write `\\\\` for a backslash")
        } else {
            Explained::help("the string does not end", "close it with the quote it starts with")
        };
    }
    let message = format!("unexpected character `{token}`");
    match token {
        "=" => Explained::help(message, "write `==` to compare"),
        "&" => Explained::help(message, "write `&&`"),
        "|" => Explained::help(message, "write `||`"),
        "$" => Explained::help(message, "names are written without `$`"),
        "=>" => Explained::help(message, "a macro takes a name and an expression: `list.map(x, x + 1)`"),
        ";" => Explained::help(message, "an expression has one value; there are no statements"),
        _ => Explained::new(message),
    }
}

/// `mismatched input 'X' expecting E` and its kin.
fn mismatch(message: &str) -> Option<(&str, &str)> {
    let rest =
        message.strip_prefix("mismatched input ").or_else(|| message.strip_prefix("extraneous input "))?;
    let (found, expected) = rest.rsplit_once(" expecting ")?;
    Some((found.strip_prefix('\'')?.strip_suffix('\'')?, expected))
}

/// Whether a finding only follows from another: a part of it has no type because of a mistake.
pub(crate) fn is_consequence(issue: &Issue) -> bool {
    issue.message.contains("!error!")
}

/// A finding about types, except for unknown fields.
pub(crate) fn types(issue: &Issue) -> Explained {
    let message = issue.message.as_str();
    if let Some((function, arguments)) = overload(message) {
        return no_overload(function, arguments);
    }
    if let Some(ty) = quoted_after(message, "type ").filter(|_| message.ends_with("field selection")) {
        let ty = ty.split('\'').next().unwrap_or_default();
        let message = format!("{} has no fields", article(&readable(ty)));
        return if ty.starts_with("list(") {
            Explained::help(message, "take an item, `[0]`, or something of each: `.map(x, x.field)`")
        } else {
            Explained::new(message)
        };
    }
    if let Some(name) = message.strip_prefix("undeclared reference to '").and_then(|it| it.split('\'').next())
    {
        return Explained { message: format!("there is no function `{name}`"), help: usual(name) };
    }
    if let Some((expected, found)) = message
        .strip_prefix("expected type '")
        .and_then(|it| it.strip_suffix('\'')?.split_once("' but found '"))
    {
        return Explained::new(format!("expected {}, found {}", readable(expected), readable(found)));
    }
    if let Some(ty) = message.strip_prefix("expression of type '").and_then(|it| it.split('\'').next()) {
        return Explained::new(format!("a macro runs over a list or a map, found {}", readable(ty)));
    }
    Explained::new(readable(message))
}

/// What others call a function.
fn usual(name: &str) -> Option<String> {
    let ours = match name {
        "toUpper" | "toUpperCase" | "upper" => "upperAscii()",
        "toLower" | "toLowerCase" | "lower" => "lowerAscii()",
        "length" | "len" | "count" => "size()",
        "includes" | "has" => "contains(…)",
        "substr" => "substring(…)",
        "toString" => "string(…)",
        "any" | "some" => "exists(x, …)",
        "every" => "all(x, …)",
        "default" | "defaultValue" => "orValue(…)",
        _ => return None,
    };
    Some(format!("use `{ours}`"))
}

fn overload(message: &str) -> Option<(&str, &str)> {
    let rest = message.strip_prefix("found no matching overload for '")?;
    let (function, rest) = rest.split_once("' applied to '")?;
    Some((function, rest.strip_suffix('\'')?))
}

fn no_overload(function: &str, arguments: &str) -> Explained {
    let (receiver, arguments) = match arguments.strip_prefix('(') {
        Some(arguments) => (None, arguments),
        None => match arguments.rsplit_once(".(") {
            Some((receiver, arguments)) => (Some(readable(receiver)), arguments),
            None => (None, arguments),
        },
    };
    let arguments = split(arguments.strip_suffix(')').unwrap_or(arguments));
    let all: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match (function, all.as_slice()) {
        ("_?_:_", [condition, ..]) if *condition != "bool" => {
            Explained::new(format!("the condition of `?:` must be a bool, found {condition}"))
        }
        ("_?_:_", [_, one, other]) => Explained::help(
            format!("both values of `?:` must have one type, found {one} and {other}"),
            conversion(one, other).unwrap_or_else(|| "for no value at all, use `optional.none()`".to_owned()),
        ),
        ("_[_]", [container, index]) => {
            let wanted = match container.split('(').next() {
                Some("list") => "an int",
                Some("map") => "a key of the map's type",
                _ => return Explained::new(format!("{} has no items", article(container))),
            };
            Explained::new(format!("the index of {} is {wanted}, found {index}", article(container)))
        }
        ("@in", [_, "string"]) => {
            Explained::help("`in` looks into lists and maps, not into a string", "use `.contains(…)`")
        }
        ("@in", [item, container]) => {
            Explained::new(format!("{} cannot be in {}", article(item), article(container)))
        }
        ("_==_" | "_!=_", [one, "null"] | ["null", one]) => {
            Explained::help(format!("{} is never null", article(one)), "ask whether it is there: `has(…)`")
        }
        (operator, [one, other]) if operator.starts_with('_') => {
            let operator = operator.trim_matches('_');
            Explained {
                message: format!("`{operator}` does not take {one} and {other}"),
                help: conversion(one, other),
            }
        }
        (operator, [one]) if operator.ends_with('_') => {
            Explained::new(format!("`{}` does not take {}", operator.trim_matches('_'), article(one)))
        }
        ("orValue" | "or" | "hasValue" | "value" | "optMap" | "optFlatMap", _)
            if receiver.as_ref().is_some_and(|it| !it.starts_with("optional_type")) =>
        {
            let found = receiver.unwrap_or_default();
            Explained::help(
                format!("`{function}` is for optional values, found {found}"),
                "select the field with `.?` to make it optional",
            )
        }
        _ => Explained { message: not_defined(function, receiver.as_deref(), &all), help: None },
    }
}

fn not_defined(function: &str, receiver: Option<&str>, arguments: &[&str]) -> String {
    let mut message = format!("`{function}` does not take (");
    let _ = write!(message, "{})", arguments.join(", "));
    if let Some(receiver) = receiver {
        let _ = write!(message, " on {}", article(receiver));
    }
    message
}

/// How to make one of two types the other.
fn conversion(one: &str, other: &str) -> Option<String> {
    let plain =
        |ty: &str| matches!(ty, "int" | "uint" | "double" | "bool" | "timestamp" | "duration" | "bytes");
    match (one, other) {
        ("string", ty) | (ty, "string") if plain(ty) => Some(format!("convert the {ty}: `string(…)`")),
        ("int", "double") | ("double", "int") => Some("convert the int: `double(…)`".to_owned()),
        ("int", "uint") | ("uint", "int") => Some("convert one of them: `int(…)`".to_owned()),
        _ => None,
    }
}

/// Types between commas that stand outside of parentheses.
fn split(arguments: &str) -> Vec<String> {
    let (mut depth, mut parts, mut from) = (0_usize, Vec::new(), 0);
    for (at, c) in arguments.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(readable(arguments[from..at].trim()));
                from = at + 1;
            }
            _ => {}
        }
    }
    let last = arguments[from..].trim();
    parts.extend((!last.is_empty()).then(|| readable(last)));
    parts
}

/// `a string`, `an int`.
pub(crate) fn article(ty: &str) -> String {
    let vowel = ty.starts_with(['a', 'e', 'i', 'o']) || ty == "null";
    match ty {
        "null" => "null".to_owned(),
        "bytes" => "bytes".to_owned(),
        _ => format!("{} {ty}", if vowel { "an" } else { "a" }),
    }
}

fn quoted_after<'m>(message: &'m str, prefix: &str) -> Option<&'m str> {
    message.strip_prefix(prefix)?.strip_prefix('\'')?.rsplit_once('\'').map(|(text, _)| text)
}

/// Names of object types as paths of their objects: `__type_app.spec.ports.@idx` is `app.spec.ports[]`.
pub(crate) fn readable(text: &str) -> String {
    const PREFIX: &str = "__type_";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PREFIX) {
        out.push_str(&rest[..at]);
        rest = &rest[at + PREFIX.len()..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '@');
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        out.push_str(&rest[..end].replace(".@idx", "[]").replace(".@elem", "[*]"));
        rest = &rest[end..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::{article, overload, readable, split};

    #[test]
    fn types_read_as_paths() {
        assert_eq!(readable("list(__type_a.b.@idx)"), "list(a.b[])");
        assert_eq!(readable("map(string, __type_x.m.@elem) and __type_y"), "map(string, x.m[*]) and y");
        assert_eq!(article("int"), "an int");
    }

    #[test]
    fn overloads_are_taken_apart() {
        let message = "found no matching overload for 'f' applied to 'map(string, int).(list(int), int)'";
        assert_eq!(overload(message), Some(("f", "map(string, int).(list(int), int)")));
        assert_eq!(split("map(string, int), int"), ["map(string, int)", "int"]);
    }
}
