//! The counts of a batch while it is read, and the first rows of side outputs for error messages.

use crate::core::event::{Place, Timestamp};
use crate::input::{EventBatch, LineCounts, Reason};
use crate::ledger::Counts;

/// The number of rejected rows in an error.
const SHOWN_REJECTS: usize = 3;
/// The number of characters of each.
const SHOWN_CHARACTERS: usize = 60;

/// The counts of the rows of a batch so far.
#[derive(Debug, Default)]
pub(super) struct ReadStats {
    pub(super) counts: Counts,
    pub(super) lines: LineCounts,
    pub(super) rows_of_file: Vec<u64>,
    lines_of_file: Vec<u64>,
    pub(super) known_lines_of_file: Vec<u64>,
    pub(super) unfinished_bytes_of_file: Vec<u64>,
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Option<(Timestamp, usize, u64)>,
    pub(super) earliest_late: Option<Timestamp>,
    pub(super) first_rejects: Vec<String>,
    pub(super) first_future: Option<Timestamp>,
    /// The first text that is not a time, or a time too far in the future, with its file.
    pub(super) first_odd_time: Option<(usize, Vec<u8>)>,
    pub(super) early_numbers: EarlyNumbers,
}

/// Events whose time is a number before 1990.
#[derive(Debug, Default)]
pub(super) struct EarlyNumbers {
    pub(super) rows: u64,
    pub(super) first: Option<EarlyNumber>,
}

/// The first of them.
#[derive(Debug)]
pub(super) struct EarlyNumber {
    pub(super) file: usize,
    /// From 1.
    pub(super) line: u64,
    pub(super) text: Vec<u8>,
    pub(super) time: Timestamp,
}

impl ReadStats {
    pub(super) fn of_files(files: usize) -> Self {
        Self {
            rows_of_file: vec![0; files],
            lines_of_file: vec![0; files],
            known_lines_of_file: vec![0; files],
            unfinished_bytes_of_file: vec![0; files],
            ..Self::default()
        }
    }

    /// Adds a unit of `file`, in the order of arrival. Returns how many lines of the file come before it.
    pub(super) fn add(&mut self, file: usize, batch: &EventBatch) -> u64 {
        let lines_before = self.lines_of_file[file];
        self.lines.add(batch.lines);
        self.lines_of_file[file] += batch.lines.lines;
        self.known_lines_of_file[file] += batch.lines.known;
        self.rows_of_file[file] += batch.rows;
        self.counts.rows_read += batch.rows;
        self.counts.rows_filtered += batch.filtered;
        self.counts.events_accepted += batch.accepted;
        self.earliest = self.earliest.into_iter().chain(batch.earliest).min();
        self.first_future = self.first_future.or(batch.first_future);
        self.earliest_late = self.earliest_late.into_iter().chain(batch.earliest_late).min();
        if let Some((time, line)) = batch.latest
            && self.latest.is_none_or(|(latest, ..)| latest < time)
        {
            self.latest = Some((time, file, lines_before + line + 1));
        }
        if self.first_odd_time.is_none() {
            self.first_odd_time = batch.first_odd_time.clone().map(|text| (file, text));
        }
        self.early_numbers.rows += batch.early_numbers.rows;
        if let (None, Some(first)) = (&self.early_numbers.first, &batch.early_numbers.first) {
            let (line, text) = (lines_before + first.line + 1, first.text.clone());
            self.early_numbers.first = Some(EarlyNumber { file, line, text, time: first.time });
        }
        lines_before
    }

    /// Records that an unfinished row is left at the end of `file`.
    pub(super) fn leave(&mut self, file: usize, unfinished_bytes: u64) {
        self.unfinished_bytes_of_file[file] += unfinished_bytes;
    }

    /// Checks the identity of lines over all files so far.
    pub(super) fn check_lines(&self) -> Result<(), String> {
        self.lines.check(self.counts.rows_read)
    }

    /// The lines of `file` in all units so far.
    pub(super) fn lines_of(&self, file: usize) -> u64 {
        self.lines_of_file[file]
    }

    /// Counts a row for a side output, and keeps the first rejects for the error message.
    pub(super) fn set_aside(&mut self, place: &Place, reason: Reason, row: Option<&[u8]>) {
        if reason == Reason::Late {
            self.counts.events_late += 1;
            return;
        }
        match self.counts.rejects.get_mut(reason.name()) {
            Some(rows) => *rows += 1,
            None => {
                self.counts.rejects.insert(reason.name().to_owned(), 1);
            }
        }
        if self.first_rejects.len() < SHOWN_REJECTS {
            let row = row.map_or_else(String::new, |row| format!(" \"{}\"", shown(row)));
            self.first_rejects.push(format!("{place} {}{row}", reason.name()));
        }
    }
}

/// The beginning of a row, in one line of text.
pub(super) fn shown(row: &[u8]) -> String {
    let beginning = String::from_utf8_lossy(&row[..row.len().min(4 * SHOWN_CHARACTERS)]);
    beginning.chars().flat_map(char::escape_debug).take(SHOWN_CHARACTERS).collect()
}
