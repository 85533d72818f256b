//! Sorted runs of packed events in one temporary file, merged when their partition is folded.
#![expect(clippy::cast_possible_truncation, reason = "never more than a window")]

use crate::core::event::{Event, EventBuffer, unpack};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// The position of a sorted run of one partition in the file.
#[derive(Debug, Clone, Copy)]
struct Extent {
    offset: u64,
    bytes: u64,
}

/// The temporary file. It has no name, and disappears with the process.
#[derive(Debug)]
pub(super) struct SpillFile {
    file: File,
    length: u64,
    extents: Vec<Vec<Extent>>,
}

/// The bytes of a run that are in memory at once; at least the longest packed event.
const WINDOW_BYTES: usize = 128 << 10;

impl SpillFile {
    pub(super) fn create(partitions: usize) -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, length: 0, extents: vec![Vec::new(); partitions] })
    }

    /// Appends a sorted run of `partition`.
    pub(super) fn append(&mut self, partition: usize, sorted: &EventBuffer) -> io::Result<()> {
        if sorted.is_empty() {
            return Ok(());
        }
        let bytes = sorted.bytes();
        self.file.write_all(bytes)?;
        self.extents[partition].push(Extent { offset: self.length, bytes: bytes.len() as u64 });
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// The runs of `partition` in the order in which they were appended.
    pub(super) fn runs(&self, partition: usize) -> Vec<SpilledRun<'_>> {
        let run = |&extent: &Extent| SpilledRun { file: &self.file, rest: extent, window: Vec::new(), at: 0 };
        self.extents[partition].iter().map(run).collect()
    }
}

/// Reads one run from its start.
#[derive(Debug)]
pub(super) struct SpilledRun<'f> {
    file: &'f File,
    rest: Extent,
    window: Vec<u8>,
    at: usize,
}

impl SpilledRun<'_> {
    /// The first event; `None` at the end.
    fn front(&self) -> Option<Event<'_>> {
        unpack(&self.window[self.at..]).map(|(event, _)| event)
    }

    /// Removes the first event.
    fn pop(&mut self) -> io::Result<()> {
        if let Some((_, rest)) = unpack(&self.window[self.at..]) {
            self.at = self.window.len() - rest.len();
        }
        if self.front().is_none() { self.refill() } else { Ok(()) }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.window.drain(..self.at);
        self.at = 0;
        let kept = self.window.len();
        let more = (WINDOW_BYTES as u64).min(self.rest.bytes) as usize;
        self.window.resize(kept + more, 0);
        self.file.read_exact_at(&mut self.window[kept..], self.rest.offset)?;
        self.rest.offset += more as u64;
        self.rest.bytes -= more as u64;
        Ok(())
    }
}

/// Visits the events of sorted runs in the order `(time, seq)`. `last` is the run after all spilled ones.
///
/// Of equal times, the earlier run comes first, which is the order of arrival. Linear in the events times the number of runs,
/// which is small: the size of the batch divided by the memory.
pub(super) fn merge<E: From<io::Error>>(
    mut runs: Vec<SpilledRun<'_>>,
    last: &EventBuffer,
    mut visit: impl FnMut(Event<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for run in &mut runs {
        run.refill()?;
    }
    for event in last.iter() {
        while let Some(number) =
            earliest(&runs).filter(|&(_, time)| time <= event.time).map(|(number, _)| number)
        {
            visit_front(&mut runs[number], &mut visit)?;
        }
        visit(event)?;
    }
    while let Some((number, _)) = earliest(&runs) {
        visit_front(&mut runs[number], &mut visit)?;
    }
    Ok(())
}

fn visit_front<E: From<io::Error>>(
    run: &mut SpilledRun<'_>,
    visit: &mut impl FnMut(Event<'_>) -> Result<(), E>,
) -> Result<(), E> {
    if let Some(event) = run.front() {
        visit(event)?;
    }
    Ok(run.pop()?)
}

fn earliest(runs: &[SpilledRun<'_>]) -> Option<(usize, crate::core::event::Timestamp)> {
    let fronts = runs.iter().enumerate().filter_map(|(number, run)| Some((number, run.front()?.time)));
    fronts.min_by_key(|&(number, time)| (time, number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Timestamp;
    use proptest::prelude::*;

    fn buffer(events: &[(i64, String)]) -> EventBuffer {
        let mut buffer = EventBuffer::default();
        for (us, key) in events {
            let time = Timestamp::from_us(*us).unwrap();
            buffer.push(Event { key: key.as_bytes(), table_hash: 0, time, payload: b"" });
        }
        buffer
    }

    proptest! {
        #[test]
        fn a_merge_is_the_stable_sort_of_all_events(times in proptest::collection::vec(0_i64..20, 0..60), runs in 1_usize..5) {
            // The key is the number of the event: it shows where ties have gone, and makes windows overflow.
            let named = |(seq, &us): (usize, &i64)| (us, format!("{seq}-{}", "x".repeat(10_000)));
            let events: Vec<(i64, String)> = times.iter().enumerate().map(named).collect();
            let mut expected = events.clone();
            expected.sort_by_key(|(us, _)| *us);

            let mut spill = SpillFile::create(1).unwrap();
            let pieces: Vec<_> = events.chunks(events.len().div_ceil(runs).max(1)).collect();
            let (last, spilled) = pieces.split_last().map_or((&[][..], &[][..]), |(last, rest)| (*last, rest));
            for piece in spilled {
                spill.append(0, &buffer(piece).sorted_by_time()).unwrap();
            }
            let mut merged = Vec::new();
            merge::<io::Error>(spill.runs(0), &buffer(last).sorted_by_time(), |event| {
                merged.push((event.time.us(), String::from_utf8(event.key.to_vec()).unwrap()));
                Ok(())
            }).unwrap();
            prop_assert_eq!(merged, expected);
        }
    }
}
