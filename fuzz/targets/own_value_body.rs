#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::bodies::own_value_body(bytes));
