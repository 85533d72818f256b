//! The columns of a file with their first values, as a table for people.

use super::facts::Facts;
use crate::input::time::TimeFormat;
use crate::input::{Naming, ShownColumns};

/// Columns after these are counted, not shown.
const SHOWN_COLUMNS: usize = 40;

/// The number of different values of a column that are shown.
const SHOWN_VALUES: usize = 3;

/// The characters of a value, and of a name.
const SHOWN_CHARACTERS: usize = 30;

/// A line for each column: number, name, first values, and the format if they are times.
pub fn table(shown: &ShownColumns, facts: &[Facts<'_>]) -> Vec<String> {
    let mut rows = vec![["column", "name", "first values", "time"].map(str::to_owned)];
    rows.extend(facts.iter().take(SHOWN_COLUMNS).enumerate().map(|(place, of)| row(place, of, shown.naming)));
    let width = |cell: usize| rows.iter().map(|row| row[cell].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let line = |row: &[String; 4]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| {
            let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
            format!("  {cell}{blanks}")
        });
        let line = format!("{}  {}", cells.collect::<String>(), row[3]);
        line.trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if facts.len() > SHOWN_COLUMNS {
        lines.push(format!("  and {} more", facts.len() - SHOWN_COLUMNS));
    }
    lines
}

fn row(place: usize, of: &Facts<'_>, naming: Naming) -> [String; 4] {
    let number = if naming == Naming::Names { "-".to_owned() } else { (place + 1).to_string() };
    let name = if naming == Naming::Numbers { "-".to_owned() } else { cut(of.name) };
    let mut values: Vec<&[u8]> = Vec::new();
    for value in &of.values {
        if values.len() < SHOWN_VALUES && !values.contains(value) {
            values.push(value);
        }
    }
    let values: Vec<String> = values.iter().map(|value| cut(&String::from_utf8_lossy(value))).collect();
    [number, name, values.join("; "), time_word(of)]
}

/// The formats that read the values as times.
fn time_word(of: &Facts<'_>) -> String {
    let words: Vec<String> = of.formats.iter().map(|format| format!("--time-format '{format}'")).collect();
    match &of.formats[..] {
        [] if of.is_clock => "time of day".to_owned(),
        [] => String::new(),
        [TimeFormat::Auto] => "yes".to_owned(),
        _ => format!("with {}", words.join(" or ")),
    }
}

/// The beginning of a text, in one line.
fn cut(text: &str) -> String {
    let seen = |character: char| if character.is_control() { ' ' } else { character };
    let beginning: String = text.chars().take(SHOWN_CHARACTERS).map(seen).collect();
    if text.chars().nth(SHOWN_CHARACTERS).is_some() { format!("{beginning}…") } else { beginning }
}
