//! Rows of the checkpoint as this program writes them, for tests that damage them. Stored files would fall behind the format.

use super::probe::{StoredRow, gap_reducer, rule_reducer};
use super::{codec, frame, rows};
use crate::core::event::{Event, Timestamp, push_value};
use crate::core::partition::KeyHash;
use crate::core::reducer::Fold;
use crate::core::watermark::Watermark;
use crate::definition::{DEFAULT_GAP, DefinitionRequest};
use crate::ledger::{
    Counts, FileDigest, FileEntry, FilePlace, FileStamp, Head, KnownFiles, RunEntry, RunId, RunKind,
    WatermarkOrigin,
};
use crate::purged::PurgedKeys;

/// The bytes of a row of this kind, without its checksum.
///
/// # Errors
/// In words, if there is none.
pub fn example(kind: StoredRow) -> Result<Vec<u8>, String> {
    Ok(frame::unframed(match kind {
        StoredRow::Head => codec::encode_head(&head()),
        StoredRow::Run => codec::encode_run(&run()),
        StoredRow::OpenSessions => state(gap_reducer())?,
        StoredRow::RuledSessions => state(rule_reducer()?)?,
    }))
}

/// A session of two events and a waiting event of one key, and a session of another key.
fn state(mut reducer: impl Fold + rows::Stored) -> Result<Vec<u8>, String> {
    let horizon = Watermark::at(time(2));
    for (key, us, value) in [(&b"ab"[..], 1, "1.5"), (b"ab", 2, "2"), (b"", 2, "a"), (b"ab", 9, "")] {
        let mut payload = Vec::new();
        if !push_value(&mut payload, value.as_bytes()) {
            return Err("a value is too long".to_owned());
        }
        let event = Event { key, table_hash: KeyHash::of(key).table(), time: time(us), payload: &payload };
        reducer.take(event, horizon, &mut |_| ()).map_err(|_| "they are in order".to_owned())?;
    }
    Ok(rows::write(&mut reducer))
}

fn run() -> RunEntry {
    let digest = FileDigest { hash: 7, bytes: 8, beginning: 9 };
    let file = FileEntry {
        path: "a.csv".to_owned(),
        digest,
        known_bytes: 2,
        rows: 4,
        source: Some("web".to_owned()),
        place: Some(FilePlace {
            path_hash: 10,
            stamp: Some(FileStamp::File { bytes: 11, modified_ns: -12, changed_ns: 13, inode: 14, ends: 15 }),
        }),
    };
    let counts = Counts { rows_read: 4, events_accepted: 4, events_open_after: 4, ..Counts::default() };
    RunEntry { kind: RunKind::Batch, as_of: time(10), files: vec![file], counts, head: head() }
}

fn head() -> Head {
    Head {
        run: RunId::new(300),
        generation: 300,
        chunks: 1,
        state_digest: 5,
        keys_open: 2,
        sessions_open: 2,
        events_open: 4,
        oldest_open_start: Some(time(1)),
        watermark: Watermark::at(time(2)),
        watermark_origin: Some(WatermarkOrigin { run: RunId::new(2), place: None }),
        latest: Some(time(9)),
        accepts_from: Watermark::at(time(2)),
        purged: PurgedKeys::default(),
        known_files: KnownFiles { count: 1, sum: 12 },
        definition: DefinitionRequest { gap: Some(DEFAULT_GAP), ..DefinitionRequest::default() }.create(),
    }
}

/// A time some microseconds after the epoch.
fn time(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap_or(Timestamp::MAX)
}
