//! Reads a batch file in blocks, and once more whole with the csv crate alone.

use sessionize::internals::{
    Columns, Csv, Dialect, EventBatch, Extent, FileDecoder, Intake, KeyHash, MAX_KEY_BYTES, NotATime,
    PartitionId, PathColumns, PurgedKeys, Reason, RowRules, RowSelection, Schema, TimeFormat, TimeParser,
    UnitDecoder,
};
use sessionize::{Timestamp, Watermark};
use std::cell::Cell;

const WATERMARK_US: i64 = 1_000_000_000;
/// A byte order mark.
const MARK: &[u8] = b"\xEF\xBB\xBF";
const LATEST_ALLOWED_US: i64 = 4_000_000_000_000_000;
/// More than a block, so that blocks are cut somewhere inside.
const LONG_BYTES: usize = 600 << 10;

thread_local! {
    /// 32 buffers, and the memory of a block, take longer to make than a short file takes to read.
    static RECYCLED: Cell<(EventBatch, Vec<u8>)> = Cell::default();
}

/// What has become of the rows of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    /// Partition, key and time of accepted events: by partition, then in the order of arrival.
    events: Vec<(usize, Vec<u8>, i64)>,
    /// Line, reason and bytes of the others.
    aside: Vec<(u64, Reason, Vec<u8>)>,
    rows: u64,
}

/// The first byte picks the delimiter, the second how many fields a row has. Whether any row is an event.
pub fn check(data: &[u8]) -> bool {
    data.split_first_chunk().is_some_and(|(&options, file)| check_file(file, &csv(options)))
}

/// The same for the file repeated until it is longer than a block.
#[allow(dead_code, reason = "too slow for fuzzing")]
pub fn check_long(data: &[u8]) -> bool {
    data.split_first_chunk().is_some_and(|(&options, file)| {
        check_file(&file.repeat(LONG_BYTES / file.len().max(1) + 1), &csv(options))
    })
}

fn csv([delimiter, fields]: [u8; 2]) -> Csv {
    let delimiter = [b',', b';', b'\t', b'x'][usize::from(delimiter) % 4];
    let fields = 2 + usize::from(fields) % 3;
    let columns = Columns { key: vec![0], time: vec![fields - 1], ..Columns::default() };
    Csv {
        dialect: Dialect { delimiter, ..Dialect::default() },
        skip_lines: 0,
        schema: Some(Schema { columns, fields, ..Schema::default() }),
    }
}

fn check_file(file: &[u8], csv: &Csv) -> bool {
    // A quote that swallows further rows fails the run: there is nothing to compare.
    let Some(ours) = read_in_units(file, csv) else { return false };
    let reference = read_whole(file, csv, ours.aside.last());
    assert_eq!(ours, reference);
    !ours.events.is_empty()
}

fn read_in_units(file: &[u8], csv: &Csv) -> Option<Outcome> {
    let time = |us| Timestamp::from_us(us).unwrap_or(Timestamp::MAX);
    let rules = RowRules {
        accepts_from: Watermark::at(time(WATERMARK_US)),
        purged: PurgedKeys::default(),
        latest_allowed: time(LATEST_ALLOWED_US),
        selection: RowSelection::default(),
        key_hasher: None,
    };
    let times = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC);
    let mut rows = UnitDecoder::new(Intake::new(times, &PathColumns::default(), rules));
    let decoder = FileDecoder::Csv(Csv { dialect: csv.dialect, skip_lines: 0, schema: csv.schema.clone() });
    let mut units = decoder.units(file, Extent::default());
    let (mut batch, mut memory) = RECYCLED.take();
    let mut outcome = Outcome::default();
    let mut lines = 0;
    while let Some(unit) = units.next(std::mem::take(&mut memory)).ok()? {
        assert!(rows.decode(&unit, &mut batch).is_ok());
        outcome.events.extend(batch.events().map(|event| {
            let partition = PartitionId::of_table_hash(event.table_hash).index();
            (partition, event.key.to_vec(), event.time.us())
        }));
        for row in &batch.side_rows {
            outcome.aside.push((lines + row.line, row.reason, batch.side_bytes[row.bytes.clone()].to_vec()));
        }
        assert_eq!(batch.lines.check(batch.rows), Ok(()));
        outcome.rows += batch.rows;
        lines += batch.lines.lines;
        memory = unit.into_memory();
    }
    RECYCLED.set((batch, memory));
    outcome.events.sort_by_key(|(partition, ..)| *partition);
    Some(outcome)
}

/// The csv crate over the whole file. A last row that ends inside quotes is taken as `last_aside` says: where a quote is
/// open is for the crate an end like any other.
fn read_whole(file: &[u8], csv: &Csv, last_aside: Option<&(u64, Reason, Vec<u8>)>) -> Outcome {
    // The crate drops one mark: the file's own, or else this one.
    let file = file.strip_prefix(MARK).unwrap_or(file);
    let marked = [MARK, file].concat();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(csv.dialect.delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .buffer_capacity(file.len().clamp(64, 64 << 10))
        .from_reader(&marked[..]);
    let mut times = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC);
    let schema = csv.schema.clone().unwrap_or_default();
    let mut outcome = Outcome::default();
    let mut record = csv::ByteRecord::new();
    let (mut start, mut line) = (0, 0);
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX) - MARK.len();
        let raw = &file[start..end];
        let blank = raw.iter().take_while(|&&byte| byte == b'\n').count();
        let first_line = line + blank as u64;
        line += raw.split(|&byte| byte == b'\n').skip(1).count() as u64;
        start = end;
        let row = &raw[blank..];
        let row = row.strip_suffix(b"\n").unwrap_or(row);
        let ends_in_return = row.ends_with(b"\r");
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        if row.is_empty() {
            continue;
        }
        outcome.rows += 1;
        let mut fields: Vec<&[u8]> = record.iter().collect();
        if let Some(last) = fields.last_mut().filter(|_| ends_in_return) {
            *last = last.strip_suffix(b"\r").unwrap_or(last);
        }
        let unclosed = (first_line, Reason::UnclosedQuote, row.to_vec());
        if end == file.len() && last_aside == Some(&unclosed) {
            outcome.aside.push(unclosed);
            continue;
        }
        match event(&fields, &schema, &mut times) {
            Ok((key, us)) => {
                outcome.events.push((KeyHash::of(key).partition().index(), key.to_vec(), us));
            }
            Err(reason) => outcome.aside.push((first_line, reason, row.to_vec())),
        }
    }
    outcome.events.sort_by_key(|(partition, ..)| *partition);
    outcome
}

fn event<'f>(
    fields: &[&'f [u8]],
    schema: &Schema,
    times: &mut TimeParser,
) -> Result<(&'f [u8], i64), Reason> {
    if fields.len() < schema.fields {
        return Err(Reason::TooFewFields);
    }
    if fields.len() > schema.fields {
        return Err(Reason::TooManyFields);
    }
    let us = times.parse(fields[schema.columns.time[0]]).map(Timestamp::us).map_err(|error| match error {
        NotATime::Unreadable => Reason::Time,
        NotATime::Impossible => Reason::ImpossibleTime,
    })?;
    match fields[0].len() {
        0 => Err(Reason::EmptyKey),
        length if length > MAX_KEY_BYTES => Err(Reason::KeyTooLong),
        _ if us < WATERMARK_US => Err(Reason::Late),
        _ if us > LATEST_ALLOWED_US => Err(Reason::Future),
        _ => Ok((fields[0], us)),
    }
}
