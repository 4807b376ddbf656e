//! libFuzzer on `kro_fuzz`'s target `fields_v1`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("fields_v1", data));
