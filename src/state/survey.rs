//! The open state of one head, gone through without a fold: what it adds up to, what is wrong with it, a copy of it.

use super::counted::{Counted, Counting};
use super::list::StateList;
use super::whole::{WholeRows, push_whole};
use super::{Checkpoint, EncodedPartition, StagedState, codec, keys};
use crate::core::event::{MAX_KEY_BYTES, Timestamp, key_word};
use crate::core::partition::{KeyHash, PartitionId};
use crate::error::{Error, Result};
use crate::ledger::{FileDigest, Head, HeadMark, RunEntry, active_runs};
use crate::migrations::checkpoint::ExportedState;
use std::collections::{BTreeMap, HashSet};

/// What the rows of a state add up to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Survey {
    /// Chunks that could be read.
    pub chunks: u64,
    /// Keys with anything open.
    pub keys: u64,
    /// Open sessions.
    pub sessions: u64,
    /// Events in open sessions and tails.
    pub events: u64,
    /// Start of the oldest open session.
    pub oldest_start: Option<Timestamp>,
}

/// A survey and what it has found wrong.
#[derive(Debug, Clone, Default)]
pub struct StateAudit {
    /// The sums over what could be read.
    pub survey: Survey,
    /// In words.
    pub findings: Vec<String>,
}

impl Survey {
    /// Adds what counts of a row; one without a session goes on with the tail of the row before if it has the same key.
    pub(super) fn add(&mut self, counted: Counted, goes_on: bool) {
        self.keys += u64::from(!goes_on);
        self.sessions += counted.sessions;
        self.events += counted.events;
        self.oldest_start = self.oldest_start.into_iter().chain(counted.start).min();
    }

    /// In what it differs from what `head` says of its state, in words.
    pub(super) fn against(&self, head: &Head) -> Option<String> {
        let found = (self.keys, self.sessions, self.events, self.oldest_start);
        let expected = (head.keys_open, head.sessions_open, head.events_open, head.oldest_open_start);
        (found != expected).then(|| {
            format!(
                "the open state after run {} has {} keys, {} sessions and {} events; its head says {}, {} and {}",
                head.run.number(),
                found.0,
                found.1,
                found.2,
                expected.0,
                expected.1,
                expected.2
            )
        })
    }
}

/// What has been seen of one partition.
#[derive(Default)]
struct Seen {
    keys: HashSet<Vec<u8>>,
    last_key: Option<Vec<u8>>,
    last_tail_us: Option<i64>,
}

impl Checkpoint {
    /// Visits the rows of one partition of `list`, which belongs to `head`, chunk by chunk; what cannot be read goes to
    /// `damaged`, which decides whether to go on. Returns how many chunks could.
    pub(super) fn visit_rows(
        &self,
        head: &Head,
        list: &StateList,
        partition: PartitionId,
        mut visit: impl FnMut(&ExportedState),
        mut damaged: impl FnMut(Error) -> Result<()>,
    ) -> Result<u64> {
        let mut readable = 0;
        let mut rows = WholeRows::of(head);
        let mut book = |place: &str, damage: &str| damaged(self.store.damaged(place, damage));
        for chunk in list.of_partition(partition) {
            let (bytes, place) = (self.store.get(&chunk.key())?, keys::chunk_name(&chunk.key()));
            let read =
                rows.read(bytes.as_deref(), chunk.digest, &mut visit, |damage| book(&place, damage))?;
            readable += u64::from(read);
        }
        rows.end(|damage| book(&format!("partition {} of the open state", partition.number()), damage))?;
        Ok(readable)
    }

    /// What can be read of the list of the state that `head` describes; what is wrong with it goes to `findings`.
    pub(super) fn list_of(&self, head: &Head, findings: &mut Vec<String>) -> Result<StateList> {
        StateList::read(&self.store, head.generation, |place, damage| {
            findings.push(self.store.damaged(place, damage).to_string());
            Ok(())
        })
    }

