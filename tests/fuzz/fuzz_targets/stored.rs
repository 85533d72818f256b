//! Rows of the checkpoint: head, ledger entry, open sessions.
#![no_main]

#[path = "../checks/stored.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    check::check(data);
});
