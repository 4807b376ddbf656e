//! libFuzzer on `kro_fuzz`'s target `requests`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("requests", data));
