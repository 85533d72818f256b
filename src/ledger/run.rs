//! An entry of the ledger, and the head of the checkpoint after it.

use super::files::{FileDigest, FilePlace, KnownFiles};
use super::run_id::RunId;
use crate::core::event::{Place, Timestamp};
use crate::core::watermark::{EventTime, Watermark};
use crate::definition::Definition;
use crate::purged::PurgedKeys;
use std::collections::BTreeMap;

/// The kind of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunKind {
    /// A batch of files.
    Batch,
    /// A finalize (rule 7).
    Finalize,
    /// A finalize that only moved the watermark.
    FinalizeAsOf,
    /// A rollback to the state after run `to`: the runs between are no longer active.
    Rollback {
        /// The run whose state was restored.
        to: RunId,
    },
    /// A purge of the open state of one key.
    Purge,
    /// An import of the state of another checkpoint.
    Import,
    /// A migration of the state to a newer format.
    Migrate,
    /// A run whose entry was lost with a damaged checkpoint. Its counts close the gap.
    Lost,
    /// Missing outputs were recorded as removed on purpose.
    AcceptMissing {
        /// These outputs, relative to the output folder.
        outputs: Vec<String>,
    },
}

impl RunKind {
    /// The word in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Finalize => "finalize",
            Self::FinalizeAsOf => "finalize --as-of",
            Self::Rollback { .. } => "rollback",
            Self::Purge => "purge",
            Self::Import => "import-state",
            Self::Migrate => "migrate",
            Self::Lost => "lost",
            Self::AcceptMissing { .. } => "accept-missing",
        }
    }
}

/// A file that a run ingested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The path as given.
    pub path: String,
    /// Its content, as far as it was ingested.
    pub digest: FileDigest,
    /// How many bytes at its beginning were ingested before: the run read the rest.
    pub known_bytes: u64,
    /// Rows read from it.
    pub rows: u64,
    /// Its source; `None` if the source has no name.
    pub source: Option<String>,
    /// Its place; `None` for a stream.
    pub place: Option<FilePlace>,
}

/// What set the watermark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatermarkOrigin {
    /// The run that moved it.
    pub run: RunId,
    /// The row with the latest event; `None` if a flag or a finalize set the time.
    pub place: Option<Place>,
}

/// The state of the checkpoint after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last committed run.
    pub run: RunId,
    /// The generation of the open state.
    pub generation: u64,
    /// The number of chunks of the open state.
    pub chunks: u64,
    /// xxh3-128 of the digests of all chunks, in order.
    pub state_digest: u128,
    /// Keys with open state.
    pub keys_open: u64,
    /// Open sessions.
    pub sessions_open: u64,
    /// Events in open sessions, and buffered events.
    pub events_open: u64,
    /// The start of the oldest open session.
    pub oldest_open_start: Option<Timestamp>,
    /// The watermark.
    pub watermark: Watermark,
    /// What set the watermark.
    pub watermark_origin: Option<WatermarkOrigin>,
    /// The latest event ever accepted.
    pub latest: Option<Timestamp>,
    /// The time from which events are accepted: the watermark, or earlier if completed sessions are correctable.
    pub accepts_from: Watermark,
    /// Purged keys, of which some events are late that would otherwise be accepted.
    pub purged: PurgedKeys,
    /// A digest of all known files.
    pub known_files: KnownFiles,
    /// The definition.
    pub definition: Definition,
}

impl Head {
    /// The event time.
    pub const fn event_time(&self) -> EventTime {
        EventTime { watermark: self.watermark, accepts_from: self.accepts_from, latest: self.latest }
    }

    /// The head before the first run: nothing is open, known or decided.
    pub fn before_all() -> Self {
        Self {
            run: RunId::BEFORE_ALL,
            generation: 0,
            chunks: 0,
            // Its value depends on the format, but nobody reads that of this head.
            state_digest: 0,
            keys_open: 0,
            sessions_open: 0,
            events_open: 0,
            oldest_open_start: None,
            watermark: Watermark::BEGINNING,
            watermark_origin: None,
            latest: None,
            accepts_from: Watermark::BEGINNING,
            purged: PurgedKeys::default(),
            known_files: KnownFiles::default(),
            definition: Definition::undecided(),
        }
    }
}

/// The counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Data rows of all files.
    pub rows_read: u64,
    /// Accepted events.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Completed sessions.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Events in open sessions, and buffered events, before the run.
    pub events_open_before: u64,
    /// The same after it.
    pub events_open_after: u64,
    /// Events that left without a session: purged, or lost with a damaged checkpoint.
    pub events_removed: u64,
    /// Events dropped as duplicates.
    pub events_duplicate: u64,
    /// Retracted sessions.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Rows that the row filter excluded.
    pub rows_filtered: u64,
    /// Sessions that the session filter excluded, minus those that were retracted again.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
}

