//! One entry of the ledger, and the head of the checkpoint after it.

use super::files::{FileDigest, FilePlace, KnownFiles};
use super::run_id::RunId;
use crate::core::event::{Place, Timestamp};
use crate::core::watermark::{EventTime, Watermark};
use crate::definition::Definition;
use crate::purged::PurgedKeys;
use std::collections::BTreeMap;

/// What a run was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunKind {
    /// A batch of files.
    Batch,
    /// The explicit cut (rule 7).
    Finalize,
    /// The gentle form: only the watermark was moved.
    FinalizeAsOf,
    /// The state after run `to` was taken up again; what came between no longer stands.
    Rollback {
        /// The run whose state it is.
        to: RunId,
    },
    /// What was open of one key was removed.
    Purge,
    /// The state of another checkpoint was taken in.
    Import,
    /// The state was written again in a newer format.
    Migrate,
    /// A run whose entry was lost with a damaged checkpoint. Its counts are those that close the gap.
    Lost,
    /// Outputs that are gone were recorded as taken away on purpose: whoever reads them has moved or removed them.
    AcceptMissing {
        /// Those outputs, relative to the output folder.
        outputs: Vec<String>,
    },
}

impl RunKind {
    /// The word for people.
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

/// A file that a run took in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The path as the user named it.
    pub path: String,
    /// Its content, as far as it was taken in.
    pub digest: FileDigest,
    /// How many bytes of that, from its beginning, were taken in before: the run has read what follows.
    pub known_bytes: u64,
    /// Rows read from it.
    pub rows: u64,
    /// The source that it was read as; `None` where that has no name.
    pub source: Option<String>,
    /// Where it was found; `None` for a stream.
    pub place: Option<FilePlace>,
}

/// What set the watermark to where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatermarkOrigin {
    /// The run that moved it.
    pub run: RunId,
    /// The row with the latest event; `None` where the time was stated by the user or by a finalize.
    pub place: Option<Place>,
}

/// The state of the checkpoint after a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last committed run.
    pub run: RunId,
    /// The generation of the state blobs.
    pub generation: u64,
    /// How many chunks the state has.
    pub chunks: u64,
    /// xxh3-128 over the digests of all chunks in order.
    pub state_digest: u128,
    /// Keys with anything open.
    pub keys_open: u64,
    /// Open sessions.
    pub sessions_open: u64,
    /// Events in open sessions and tails.
    pub events_open: u64,
    /// Start of the oldest open session.
    pub oldest_open_start: Option<Timestamp>,
    /// How far event time has come.
    pub watermark: Watermark,
    /// What set it.
    pub watermark_origin: Option<WatermarkOrigin>,
    /// The latest event ever accepted.
    pub latest: Option<Timestamp>,
    /// Events from here on are accepted: the watermark, or earlier where completed sessions stay correctable.
    pub accepts_from: Watermark,
    /// Keys that were removed, of which events that the time before would let in are late.
    pub purged: PurgedKeys,
    /// All files that were ever taken in, in short.
    pub known_files: KnownFiles,
    /// What a session means here.
    pub definition: Definition,
}

impl Head {
    /// How far event time has come.
    pub const fn event_time(&self) -> EventTime {
        EventTime { watermark: self.watermark, accepts_from: self.accepts_from, latest: self.latest }
    }

    /// What there is before the first run: nothing is open, known or decided.
    pub fn before_all() -> Self {
        Self {
            run: RunId::BEFORE_ALL,
            generation: 0,
            chunks: 0,
            // Heads of empty states differ in it by the format; nobody asks for that of this one.
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

/// What a run counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Data rows of all files.
    pub rows_read: u64,
    /// Events taken in.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Sessions completed.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Events in open sessions and tails before the run.
    pub events_open_before: u64,
    /// The same after it.
    pub events_open_after: u64,
    /// Events that left without a session: purged, or lost with a damaged checkpoint.
    pub events_removed: u64,
    /// Events that were there already and are dropped.
    pub events_duplicate: u64,
    /// Completed sessions that corrections took back.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Rows that the row filter left out.
    pub rows_filtered: u64,
    /// Sessions that were completed and not written, less those that corrections took back.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
}

impl Counts {
    /// Rejected rows, all reasons together.
    pub fn rows_rejected(&self) -> u64 {
        self.rejects.values().sum()
    }

    /// Holds the accounting identity (rule 13):
    /// `rows read = filtered + rejected + late + duplicates + events in completed sessions + events removed + growth of the events
    /// held open`, where completed sessions are written or filtered, and those that were taken back no longer count.
    ///
    /// # Errors
    /// The two sides in words, if they differ: the program has a defect, and nothing may be committed.
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

    /// What takes these counts back: the same, with before and after exchanged.
    #[must_use]
    pub fn taken_back(&self) -> Self {
        Self {
            events_open_before: self.events_open_after,
            events_open_after: self.events_open_before,
            ..self.clone()
        }
    }

    /// Adds what another run counted; what is held open is that of `self` before and of `other` after.
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

/// What the ledger keeps of a committed run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEntry {
    /// What it was.
    pub kind: RunKind,
    /// The wall clock at its start, or what stood in for it.
    pub as_of: Timestamp,
    /// The files that it took in.
    pub files: Vec<FileEntry>,
    /// What it counted.
    pub counts: Counts,
    /// Where it left the checkpoint.
    pub head: Head,
}

impl RunEntry {
    /// Whether this run took in a content that had no rows before either. Where an entry is lost nobody knows.
    pub fn has_no_rows_in(&self, content: (u64, u128)) -> bool {
        let is_it = |file: &&FileEntry| (file.digest.bytes, file.digest.hash) == content;
        let file = self.files.iter().find(is_it).filter(|_| self.kind != RunKind::Lost);
        file.is_some_and(|file| file.rows == 0 && file.known_bytes == 0)
    }

    /// Holds the accounting identity. A rollback has the counts of what it takes back: its identity reads backwards.
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
