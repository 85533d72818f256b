//! Blocks to events.
//!
//! Two paths read a block. The reference is the `csv` crate. Where no quote stands in a block, a row ends at a newline
//! and a field at a delimiter, and a plain search for those two bytes does the same work in a fraction of the time. A
//! property test holds one against the other.
#![expect(clippy::cast_possible_truncation, reason = "positions in a block")]

use super::blocks::{BYTE_ORDER_MARK, Block};
use super::reason::Reason;
use super::schema::{MAX_COLUMNS, Schema};
use super::separators::Separators;
use super::timestamp::{NotATime, TimeParser};
use super::wide::first_wide_row;
use crate::core::event::{Event, EventBuffer, KEY_SEPARATOR, MAX_KEY_BYTES, Timestamp};
use crate::core::partition::{KeyHash, PARTITIONS};
use crate::core::watermark::Watermark;
use crate::purged::PurgedKeys;
use std::cmp::Ordering;
use std::io::{self, Read};
use std::ops::Range;

/// Rows whose fields are found before the first of them is read.
const WINDOW_BYTES: usize = 16 << 10;

/// Room for the first events of a partition: memory that grows from nothing leaves a trail of fresh pages.
const FIRST_BYTES: usize = 1 << 10;

/// What decides whether an event is taken in.
#[derive(Debug, Clone)]
pub struct RowRules {
    /// Events before it are late (rule 2): the watermark, or further back where completed sessions are correctable.
    pub accepts_from: Watermark,
    /// Keys whose events are late longer, because they were removed.
    pub purged: PurgedKeys,
    /// Events after it are rejected (rule 9).
    pub latest_allowed: Timestamp,
}

impl RowRules {
    fn is_late(&self, time: Timestamp, key: &[u8]) -> bool {
        self.accepts_from.is_late(time) || self.purged.is_late(key, time)
    }
}

/// A row that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The line on which it begins, counted from 0 at the start of the block.
    pub line: u64,
    /// Why.
    pub reason: Reason,
    /// Where its bytes stand in [`ParsedBlock::aside_bytes`].
    pub bytes: Range<usize>,
}

/// What the rows of a block have come to. Cleared and filled again for each block: its memory is kept.
#[derive(Debug)]
pub struct ParsedBlock {
    /// Accepted events by partition, in the order of arrival.
    pub partitions: Vec<EventBuffer>,
    /// Data rows, without blank lines and header.
    pub rows: u64,
    /// Accepted events.
    pub accepted: u64,
    /// Lines, for the numbers of those that follow.
    pub lines: u64,
    /// The earliest accepted event.
    pub earliest: Option<Timestamp>,
    /// The first of the latest accepted events, and its line in the block.
    pub latest: Option<(Timestamp, u64)>,
    /// The earliest event before the time from which on events are accepted.
    pub earliest_late: Option<Timestamp>,
    /// The first event that lies too far in the future.
    pub first_future: Option<Timestamp>,
    /// Rows that were set aside, in the order of arrival.
    pub aside: Vec<SetAside>,
    /// Their bytes.
    pub aside_bytes: Vec<u8>,
}

impl Default for ParsedBlock {
    fn default() -> Self {
        Self {
            partitions: std::iter::repeat_with(|| EventBuffer::with_room(FIRST_BYTES))
                .take(PARTITIONS)
                .collect(),
            rows: 0,
            accepted: 0,
            lines: 0,
            earliest: None,
            latest: None,
            earliest_late: None,
            first_future: None,
            aside: Vec::new(),
            aside_bytes: Vec::new(),
        }
    }
}

impl ParsedBlock {
    /// Empties it and keeps its memory.
    pub fn clear(&mut self) {
        self.partitions.iter_mut().for_each(EventBuffer::clear);
        self.aside.clear();
        self.aside_bytes.clear();
        (self.rows, self.accepted, self.lines) = (0, 0, 0);
        (self.earliest, self.latest) = (None, None);
        (self.earliest_late, self.first_future) = (None, None);
    }

