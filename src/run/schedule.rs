//! Which task of a run is next: the rounds in flight, without threads.
//!
//! Units are read one after the other and decoded side by side. When all units of a round are decoded, whoever coordinates the run
//! takes a look at them in order and seals the round; then its groups are folded side by side, each after the same group of the round
//! before it. So no worker waits at the end of a round while there is something to read or to fold.

use super::stop::Stop;
use super::work::{GroupMemory, Work};
use crate::core::partition::GROUPS;
use std::sync::Arc;

/// The most units in a round, and what ends a round of fewer: so many bytes of so many units, since each thread needs a unit. Fixed,
/// like the size of a unit: the order of the output depends on it.
const ROUND_UNITS: usize = 16;
const ROUND_BYTES: u64 = 4 << 20;
const FEWEST_UNITS: usize = 4;

/// Rounds in memory at once: two that are folded, and one that is decoded.
const ROUNDS_IN_FLIGHT: usize = 3;

/// A group of a round is not folded before all groups of the round before the last one are. So it is known before each round what
/// memory the folds needed two rounds before it, whatever the number of threads.
const ROUNDS_FOLDED: usize = 2;

/// The rounds in flight, and the reader of the next unit.
pub(super) struct Schedule<W: Work> {
    /// `None` while a worker reads, and at the end.
    reader: Option<W::Reader>,
    is_all_read: bool,
    /// The oldest first.
    rounds: Vec<Round<W>>,
    /// The number of the oldest.
    first: usize,
    recycled: Vec<W::Decoded>,
    /// What all folds may keep.
    memory_bytes: usize,
    /// Before the folds of this round, each group releases memory.
    releases_before: Option<usize>,
    failure: Option<Stop>,
    has_ended: bool,
}

enum Round<W: Work> {
    /// Units are read and decoded.
    Decoding { units: Vec<Option<W::Decoded>>, undecoded: usize, bytes: u64, is_whole: bool },
    /// It is looked at.
    Decoded,
    /// Groups are folded.
    Folding(Folding<W>),
}

struct Folding<W: Work> {
    round: Arc<SealedRound<W>>,
    /// The output of each group; `None` while it is folded.
    outputs: Vec<Option<W::Output>>,
    /// The group that is folded next.
    next: usize,
    is_folded: [bool; GROUPS],
    memory: GroupMemory,
}

/// A round that is folded.
pub(super) struct SealedRound<W: Work> {
    pub(super) units: Vec<W::Decoded>,
    pub(super) seal: W::Seal,
}

/// What a worker does next.
pub(super) enum Task<W: Work> {
    Read(W::Reader),
    Fold(FoldTask<W>),
}

/// The fold of one group of a round.
pub(super) struct FoldTask<W: Work> {
    pub(super) group: usize,
    pub(super) round: Arc<SealedRound<W>>,
    pub(super) output: W::Output,
    /// Whether the group has to release memory before.
    pub(super) releases: bool,
    number: usize,
}

/// Where a unit belongs.
pub(super) struct UnitPlace {
    round: usize,
    unit: usize,
}

/// What is to be done about a round.
pub(super) enum Step<W: Work> {
    /// All of its units are decoded: look at them, and seal it.
    Decoded(Vec<W::Decoded>),
    /// All of its groups are folded.
    Folded(Vec<W::Output>),
    /// There are no more rounds.
    End,
}

impl<W: Work> Round<W> {
    const fn takes_units(&self) -> bool {
        matches!(self, Self::Decoding { is_whole: false, .. })
    }

    /// Whether a group of the round after it may be folded.
    fn has_folded(&self, group: usize) -> bool {
        matches!(self, Self::Folding(folding) if folding.is_folded[group])
    }

    fn is_folded(&self) -> bool {
        (0..GROUPS).all(|group| self.has_folded(group))
    }

    const fn is_decoded(&self) -> bool {
        matches!(self, Self::Decoding { undecoded: 0, is_whole: true, .. })
    }
}

impl<W: Work> Schedule<W> {
    /// Nothing is read yet. All groups may keep `memory_bytes` together.
    pub(super) const fn new(reader: W::Reader, memory_bytes: usize) -> Self {
        Self {
            reader: Some(reader),
            is_all_read: false,
            rounds: Vec::new(),
            first: 0,
            recycled: Vec::new(),
            memory_bytes,
            releases_before: None,
            failure: None,
            has_ended: false,
        }
    }

    /// Whether nothing is to be done any more.
    pub(super) const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// No worker gets another task.
    pub(super) const fn end(&mut self) {
        self.has_ended = true;
    }

    /// Whether [`Schedule::next_task`] has a task.
    pub(super) fn has_task(&self) -> bool {
        !self.has_ended && (self.next_fold().is_some() || self.can_read())
    }

    /// The next task. Folds come before reading: what is decoded is still in the processor's cache.
    pub(super) fn next_task(&mut self) -> Option<Task<W>> {
        if self.has_ended {
            return None;
        }
        match self.next_fold() {
            Some(place) => self.take_fold(place).map(Task::Fold),
            None if self.can_read() => self.reader.take().map(Task::Read),
            None => None,
        }
    }

    /// The place of the round of which a group can be folded.
    fn next_fold(&self) -> Option<usize> {
        let folded = self.rounds.iter().take(ROUNDS_FOLDED).enumerate();
        let place = folded.into_iter().find_map(|(place, round)| match round {
            Round::Folding(folding) if folding.next == GROUPS => None,
            Round::Folding(folding) => Some((place, folding.next)),
            _ => None,
        });
        let (place, group) = place?;
        self.rounds[..place].iter().all(|before| before.has_folded(group)).then_some(place)
    }

