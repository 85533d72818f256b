//! Rows of many files that arrive in any order, until all are there: then one file after the other is written.
//!
//! So a run with thousands of files has one of them open at a time, and one encoder. What does not fit in the memory waits in a
//! temporary file, which has no name and is gone with the process.

use super::paths::OutputFile;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

/// Bytes of rows that wait in memory.
const HELD_BYTES: usize = 32 << 20;

/// The rows of each file.
#[derive(Debug, Default)]
pub(super) struct Shuffle {
    files: BTreeMap<OutputFile, WaitingRows>,
    held_bytes: usize,
    spilled: Option<Spilled>,
}

#[derive(Debug, Default)]
struct WaitingRows {
    count: u64,
    /// What came first: places in the temporary file, each of whole rows.
    extents: Vec<Extent>,
    /// What came after that.
    held: Vec<u8>,
}

#[derive(Debug, Clone, Copy)]
struct Extent {
    offset: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Spilled {
    file: File,
    length: u64,
}

impl Shuffle {
    /// Takes `count` whole rows of a file. Copies them.
    pub(super) fn push(&mut self, file: OutputFile, rows: &[u8], count: u64) -> io::Result<()> {
        let waiting = self.files.entry(file).or_default();
        waiting.count += count;
        waiting.held.extend_from_slice(rows);
        self.held_bytes += rows.len();
        if self.held_bytes >= HELD_BYTES { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        let mut spilled = match self.spilled.take() {
            Some(spilled) => spilled,
            None => Spilled { file: tempfile::tempfile()?, length: 0 },
        };
        for waiting in self.files.values_mut().filter(|waiting| !waiting.held.is_empty()) {
            let held = std::mem::take(&mut waiting.held);
            spilled.file.write_all(&held)?;
            waiting.extents.push(Extent { offset: spilled.length, bytes: held.len() });
            spilled.length += held.len() as u64;
        }
        self.held_bytes = 0;
        self.spilled = Some(spilled);
        Ok(())
    }

    /// Which files have rows, in order.
    pub(super) fn files(&self) -> Vec<OutputFile> {
        self.files.keys().copied().collect()
    }

    /// How many rows a file has.
    pub(super) fn count(&self, file: OutputFile) -> u64 {
        self.files.get(&file).map_or(0, |waiting| waiting.count)
    }

    /// The next rows of a file in the order in which they came, and after that none. At most as many bytes as wait in memory at
    /// once.
    pub(super) fn pieces(&self, file: OutputFile) -> impl Iterator<Item = io::Result<Cow<'_, [u8]>>> {
        let waiting = self.files.get(&file);
        let extents = waiting.map_or(&[][..], |waiting| &waiting.extents);
        let spilled = extents.iter().map(|&extent| self.read(extent).map(Cow::Owned));
        spilled.chain(waiting.map(|waiting| Ok(Cow::Borrowed(&waiting.held[..]))))
    }

    fn read(&self, extent: Extent) -> io::Result<Vec<u8>> {
        let mut rows = vec![0; extent.bytes];
        let spilled = self.spilled.as_ref().ok_or(io::ErrorKind::NotFound)?;
        spilled.file.read_exact_at(&mut rows, extent.offset)?;
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::partitions::OutputDate;
    use crate::output::{OutputForm, OutputFormat, OutputKind};

    #[test]
    fn rows_come_back_in_their_order_from_memory_and_from_the_disk() {
        let file = |day: u32| OutputFile {
            date: OutputDate::of_folder(&format!("session_date=2020-01-{day:02}")),
            ..OutputFile::whole(OutputKind::Sessions, OutputForm::plain(OutputFormat::Csv))
        };
        let mut shuffle = Shuffle::default();
        let mut expected: BTreeMap<OutputFile, Vec<u8>> = BTreeMap::new();
        let length = HELD_BYTES / 40;
        for number in 0..100 {
            let file = file(number * 7 % 5 + 1);
            let rows = vec![u8::try_from(number).unwrap(); length + number as usize];
            shuffle.push(file, &rows, 2).unwrap();
            expected.entry(file).or_default().extend(rows);
        }
        assert!(
            shuffle
                .spilled
                .as_ref()
                .is_some_and(|spilled| spilled.length > 2 * HELD_BYTES as u64 - length as u64)
        );
        assert!(shuffle.held_bytes > 0 && shuffle.held_bytes < HELD_BYTES);
        assert_eq!(shuffle.files(), expected.keys().copied().collect::<Vec<_>>());
        for (file, rows) in expected {
            let pieces: Vec<Cow<'_, [u8]>> = shuffle.pieces(file).map(Result::unwrap).collect();
            assert!(pieces.len() > 1);
            assert_eq!((pieces.concat(), shuffle.count(file)), (rows, 40));
        }
    }
}
