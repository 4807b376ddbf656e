//! What the language finds in an expression, in the words of a definition: no names of grammar rules or internal
//! types, and what to do about it. Decides nothing: every finding stays a finding.

use kro_cel::{Expected, Mistake, Type};
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
pub(crate) fn syntax(mistake: &Mistake, expression: &str, ends: bool) -> Explained {
    match mistake {
        Mistake::Characters(token) => character(token.trim()),
        Mistake::Reserved(word) => Explained::new(format!("`{word}` is a reserved word and names nothing")),
        Mistake::Unexpected { found, expected, .. } => {
            unexpected(found.as_deref().unwrap_or(END), *expected, expression, ends || found.is_none())
        }
        Mistake::NoFieldInHas => Explained::new("has() asks for a field, as in `has(schema.spec.name)`"),
        Mistake::NoVariable(_) => Explained::new(
            "the first argument of a macro is a name of your choice, as in `list.map(x, x + 1)`",
        ),
        Mistake::Literal("int") => Explained::new("the integer does not fit in 64 bits"),
        Mistake::NoName(_) => Explained::new("the name of a field is missing behind `.`"),
        Mistake::TooDeep(limit) => {
            Explained::new(format!("the expression is nested deeper than {limit} levels"))
        }
        other => Explained::new(other.to_string()),
    }
}

/// What stands for the end of the text among tokens.
const END: &str = "<EOF>";

