//! The words of the command of this process: those of its command line, unless another program carries it.

use std::ffi::OsString;
use std::sync::OnceLock;

static WORDS: OnceLock<Vec<OsString>> = OnceLock::new();

/// Keeps the words, of which the first is the name of the program. A process has one command.
pub(super) fn keep(words: Vec<OsString>) -> &'static [OsString] {
    WORDS.get_or_init(|| words)
}

/// The words as given, without the path of the program.
pub(super) fn of_command() -> Vec<String> {
    let given = WORDS.get().into_iter().flatten().skip(1).map(|word| word.to_string_lossy().into_owned());
    std::iter::once(env!("CARGO_PKG_NAME").to_owned()).chain(given).collect()
}
