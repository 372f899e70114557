#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| odata::fuzz::skip_token(bytes));