    fn accept(&mut self, time: Timestamp, key: &[u8], payload: &[u8], line: u64) {
        self.accepted += 1;
        if self.latest.is_none_or(|(latest, _)| latest < time) {
            self.latest = Some((time, line));
        }
        if self.earliest.is_none_or(|earliest| time < earliest) {
            self.earliest = Some(time);
        }
        let hash = KeyHash::of(key);
        let event = Event { key, table_hash: hash.table(), time, payload };
        self.partitions[hash.partition().index()].push(event);
    }

    fn set_aside(&mut self, line: u64, reason: Reason, row: &[u8]) {
        let start = self.aside_bytes.len();
        self.aside_bytes.extend_from_slice(row);
        self.aside.push(SetAside { line, reason, bytes: start..self.aside_bytes.len() });
    }
}

/// Reads the rows of blocks. Each thread has its own.
#[derive(Debug)]
pub struct BlockParser {
    times: TimeParser,
    rules: RowRules,
    joined_key: Vec<u8>,
    payload: Vec<u8>,
    separators: Separators,
}

/// A row as both paths hand it over.
struct Row<'a> {
    line: u64,
    bytes: &'a [u8],
    fields: usize,
}

impl BlockParser {
    /// A parser with the rules of one run.
    pub fn new(times: TimeParser, rules: RowRules) -> Self {
        Self { times, rules, joined_key: Vec::new(), payload: Vec::new(), separators: Separators::default() }
    }

    /// Reads the rows of `block` into `parsed`, whose content is replaced. `skip_header` drops the first row.
    pub fn parse(&mut self, block: &Block, schema: &Schema, skip_header: bool, parsed: &mut ParsedBlock) {
        parsed.clear();
        let mut bytes = block.bytes();
        if skip_header && let Some((_, end)) = super::schema::first_row(bytes, schema.delimiter) {
            parsed.lines = lines_in(&bytes[..end]);
            bytes = &bytes[end..];
        }
        let whole = block.unclosed.map_or(bytes.len(), |at| at - (block.bytes().len() - bytes.len()));
        let (rows, cut_row) = bytes.split_at(whole);
        let mut rest = rows;
        // Both paths make a table of the fields of a row. In a block that one long row has stretched, rows that have too many
        // of them are taken out before.
        while rest.len() > MAX_COLUMNS
            && let Some(wide) = first_wide_row(rest, schema.delimiter, schema.fields)
        {
            self.parse_rows(&rest[..wide.start], block.quoted, schema, parsed);
            let row = &rest[wide.clone()];
            parsed.rows += 1;
            parsed.set_aside(parsed.lines, Reason::TooManyFields, trim_row(row).1);
            parsed.lines += lines_in(row);
            rest = &rest[wide.end..];
        }
        self.parse_rows(rest, block.quoted, schema, parsed);
        if !cut_row.is_empty() {
            parsed.rows += 1;
            parsed.set_aside(parsed.lines, Reason::UnclosedQuote, trim_row(cut_row).1);
        }
    }

    fn parse_rows(&mut self, bytes: &[u8], quoted: bool, schema: &Schema, parsed: &mut ParsedBlock) {
        if quoted {
            self.parse_with_csv(bytes, schema, parsed);
        } else {
            self.parse_plain(bytes, schema, parsed);
        }
    }

