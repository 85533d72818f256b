//! The work of a run: units of its batch are decoded, and groups of partitions folded by one of the strategies.

use super::decoding::{DecodedUnit, DecoderHands, Decoding};
use super::file_reader::{ReadUnit, UnitReader};
use super::group_round::{GroupRound, Horizons};
use super::output_batch::OutputBatch;
use super::stop::Stop;
use super::strategy::FoldStrategy;
use super::work::{GroupMemory, Work};
use crate::core::partition::GROUP_PARTITIONS;
use crate::core::session::SessionBatch;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The work of one attempt.
pub(super) struct BatchWork<'r, S: FoldStrategy> {
    decoding: Decoding<'r>,
    strategy: &'r S,
    /// The partitions of each group. Only one worker folds a group at a time.
    groups: Vec<Mutex<&'r mut [S::Part]>>,
}

/// What a worker keeps from task to task.
pub(super) struct Hands {
    decoder: DecoderHands,
    /// Completed sessions of the partitions of a group.
    completed: Vec<SessionBatch>,
}

impl<'r, S: FoldStrategy> BatchWork<'r, S> {
    /// The work of `strategy` with the `parts` of all partitions.
    pub(super) fn new(decoding: Decoding<'r>, strategy: &'r S, parts: &'r mut [S::Part]) -> Self {
        let groups = parts.chunks_mut(GROUP_PARTITIONS).map(Mutex::new).collect();
        Self { decoding, strategy, groups }
    }

    /// What a worker that has panicked has left is not used any more.
    fn group(&self, number: usize) -> MutexGuard<'_, &'r mut [S::Part]> {
        self.groups[number].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'r, S: FoldStrategy> Work for BatchWork<'r, S> {
    type Reader = UnitReader<'r>;
    type Unit = ReadUnit<'r>;
    type Hands = Hands;
    type Decoded = DecodedUnit;
    type Seal = Horizons;
    type Output = OutputBatch;

    fn hands(&self) -> Hands {
        Hands { decoder: DecoderHands::default(), completed: vec![SessionBatch::default(); GROUP_PARTITIONS] }
    }

    fn read(&self, reader: &mut UnitReader<'r>, hands: &mut Hands) -> Option<(ReadUnit<'r>, u64)> {
        Decoding::read(reader, &mut hands.decoder)
    }

    fn decode(&self, unit: ReadUnit<'r>, hands: &mut Hands, recycled: Option<DecodedUnit>) -> DecodedUnit {
        let batch = recycled.map(|unit| unit.batch).unwrap_or_default();
        self.decoding.decode(unit, &mut hands.decoder, batch)
    }

    fn fold(
        &self,
        group: usize,
        units: &[DecodedUnit],
        &horizons: &Horizons,
        output: &mut OutputBatch,
        hands: &mut Hands,
    ) -> Result<GroupMemory, Stop> {
        let round = GroupRound { group, units, horizons };
        self.strategy.fold_group(&mut self.group(group), round, output, &mut hands.completed)
    }

    fn release(&self, group: usize) -> Result<(), Stop> {
        self.strategy.release(&mut self.group(group), group)
    }
}