impl Counts {
    /// Rejected rows, for all reasons together.
    pub fn rows_rejected(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// Checks the accounting identity (rule 13):
    /// `rows read = filtered + rejected + late + duplicates + events in completed sessions + events removed + growth of the
    /// open events`. Completed sessions are written or filtered; retracted ones no longer count.
    ///
    /// # Errors
    /// Both sides as text, if they differ: then the program has a defect, and nothing may be committed.
    pub fn check_identity(&self) -> Result<(), String> {
        let before = [self.rows_read, self.events_open_before, self.events_retracted];
        let after = [
            self.rows_filtered,
            self.rows_rejected(),
            self.events_late,
            self.events_duplicate,
            self.events_completed,
            self.events_removed,
            self.events_open_after,
        ];
        let sum = |counts: &[u64]| counts.iter().map(|&count| i128::from(count)).sum::<i128>();
        if sum(&before) == sum(&after) + i128::from(self.events_filtered) {
            return Ok(());
        }
        Err(format!(
            "the accounts do not balance: {} rows read + {} events held before + {} retracted, against {} filtered + {} \
             rejected + {} late + {} duplicate + {} in completed sessions + {} in filtered ones + {} removed + {} held after",
            before[0],
            before[1],
            before[2],
            after[0],
            after[1],
            after[2],
            after[3],
            after[4],
            self.events_filtered,
            after[5],
            after[6]
        ))
    }

    /// The counts of undoing these: the same, with before and after exchanged.
    #[must_use]
    pub fn taken_back(&self) -> Self {
        Self {
            events_open_before: self.events_open_after,
            events_open_after: self.events_open_before,
            ..self.clone()
        }
    }

    /// Adds the counts of a later run. The open events are those of `self` before, and those of `other` after.
    pub fn add(&mut self, other: &Self) {
        self.rows_read += other.rows_read;
        self.events_accepted += other.events_accepted;
        self.events_late += other.events_late;
        for (reason, rows) in &other.rejects {
            *self.rejects.entry(reason.clone()).or_default() += rows;
        }
        self.sessions_completed += other.sessions_completed;
        self.events_completed += other.events_completed;
        self.events_removed += other.events_removed;
        self.events_duplicate += other.events_duplicate;
        self.sessions_retracted += other.sessions_retracted;
        self.events_retracted += other.events_retracted;
        self.rows_filtered += other.rows_filtered;
        self.sessions_filtered += other.sessions_filtered;
        self.events_filtered += other.events_filtered;
        self.events_open_after = other.events_open_after;
    }
}

/// The ledger entry of a committed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEntry {
    /// Its kind.
    pub kind: RunKind,
    /// The time at its start, from the clock or from `--now`.
    pub as_of: Timestamp,
    /// The files that it ingested.
    pub files: Vec<FileEntry>,
    /// Its counts.
    pub counts: Counts,
    /// The head after it.
    pub head: Head,
}

impl RunEntry {
    /// Whether this run ingested a content without rows. For a lost entry, this is unknown.
    pub fn has_no_rows_in(&self, content: (u64, u128)) -> bool {
        let is_it = |file: &&FileEntry| (file.digest.bytes, file.digest.hash) == content;
        let file = self.files.iter().find(is_it).filter(|_| self.kind != RunKind::Lost);
        file.is_some_and(|file| file.rows == 0 && file.known_bytes == 0)
    }

    /// Checks the accounting identity. A rollback has the counts of the runs that it undoes, so its identity is reversed.
    ///
    /// # Errors
    /// As [`Counts::check_identity`].
    pub fn check_identity(&self) -> Result<(), String> {
        match self.kind {
            RunKind::Rollback { .. } => self.counts.taken_back().check_identity(),
            _ => self.counts.check_identity(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_runs_add_up_and_what_is_open_is_that_of_the_last() {
        let run = |n: u64| Counts {
            rows_read: n,
            events_accepted: 2 * n,
            events_late: 3 * n,
            rejects: BTreeMap::from([("time".to_owned(), 4 * n), (format!("reason {n}"), n)]),
            sessions_completed: 5 * n,
            events_completed: 6 * n,
            events_removed: 7 * n,
            events_duplicate: 8 * n,
            sessions_retracted: 9 * n,
            events_retracted: 10 * n,
            events_open_before: 11 * n,
            events_open_after: 12 * n,
            rows_filtered: 13 * n,
            sessions_filtered: 14 * i64::try_from(n).unwrap(),
            events_filtered: -15 * i64::try_from(n).unwrap(),
        };
        let mut sum = run(10);
        sum.add(&run(3));
        let rejects = BTreeMap::from([
            ("time".to_owned(), 52),
            ("reason 10".to_owned(), 10),
            ("reason 3".to_owned(), 3),
        ]);
        let expected = Counts { rejects, events_open_before: 110, events_open_after: 36, ..run(13) };
        assert_eq!(sum, expected);
    }

    #[test]
    fn the_identity_holds_only_if_every_row_is_accounted_for() {
        let balanced = Counts {
            rows_read: 13,
            rows_filtered: 4,
            events_filtered: -1,
            rejects: BTreeMap::from([("time".to_owned(), 1), ("future".to_owned(), 1)]),
            events_late: 2,
            events_completed: 7,
            events_open_before: 3,
            events_open_after: 2,
            events_duplicate: 1,
            events_retracted: 1,
            ..Counts::default()
        };
        assert_eq!(balanced.check_identity(), Ok(()));
        for wrong in [
            Counts { rows_read: 14, ..balanced.clone() },
            Counts { rows_filtered: 3, ..balanced.clone() },
            Counts { events_filtered: 1, ..balanced.clone() },
            Counts { events_late: 1, ..balanced.clone() },
            Counts { events_completed: 8, ..balanced.clone() },
            Counts { events_open_before: 2, ..balanced.clone() },
            Counts { events_open_after: 3, ..balanced.clone() },
            Counts { events_removed: 1, ..balanced.clone() },
            Counts { events_duplicate: 0, ..balanced.clone() },
            Counts { events_retracted: 0, ..balanced.clone() },
            Counts { rejects: BTreeMap::new(), ..balanced },
        ] {
            assert!(wrong.check_identity().is_err(), "{wrong:?}");
        }
    }
}
