//! The parts of a condition as text: columns and values, in quotes if necessary.

use super::operator::Operator;

/// The word that joins comparisons.
pub(in crate::core::rules) const AND: &str = " and ";

/// Words that are not allowed between spaces in a column or a value without quotes: other languages give them a meaning that
/// they do not have here.
const FOREIGN: [&str; 3] = [" or ", " && ", " || "];

/// The bytes of operators.
const SIGNS: [char; 5] = ['=', '<', '>', '~', '!'];

/// Splits the column and its operator off.
///
/// # Errors
/// What is missing.
pub(super) fn split_column(text: &str) -> Result<(String, Operator, &str), String> {
    let text = text.trim_start_matches(' ');
    if let Some((column, rest)) = split_quoted(text)? {
        let (operator, rest) = Operator::split_from(rest.trim_start_matches(' '))
            .ok_or_else(|| format!("no operator follows the column '{column}'"))?;
        return named(column, operator, rest);
    }
    let find = |(start, _)| {
        let (operator, rest) = Operator::split_from(&text[start..])?;
        Some((text[..start].trim_end_matches(' '), operator, rest))
    };
    let (column, operator, rest) =
        text.char_indices().find_map(find).ok_or_else(|| format!("'{text}' has no operator"))?;
    refuse_words(column)?;
    named(column.to_owned(), operator, rest)
}

fn named(column: String, operator: Operator, rest: &str) -> Result<(String, Operator, &str), String> {
    if column.is_empty() {
        Err("a column has a name or a number".to_owned())
    } else {
        Ok((column, operator, rest))
    }
}

/// A value as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

/// Splits the value off. Returns the text after `and`, which is `None` without an `and`.
///
/// # Errors
/// Why it is not a value.
pub(super) fn split_value(text: &str) -> Result<(Written, Option<&str>), String> {
    if let Some((value, rest)) = split_quoted(text.trim_start_matches(' '))? {
        let behind = if rest.trim_end_matches(' ').is_empty() {
            None
        } else {
            let joined = split_and(rest).filter(|(between, _)| between.trim_matches(' ').is_empty());
            Some(joined.ok_or_else(|| format!("'{value}' is followed neither by `and` nor by the end"))?.1)
        };
        return Ok((Written { text: value, is_quoted: true }, behind));
    }
    let (value, behind) = split_and(text).map_or((text, None), |(value, behind)| (value, Some(behind)));
    let value = value.trim_matches(' ');
    refuse_words(value)?;
    if value.starts_with(['=', '<', '>', '~']) {
        return Err(format!("'{value}' begins with an operator: put it in quotes if that is the value"));
    }
    Ok((Written { text: value.to_owned(), is_quoted: false }, behind))
}

/// The text before and after the first `and`, in any case.
fn split_and(text: &str) -> Option<(&str, &str)> {
    let at = text.to_ascii_lowercase().find(AND)?;
    Some((&text[..at], &text[at + AND.len()..]))
}

/// The quoted text at the start of `text`, and the rest. Two quotes inside are one.
///
/// # Errors
/// If the quote has no end.
fn split_quoted(text: &str) -> Result<Option<(String, &str)>, String> {
    let Some(quote) = text.chars().next().filter(|first| matches!(first, '\'' | '"')) else {
        return Ok(None);
    };
    let mut inside = String::new();
    let mut rest = &text[1..];
    while let Some(end) = rest.find(quote) {
        inside.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix(quote) {
            Some(behind) => {
                inside.push(quote);
                rest = behind;
            }
            None => return Ok(Some((inside, rest))),
        }
    }
    Err(format!("the quote at the start of {text} has no end"))
}

fn refuse_words(text: &str) -> Result<(), String> {
    match first_word(text) {
        None => Ok(()),
        Some(word) => Err(format!(
            "'{text}' has the word '{}': conditions are joined by `and` alone; put it in quotes if it is part of the text",
            word.trim()
        )),
    }
}

/// The first word in `text` that joins conditions, here or in other languages.
fn first_word(text: &str) -> Option<&'static str> {
    let padded = format!(" {} ", text.to_ascii_lowercase());
    [AND].into_iter().chain(FOREIGN).find(|word| padded.contains(word))
}

/// The column in the text of a condition.
pub(super) fn column_text(column: &str) -> String {
    if column.contains(SIGNS) || needs_quotes(column) { quoted(column) } else { column.to_owned() }
}

/// The value in the text of a condition.
pub(super) fn value_text(value: &str) -> String {
    if value.starts_with(SIGNS) || needs_quotes(value) { quoted(value) } else { value.to_owned() }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn needs_quotes(text: &str) -> bool {
    text.starts_with(['\'', '"', ' ']) || text.ends_with(' ') || first_word(text).is_some()
}
