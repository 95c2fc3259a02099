#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ecosystem_fuzz::env_file::env_file(bytes));
