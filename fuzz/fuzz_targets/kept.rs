#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ecosystem_fuzz::kept::kept(bytes));
