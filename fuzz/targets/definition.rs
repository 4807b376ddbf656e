//! libFuzzer on `kro_fuzz`'s target `definition`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("definition", data));
