//! CSV bytes through the block reader and the parser, against the csv crate.
#![no_main]

#[path = "../checks/rows.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
