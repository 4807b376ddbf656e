//! Small extension libraries: bindings, macros over two variables, blocks, encoders.
use super::{Cost, Functions, Library, Overload, arguments::text};
use crate::{
    Call, EvalError, Value,
    syntax::macros::{
        folds::TWO_VARIABLES,
        special::{BIND, BLOCK},
    },
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// `cel.bind(name, value, body)`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Bindings;

impl Library for Bindings {
    fn name(&self) -> &'static str {
        "bindings"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_macro(BIND);
    }
}

/// `all`, `exists`, `existsOne`, `transformList`, `transformMap` and `transformMapEntry` over index and item, or key
/// and value.
#[derive(Debug, Clone, Copy, Default)]
pub struct TwoVariables;

impl Library for TwoVariables {
    fn name(&self) -> &'static str {
        "two-variable comprehensions"
    }

    fn declare(&self, functions: &mut Functions) {
        for definition in TWO_VARIABLES {
            functions.add_macro(definition);
        }
    }
}

/// `cel.block`, as an optimiser of common subexpressions writes its result. Not part of a usual environment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Block;

impl Library for Block {
    fn name(&self) -> &'static str {
        "block"
    }

    fn declare(&self, functions: &mut Functions) {
        for definition in BLOCK {
            functions.add_macro(definition);
        }
    }
}

/// `base64.encode` and `base64.decode`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Encoders;

impl Library for Encoders {
    fn name(&self) -> &'static str {
        "encoders"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new("base64_encode_bytes", "base64.encode(bytes) -> string", encode)
                .cost(READ_ONCE)
                .result_size(|sizes| (sizes.arg(0).scale(4.0 / 3.0) + 4.0).up_to().ceil())
                .example("base64.encode(b'hello') == 'aGVsbG8='"),
        );
        functions.add(
            Overload::new("base64_decode_string", "base64.decode(string) -> bytes", decode)
                .cost(READ_ONCE)
                .result_size(|sizes| sizes.arg(0).up_to())
                .example("base64.decode('aGVsbG8=') == b'hello'"),
        );
    }
}

const READ_ONCE: Cost = Cost::Sizes(|sizes| sizes.arg(0).tenth() + 1.0);

/// Writes padding, reads with or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn encode<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let Value::Bytes(bytes) = &args[0] else { return Err(EvalError::no_such_overload()) };
    call.reserve(bytes.len().saturating_mul(2))?;
    // Short texts are made in place.
    let mut short = [0; 120];
    let written = BASE64.encode_slice(&**bytes, &mut short).ok();
    let text = written.and_then(|length| std::str::from_utf8(&short[..length]).ok());
    Ok(text.map_or_else(|| Value::string(BASE64.encode(&**bytes)), Value::string))
}

fn decode<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let text = text(args, 0)?;
    call.reserve(text.len())?;
    let bytes = BASE64.decode(text).map_err(|_| EvalError::invalid("illegal base64 data"))?;
    Ok(Value::bytes(bytes))
}
