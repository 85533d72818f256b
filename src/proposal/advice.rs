//! The advice for a first run whose columns do not match its file.

use super::choice::{ColumnChoice, choose};
use super::columns::flags;
use super::facts::{Facts, facts};
use super::named::{Named, named_places};
use super::table::table;
use crate::definition::{ColumnRequest, SourceRequest};
use crate::input::time::{TimeFormat, are_times, may_be_times};
use crate::input::{Naming, Sample};
use chrono_tz::Tz;

/// The number of values that are shown of a doubtful column.
const SHOWN_VALUES: usize = 3;

/// The columns of a file, and the flags that would name the right ones.
#[derive(Debug)]
pub struct Advice {
    /// The flags by name and value; empty if no key or no time is recognized.
    pub flags: Vec<(&'static str, String)>,
    /// Whether they name other columns, or another time format, than those that were used.
    pub names_others: bool,
    /// The correct names of misspelled columns.
    pub meant: Vec<String>,
    /// The columns, one line for each.
    pub table: Vec<String>,
}

/// The advice for a file with the beginning `sample`. What was `asked` for stays if the file has it.
pub fn advise(sample: &Sample, asked: &SourceRequest) -> Advice {
    let facts = facts(sample, &asked_format(asked));
    let named = |requests: &Option<Vec<ColumnRequest>>| {
        requests.as_ref().and_then(|requests| named_places(requests, &sample.columns))
    };
    let key = named(&asked.key);
    // A column of times may have a format that was not requested; any other column has no times.
    let is_time =
        |named: &Named| named.places.len() > 1 || named.places.iter().all(|&at| has_times(&facts, at));
    let time = named(&asked.time).filter(is_time);
    let places = |named: &Option<Named>| named.as_ref().map(|named| named.places.clone()).unwrap_or_default();
    let choice = choose(&facts, ColumnChoice { key: places(&key), time: places(&time) });
    let looked_at = ColumnChoice {
        key: key.as_ref().map_or_else(|| vec![0], |named| named.places.clone()),
        time: named(&asked.time).map_or_else(|| vec![1], |named| named.places),
    };
    let format = match choice.time[..] {
        [place] => facts.get(place).and_then(|column| column.formats.first()),
        _ => None,
    };
    let is_whole = !choice.key.is_empty() && !choice.time.is_empty();
    Advice {
        flags: if is_whole { flags(&choice, &sample.columns, &facts) } else { Vec::new() },
        names_others: choice != looked_at || format.is_some_and(|format| *format != asked_format(asked)),
        meant: key.into_iter().chain(time).flat_map(|named| named.meant).collect(),
        table: table(&sample.columns, &facts),
    }
}

fn has_times(facts: &[Facts<'_>], place: usize) -> bool {
    facts.get(place).is_some_and(|column| !column.formats.is_empty())
}

/// Why the default columns cannot be the first and the second one; `None` if they can, and for a file without a header.
pub fn doubt_about_unnamed(sample: &Sample, asked: &SourceRequest) -> Option<String> {
    if sample.columns.naming != Naming::Header || sample.rows.is_empty() {
        return None;
    }
    let (first, second) = (sample.columns.names.first()?, sample.columns.names.get(1)?);
    if asked.time.is_none() {
        let values = values_at(sample, 1);
        if !may_be_times(&values, &asked_format(asked), Tz::UTC) {
            return Some(format!(
                "the time is not named, and the second column, {second}, does not look like a time: {}",
                shown(&values)
            ));
        }
        let values = values_at(sample, 0);
        return (asked.key.is_none() && are_dates(&values)).then(|| {
            format!("the key is not named, and the first column, {first}, has dates: {}", shown(&values))
        });
    }
    let time = named_places(asked.time.as_ref()?, &sample.columns)?;
    (asked.key.is_none() && time.places == [0])
        .then(|| format!("the key is not named, and the first column, {first}, is the time"))
}

/// The values of a column that are not empty.
fn values_at(sample: &Sample, place: usize) -> Vec<&[u8]> {
    let values = sample.rows.iter().filter_map(|row| row.get(place)).map(Vec::as_slice);
    values.filter(|value| !value.is_empty()).collect()
}

/// The first of some values.
fn shown(values: &[&[u8]]) -> String {
    let first = values.iter().take(SHOWN_VALUES);
    first.map(|value| String::from_utf8_lossy(value).into_owned()).collect::<Vec<_>>().join(", ")
}

/// Whether all values are dates or times, and none could be an id: a number is one unless its digits are those of a calendar time.
fn are_dates(values: &[&[u8]]) -> bool {
    let is_calendar = |value: &&[u8]| {
        matches!(value.len(), 8 | 12 | 14) || value.iter().any(|byte| matches!(byte, b'-' | b'/' | b':'))
    };
    values.iter().all(is_calendar) && are_times(values, &TimeFormat::Auto, Tz::UTC)
}

/// The requested format.
fn asked_format(asked: &SourceRequest) -> TimeFormat {
    asked.time_format.as_ref().and_then(|format| format.parse().ok()).unwrap_or_default()
}