fn unexpected(found: &str, expected: Expected, expression: &str, ends: bool) -> Explained {
    match expected {
        Expected::End => {
            let message = format!("unexpected `{found}` behind the expression");
            let help = match found {
                "and" => "write `&&`",
                "or" => "write `||`",
                "," => "an expression has one value; a list is `[a, b]`",
                _ if expression.trim_start().starts_with("not ") => "write `!`",
                _ => "an operator may be missing in front of it",
            };
            Explained::help(message, help)
        }
        Expected::OneOf(_) if ends && expression.trim().is_empty() => {
            Explained::help("the expression is empty", "write one, or remove the `${}`")
        }
        Expected::OneOf(_) if ends => Explained::new("the expression ends where a value is expected"),
        Expected::OneOf(_) => Explained::new(format!("expected a value, found `{found}`")),
        Expected::Token(token) => {
            let token = token.trim_matches('\'');
            Explained::new(if ends {
                format!("`{token}` is missing at the end of the expression")
            } else {
                format!("expected `{token}`, found `{found}`")
            })
        }
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

/// A finding about types, except for unknown fields.
pub(crate) fn types(mistake: &Mistake) -> Explained {
    match mistake {
        Mistake::NoOverload { function, receiver, arguments } => {
            no_overload(function, receiver.as_ref(), arguments)
        }
        Mistake::NoFields(ty) => {
            let message = format!("{} has no fields", article(ty));
            match ty {
                Type::List(_) => {
                    Explained::help(message, "take an item, `[0]`, or something of each: `.map(x, x.field)`")
                }
                _ => Explained::new(message),
            }
        }
        Mistake::Undeclared { name, .. } => {
            Explained { message: format!("there is no function `{name}`"), help: usual(name) }
        }
        Mistake::Mismatch { expected, found } => {
            Explained::new(format!("expected {}, found {}", type_name(expected), type_name(found)))
        }
        Mistake::NotIterable(ty) => {
            Explained::new(format!("a macro runs over a list or a map, found {}", type_name(ty)))
        }
        other => Explained::new(readable(&other.to_string())),
    }
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

fn no_overload(function: &str, receiver: Option<&Type>, arguments: &[Type]) -> Explained {
    match (function, arguments) {
        ("_?_:_", [condition, ..]) if *condition != Type::Bool => {
            Explained::new(format!("the condition of `?:` must be a bool, found {}", type_name(condition)))
        }
        ("_?_:_", [_, one, other]) => Explained::help(
            format!(
                "both values of `?:` must have one type, found {} and {}",
                type_name(one),
                type_name(other)
            ),
            conversion(one, other).unwrap_or_else(|| "for no value at all, use `optional.none()`".to_owned()),
        ),
        ("_[_]", [container, index]) => {
            let wanted = match container {
                Type::List(_) => "an int",
                Type::Map(..) => "a key of the map's type",
                _ => return Explained::new(format!("{} has no items", article(container))),
            };
            let found = type_name(index);
            Explained::new(format!("the index of {} is {wanted}, found {found}", article(container)))
        }
        ("@in", [_, Type::String]) => {
            Explained::help("`in` looks into lists and maps, not into a string", "use `.contains(…)`")
        }
        ("@in", [item, container]) => {
            Explained::new(format!("{} cannot be in {}", article(item), article(container)))
        }
        ("_==_" | "_!=_", [one, Type::Null] | [Type::Null, one]) => {
            Explained::help(format!("{} is never null", article(one)), "ask whether it is there: `has(…)`")
        }
        (operator, [one, other]) if operator.starts_with('_') => Explained {
            message: format!(
                "`{}` does not take {} and {}",
                operator.trim_matches('_'),
                type_name(one),
                type_name(other)
            ),
            help: conversion(one, other),
        },
        (operator, [one]) if operator.ends_with('_') => {
            Explained::new(format!("`{}` does not take {}", operator.trim_matches('_'), article(one)))
        }
        ("orValue" | "or" | "hasValue" | "value" | "optMap" | "optFlatMap", _)
            if let Some(found) = receiver.filter(|it| !matches!(it, Type::Optional(_))) =>
        {
            Explained::help(
                format!("`{function}` is for optional values, found {}", type_name(found)),
                "select the field with `.?` to make it optional",
            )
        }
        _ => Explained::new(not_defined(function, receiver, arguments)),
    }
}

fn not_defined(function: &str, receiver: Option<&Type>, arguments: &[Type]) -> String {
    let arguments: Vec<String> = arguments.iter().map(type_name).collect();
    let mut message = format!("`{function}` does not take ({})", arguments.join(", "));
    if let Some(receiver) = receiver {
        let _ = write!(message, " on {}", article(receiver));
    }
    message
}

/// How to make one of two types the other.
fn conversion(one: &Type, other: &Type) -> Option<String> {
    use Type::{Bool, Bytes, Double, Duration, Int, String, Timestamp, Uint};
    match (one, other) {
        (String, ty @ (Int | Uint | Double | Bool | Timestamp | Duration | Bytes))
        | (ty @ (Int | Uint | Double | Bool | Timestamp | Duration | Bytes), String) => {
            Some(format!("convert the {ty}: `string(…)`"))
        }
        (Int, Double) | (Double, Int) => Some("convert the int: `double(…)`".to_owned()),
        (Int, Uint) | (Uint, Int) => Some("convert one of them: `int(…)`".to_owned()),
        _ => None,
    }
}

/// `a string`, `an int`.
pub(crate) fn article(ty: &Type) -> String {
    let name = type_name(ty);
    match ty {
        Type::Null | Type::Bytes => name,
        _ if name.starts_with(['a', 'e', 'i', 'o']) => format!("an {name}"),
        _ => format!("a {name}"),
    }
}

/// A type, object types as the paths of their objects.
pub(crate) fn type_name(ty: &Type) -> String {
    readable(&ty.to_string())
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
    use super::{article, readable};
    use kro_cel::Type;

    #[test]
    fn types_read_as_paths() {
        assert_eq!(readable("list(__type_a.b.@idx)"), "list(a.b[])");
        assert_eq!(readable("map(string, __type_x.m.@elem) and __type_y"), "map(string, x.m[*]) and y");
        assert_eq!(article(&Type::Int), "an int");
        assert_eq!(article(&Type::list(Type::structure("__type_a.b.@idx"))), "a list(a.b[])");
    }
}
