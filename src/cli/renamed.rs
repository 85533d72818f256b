//! Flags and commands that were renamed, each with its new name: the program answers the old name with it.

/// Flags and commands that have another name now.
const RENAMED: [(&str, &str); 6] = [
    ("--lateness", "--watermark-delay"),
    ("--retain", "--allowed-lateness"),
    ("--format", "--report"),
    ("--as-of-clock", "--now"),
    ("--keep", "--keep-generations"),
    ("evict", "purge"),
];

/// The new name of a flag with its dashes, or of a command.
pub(super) fn word_of_today(word: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(before, _)| *before == word).map(|(_, now)| *now)
}

/// The new name of a key of a configuration file.
pub(super) fn key_of_today(key: &str) -> Option<&'static str> {
    word_of_today(&format!("--{key}")).map(|flag| flag.trim_start_matches('-'))
}
