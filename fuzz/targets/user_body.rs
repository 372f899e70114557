#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| edm::fuzz::user_body(bytes));
