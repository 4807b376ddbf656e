//! Conversions between types: `int`, `string`, `timestamp` and the others, and `type` and `dyn`.
use crate::{
    Bounds, Call, Cost, Duration, EvalError, Functions, Octets, Overload, Text, Timestamp, Type, Value,
    library::arguments::text,
    value::{Number, double_text},
};
use std::sync::Arc;

type Converted<'a> = Result<Value<'a>, EvalError>;

pub(super) fn declare(functions: &mut Functions) {
    let type_of = Overload::new("type", "type(A) -> type(A)", |_, args| Ok(Value::Type(args[0].ty())));
    functions.add(type_of.example("type(1) == int"));
    functions.add(Overload::new("to_dyn", "dyn(A) -> dyn", identity).example("dyn(1) != 'a'"));
    let rows: [(&str, &str, crate::Function, &'static str); 31] = [
        ("bool_to_bool", "bool(bool) -> bool", identity, "bool(true)"),
        ("string_to_bool", "bool(string) -> bool", to_bool, "bool('true')"),
        ("bytes_to_bytes", "bytes(bytes) -> bytes", identity, "bytes(b'a') == b'a'"),
        ("string_to_bytes", "bytes(string) -> bytes", to_bytes, "bytes('é') == b'\\xc3\\xa9'"),
        ("double_to_double", "double(double) -> double", identity, "double(1.5) == 1.5"),
        ("int64_to_double", "double(int) -> double", to_double, "double(2) == 2.0"),
        ("string_to_double", "double(string) -> double", to_double, "double('1.5') == 1.5"),
        ("uint64_to_double", "double(uint) -> double", to_double, "double(2u) == 2.0"),
        (
            "duration_to_duration",
            "duration(duration) -> duration",
            identity,
            "duration(duration('1s')) == duration('1s')",
        ),
        (
            "string_to_duration",
            "duration(string) -> duration",
            to_duration,
            "duration('1h30m') == duration('90m')",
        ),
        ("int64_to_int64", "int(int) -> int", identity, "int(1) == 1"),
        ("double_to_int64", "int(double) -> int", to_int, "int(-1.9) == -1"),
        ("duration_to_int64", "int(duration) -> int", to_int, "int(duration('1us')) == 1000"),
        ("string_to_int64", "int(string) -> int", to_int, "int('-7') == -7"),
        (
            "timestamp_to_int64",
            "int(timestamp) -> int",
            to_int,
            "int(timestamp('1970-01-01T00:01:00Z')) == 60",
        ),
        ("uint64_to_int64", "int(uint) -> int", to_int, "int(7u) == 7"),
        ("string_to_string", "string(string) -> string", identity, "string('a') == 'a'"),
        ("bool_to_string", "string(bool) -> string", to_string, "string(true) == 'true'"),
        ("bytes_to_string", "string(bytes) -> string", to_string, "string(b'a') == 'a'"),
        ("double_to_string", "string(double) -> string", to_string, "string(1.5) == '1.5'"),
        ("duration_to_string", "string(duration) -> string", to_string, "string(duration('1m')) == '60s'"),
        ("int64_to_string", "string(int) -> string", to_string, "string(-7) == '-7'"),
        (
            "timestamp_to_string",
            "string(timestamp) -> string",
            to_string,
            "string(timestamp(0)) == '1970-01-01T00:00:00Z'",
        ),
        ("uint64_to_string", "string(uint) -> string", to_string, "string(7u) == '7'"),
        (
            "timestamp_to_timestamp",
            "timestamp(timestamp) -> timestamp",
            identity,
            "timestamp(timestamp(0)) == timestamp(0)",
        ),
        (
            "int64_to_timestamp",
            "timestamp(int) -> timestamp",
            to_timestamp,
            "timestamp(60) == timestamp('1970-01-01T00:01:00Z')",
        ),
        (
            "string_to_timestamp",
            "timestamp(string) -> timestamp",
            to_timestamp,
            "timestamp('1970-01-01T01:00:00+01:00') == timestamp(0)",
        ),
        ("uint64_to_uint64", "uint(uint) -> uint", identity, "uint(7u) == 7u"),
        ("double_to_uint64", "uint(double) -> uint", to_uint, "uint(1.9) == 1u"),
        ("int64_to_uint64", "uint(int) -> uint", to_uint, "uint(7) == 7u"),
        ("string_to_uint64", "uint(string) -> uint", to_uint, "uint('7') == 7u"),
    ];
    for (id, signature, code, example) in rows {
        let overload = Overload::new(id, signature, code).example(example);
        functions.add(match id {
            "string_to_bytes" => overload.default_cost(Cost::Traverse).result_size(|sizes| {
                let size = sizes.arg(0);
                Bounds { min: size.min, max: size.max * 4.0 }
            }),
            "bytes_to_string" => overload.default_cost(Cost::Traverse).result_size(|sizes| {
                let size = sizes.arg(0);
                Bounds { min: (size.min / 4.0).floor(), max: size.max }
            }),
            "string_to_string" | "bytes_to_bytes" => overload.result_size(|sizes| sizes.arg(0)),
            "bool_to_string" => overload.result_size(|_| Bounds { min: 4.0, max: 5.0 }),
            // `-9223372036854775808`, `18446744073709551615`.
            "int64_to_string" | "uint64_to_string" => {
                overload.result_size(|_| Bounds { min: 1.0, max: 20.0 })
            }
            // `-2.2250738585072014e-308`.
            "double_to_string" => overload.result_size(|_| Bounds { min: 1.0, max: 24.0 }),
            // `-9223372036.854775808s`.
            "duration_to_string" => overload.result_size(|_| Bounds { min: 2.0, max: 22.0 }),
            // `2006-01-02T15:04:05.999999999Z`.
            "timestamp_to_string" => overload.result_size(|_| Bounds { min: 20.0, max: 30.0 }),
            _ => overload,
        });
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of functions")]
fn identity<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    Ok(args[0].clone())
}

fn failed(value: &Value<'_>, ty: &Type) -> EvalError {
    match value {
        Value::String(text) => {
            EvalError::invalid(format!("type conversion error from '{}' to '{ty}'", &**text))
        }
        _ => EvalError::invalid(format!("type conversion error from '{}' to '{ty}'", value.ty())),
    }
}

fn to_bool<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    match text(args, 0)? {
        "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
        "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
        _ => Err(failed(&args[0], &Type::Bool)),
    }
}

fn to_bytes<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    let Value::String(text) = &args[0] else { return Err(EvalError::no_such_overload()) };
    call.reserve(text.len())?;
    Ok(Value::Bytes(match text {
        Text::Borrowed(text) => Octets::Borrowed(text.as_bytes()),
        Text::Owned(text) => Octets::Shared(Arc::<str>::from(text.clone()).into()),
    }))
}