    /// Holds every chunk and row of the state that `head` describes against its checksum, the head and the rules. Linear in
    /// the open state; in memory are the keys of one partition.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub fn audit_state(&self, head: &Head) -> Result<StateAudit> {
        let mut audit = StateAudit::default();
        let list = self.list_of(head, &mut audit.findings)?;
        let counting = Counting::of(head);
        for partition in PartitionId::all() {
            let mut seen = Seen::default();
            let (survey, mut wrong, mut broken) = (&mut audit.survey, Vec::new(), Vec::new());
            let visit = |row: &ExportedState| {
                wrong.extend(seen.check(row, partition, head));
                survey.add(counting.count(row), seen.goes_on(row));
                seen.take(row);
            };
            let readable = self.visit_rows(head, &list, partition, visit, |error| {
                broken.push(error.to_string());
                Ok(())
            })?;
            audit.survey.chunks += readable;
            audit.findings.extend(wrong.into_iter().chain(broken));
        }
        audit.findings.extend(against_head(&audit.survey, &list, head));
        Ok(audit)
    }

    /// Writes the state that `head` describes once more under a new generation, without the keys that `leave` names.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if any of it is damaged, [`crate::error::ErrorKind::Failed`] if the store
    /// cannot be written.
    pub fn copy_state(&self, head: &Head, leave: impl Fn(&[u8]) -> bool) -> Result<(StagedState, Survey)> {
        let mut writer = self.stage_state()?;
        let (mut copied, mut all) = (Survey::default(), Survey::default());
        let list = self.read_list(head)?;
        let counting = Counting::of(head);
        for partition in PartitionId::all() {
            let mut encoded = EncodedPartition::default();
            let mut seen = Seen::default();
            let visit = |row: &ExportedState| {
                let counted = counting.count(row);
                all.add(counted, seen.goes_on(row));
                if !leave(&row.key) {
                    copied.add(counted, seen.goes_on(row));
                    push_whole(&mut encoded, row);
                }
                seen.take(row);
            };
            all.chunks += self.visit_rows(head, &list, partition, visit, Err)?;
            writer.put(partition, &encoded)?;
        }
        if let Some(finding) = against_head(&all, &list, head).first() {
            return Err(self.store.damaged("the open state", finding));
        }
        let staged = writer.finish()?;
        copied.chunks = staged.chunks;
        Ok((staged, copied))
    }

    /// The entries of the ledger that can be read, each with the digest of its head; what is wrong with the others goes to
    /// `findings`.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub fn readable_runs(&self, findings: &mut Vec<String>) -> Result<Vec<(RunEntry, HeadMark)>> {
        let mut runs = Vec::new();
        self.scan_runs(|key, bytes| {
            match codec::decode_run(bytes) {
                Ok(entry) => runs.push(entry),
                Err(damage) => findings.push(self.store.damaged(&keys::run_name(key), &damage).to_string()),
            }
            Ok(())
        })?;
        Ok(runs)
    }

    /// Holds the index of known files against the ledger: every file of a standing run, and no other.
    ///
    /// # Errors
    /// If the store cannot be read at all.
    pub fn audit_files(&self, entries: &[RunEntry]) -> Result<Vec<String>> {
        let active = active_runs(entries);
        let mut expected: BTreeMap<Vec<u8>, (u64, &FileDigest)> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| active.contains(&entry.head.run)) {
            let number = entry.head.run.number();
            expected
                .extend(entry.files.iter().map(|file| (keys::file(&file.digest), (number, &file.digest))));
        }
        let mut findings = Vec::new();
        self.store.scan(keys::FILES, |key, run| {
            match expected.remove(key) {
                Some((number, _)) if run == number.to_be_bytes() => {}
                Some((number, digest)) => {
                    findings.push(format!("file {digest} is not booked on run {number}"));
                }
                None => findings.push("a known file belongs to no run that stands".to_owned()),
            }
            Ok(())
        })?;
        findings.extend(expected.values().map(|(run, digest)| {
            format!("file {digest} of run {run} is not known: it would be taken in again")
        }));
        Ok(findings)
    }
}

impl Seen {
    fn goes_on(&self, row: &ExportedState) -> bool {
        row.session().is_none() && self.last_key.as_ref() == Some(&row.key)
    }

    fn take(&mut self, row: &ExportedState) {
        self.last_tail_us = row.tail().last();
        if self.last_key.as_ref() != Some(&row.key) {
            self.keys.insert(row.key.clone());
            self.last_key = Some(row.key.clone());
        }
    }

    /// What is wrong with a row, given those before it.
    fn check(&self, row: &ExportedState, partition: PartitionId, head: &Head) -> Option<String> {
        let goes_on = self.goes_on(row);
        let watermark = head.watermark.time().map_or(i64::MIN, Timestamp::us);
        let latest = head.latest.map_or(i64::MIN, Timestamp::us);
        let before = if goes_on { self.last_tail_us.unwrap_or(i64::MIN) } else { i64::MIN };
        let open = row.session();
        // Rules may keep a session that can be corrected, and one that the watermark has not passed by its own gap.
        let plain = row.ruled.is_none();
        let wrong = if row.key.is_empty() || row.key.len() > MAX_KEY_BYTES {
            "its length is that of no key"
        } else if KeyHash::of(&row.key).partition() != partition {
            "it stands in another partition than its own"
        } else if !goes_on && self.keys.contains(&row.key) {
            "it stands there twice"
        } else if plain && row.events() == 0 {
            "nothing is open of it"
        } else if open.is_some_and(|open| open.events == 0 || open.start_us > open.last_us) {
            "its open session has no events, or ends before it begins"
        } else if plain && open.is_some_and(|open| open.last_us > watermark) {
            "its open session goes beyond the watermark"
        } else if !std::iter::once(before).chain(row.tail()).is_sorted() {
            "its tail is out of order"
        } else if plain && row.tail().next().is_some_and(|first| first <= watermark) {
            "the watermark has passed its tail"
        } else if row.tail().any(|us| us > latest) {
            "its tail lies after the latest event"
        } else {
            return None;
        };
        Some(format!("key {}: {wrong}", key_word(&row.key)))
    }
}

fn against_head(survey: &Survey, list: &StateList, head: &Head) -> Vec<String> {
    let run = head.run.number();
    let mut findings = Vec::new();
    if survey.chunks != head.chunks || list.against(head).is_some() {
        findings.push(format!(
            "the open state after run {run} has {} chunks that can be read, {} expected, or their digests differ",
            survey.chunks, head.chunks
        ));
    }
    findings.extend(survey.against(head));
    findings
}
