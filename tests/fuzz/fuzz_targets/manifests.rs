//! Manifests.
#![no_main]

#[path = "../checks/manifests.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
