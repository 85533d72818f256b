//! Open state under rules.
#![no_main]

#[path = "../checks/ruled.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
