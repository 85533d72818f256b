//! Lines of an export, as an import reads them.
#![no_main]

#[path = "../checks/exports.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
