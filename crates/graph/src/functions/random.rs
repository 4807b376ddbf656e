//! `random.*`: values that look random and are a function of their seed, byte for byte what upstream computes.

use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// Characters drawn from the seed's hash. The hash holds eight draws, so the text repeats after eight characters.
fn seeded_string(length: usize, seed: &str) -> String {
    let hash = Sha256::digest(seed);
    let draws: Vec<char> = hash
        .chunks_exact(4)
        .map(|chunk| u32::from_be_bytes(chunk.try_into().expect("invariant: chunks of four bytes")))
        .map(|draw| char::from(ALPHABET[draw as usize % ALPHABET.len()]))
        .collect();
    draws.into_iter().cycle().take(length).collect()
}

/// A number in `min..max` drawn from the seed's hash.
fn seeded_int(min: i64, max: i64, seed: &str) -> i64 {
    let hash = Sha256::digest(seed);
    let draw = u64::from_be_bytes(hash[..8].try_into().expect("invariant: a hash of 32 bytes"));
    min.wrapping_add((draw % max.wrapping_sub(min) as u64) as i64)
}