    fn parse_with_csv(&mut self, bytes: &[u8], schema: &Schema, parsed: &mut ParsedBlock) {
        let mut reader = csv_reader(bytes, schema.delimiter);
        let before = mark_before(bytes).len();
        let mut record = csv::ByteRecord::new();
        let (mut start, mut line) = (0, parsed.lines);
        // Reading bytes from memory with flexible rows cannot fail.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let end = reader.position().byte() as usize - before;
            let raw = &bytes[start..end];
            let (blank_lines, row) = trim_row(raw);
            let first_line = line + blank_lines;
            // The reader counts newlines, from 1, as it goes.
            line = parsed.lines + reader.position().line() - 1;
            start = end;
            if row.is_empty() {
                continue;
            }
            let last = record.len() - 1;
            let field = |position: usize| match record.get(position) {
                Some(field) if position == last => without_line_end(field, raw),
                Some(field) => field,
                None => b"",
            };
            let row = Row { line: first_line, bytes: row, fields: record.len() };
            self.take_row(&row, schema, field, parsed);
        }
        parsed.lines += lines_in(bytes);
    }

    fn parse_plain(&mut self, mut bytes: &[u8], schema: &Schema, parsed: &mut ParsedBlock) {
        let mut separators = std::mem::take(&mut self.separators);
        while !bytes.is_empty() {
            let (window, rest) = bytes.split_at(window_end(bytes));
            self.parse_window(window, &mut separators, schema, parsed);
            bytes = rest;
        }
        self.separators = separators;
    }

    /// Reads whole rows, of which only the last may lack its newline.
    fn parse_window(
        &mut self,
        bytes: &[u8],
        separators: &mut Separators,
        schema: &Schema,
        parsed: &mut ParsedBlock,
    ) {
        let mut ends = separators.find(bytes, schema.delimiter, b'\n');
        let mut start = 0;
        while let Some(last) = ends.iter().position(|&at| bytes[at as usize] == b'\n') {
            let (of_row, rest) = ends.split_at(last + 1);
            let end = of_row[last] as usize;
            self.take_plain_row(bytes, start..end, of_row, schema, parsed);
            ends = rest;
            start = end + 1;
            parsed.lines += 1;
        }
        if start < bytes.len() {
            let ends = [ends, &[bytes.len() as u32]].concat();
            self.take_plain_row(bytes, start..bytes.len(), &ends, schema, parsed);
        }
    }

    /// Takes the row at `place` in `bytes`; `ends` is where each of its fields ends.
    fn take_plain_row(
        &mut self,
        bytes: &[u8],
        place: Range<usize>,
        ends: &[u32],
        schema: &Schema,
        parsed: &mut ParsedBlock,
    ) {
        let row = &bytes[place.clone()];
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        if row.is_empty() {
            return;
        }
        let field = |position: usize| {
            let from = if position == 0 { 0 } else { ends[position - 1] as usize + 1 - place.start };
            // The last field ends where its newline stands: the carriage return before it is none of its bytes.
            &row[from..row.len().min(ends[position] as usize - place.start)]
        };
        self.take_row(&Row { line: parsed.lines, bytes: row, fields: ends.len() }, schema, field, parsed);
    }

    /// Decides what becomes of one row; `field` gives its fields by position.
    fn take_row<'f>(
        &mut self,
        row: &Row<'_>,
        schema: &Schema,
        field: impl Fn(usize) -> &'f [u8],
        parsed: &mut ParsedBlock,
    ) {
        parsed.rows += 1;
        let Self { times, rules, joined_key, payload, .. } = self;
        let event = read_event(row, schema, &field, times, joined_key).and_then(|event| {
            // Without rules there is nothing to pack, and the payload stays empty.
            if !schema.kept.is_empty() {
                schema.pack(row.bytes, &field, payload)?;
            }
            Ok(event)
        });
        match event {
            // First: a time that is not believed says nothing, also not that the event came late.
            Ok((time, _)) if time > rules.latest_allowed => {
                parsed.first_future.get_or_insert(time);
                parsed.set_aside(row.line, Reason::Future, row.bytes);
            }
            Ok((time, key)) if rules.is_late(time, key) => {
                if rules.accepts_from.is_late(time) {
                    parsed.earliest_late = parsed.earliest_late.into_iter().chain([time]).min();
                }
                parsed.set_aside(row.line, Reason::Late, row.bytes);
            }
            Ok((time, key)) => parsed.accept(time, key, payload, row.line),
            Err(reason) => parsed.set_aside(row.line, reason, row.bytes),
        }
    }
}

/// Where the rows end that are read in one go: few enough that they are still in the fastest memory when they are read
/// again.
fn window_end(bytes: &[u8]) -> usize {
    let first = &bytes[..bytes.len().min(WINDOW_BYTES)];
    let end = memchr::memrchr(b'\n', first).or_else(|| memchr::memchr(b'\n', bytes));
    end.map_or(bytes.len(), |at| at + 1)
}

