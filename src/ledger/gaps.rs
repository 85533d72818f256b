//! Replacements for ledger entries that a damaged checkpoint has lost.

use super::{Counts, FileDigest, FileEntry, Head, RunEntry, RunId, RunKind};
use crate::core::event::Timestamp;
use crate::core::watermark::Watermark;
use crate::purged::PurgedKeys;

/// The entries of a ledger up to that of `last`. Each missing entry is replaced by one of [`RunKind::Lost`]. It has the files
/// that are `known` to be its own, and counts that lead from the run before it to the run after it.
///
/// If the lost run was a rollback, the runs that it undid appear as active.
pub fn without_gaps(entries: Vec<RunEntry>, last: &Head, known: &[(FileDigest, RunId)]) -> Vec<RunEntry> {
    let mut whole: Vec<RunEntry> = Vec::new();
    let mut following = entries.into_iter().peekable();
    while whole.len() as u64 != last.run.number() {
        let run = whole.last().map_or(RunId::new(1), |entry| entry.head.run.next());
        let entry = following.next_if(|entry| entry.head.run == run);
        let entry = entry.unwrap_or_else(|| {
            let held_after = match following.peek() {
                // Of several missing entries in a row, the last one closes the gap.
                Some(next) if next.head.run == run.next() => Some(next.counts.events_open_before),
                None if run == last.run => Some(last.events_open),
                _ => None,
            };
            let files = known.iter().filter(|(_, of)| *of == run).map(|(digest, _)| *digest);
            lost(run, whole.last(), held_after, last, files)
        });
        whole.push(entry);
    }
    whole
}

fn lost_file(digest: FileDigest) -> FileEntry {
    FileEntry { path: String::new(), digest, known_bytes: 0, rows: 0, source: None, place: None }
}

fn lost(
    run: RunId,
    before: Option<&RunEntry>,
    held_after: Option<u64>,
    last: &Head,
    files: impl Iterator<Item = FileDigest>,
) -> RunEntry {
    let held_before = before.map_or(0, |before| before.counts.events_open_after);
    let held_after = held_after.unwrap_or(held_before);
    let head = match before {
        _ if run == last.run => last.clone(),
        Some(before) => Head { generation: before.head.generation.saturating_add(1), ..before.head.clone() },
        None => Head {
            generation: 0,
            watermark: Watermark::BEGINNING,
            watermark_origin: None,
            latest: None,
            accepts_from: Watermark::BEGINNING,
            purged: PurgedKeys::default(),
            ..last.clone()
        },
    };
    RunEntry {
        kind: RunKind::Lost,
        as_of: before.map_or(Timestamp::MIN, |before| before.as_of),
        files: files.map(lost_file).collect(),
        counts: Counts {
            rows_read: held_after.saturating_sub(held_before),
            events_open_before: held_before,
            events_open_after: held_after,
            events_removed: held_before.saturating_sub(held_after),
            ..Counts::default()
        },
        head: Head { run, events_open: held_after, ..head },
    }
}
