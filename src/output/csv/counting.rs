//! Reads the counts of an output of sessions in CSV.

use crate::output::stored_file::StoredFile;
use crate::output::{OutputSchema, SessionCounts};

/// Columns between the key and the number of events of a session.
const COLUMNS_BEFORE_EVENTS: usize = 3;

pub(super) fn count_sessions(file: StoredFile, schema: &OutputSchema) -> Result<SessionCounts, String> {
    let content = file.into_reader().map_err(|error| error.to_string())?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content);
    let column = usize::from(schema.is_correctable) + 1 + schema.key.len() + COLUMNS_BEFORE_EVENTS;
    let mut counts = SessionCounts::default();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| error.to_string())? {
        let text = record.get(column).and_then(|field| std::str::from_utf8(field).ok());
        let events: Option<u64> = text.and_then(|text| text.parse().ok());
        let events = events.ok_or("a row has no number of events")?;
        if schema.is_correctable && record.get(0) == Some(b"retract") {
            counts.retract(events);
        } else {
            counts.complete(events);
        }
    }
    Ok(counts)
}