/// Time and key of a row; the key is a field of it, or joined in `joined_key`.
fn read_event<'k, 'f: 'k>(
    row: &Row<'_>,
    schema: &Schema,
    field: impl Fn(usize) -> &'f [u8],
    times: &mut TimeParser,
    joined_key: &'k mut Vec<u8>,
) -> Result<(Timestamp, &'k [u8]), Reason> {
    match row.fields.cmp(&schema.fields) {
        Ordering::Less => return Err(Reason::TooFewFields),
        Ordering::Greater => return Err(Reason::TooManyFields),
        Ordering::Equal => {}
    }
    let time = times.parse(field(schema.time)).map_err(|error| match error {
        NotATime::Unreadable => Reason::Time,
        NotATime::Impossible => Reason::ImpossibleTime,
    })?;
    let key = if let [position] = schema.key[..] {
        field(position)
    } else {
        join_key(&schema.key, field, joined_key)?;
        joined_key
    };
    match key.len() {
        0 => Err(Reason::EmptyKey),
        1..=MAX_KEY_BYTES => Ok((time, key)),
        _ => Err(Reason::KeyTooLong),
    }
}

/// Joins the parts of a composite key. It is empty, and `joined` too, iff all its parts are.
fn join_key<'f>(
    positions: &[usize],
    field: impl Fn(usize) -> &'f [u8],
    joined: &mut Vec<u8>,
) -> Result<(), Reason> {
    joined.clear();
    let mut all_empty = true;
    for (number, &position) in positions.iter().enumerate() {
        let part = field(position);
        if memchr::memchr(KEY_SEPARATOR, part).is_some() {
            return Err(Reason::KeySeparator);
        }
        if number > 0 {
            joined.push(KEY_SEPARATOR);
        }
        joined.extend_from_slice(part);
        all_empty &= part.is_empty();
    }
    if all_empty {
        joined.clear();
    }
    Ok(())
}

/// Bytes behind a mark, in one piece: the reference reader looks for a mark only in the first piece it gets.
pub(super) struct Marked<'b> {
    mark: &'static [u8],
    bytes: &'b [u8],
}

impl Read for Marked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let marked = self.mark.read(buffer)?;
        Ok(marked + self.bytes.read(&mut buffer[marked..])?)
    }
}

/// What the reference reader is given before `bytes`. It drops a byte order mark wherever it begins; that of the file is gone
/// already, and a further one, or one at the start of a later block, is data.
pub(super) fn mark_before(bytes: &[u8]) -> &'static [u8] {
    if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { b"" }
}

/// The reference reader. A row ends at LF or CRLF; a carriage return elsewhere is data. Its positions count from the start of
/// [`mark_before`].
pub(super) fn csv_reader(bytes: &[u8], delimiter: u8) -> csv::Reader<Marked<'_>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(Marked { mark: mark_before(bytes), bytes })
}

/// The row inside the bytes that the reference reader has gone through for it, and how many blank lines stand before.
pub(super) fn trim_row(raw: &[u8]) -> (u64, &[u8]) {
    let blank = raw.iter().take_while(|&&byte| byte == b'\n').count();
    let row = raw[blank..].strip_suffix(b"\n").unwrap_or(&raw[blank..]);
    (blank as u64, row.strip_suffix(b"\r").unwrap_or(row))
}

/// The last field of a row without the carriage return that belongs to the line end: one that ends the raw bytes too, and
/// so stands outside quotes.
pub(super) fn without_line_end<'f>(field: &'f [u8], raw: &[u8]) -> &'f [u8] {
    let ends_in_carriage_return = raw.strip_suffix(b"\n").unwrap_or(raw).ends_with(b"\r");
    if ends_in_carriage_return { field.strip_suffix(b"\r").unwrap_or(field) } else { field }
}

fn lines_in(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
#[path = "rows_tests.rs"]
mod tests;
