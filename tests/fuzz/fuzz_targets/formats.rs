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

/// libFuzzer ends at every panic. The library of Parquet panics at some damage, and the decoder turns that into an error: only the
/// panics of others are findings.
static HOOK: LazyLock<()> = LazyLock::new(|| {
    let ends = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_caught = panic.location().is_some_and(|place| {
            ["/parquet-", "/arrow-"].iter().any(|library| place.file().contains(library))
        });
        if !is_caught {
            ends(panic);
        }
    }));
});

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    LazyLock::force(&HOOK);
    assert!(!FORMATS.is_empty(), "there is no such format");
    check::check(data, &FORMATS);
});
