//! What a first run is told whose columns are not those of its file.

use super::choice::{ColumnChoice, choose};
use super::columns::flags;
use super::facts::{Facts, facts};
use super::named::{Named, named_places};
use super::table::table;
use crate::definition::{ColumnRequest, SourceRequest};
use crate::input::time::{TimeFormat, may_be_times};
use crate::input::{Naming, Sample};
use chrono_tz::Tz;

/// Values that are shown of a column that is in doubt.
const SHOWN_VALUES: usize = 3;

/// Which columns a file has, and which flags would name the right ones.
#[derive(Debug)]
pub struct Advice {
    /// The flags by name and value; empty if no key or no time can be told.
    pub flags: Vec<(&'static str, String)>,
    /// Whether they name other columns, or another format of times, than those that were looked at.
    pub names_others: bool,
    /// The names of columns that were mistyped, as they should be.
    pub meant: Vec<String>,
    /// The columns, a line for each.
    pub table: Vec<String>,
}

/// The advice for a file of which `sample` is the beginning. What was `asked` for stays where the file has it.
pub fn advise(sample: &Sample, asked: &SourceRequest) -> Advice {
    let facts = facts(sample, &asked_format(asked));
    let named = |requests: &Option<Vec<ColumnRequest>>| {
        requests.as_ref().and_then(|requests| named_places(requests, &sample.columns))
    };
    let key = named(&asked.key);
    // A column of times may be in a format that was not asked for; any other column is no time.
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

/// Why the columns that nobody has named cannot be the first and the second one; `None` if they can, and for a file that has no
/// header.
pub fn doubt_about_unnamed(sample: &Sample, asked: &SourceRequest) -> Option<String> {
    if sample.columns.naming != Naming::Header || sample.rows.is_empty() {
        return None;
    }
    let second = sample.columns.names.get(1)?;
    if asked.time.is_none() {
        let values: Vec<&[u8]> = sample.rows.iter().filter_map(|row| row.get(1)).map(Vec::as_slice).collect();
        let values: Vec<&[u8]> = values.into_iter().filter(|value| !value.is_empty()).collect();
        let shown: Vec<String> = values
            .iter()
            .take(SHOWN_VALUES)
            .map(|value| String::from_utf8_lossy(value).into_owned())
            .collect();
        return (!may_be_times(&values, &asked_format(asked), Tz::UTC)).then(|| {
            format!(
                "no column is named as the time, and the second one, {second}, does not look like it: {}",
                shown.join(", ")
            )
        });
    }
    let time = named_places(asked.time.as_ref()?, &sample.columns)?;
    let first = sample.columns.names.first()?;
    (asked.key.is_none() && time.places == [0])
        .then(|| format!("no column is named as the key, and the first one, {first}, is the time"))
}

/// The format that was asked for.
fn asked_format(asked: &SourceRequest) -> TimeFormat {
    asked.time_format.as_ref().and_then(|format| format.parse().ok()).unwrap_or_default()
}
