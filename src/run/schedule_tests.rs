//! Whatever finishes first, the rounds are the same, and nobody waits for ever.

use super::*;
use proptest::prelude::*;
use std::collections::VecDeque;

/// Units are numbers; a round keeps as many bytes as it has units, for each group.
struct Numbers;

impl Work for Numbers {
    type Reader = VecDeque<u64>;
    type Unit = u64;
    type Hands = ();
    type Decoded = u64;
    type Seal = usize;
    type Output = (usize, usize);

    fn hands(&self) {}

    fn read(&self, reader: &mut VecDeque<u64>, (): &mut ()) -> Option<(u64, u64)> {
        reader.pop_front().map(|bytes| (bytes, bytes))
    }

    fn decode(&self, unit: u64, (): &mut (), _recycled: Option<u64>) -> u64 {
        unit
    }

    fn fold(
        &self,
        group: usize,
        units: &[u64],
        &round: &usize,
        output: &mut (usize, usize),
        (): &mut (),
    ) -> Result<GroupMemory, Stop> {
        *output = (round, group);
        Ok(GroupMemory { kept: 0, releasable: units.len() })
    }

    fn release(&self, _group: usize) -> Result<(), Stop> {
        Ok(())
    }
}

/// A task that a worker has begun.
enum Begun {
    Read(VecDeque<u64>),
    Decode(UnitPlace, u64),
    Fold(FoldTask<Numbers>),
}

/// What has become of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// The units of each round.
    rounds: Vec<Vec<u64>>,
    /// Round and group of each output.
    outputs: Vec<(usize, usize)>,
    /// Round and group of each release, sorted.
    releases: Vec<(usize, usize)>,
}

/// Goes through a batch with so many workers; each of `choices` says which of them finishes next.
fn play(units: &[u64], workers: usize, memory_bytes: usize, choices: &[usize]) -> Seen {
    let mut schedule = Schedule::<Numbers>::new(units.iter().copied().collect(), memory_bytes);
    let (mut begun, mut seen, mut folded) = (Vec::new(), Seen::default(), vec![0; GROUPS]);
    let mut choices = choices.iter().copied().cycle();
    loop {
        while begun.len() < workers {
            let has_task = schedule.has_task();
            let task = schedule.next_task();
            assert_eq!(task.is_some(), has_task);
            match task {
                Some(Task::Read(reader)) => begun.push(Begun::Read(reader)),
                Some(Task::Fold(task)) => begun.push(Begun::Fold(task)),
                None => break,
            }
        }
        // The coordinator is late now and then.
        if begun.is_empty() || choices.next().unwrap() % 3 == 0 {
            let has_step = schedule.has_step();
            let step = schedule.next_step().unwrap();
            assert_eq!(step.is_some(), has_step);
            match step {
                Some(Step::Decoded(units)) => {
                    let round = seen.rounds.len();
                    seen.rounds.push(units.clone());
                    schedule.seal(units, round, vec![(0, 0); GROUPS]);
                    continue;
                }
                Some(Step::Folded(outputs)) => {
                    seen.outputs.extend(outputs);
                    continue;
                }
                Some(Step::End) => break,
                None => assert!(!begun.is_empty(), "everybody waits"),
            }
        }
        let next = begun.swap_remove(choices.next().unwrap() % begun.len());
        finish(&mut schedule, next, &mut begun, &mut seen, &mut folded);
    }
    assert!(begun.is_empty());
    seen.releases.sort_unstable();
    seen
}

fn finish(
    schedule: &mut Schedule<Numbers>,
    next: Begun,
    begun: &mut Vec<Begun>,
    seen: &mut Seen,
    folded: &mut [usize],
) {
    match next {
        Begun::Read(mut reader) => match Numbers.read(&mut reader, &mut ()) {
            Some((unit, bytes)) => {
                let (place, _) = schedule.unit_read(reader, bytes);
                begun.push(Begun::Decode(place, unit));
            }
            None => schedule.all_read(),
        },
        Begun::Decode(place, unit) => schedule.unit_decoded(&place, unit),
        Begun::Fold(mut task) => {
            let SealedRound { units, seal } = &*task.round;
            let done = Numbers.fold(task.group, units, seal, &mut task.output, &mut ());
            assert_eq!(folded[task.group], *seal, "the rounds of a group are folded in order");
            folded[task.group] += 1;
            if task.releases {
                seen.releases.push((*seal, task.group));
            }
            schedule.group_folded(task, done);
        }
    }
}

