//! libFuzzer on `kro_fuzz`'s target `requests`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: kro_fuzz::spare_contained_panics(), |data: &[u8]| kro_fuzz::run("requests", data));
