//! Whatever fails, and wherever, the run ends.

use super::*;
use crate::core::partition::GROUPS;
use crate::error::{Error, ErrorKind};
use crate::run::work::GroupMemory;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Read(usize),
    Decode(usize),
    Fold(usize, usize),
    Release(usize),
    Nowhere,
}

/// Counts its units, and fails or panics at one place.
struct Failing {
    units: usize,
    at: At,
    panics: bool,
    folded: AtomicUsize,
}

impl Failing {
    fn pass(&self, at: At) -> Result<(), Stop> {
        if at != self.at {
            return Ok(());
        }
        assert!(!self.panics, "on purpose");
        Err(Stop::Failed(Error::new(ErrorKind::Failed, "on purpose")))
    }
}

impl Work for Failing {
    type Reader = usize;
    type Unit = usize;
    type Hands = ();
    type Decoded = Result<usize, ()>;
    type Seal = usize;
    type Output = Vec<usize>;

    fn hands(&self) {}

    fn read(&self, reader: &mut usize, (): &mut ()) -> Option<(usize, u64)> {
        let unit = *reader;
        *reader += 1;
        (self.pass(At::Read(unit)).is_ok() && unit < self.units).then_some((unit, 1 << 20))
    }

    fn decode(&self, unit: usize, (): &mut (), _: Option<Result<usize, ()>>) -> Result<usize, ()> {
        self.pass(At::Decode(unit)).map(|()| unit).map_err(|_| ())
    }

    fn fold(
        &self,
        group: usize,
        units: &[Result<usize, ()>],
        &round: &usize,
        output: &mut Vec<usize>,
        (): &mut (),
    ) -> Result<GroupMemory, Stop> {
        self.pass(At::Fold(round, group))?;
        self.folded.fetch_add(1, Ordering::Relaxed);
        output.extend(units.iter().flatten());
        Ok(GroupMemory { kept: 0, releasable: 1 })
    }

    fn release(&self, group: usize) -> Result<(), Stop> {
        self.pass(At::Release(group))
    }
}

const UNITS: usize = 22;
/// Of four units each.
const ROUNDS: usize = 6;

/// What a run puts out, or why it ends; the coordinator fails at the step `fails_at`.
fn run(threads: usize, at: At, panics: bool, fails_at: usize) -> Result<Vec<usize>, Stop> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let work = Failing { units: UNITS, at, panics, folded: AtomicUsize::new(0) };
    let pipeline = Pipeline::new(work, Schedule::new(0, 1));
    let (mut rounds, mut put_out, mut steps) = (0, Vec::new(), 0);
    let (_, outcome) = pipeline.run(&pool, |pipeline| {
        loop {
            if steps == fails_at {
                return Err(Stop::GiveUp);
            }
            steps += 1;
            match pipeline.next_step()? {
                Step::Decoded(units) => {
                    if units.iter().any(Result::is_err) {
                        return Err(Stop::GiveUp);
                    }
                    pipeline.seal(units, rounds, vec![Vec::new(); GROUPS]);
                    rounds += 1;
                }
                Step::Folded(outputs) => put_out.extend(outputs.concat()),
                Step::End => return Ok(()),
            }
        }
    });
    outcome.map(|()| put_out)
}

fn places() -> impl Iterator<Item = At> {
    let folds = (0..ROUNDS).flat_map(|round| [0, 1, GROUPS - 1].map(|group| At::Fold(round, group)));
    let units = (0..UNITS).flat_map(|unit| [At::Read(unit), At::Decode(unit)]);
    units.chain(folds).chain([At::Release(0), At::Release(GROUPS - 1)])
}

#[test]
fn all_threads_put_out_the_same() {
    let alone = run(1, At::Nowhere, false, usize::MAX).unwrap();
    assert_eq!(alone.len(), UNITS * GROUPS);
    for threads in [2, 3, 8] {
        assert_eq!(run(threads, At::Nowhere, false, usize::MAX).unwrap(), alone);
    }
}

#[test]
fn a_run_ends_wherever_a_worker_fails() {
    for threads in [1, 2, 3, 8] {
        for at in places() {
            let outcome = run(threads, at, false, usize::MAX);
            // A reader that ends early is the end of the batch: what it could not read is in its last unit.
            assert_eq!(outcome.is_ok(), matches!(at, At::Read(_)), "{threads} {at:?}");
        }
    }
}

#[test]
fn a_run_ends_wherever_a_worker_panics() {
    for threads in [1, 2, 8] {
        for at in places() {
            let outcome = catch_unwind(AssertUnwindSafe(|| run(threads, at, true, usize::MAX)));
            assert!(outcome.is_err(), "{threads} {at:?}");
        }
    }
}

#[test]
fn a_run_ends_wherever_the_coordinator_does() {
    for threads in [1, 2, 8] {
        for step in 0..=2 * ROUNDS {
            assert!(matches!(run(threads, At::Nowhere, false, step), Err(Stop::GiveUp)), "{threads} {step}");
        }
        assert!(run(threads, At::Nowhere, false, 2 * ROUNDS + 1).is_ok());
    }
}
