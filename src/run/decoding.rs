//! Decodes a round: all threads take units in turn, and each reads the next one into memory of its own.

use super::file_reader::{FileToRead, ReadUnit, UnitReader};
use super::progress::Progress;
use crate::input::{EventBatch, FileUnit, Intake, ReadError, RowRules, UnitDecoder};
use rayon::prelude::*;
use std::slice::IterMut;
use std::sync::{Mutex, PoisonError};

/// The most units in a round, and what ends a round of fewer: so many bytes of so many units, since each thread needs a unit. Fixed,
/// like the size of a unit: the order of the output depends on it.
pub(super) const ROUND_UNITS: usize = 16;
const ROUND_BYTES: u64 = 4 << 20;
const FEWEST_UNITS: usize = 4;

/// A unit that was decoded.
#[derive(Debug)]
pub(super) struct DecodedUnit {
    /// The number of its file in the batch.
    pub(super) file: usize,
    /// The bytes of an unfinished row after it, or why it could not be read or decoded.
    pub(super) outcome: Result<u64, ReadError>,
}

/// What one thread keeps from unit to unit.
#[derive(Default)]
struct Hands {
    /// The decoder of the file of this number.
    decoder: Option<(usize, UnitDecoder)>,
    /// The memory of its unit, which it has just read and hashed: so it is still in the processor's cache when it is decoded.
    memory: Vec<u8>,
}

/// The units of a round that are not taken yet, and the batches for them.
struct Left<'r, 'b> {
    reader: &'b mut UnitReader<'r>,
    batches: IterMut<'b, EventBatch>,
    taken: usize,
    bytes: u64,
}

impl<'r, 'b> Left<'r, 'b> {
    /// The next unit of the round with its number and its batch.
    fn take(&mut self, memory: &mut Vec<u8>) -> Option<(usize, ReadUnit<'r>, &'b mut EventBatch)> {
        if self.taken >= FEWEST_UNITS && self.bytes >= ROUND_BYTES {
            return None;
        }
        let batch = self.batches.next()?;
        let read = self.reader.next(memory)?;
        self.bytes += read.unit.as_ref().map_or(0, FileUnit::byte_count);
        self.taken += 1;
        Some((self.taken - 1, read, batch))
    }
}

/// Decodes the units of the batch.
pub(super) struct RoundDecoder<'r> {
    pub(super) files: &'r [FileToRead],
    pub(super) rules: &'r RowRules,
    pub(super) progress: &'r Progress,
    hands: Mutex<Vec<Hands>>,
}

impl<'r> RoundDecoder<'r> {
    pub(super) const fn new(files: &'r [FileToRead], rules: &'r RowRules, progress: &'r Progress) -> Self {
        Self { files, rules, progress, hands: Mutex::new(Vec::new()) }
    }

    /// Reads a round and decodes it into the first of `batches`, of which there are [`ROUND_UNITS`]. Returns what became of each unit,
    /// in order; nothing at the end.
    pub(super) fn decode(&self, reader: &mut UnitReader<'r>, batches: &mut [EventBatch]) -> Vec<DecodedUnit> {
        let left = Mutex::new(Left { reader, batches: batches.iter_mut(), taken: 0, bytes: 0 });
        let threads = 0..rayon::current_num_threads();
        let decoded = threads.into_par_iter().with_max_len(1).flat_map_iter(|_| self.decode_units(&left));
        let mut decoded: Vec<(usize, DecodedUnit)> = decoded.collect();
        decoded.sort_unstable_by_key(|(number, _)| *number);
        decoded.into_iter().map(|(_, unit)| unit).collect()
    }

    /// Decodes one unit after the other until none is left.
    fn decode_units(&self, left: &Mutex<Left<'r, '_>>) -> Vec<(usize, DecodedUnit)> {
        let mut hands = lock(&self.hands).pop().unwrap_or_default();
        let mut decoded = Vec::new();
        loop {
            let taken = lock(left).take(&mut hands.memory);
            let Some((number, ReadUnit { file, unit }, batch)) = taken else { break };
            let outcome = unit.and_then(|unit| self.decode_unit(file, unit, &mut hands, batch));
            decoded.push((number, DecodedUnit { file, outcome }));
        }
        lock(&self.hands).push(hands);
        decoded
    }

    fn decode_unit(
        &self,
        file: usize,
        unit: FileUnit<'_>,
        hands: &mut Hands,
        batch: &mut EventBatch,
    ) -> Result<u64, ReadError> {
        hands.decoder.take_if(|(of, _)| *of != file);
        let (_, decoder) = hands.decoder.get_or_insert_with(|| (file, UnitDecoder::new(self.intake(file))));
        decoder.decode(&unit, batch)?;
        self.progress.add_bytes(unit.byte_count());
        let unfinished_bytes = unit.unfinished_bytes();
        hands.memory = unit.into_memory();
        Ok(unfinished_bytes)
    }

    fn intake(&self, file: usize) -> Intake {
        let FileToRead { file, times, .. } = &self.files[file];
        Intake::new(times.clone(), file.path_columns(), self.rules.clone())
    }
}

/// What a thread that has panicked has left is not used: the panic goes on where the threads are joined.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
