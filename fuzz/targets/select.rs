#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| odata::fuzz::select(bytes));
