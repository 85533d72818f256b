//! Conditions on rows and on sessions.
#![no_main]

#[path = "../checks/conditions.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
