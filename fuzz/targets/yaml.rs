//! libFuzzer on `kro_fuzz`'s target `yaml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("yaml", data));
