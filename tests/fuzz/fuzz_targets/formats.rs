//! Files of each input format, or of the one that `FORMAT` names.
#![no_main]

#[path = "../checks/formats.rs"]
mod check;

use sessionize::internals::Format;
use std::sync::LazyLock;

/// The formats that are asked for.
static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    let wanted = std::env::var("FORMAT").ok();
    let is_wanted = |format: &Format| wanted.as_ref().is_none_or(|name| format.name() == name);
    Format::ALL.iter().copied().filter(is_wanted).collect()
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    assert!(!FORMATS.is_empty(), "there is no such format");
    check::check(data, &FORMATS);
});
