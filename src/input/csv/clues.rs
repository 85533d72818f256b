//! What is known of the rows of a file before its dialect: the requested columns, and that one of them is a time.

use super::options::have_decimal_comma;
use crate::definition::{Column, Source};
use crate::input::columns::join_time;
use crate::input::path_columns::PathColumns;
use crate::input::time::{TimeFormat, TimeParser};

/// Earlier times are small numbers of another column: 1990-01-01.
const EARLIEST_US: i64 = 631_152_000_000_000;

/// The clues that show whether rows are split correctly.
#[derive(Debug)]
pub(super) struct Clues {
    /// Names of columns that the header has.
    names: Vec<String>,
    /// The positions of the parts of the time.
    time: Vec<usize>,
    /// The least number of fields of a row.
    fields: usize,
    path: PathColumns,
    times: TimeParser,
    /// Whether other lines may come before the rows.
    pub(super) has_preamble: bool,
}

impl Clues {
    /// Those of `source`, in a file with the columns of `path`.
    ///
    /// # Errors
    /// What is wrong with its time format, in words.
    pub(super) fn of(source: &Source, path: &PathColumns, has_preamble: bool) -> Result<Self, String> {
        let in_path = |column: &Column| column.name.as_ref().and_then(|name| path.position(name));
        let in_rows = || source.key.iter().chain(&source.time).filter(|column| in_path(column).is_none());
        let in_row =
            |column: &Column| column.position.map(|position| usize::try_from(position).unwrap_or(usize::MAX));
        let last = in_rows().filter_map(in_row).max();
        let mut times = TimeParser::new(&source.time_format.parse::<TimeFormat>()?, chrono_tz::UTC);
        if have_decimal_comma(&source.options)? {
            times.set_decimal_comma();
        }
        Ok(Self {
            names: in_rows().filter_map(|column| column.name.clone()).collect(),
            time: source
                .time
                .iter()
                .filter_map(|column| in_path(column).or_else(|| in_row(column)))
                .collect(),
            path: path.clone(),
            fields: last.map_or(0, |last| last.saturating_add(1)).max(2),
            times,
            has_preamble,
        })
    }

    /// Whether a header identifies the rows.
    pub(super) const fn have_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Whether `row` is that header.
    pub(super) fn is_header(&self, row: &[Vec<u8>]) -> bool {
        self.names.iter().all(|name| row.iter().any(|field| field == name.as_bytes()))
    }

    /// Whether all `rows` have the same number of fields, and enough of them.
    pub(super) fn are_consistent(&self, rows: &[Vec<Vec<u8>>]) -> bool {
        let width = rows.first().map_or(0, Vec::len);
        width >= self.fields && rows.iter().all(|row| row.len() == width)
    }

    /// Whether at least half of the `rows` have a time; the first of several may be a header.
    pub(super) fn have_times(&mut self, rows: &[Vec<Vec<u8>>]) -> bool {
        let rows = if rows.len() > 1 { &rows[1..] } else { rows };
        let timed = rows.iter().filter(|row| self.has_time(row)).count();
        timed > 0 && 2 * timed >= rows.len()
    }

    fn has_time(&mut self, row: &[Vec<u8>]) -> bool {
        let mut text = Vec::new();
        let in_row = |position| row.get(position).map_or(&[][..], Vec::as_slice);
        join_time(&self.time, |position| self.path.value(position, in_row), &mut text);
        self.times.parse(&text).is_ok_and(|time| time.us() >= EARLIEST_US)
    }
}
