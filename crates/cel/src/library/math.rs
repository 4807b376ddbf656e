//! Mathematics: extremes, rounding, signs, bits, roots.
use super::{Functions, Library, Overload};
use crate::{Call, EvalError, Value, syntax::macros::special::MATH, value::Number};
use std::cmp::Ordering;

/// `math.greatest`, `math.ceil`, `math.bitAnd` and the others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Math;

type Evaluated<'a> = Result<Value<'a>, EvalError>;

impl Library for Math {
    fn name(&self) -> &'static str {
        "math"
    }

    fn declare(&self, functions: &mut Functions) {
        for definition in MATH {
            functions.add_macro(definition);
        }
        extremes(functions, "min", |call, args| extreme(call, args, Ordering::Less));
        extremes(functions, "max", |call, args| extreme(call, args, Ordering::Greater));
        for (name, code, example) in ROUNDING {
            let id = format!("math_{name}_double");
            let overload = Overload::new(&id, &format!("math.{name}(double) -> double"), code);
            functions.add(overload.example(example));
        }
        for (name, code, example) in TESTS {
            let id = format!("math_{name}_double");
            let overload = Overload::new(&id, &format!("math.{name}(double) -> bool"), code);
            functions.add(overload.example(example));
        }
        for (ty, abs_of, sign_of, root_of) in [
            ("int", "math.abs(-2) == 2", "math.sign(-2) == -1", "math.sqrt(9) == 3.0"),
            ("uint", "math.abs(2u) == 2u", "math.sign(2u) == 1u", "math.sqrt(9u) == 3.0"),
            ("double", "math.abs(-1.5) == 1.5", "math.sign(-1.5) == -1.0", "math.sqrt(2.25) == 1.5"),
        ] {
            let one = |name: &str, result: &str, code| {
                Overload::new(&format!("math_{name}_{ty}"), &format!("math.{name}({ty}) -> {result}"), code)
            };
            functions.add(one("abs", ty, abs).example(abs_of));
            functions.add(one("sign", ty, sign).example(sign_of));
            functions.add(one("sqrt", "double", sqrt).example(root_of));
        }
        for (ty, u) in [("int", ""), ("uint", "u")] {
            for (name, code, result) in BITS {
                let id = format!("math_{name}_{ty}_{ty}");
                let overload = Overload::new(&id, &format!("math.{name}({ty}, {ty}) -> {ty}"), code);
                functions.add(overload.example(format!("math.{name}(6{u}, 3{u}) == {result}{u}")));
            }
            let id = format!("math_bitNot_{ty}_{ty}");
            let overload = Overload::new(&id, &format!("math.bitNot({ty}) -> {ty}"), bit_not);
            let flipped = if u.is_empty() { "-1" } else { "18446744073709551615u" };
            functions.add(overload.example(format!("math.bitNot(0{u}) == {flipped}")));
            for (name, code, result) in SHIFTS {
                let id = format!("math_{name}_{ty}_int");
                let overload = Overload::new(&id, &format!("math.{name}({ty}, int) -> {ty}"), code);
                functions.add(overload.example(format!("math.{name}(6{u}, 1) == {result}{u}")));
            }
        }
    }
}

/// One number, two of any kinds, or a list.
fn extremes(functions: &mut Functions, name: &str, code: crate::Function) {
    const TYPES: [&str; 3] = ["double", "int", "uint"];
    for a in TYPES {
        let id = format!("math_@{name}_{a}");
        functions.add(Overload::new(&id, &format!("math.@{name}({a}) -> {a}"), code));
        let id = format!("math_@{name}_list_{a}");
        functions.add(Overload::new(&id, &format!("math.@{name}(list({a})) -> {a}"), code));
        for b in TYPES {
            let result = if a == b { a } else { "dyn" };
            let id = format!("math_@{name}_{a}_{b}");
            functions.add(Overload::new(&id, &format!("math.@{name}({a}, {b}) -> {result}"), code));
        }
    }
}

fn extreme<'a>(_: &mut Call<'_>, args: &[Value<'a>], wanted: Ordering) -> Evaluated<'a> {
    let mut best: Option<Value<'a>> = None;
    let mut consider = |value: Value<'a>| -> Result<(), EvalError> {
        let number = Number::of(&value).ok_or_else(EvalError::no_such_overload)?;
        let better =
            best.as_ref().and_then(Number::of).is_none_or(|best| number.compare(best) == Some(wanted));
        if better {
            best = Some(value);
        }
        Ok(())
    };
    match args {
        [Value::List(list)] => {
            for item in list.iter() {
                consider(item?)?;
            }
        }
        args => {
            for arg in args {
                consider(arg.clone())?;
            }
        }
    }
    best.ok_or_else(|| EvalError::invalid("math.@min(list) argument must not be empty"))
}

