//! libFuzzer on `kro_fuzz`'s target `merge`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("merge", data));