    fn take_fold(&mut self, place: usize) -> Option<FoldTask<W>> {
        let number = self.first + place;
        let Some(Round::Folding(folding)) = self.rounds.get_mut(place) else { return None };
        let group = folding.next;
        folding.next += 1;
        Some(FoldTask {
            group,
            round: Arc::clone(&folding.round),
            output: folding.outputs[group].take()?,
            releases: self.releases_before == Some(number),
            number,
        })
    }

    fn can_read(&self) -> bool {
        self.reader.is_some()
            && (self.rounds.last().is_some_and(Round::takes_units) || self.rounds.len() < ROUNDS_IN_FLIGHT)
    }

    /// Takes the reader back, which has read a unit of so many bytes. Returns where the unit belongs, and memory for what is decoded.
    pub(super) fn unit_read(&mut self, reader: W::Reader, bytes: u64) -> (UnitPlace, Option<W::Decoded>) {
        self.reader = Some(reader);
        if !self.rounds.last().is_some_and(Round::takes_units) {
            self.rounds.push(Round::Decoding {
                units: Vec::with_capacity(ROUND_UNITS),
                undecoded: 0,
                bytes: 0,
                is_whole: false,
            });
        }
        let mut place = UnitPlace { round: self.first + self.rounds.len() - 1, unit: 0 };
        if let Some(Round::Decoding { units, undecoded, bytes: of_round, is_whole }) = self.rounds.last_mut()
        {
            place.unit = units.len();
            units.push(None);
            *undecoded += 1;
            *of_round += bytes;
            *is_whole =
                units.len() == ROUND_UNITS || (units.len() >= FEWEST_UNITS && *of_round >= ROUND_BYTES);
        }
        (place, self.recycled.pop())
    }

    /// There are no more units.
    pub(super) fn all_read(&mut self) {
        self.is_all_read = true;
        if let Some(Round::Decoding { is_whole, .. }) = self.rounds.last_mut() {
            *is_whole = true;
        }
    }

    /// A unit is decoded.
    pub(super) fn unit_decoded(&mut self, place: &UnitPlace, decoded: W::Decoded) {
        if let Some(Round::Decoding { units, undecoded, .. }) = self.rounds.get_mut(place.round - self.first)
        {
            units[place.unit] = Some(decoded);
            *undecoded -= 1;
        }
    }

    /// A group is folded, or its fold has failed.
    pub(super) fn group_folded(&mut self, task: FoldTask<W>, folded: Result<GroupMemory, Stop>) {
        let FoldTask { group, output, number, .. } = task;
        match (folded, self.rounds.get_mut(number - self.first)) {
            (Ok(memory), Some(Round::Folding(folding))) => {
                folding.outputs[group] = Some(output);
                folding.is_folded[group] = true;
                folding.memory += memory;
            }
            (Err(stop), _) => {
                self.failure.get_or_insert(stop);
                self.end();
            }
            _ => {}
        }
    }

    /// Whether [`Schedule::next_step`] has something to say.
    pub(super) fn has_step(&self) -> bool {
        self.has_ended || self.is_at_end() || self.is_front_folded() || self.decoded_place().is_some()
    }

    fn is_at_end(&self) -> bool {
        self.is_all_read && self.rounds.is_empty()
    }

    fn is_front_folded(&self) -> bool {
        self.rounds.first().is_some_and(Round::is_folded)
    }

    /// The place of the oldest round that is not folded, if all of it is decoded.
    fn decoded_place(&self) -> Option<usize> {
        let place = self.rounds.iter().position(|round| !matches!(round, Round::Folding(_)))?;
        self.rounds[place].is_decoded().then_some(place)
    }

    /// What is to be done next about a round, if anything is.
    ///
    /// # Errors
    /// What has stopped the run, or [`Stop::GiveUp`] if the folds of a round need too much memory.
    pub(super) fn next_step(&mut self) -> Result<Option<Step<W>>, Stop> {
        if self.has_ended {
            // Without a failure, a worker has panicked: that goes on where the workers are joined.
            return Err(self.failure.take().unwrap_or(Stop::GiveUp));
        }
        if self.is_front_folded() {
            return self.take_folded().map(Some);
        }
        if let Some(place) = self.decoded_place()
            && let Round::Decoding { units, .. } = std::mem::replace(&mut self.rounds[place], Round::Decoded)
        {
            return Ok(Some(Step::Decoded(units.into_iter().flatten().collect())));
        }
        Ok(self.is_at_end().then_some(Step::End))
    }

    fn take_folded(&mut self) -> Result<Step<W>, Stop> {
        let Round::Folding(Folding { round, outputs, memory, .. }) = self.rounds.remove(0) else {
            return Ok(Step::Folded(Vec::new()));
        };
        self.first += 1;
        if let Some(round) = Arc::into_inner(round) {
            self.recycled.extend(round.units);
        }
        if memory.kept > self.memory_bytes {
            return Err(Stop::GiveUp);
        }
        // The round that is the first now may be folded in part.
        let is_planned = self.releases_before.is_some_and(|round| round >= self.first);
        if memory.kept + memory.releasable > self.memory_bytes && !is_planned {
            self.releases_before = Some(self.first + 1);
        }
        Ok(Step::Folded(outputs.into_iter().flatten().collect()))
    }

    /// Seals the round that was decoded: its groups may be folded into `outputs`.
    pub(super) fn seal(&mut self, units: Vec<W::Decoded>, seal: W::Seal, outputs: Vec<W::Output>) {
        if let Some(round) = self.rounds.iter_mut().find(|round| matches!(round, Round::Decoded)) {
            *round = Round::Folding(Folding {
                round: Arc::new(SealedRound { units, seal }),
                outputs: outputs.into_iter().map(Some).collect(),
                next: 0,
                is_folded: [false; GROUPS],
                memory: GroupMemory::default(),
            });
        }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
