//! What the command line, the configuration file and the checkpoint need to know about a flag of the definition.

use super::condition::ConditionText;
use super::duration::duration;
use super::gap_by::short;

/// A flag of the definition.
#[derive(Debug, Clone, Copy)]
pub struct FlagSpec {
    /// The flag without its dashes.
    pub name: &'static str,
    /// The form of its value, for the help.
    pub value: &'static str,
    /// One sentence for the help.
    pub help: &'static str,
    /// Whether it may be given several times.
    pub repeats: bool,
    /// The canonical form of all values with one meaning, or what is wrong with the value.
    pub(super) canonical: fn(&str) -> Result<String, String>,
}

/// A duration longer than zero.
pub(super) fn stated_duration(value: &str) -> Result<String, String> {
    let duration = duration(value)?;
    if duration.is_zero() { Err("it must be longer than zero".to_owned()) } else { Ok(short(duration)) }
}

/// An integer from 1 on.
pub(super) fn positive(value: &str) -> Result<String, String> {
    match value.parse::<u64>() {
        Ok(number) if number > 0 => Ok(number.to_string()),
        _ => Err(format!("'{value}' is not a whole number from 1 on")),
    }
}

/// One of these words.
pub(super) fn one_of(value: &str, words: &[&str]) -> Result<String, String> {
    if words.contains(&value) {
        Ok(value.to_owned())
    } else {
        Err(format!("'{value}' is not one of: {}", words.join(", ")))
    }
}

/// A column, by name or number.
pub(super) fn column(value: &str) -> Result<String, String> {
    if value.is_empty() { Err("a column has a name or a number".to_owned()) } else { Ok(value.to_owned()) }
}

/// A condition.
pub(super) fn condition(value: &str) -> Result<String, String> {
    ConditionText::read(value).map(|condition| condition.to_string())
}
