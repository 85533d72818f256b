//! Decodes units. Each worker reads the next one into memory of its own and decodes it.

use super::file_reader::{FileToRead, ReadUnit, UnitReader};
use super::progress::Progress;
use crate::input::{EventBatch, FileUnit, Intake, ReadError, RowRules, UnitDecoder};

/// A unit that was decoded.
#[derive(Debug)]
pub(super) struct DecodedUnit {
    /// The number of its file in the batch.
    pub(super) file: usize,
    /// The bytes of an unfinished row after it, or why it could not be read or decoded.
    pub(super) outcome: Result<u64, ReadError>,
    /// Its rows.
    pub(super) batch: EventBatch,
}

/// What a worker keeps from unit to unit.
#[derive(Default)]
pub(super) struct DecoderHands {
    /// The decoder of the file of this number.
    decoder: Option<(usize, UnitDecoder)>,
    /// The memory of its unit, which it has just read and hashed: so it is still in the processor's cache when it is decoded.
    memory: Vec<u8>,
}

/// Decodes the units of the batch.
pub(super) struct Decoding<'r> {
    pub(super) files: &'r [FileToRead],
    pub(super) rules: &'r RowRules,
    pub(super) progress: &'r Progress,
}

impl<'r> Decoding<'r> {
    /// The next unit of `reader`, in the memory of the hands that decode it.
    pub(super) fn read(reader: &mut UnitReader<'r>, hands: &mut DecoderHands) -> Option<(ReadUnit<'r>, u64)> {
        let read = reader.next(&mut hands.memory)?;
        let bytes = read.unit.as_ref().map_or(0, FileUnit::byte_count);
        Some((read, bytes))
    }

    /// Decodes a unit into `batch`.
    pub(super) fn decode(
        &self,
        ReadUnit { file, unit }: ReadUnit<'_>,
        hands: &mut DecoderHands,
        mut batch: EventBatch,
    ) -> DecodedUnit {
        let outcome = unit.and_then(|unit| self.decode_unit(file, unit, hands, &mut batch));
        DecodedUnit { file, outcome, batch }
    }

    fn decode_unit(
        &self,
        file: usize,
        unit: FileUnit<'_>,
        hands: &mut DecoderHands,
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
