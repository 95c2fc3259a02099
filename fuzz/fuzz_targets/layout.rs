#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ecosystem_fuzz::layout::layout(bytes));