const ROUNDING: [(&str, crate::Function, &str); 4] = [
    ("ceil", |_, args| double(args, f64::ceil), "math.ceil(1.2) == 2.0"),
    ("floor", |_, args| double(args, f64::floor), "math.floor(1.8) == 1.0"),
    ("round", |_, args| double(args, f64::round), "math.round(1.5) == 2.0"),
    ("trunc", |_, args| double(args, f64::trunc), "math.trunc(-1.8) == -1.0"),
];

const TESTS: [(&str, crate::Function, &str); 3] = [
    ("isInf", |_, args| test(args, f64::is_infinite), "math.isInf(1.0 / 0.0)"),
    ("isNaN", |_, args| test(args, f64::is_nan), "math.isNaN(0.0 / 0.0)"),
    ("isFinite", |_, args| test(args, f64::is_finite), "math.isFinite(1.0)"),
];

const BITS: [(&str, crate::Function, u64); 3] = [
    ("bitAnd", |_, args| bits(args, |a, b| a & b), 2),
    ("bitOr", |_, args| bits(args, |a, b| a | b), 7),
    ("bitXor", |_, args| bits(args, |a, b| a ^ b), 5),
];

const SHIFTS: [(&str, crate::Function, u64); 2] = [
    ("bitShiftLeft", |_, args| shift(args, "math.bitShiftLeft()", u64::checked_shl), 12),
    ("bitShiftRight", |_, args| shift(args, "math.bitShiftRight()", u64::checked_shr), 3),
];

fn double<'a>(args: &[Value<'a>], round: fn(f64) -> f64) -> Evaluated<'a> {
    match args[0] {
        Value::Double(value) => Ok(Value::Double(round(value))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn test<'a>(args: &[Value<'a>], test: fn(f64) -> bool) -> Evaluated<'a> {
    match args[0] {
        Value::Double(value) => Ok(Value::Bool(test(value))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn abs<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    Ok(match args[0] {
        Value::Int(value) => {
            Value::Int(value.checked_abs().ok_or_else(|| EvalError::invalid("integer overflow"))?)
        }
        Value::Uint(value) => Value::Uint(value),
        Value::Double(value) => Value::Double(value.abs()),
        _ => return Err(EvalError::no_such_overload()),
    })
}

fn sign<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    Ok(match args[0] {
        Value::Int(value) => Value::Int(value.signum()),
        Value::Uint(value) => Value::Uint(value.min(1)),
        Value::Double(value) if value == 0.0 || value.is_nan() => Value::Double(value),
        Value::Double(value) => Value::Double(value.signum()),
        _ => return Err(EvalError::no_such_overload()),
    })
}

fn sqrt<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    Ok(Value::Double(match args[0] {
        Value::Int(value) => (value as f64).sqrt(),
        Value::Uint(value) => (value as f64).sqrt(),
        Value::Double(value) => value.sqrt(),
        _ => return Err(EvalError::no_such_overload()),
    }))
}

fn bits<'a>(args: &[Value<'a>], operate: fn(u64, u64) -> u64) -> Evaluated<'a> {
    match (&args[0], &args[1]) {
        (Value::Int(a), Value::Int(b)) => Ok(Value::Int(operate(*a as u64, *b as u64) as i64)),
        (Value::Uint(a), Value::Uint(b)) => Ok(Value::Uint(operate(*a, *b))),
        _ => Err(EvalError::no_such_overload()),
    }
}

fn bit_not<'a>(_: &mut Call<'_>, args: &[Value<'a>]) -> Evaluated<'a> {
    match args[0] {
        Value::Int(value) => Ok(Value::Int(!value)),
        Value::Uint(value) => Ok(Value::Uint(!value)),
        _ => Err(EvalError::no_such_overload()),
    }
}

/// Shifts of 64 and more leave nothing; the right shift is logical.
fn shift<'a>(args: &[Value<'a>], shown: &str, operate: fn(u64, u32) -> Option<u64>) -> Evaluated<'a> {
    let Value::Int(offset) = args[1] else { return Err(EvalError::no_such_overload()) };
    let offset = u64::try_from(offset)
        .map_err(|_| EvalError::invalid(format!("{shown} negative offset: {offset}")))?;
    let shifted =
        |value: u64| u32::try_from(offset).ok().and_then(|offset| operate(value, offset)).unwrap_or(0);
    match args[0] {
        Value::Int(value) => Ok(Value::Int(shifted(value as u64) as i64)),
        Value::Uint(value) => Ok(Value::Uint(shifted(value))),
        _ => Err(EvalError::no_such_overload()),
    }
}