fn to_double<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    Ok(Value::Double(match &args[0] {
        Value::Int(value) => *value as f64,
        Value::Uint(value) => *value as f64,
        Value::String(text) => go_double(text).ok_or_else(|| failed(&args[0], &Type::Double))?,
        other => return Err(failed(other, &Type::Double)),
    }))
}

/// Go reads what Rust reads, with these exceptions: too large is an error, and signs and case of `Inf`.
fn go_double(text: &str) -> Option<f64> {
    let value: f64 = text.parse().ok()?;
    let spelled = text.trim_start_matches(['+', '-']).to_ascii_lowercase();
    (value.is_finite() || matches!(spelled.as_str(), "inf" | "infinity" | "nan")).then_some(value)
}

fn to_duration<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    let duration = Duration::parse(text(args, 0)?);
    duration.map(Value::Duration).ok_or_else(|| failed(&args[0], &Type::Duration))
}

fn to_int<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    let range = || EvalError::invalid("integer overflow");
    Ok(Value::Int(match &args[0] {
        Value::Uint(value) => i64::try_from(*value).map_err(|_| range())?,
        // The ends are not exact as doubles, so they are refused, as cel-go does.
        Value::Double(value) => match Number::Double(value.trunc()).integral() {
            Some(Number::Int(int)) if int > i64::MIN => int,
            _ => return Err(range()),
        },
        Value::String(text) => text.parse().map_err(|_| failed(&args[0], &Type::Int))?,
        Value::Timestamp(value) => value.seconds(),
        Value::Duration(value) => value.0,
        other => return Err(failed(other, &Type::Int)),
    }))
}

fn to_uint<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    let range = || EvalError::invalid("unsigned integer overflow");
    Ok(Value::Uint(match &args[0] {
        Value::Int(value) => u64::try_from(*value).map_err(|_| range())?,
        Value::Double(value) => match Number::Double(value.trunc()).integral() {
            Some(Number::Int(int)) => u64::try_from(int).map_err(|_| range())?,
            Some(Number::Uint(uint)) => uint,
            _ => return Err(range()),
        },
        Value::String(text) => text.parse().map_err(|_| failed(&args[0], &Type::Uint))?,
        other => return Err(failed(other, &Type::Uint)),
    }))
}

/// The code of every `string()` that converts.
pub(crate) fn to_string<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    Ok(Value::string(match &args[0] {
        Value::Bool(value) => return Ok(Value::str(if *value { "true" } else { "false" })),
        Value::Int(value) => return Ok(Value::string(itoa::Buffer::new().format(*value))),
        Value::Uint(value) => return Ok(Value::string(itoa::Buffer::new().format(*value))),
        Value::Double(value) => double_text(*value),
        Value::Bytes(bytes) => {
            call.reserve(bytes.len())?;
            let text = String::from_utf8(bytes.to_vec());
            text.map_err(|_| EvalError::invalid("invalid UTF-8 in bytes, cannot convert to string"))?
        }
        Value::Timestamp(value) => value.to_string(),
        Value::Duration(value) => value.to_string(),
        other => return Err(failed(other, &Type::String)),
    }))
}

fn to_timestamp<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Converted<'a> {
    let timestamp = match &args[0] {
        Value::Int(seconds) => {
            Timestamp::new(*seconds, 0).ok_or_else(|| EvalError::invalid("timestamp overflow"))?
        }
        other => {
            other.as_str().and_then(Timestamp::parse).ok_or_else(|| failed(&args[0], &Type::Timestamp))?
        }
    };
    Ok(Value::Timestamp(timestamp))
}
