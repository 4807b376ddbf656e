//! libFuzzer on `kro_fuzz`'s target `cel_typed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("cel_typed", data));
