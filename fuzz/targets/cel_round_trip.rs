//! libFuzzer on `kro_fuzz`'s target `cel_round_trip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kro_fuzz::run("cel_round_trip", data));
