//! `random.*`: values that look random and are a function of their seed.

use kro_cel::{
    EvalError, Functions, Library, Overload, Value,
    library::arguments::{integer, text},
};
use sha2::{Digest, Sha256};

/// `random.seededString` and `random.seededInt`.
#[derive(Debug, Clone, Copy)]
pub struct Random;

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

impl Library for Random {
    fn name(&self) -> &'static str {
        "kro.random"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new(
                "random.seeded_string_int_string",
                "random.seededString(int, string) -> string",
                |call, args| {
                    let length = integer(args, 0)?;
                    if length <= 0 {
                        return Err(EvalError::invalid("random.seededString length must be positive"));
                    }
                    let length = usize::try_from(length).unwrap_or(usize::MAX);
                    call.reserve(length)?;
                    Ok(Value::string(seeded_string(length, text(args, 1)?)))
                },
            )
            .example("random.seededString(8, 'test-seed') == '5czheg3o'"),
        );
        functions.add(
            Overload::new(
                "random.seeded_int_int_int_string",
                "random.seededInt(int, int, string) -> int",
                |_, args| {
                    let (min, max) = (integer(args, 0)?, integer(args, 1)?);
                    if min >= max {
                        return Err(EvalError::invalid("random.seededInt min must be less than max"));
                    }
                    Ok(Value::Int(seeded_int(min, max, text(args, 2)?)))
                },
            )
            .example("random.seededInt(30000, 32768, 'test-seed') == 32628"),
        );
    }
}

/// Characters drawn from the seed's hash. A hash holds eight draws, so the text repeats after eight characters; names
/// of live objects depend on that.
fn seeded_string(length: usize, seed: &str) -> String {
    let hash = Sha256::digest(seed);
    let draws = hash.chunks_exact(4).map(|bytes| {
        let draw = bytes.iter().fold(0u32, |draw, byte| draw << 8 | u32::from(*byte));
        char::from(ALPHABET[draw as usize % ALPHABET.len()])
    });
    draws.cycle().take(length).collect()
}

/// A number in `min..max` drawn from the seed's hash.
fn seeded_int(min: i64, max: i64, seed: &str) -> i64 {
    let hash = Sha256::digest(seed);
    let draw = hash[..8].iter().fold(0u64, |draw, byte| draw << 8 | u64::from(*byte));
    min.wrapping_add((draw % max.wrapping_sub(min) as u64) as i64)
}

#[cfg(test)]
mod tests {
    use super::{seeded_int, seeded_string};

    #[test]
    fn strings() {
        for (length, seed, expected) in [
            (8, "test-seed", "5czheg3o"),
            (20, "test-seed", "5czheg3o5czheg3o5czh"),
            (5, "", "ew0w8"),
            (16, "550e8400-e29b-41d4-a716-446655440000", "h2fhhqyoh2fhhqyo"),
        ] {
            assert_eq!(seeded_string(length, seed), expected);
        }
    }

    #[test]
    fn integers() {
        for (min, max, seed, expected) in
            [(30000, 32768, "test-seed", 32628), (0, 100, "abc", 74), (-10, 10, "", 2)]
        {
            assert_eq!(seeded_int(min, max, seed), expected);
        }
        for seed in ["a", "b", "c"] {
            assert!(seeded_int(i64::MIN, i64::MAX, seed) < i64::MAX);
            assert_eq!(seeded_int(7, 8, seed), 7);
        }
    }
}
