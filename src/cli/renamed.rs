//! Words of before, each with the word of today: whoever still types one is told.

/// Flags, commands and values that have another name now.
const RENAMED: [(&str, &str); 6] = [
    ("--lateness", "--watermark-delay"),
    ("--retain", "--allowed-lateness"),
    ("--format", "--report"),
    ("--as-of-clock", "--now"),
    ("--keep", "--keep-generations"),
    ("evict", "purge"),
];

/// The word of today for a flag with its dashes, or for a command.
pub(super) fn word_of_today(word: &str) -> Option<&'static str> {
    RENAMED.iter().find(|(before, _)| *before == word).map(|(_, now)| *now)
}

/// The key of today for a key of a configuration file.
pub(super) fn key_of_today(key: &str) -> Option<&'static str> {
    word_of_today(&format!("--{key}")).map(|flag| flag.trim_start_matches('-'))
}
