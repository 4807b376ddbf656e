//! `format`: `%s %d %f %e %b %x %X %o %%` with a precision. Version 4 prints like C; earlier versions print `%e` and
//! `%f` as English text does, with powers of ten and groups of thousands.
use crate::{
    Call, Checked, EvalError, Expr, ExprId, Function, Key, List, Literal, Specialise, StatefulFunction,
    TextBuffer, Type, Value,
    library::arguments::{list, text},
    value::Number,
};
use std::{fmt::Write as _, sync::Arc};

mod pieces;

use pieces::{Piece, Pieces};

/// The longest integer.
const MAX_DIGITS: usize = 20;
/// How deep lists and maps are printed.
const MAX_DEPTH: usize = 64;

type Formatted = Result<String, EvalError>;

/// How numbers are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// As C does.
    Plain,
    /// As English text does.
    Locale,
}

/// The code for a style, and the same for a template that is known.
pub(super) fn code(style: Style) -> (Function, Specialise) {
    match style {
        Style::Plain => (|call, args| format(call, args, Style::Plain), |args| prepared(args, Style::Plain)),
        Style::Locale => {
            (|call, args| format(call, args, Style::Locale), |args| prepared(args, Style::Locale))
        }
    }
}

fn format<'a>(call: &mut Call<'_>, args: &[Value<'a>], style: Style) -> Result<Value<'a>, EvalError> {
    print(call, Pieces::new(text(args, 0)?), list(args, 1)?, style)
}

/// With the pieces of a template that has no mistake.
fn prepared(args: &[Option<&Value<'static>>], style: Style) -> Option<Result<StatefulFunction, EvalError>> {
    let [Some(Value::String(template)), _] = args else { return None };
    let mut pieces = Vec::new();
    for piece in Pieces::new(template) {
        pieces.push(match piece.ok()? {
            Piece::Text(text) => Piece::Text(Box::<str>::from(text)),
            Piece::Clause { verb, precision } => Piece::Clause { verb, precision },
        });
    }
    Some(Ok(Arc::new(move |call, args| {
        let pieces = pieces.iter().map(|piece| match piece {
            Piece::Text(text) => Ok(Piece::Text(&**text)),
            Piece::Clause { verb, precision } => Ok(Piece::Clause { verb: *verb, precision: *precision }),
        });
        print(call, pieces, list(args, 1)?, style)
    })))
}

fn print<'a, 't>(
    call: &mut Call<'_>,
    pieces: impl Iterator<Item = Result<Piece<&'t str>, EvalError>>,
    list: &List<'a>,
    style: Style,
) -> Result<Value<'a>, EvalError> {
    let mut out = TextBuffer::new();
    let mut next = 0;
    for piece in pieces {
        let (verb, precision) = match piece? {
            Piece::Text(text) => {
                call.reserve(text.len())?;
                out.push_str(text);
                continue;
            }
            Piece::Clause { verb, precision } => (verb, precision),
        };
        let value = match list.get(next) {
            Some(value) => value?,
            None => return Err(EvalError::invalid(format!("index {next} out of range"))),
        };
        next += 1;
        let printed;
        let part = match (verb, &value) {
            ('s', Value::String(text)) => &**text,
            ('d', Value::Int(value)) => {
                call.reserve(MAX_DIGITS)?;
                out.push_str(itoa::Buffer::new().format(*value));
                continue;
            }
            _ => {
                printed = clause(&value, verb, precision, style)?;
                &printed
            }
        };
        call.reserve(part.len())?;
        out.push_str(part);
    }
    Ok(Value::String(out.finish()))
}

/// What is wrong with a literal template, or with the types of the arguments it is given.
pub(super) fn validate(checked: &Checked, call: ExprId, args: &[ExprId]) -> Vec<(ExprId, String)> {
    let ast = checked.ast();
    let [template, list] = *args else { return Vec::new() };
    let (Expr::Literal(Literal::String(template)), Expr::List { items, .. }) =
        (ast.expr(template), ast.expr(list))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let count = items.len();
    let mut items = items.iter();
    for piece in Pieces::new(template) {
        let verb = match piece {
            Ok(Piece::Clause { verb, .. }) => verb,
            Ok(Piece::Text(_)) => continue,
            Err(error) => {
                found.push((call, error.message().to_owned()));
                break;
            }
        };
        let Some(accepts) = Accepts::of(verb) else {
            found.push((
                call,
                format!("could not parse formatting clause: unrecognized formatting clause \"{verb}\""),
            ));
            break;
        };
        let Some(item) = items.next() else {
            found.push((call, format!("index {count} out of range")));
            break;
        };
        let ty = checked.ty(*item);
        if !accepts.types(ty) {
            found.push((
                *item,
                format!("error during formatting: {}, was given {}", accepts.complaint, ty.name()),
            ));
        }
    }
    found
}

fn clause(value: &Value<'_>, verb: char, precision: Option<usize>, style: Style) -> Formatted {
    let Some(accepts) = Accepts::of(verb) else {
        return Err(EvalError::invalid(format!(
            "could not parse formatting clause: unrecognized formatting clause \"{verb}\""
        )));
    };
    let refused = || {
        let ty = value.ty();
        Err(EvalError::invalid(format!(
            "error during formatting: {}, was given {}",
            accepts.complaint,
            ty.name()
        )))
    };
    match verb {
        's' => shown(value, 0),
        'd' => match value {
            Value::Int(value) => Ok(value.to_string()),
            Value::Uint(value) => Ok(value.to_string()),
            Value::Double(value) => Ok(special(*value).unwrap_or_else(|| value.to_string())),
            _ => refused(),
        },
        'f' => number(value).map_or_else(refused, |value| Ok(fixed(value, precision.unwrap_or(6), style))),
        'e' => {
            number(value).map_or_else(refused, |value| Ok(scientific(value, precision.unwrap_or(6), style)))
        }
        'b' => match value {
            Value::Bool(value) => Ok(u8::from(*value).to_string()),
            Value::Int(value) => Ok(signed(*value, |magnitude| format!("{magnitude:b}"))),
            Value::Uint(value) => Ok(format!("{value:b}")),
            _ => refused(),
        },
        'o' => match value {
            Value::Int(value) => Ok(signed(*value, |magnitude| format!("{magnitude:o}"))),
            Value::Uint(value) => Ok(format!("{value:o}")),
            _ => refused(),
        },
        _ => {
            let lower = match value {
                Value::Int(value) => signed(*value, |magnitude| format!("{magnitude:x}")),
                Value::Uint(value) => format!("{value:x}"),
                Value::String(text) => hex(text.as_bytes()),
                Value::Bytes(bytes) => hex(bytes),
                _ => return refused(),
            };
            Ok(if verb == 'X' { lower.to_ascii_uppercase() } else { lower })
        }
    }
}

/// What a verb takes, and how it says so.
struct Accepts {
    complaint: &'static str,
    types: &'static [Type],
}

impl Accepts {
    fn of(verb: char) -> Option<Self> {
        use Type::{Bool, Bytes, Double, Int, String, Uint};
        let (complaint, types): (_, &[Type]) = match verb {
            's' => (STRING_CLAUSE, &[]),
            'd' => ("decimal clause can only be used on ints, uints, and doubles", &[Int, Uint, Double]),
            'f' => ("fixed-point clause can only be used on ints, uints, and doubles", &[Int, Uint, Double]),
            'e' => ("scientific clause can only be used on ints, uints, and doubles", &[Int, Uint, Double]),
            'b' => ("only ints, uints, and bools can be formatted as binary", &[Int, Uint, Bool]),
            'o' => ("octal clause can only be used on ints and uints", &[Int, Uint]),
            'x' | 'X' => {
                ("only ints, uints, bytes, and strings can be formatted as hex", &[Int, Uint, Bytes, String])
            }
            _ => return None,
        };
        Some(Self { complaint, types })
    }

    /// Whether a value of this type may be printed.
    fn types(&self, ty: &Type) -> bool {
        match ty {
            Type::Dyn | Type::Error | Type::Param(_) => true,
            ty if self.complaint == STRING_CLAUSE => {
                !matches!(ty, Type::Struct(_) | Type::Opaque(_) | Type::Optional(_))
            }
            ty => self.types.contains(ty),
        }
    }
}

const STRING_CLAUSE: &str = "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, \
                             durations, and timestamps";

fn signed(value: i64, print: impl Fn(u64) -> String) -> String {
    format!("{}{}", if value < 0 { "-" } else { "" }, print(value.unsigned_abs()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The number a value is, or the double that its text spells.
fn number(value: &Value<'_>) -> Option<f64> {
    match Number::of(value) {
        Some(Number::Int(value)) => Some(value as f64),
        Some(Number::Uint(value)) => Some(value as f64),
        Some(Number::Double(value)) => Some(value),
        None => match value.as_str()? {
            "NaN" => Some(f64::NAN),
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            _ => None,
        },
    }
}

fn special(value: f64) -> Option<String> {
    if value.is_nan() {
        return Some("NaN".to_owned());
    }
    value.is_infinite().then(|| if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned())
}

fn fixed(value: f64, precision: usize, style: Style) -> String {
    if let Some(text) = special(value) {
        return text;
    }
    let text = format!("{value:.precision$}");
    if style == Style::Plain {
        return text;
    }
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(w, f)| (w, Some(f)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut out = sign.to_owned();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        let _ = write!(out, ".{fraction}");
    }
    out
}

fn scientific(value: f64, precision: usize, style: Style) -> String {
    const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    if let Some(text) = special(value) {
        return text;
    }
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (negative, digits) = exponent.strip_prefix('-').map_or((false, exponent), |digits| (true, digits));
    if style == Style::Plain {
        return format!("{mantissa}e{}{digits:0>2}", if negative { '-' } else { '+' });
    }
    let power: String = format!("{digits:0>2}")
        .bytes()
        .filter_map(|digit| SUPERSCRIPTS.get(usize::from(digit.wrapping_sub(b'0'))))
        .collect();
    format!("{mantissa}×10{}{power}", if negative { "⁻" } else { "" })
}

/// `%s`: lists and maps with their items, the entries of maps in the order of their keys' text.
fn shown(value: &Value<'_>, depth: usize) -> Formatted {
    if depth > MAX_DEPTH {
        return Err(EvalError::invalid("error during formatting: value is nested too deeply"));
    }
    Ok(match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => special(*value).unwrap_or_else(|| value.to_string()),
        Value::String(text) => (**text).to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Timestamp(value) => value.to_string(),
        Value::Duration(value) => value.to_string(),
        Value::Type(ty) => ty.name().to_owned(),
        Value::List(list) => {
            let items = list.iter().map(|item| shown(&item?, depth + 1));
            format!("[{}]", items.collect::<Result<Vec<_>, _>>()?.join(", "))
        }
        Value::Map(map) => {
            let mut entries = Vec::new();
            for (key, value) in map.iter() {
                let key = match &key {
                    Key::String(text) => (**text).to_owned(),
                    other => other.to_string(),
                };
                entries.push((key, shown(&value?, depth + 1)?));
            }
            entries.sort();
            let entries: Vec<_> = entries.into_iter().map(|(key, value)| format!("{key}: {value}")).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => {
            let ty = other.ty();
            let message = format!("error during formatting: {STRING_CLAUSE}, was given {}", ty.name());
            return Err(EvalError::invalid(message));
        }
    })
}
