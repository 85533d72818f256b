//! Renamed flags and commands: the program answers an old name with the new one.

/// Flags and commands with a new name.
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
