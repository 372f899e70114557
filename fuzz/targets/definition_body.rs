#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::bodies::definition_body(bytes));
