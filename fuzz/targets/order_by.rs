#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| oracle::queries::order_by(bytes));
