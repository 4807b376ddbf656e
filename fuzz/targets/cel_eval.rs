//! libFuzzer on `kro_fuzz`'s target `cel_eval`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("cel_eval", data));
