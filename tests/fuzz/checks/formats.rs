//! Reads a file as each input format that there is: it is refused in a sentence, or each of its rows is accounted for, however its
//! bytes arrive.

use sessionize::internals::{
    ColumnRequest, DefinitionRequest, ErrorKind, EventBatch, Extent, FileDecoder, Format, Intake,
    PartitionId, PathColumns, ProjectedColumns, Projection, PurgedKeys, RowRules, RowSelection,
    SourceRequest, TimeFormat, TimeParser, UnitDecoder, open_batch,
};
use sessionize::{Timestamp, Watermark};
use std::io::{Read, Write};

/// What has become of the rows of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    rows: u64,
    lines: u64,
    /// Keys and times of accepted events, by partition.
    events: Vec<(usize, Vec<u8>, i64)>,
    /// Why the others were not accepted, with their bytes.
    others: Vec<(&'static str, Vec<u8>)>,
}

/// The first line names the columns of key and time, parted by a comma. The file follows. Those of `formats` that have events in it.
pub fn check(data: &[u8], formats: &[Format]) -> Vec<Format> {
    let Some(end) = data.iter().position(|&byte| byte == b'\n') else { return Vec::new() };
    let columns = std::str::from_utf8(&data[..end]).ok().and_then(|line| line.split_once(','));
    let Some((key, time)) = columns else { return Vec::new() };
    let has_events = |format: &Format| check_format(*format, [key, time], &data[end + 1..]);
    formats.iter().copied().filter(has_events).collect()
}

#[expect(clippy::expect_used, reason = "without a temporary file nothing can be checked")]
fn check_format(format: Format, [key, time]: [&str; 2], content: &[u8]) -> bool {
    let mut stored = tempfile::NamedTempFile::new().expect("a temporary file");
    stored.write_all(content).expect("a temporary file");
    let files = open_batch(&[stored.path().to_owned()], u64::MAX).expect("it is there");
    let column = |name: &str| Some(vec![ColumnRequest::read(name)]);
    let request = SourceRequest { key: column(key), time: column(time), ..SourceRequest::default() };
    let mut definition =
        DefinitionRequest { sources: vec![request], ..DefinitionRequest::default() }.create();
    let mut times = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC);
    let (kept, mut event_columns) = (ProjectedColumns::default(), None);
    let mut projection = Projection { kept: &kept, event_columns: &mut event_columns };
    let source = &mut definition.sources[0];
    match FileDecoder::open(&files[0], Some(format), source, &mut times, &mut projection, u64::MAX) {
        Err(refusal) => {
            // A name in the sentence may have a line break of its own; the program prints it in one line.
            let kinds = [ErrorKind::DataRefused, ErrorKind::Definition, ErrorKind::NoInput, ErrorKind::Usage];
            assert!(kinds.contains(&refusal.kind()), "{refusal:?}");
            false
        }
        Ok(decoder) => {
            let whole = files[0].reader().ok().and_then(|content| read(&decoder, &times, content));
            let in_pieces =
                files[0].reader().ok().and_then(|content| read(&decoder, &times, Pieces(content)));
            assert_eq!(whole, in_pieces, "{}", format.name());
            whole.is_some_and(|outcome| !outcome.events.is_empty())
        }
    }
}

/// `None` if the content is refused on the way.
fn read(decoder: &FileDecoder, times: &TimeParser, content: impl Read) -> Option<Outcome> {
    let rules = RowRules {
        accepts_from: Watermark::BEGINNING,
        purged: PurgedKeys::default(),
        latest_allowed: Timestamp::MAX,
        selection: RowSelection::default(),
        key_hasher: None,
    };
    let mut rows = UnitDecoder::new(Intake::new(times.clone(), &PathColumns::default(), rules));
    let mut units = decoder.units(content, Extent::default());
    let (mut batch, mut outcome) = (EventBatch::default(), Outcome::default());
    while let Some(unit) = units.next(Vec::new()).ok()? {
        rows.decode(&unit, &mut batch).ok()?;
        assert_eq!(batch.lines.check(batch.rows), Ok(()));
        assert_eq!(batch.rows, batch.accepted + batch.side_rows.len() as u64);
        let before = outcome.events.len();
        outcome.events.extend(batch.events().map(|event| {
            let partition = PartitionId::of_table_hash(event.table_hash).index();
            (partition, event.key.to_vec(), event.time.us())
        }));
        assert_eq!(batch.accepted, (outcome.events.len() - before) as u64);
        let other = |row: &sessionize::internals::SideRow| {
            (row.reason.name(), batch.side_bytes[row.bytes.clone()].to_vec())
        };
        outcome.others.extend(batch.side_rows.iter().map(other));
        outcome.rows += batch.rows;
        outcome.lines += batch.lines.lines;
    }
    outcome.events.sort_by_key(|(partition, ..)| *partition);
    Some(outcome)
}

/// A few bytes at a time.
struct Pieces<R>(R);

impl<R: Read> Read for Pieces<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = buffer.len().min(7);
        self.0.read(&mut buffer[..length])
    }
}