proptest! {
    #[test]
    fn rounds_outputs_and_releases_do_not_depend_on_who_finishes_first(
        units in prop::collection::vec(prop_oneof![Just(1_u64 << 18), 1_u64..8 << 20], 0..120),
        workers in 1_usize..9,
        memory_bytes in prop_oneof![Just(usize::MAX), 0_usize..16 * GROUPS],
        choices in prop::collection::vec(any::<usize>(), 1..200),
    ) {
        let (alone, together) = (play(&units, 1, memory_bytes, &[0]), play(&units, workers, memory_bytes, &choices));
        prop_assert_eq!(&alone, &together);
        prop_assert_eq!(alone.rounds.concat(), units);
        let all = (0..alone.rounds.len()).flat_map(|round| (0..GROUPS).map(move |group| (round, group)));
        prop_assert_eq!(alone.outputs, all.collect::<Vec<_>>());
    }
}

#[test]
fn a_round_has_sixteen_units_or_at_least_four_of_four_mebibytes() {
    let sizes = |units: &[u64]| -> Vec<usize> {
        play(units, 3, usize::MAX, &[1, 0, 5, 3]).rounds.iter().map(Vec::len).collect()
    };
    assert_eq!(sizes(&[]), [0; 0]);
    assert_eq!(sizes(&[1 << 18; 40]), [16, 16, 8]);
    assert_eq!(sizes(&[4 << 20; 9]), [4, 4, 1]);
    assert_eq!(sizes(&[1, 1, 1, 1, 1, 4 << 20, 1]), [6, 1]);
}

#[test]
fn memory_is_released_before_the_round_after_next_by_all_groups() {
    // Each round keeps as many bytes as it has units and groups.
    let units = [1 << 18; 16 * 5];
    let released = |memory_bytes| {
        let rounds = play(&units, 2, memory_bytes, &[2, 1, 4]).releases;
        rounds
            .chunks(GROUPS)
            .map(|of_round| {
                assert_eq!(of_round.len(), GROUPS);
                of_round[0].0
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(released(16 * GROUPS), [0; 0]);
    assert_eq!(released(16 * GROUPS - 1), [2, 4]);
}

/// A schedule with one round that is folded, of which no group has been.
fn with_a_round(memory_bytes: usize) -> Schedule<Numbers> {
    let mut schedule = Schedule::<Numbers>::new(VecDeque::new(), memory_bytes);
    let Some(Task::Read(reader)) = schedule.next_task() else { panic!("there is nothing to read") };
    let (place, _) = schedule.unit_read(reader, 1);
    schedule.unit_decoded(&place, 7);
    assert!(matches!(schedule.next_task(), Some(Task::Read(_))));
    schedule.all_read();
    let Ok(Some(Step::Decoded(units))) = schedule.next_step() else { panic!("the round is decoded") };
    schedule.seal(units, 0, vec![(0, 0); GROUPS]);
    schedule
}

fn folds(schedule: &mut Schedule<Numbers>, mut outcome: impl FnMut(usize) -> Result<GroupMemory, Stop>) {
    while let Some(Task::Fold(task)) = schedule.next_task() {
        let group = task.group;
        schedule.group_folded(task, outcome(group));
    }
}

#[test]
fn what_cannot_be_released_and_is_too_much_ends_the_attempt() {
    for (kept, limit) in [(1, GROUPS - 1), (1, GROUPS)] {
        let mut schedule = with_a_round(limit);
        folds(&mut schedule, |_| Ok(GroupMemory { kept, releasable: 5 }));
        let step = schedule.next_step();
        assert_eq!(matches!(step, Err(Stop::GiveUp)), kept * GROUPS > limit);
    }
}

#[test]
fn a_failure_leaves_no_task_and_is_told() {
    let mut schedule = with_a_round(usize::MAX);
    folds(&mut schedule, |group| if group == 3 { Err(Stop::GiveUp) } else { Ok(GroupMemory::default()) });
    assert!(schedule.has_ended() && !schedule.has_task() && schedule.has_step());
    assert!(matches!(schedule.next_step(), Err(Stop::GiveUp)));
}
