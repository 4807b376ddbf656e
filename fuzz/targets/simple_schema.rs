//! libFuzzer on `kro_fuzz`'s target `simple_schema`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("simple_schema", data));
