//! Reads the rows of a text back through a decoder.

use super::columns::{Columns, ProjectedField};
use super::decoder::{Decoder, Unit, Units};
use super::{EventBatch, Intake, LineCounts, PathColumns, RowRules};
use crate::core::event::{Timestamp, Values};
use crate::input::time::{TimeFormat, TimeParser};

/// What a decoder made of a text.
#[derive(Debug, Default)]
pub(super) struct RowsReadBack {
    /// The values of the columns of accepted rows, sorted by row.
    pub(super) accepted: Vec<Vec<Vec<u8>>>,
    /// Key and time of accepted rows, sorted.
    pub(super) events: Vec<(Vec<u8>, Timestamp)>,
    /// Line in the text, reason and bytes of the others.
    pub(super) others: Vec<(u64, &'static str, String)>,
    pub(super) lines: LineCounts,
}

/// Columns for events with all values of the first `count` columns.
pub(super) fn all_columns(key: usize, time: Vec<usize>, count: usize) -> Columns {
    let kept = vec![ProjectedField::Row((0..count).collect())];
    Columns { key: vec![key], time, kept, filtered: Vec::new(), numbers: Vec::new() }
}

/// Reads all `units`, and checks that the counts of lines balance.
pub(super) fn read_back<D: Decoder>(decoder: &D, mut units: impl Units<Unit = D::Unit>) -> RowsReadBack {
    let mut intake = Intake::new(
        TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC),
        &PathColumns::default(),
        RowRules::unlimited(),
    );
    let (mut batch, mut scratch) = (EventBatch::default(), D::Scratch::default());
    let (mut found, mut rows, mut memory) = (RowsReadBack::default(), 0, Vec::new());
    while let Some(unit) = units.next(memory).unwrap() {
        batch.clear();
        decoder.decode(&unit, &mut intake, &mut scratch, &mut batch).unwrap();
        for event in batch.events() {
            found.events.push((event.key.to_vec(), event.time));
            let row = Values::of(Values::of(event.payload).get(0));
            found.accepted.push(row.iter().map(<[u8]>::to_vec).collect());
        }
        for side in &batch.side_rows {
            let text = String::from_utf8_lossy(&batch.side_bytes[side.bytes.clone()]).into_owned();
            found.others.push((found.lines.lines + side.line, side.reason.name(), text));
        }
        found.lines.add(batch.lines);
        rows += batch.rows;
        memory = unit.into_memory();
    }
    assert_eq!(found.lines.check(rows), Ok(()));
    found.accepted.sort();
    found.events.sort();
    found
}
