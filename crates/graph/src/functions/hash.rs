//! `hash.*`: digests of text, as bytes. None of them keeps a secret.

use kro_cel::{Functions, Library, Overload, Value, library::arguments::text};
use md5::Md5;
use sha2::{Digest, Sha256};

/// `hash.fnv64a`, `hash.md5` and `hash.sha256`.
#[derive(Debug, Clone, Copy)]
pub struct Hash;

impl Library for Hash {
    fn name(&self) -> &'static str {
        "kro.hash"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new("hash_fnv64a_string", "hash.fnv64a(string) -> bytes", |_, args| {
                Ok(Value::bytes(fnv64a(text(args, 0)?.as_bytes()).to_be_bytes()))
            })
            .example("base64.encode(hash.fnv64a('hello world')) == 'd5pl5wI80uc='"),
        );
        functions.add(
            Overload::new("hash_md5_string", "hash.md5(string) -> bytes", |_, args| {
                Ok(Value::bytes(Md5::digest(text(args, 0)?).as_slice()))
            })
            .example("base64.encode(hash.md5('hello world')) == 'XrY7u+Ae7tCTyyK7j1rNww=='"),
        );
        functions.add(
            Overload::new("hash_sha256_string", "hash.sha256(string) -> bytes", |_, args| {
                Ok(Value::bytes(Sha256::digest(text(args, 0)?).as_slice()))
            })
            .example("'%x'.format([hash.sha256('a')]).startsWith('ca978112ca1bbdca')"),
        );
    }
}

/// FNV-1a with 64 bits.
fn fnv64a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
