//! Files of each input format.
#![no_main]

#[path = "../checks/formats.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
