//! The threads of a run: workers that take one task after the other, and the thread that looks after the rounds.

use super::schedule::{FoldTask, Schedule, Step, Task};
use super::stop::Stop;
use super::stopwatch::timed;
use super::work::Work;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Workers, and the tasks that they share.
pub(super) struct Pipeline<W: Work> {
    work: W,
    shared: Mutex<Shared<W>>,
    /// There is a task for a worker that waits.
    task: Condvar,
    /// There is a step for the coordinator.
    step: Condvar,
}

struct Shared<W: Work> {
    schedule: Schedule<W>,
    /// How many workers wait.
    idle: usize,
    /// Whether the coordinator waits.
    is_watched: bool,
    spent: Spent,
}

/// The time that all workers have spent.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Spent {
    pub(super) read: Duration,
    pub(super) reduce: Duration,
}

/// Ends the tasks when it is dropped, so that nobody waits for ever. A worker's does so only if the worker panics.
struct Alarm<'p, W: Work> {
    pipeline: &'p Pipeline<W>,
    is_for_panics: bool,
}

impl<W: Work> Drop for Alarm<'_, W> {
    fn drop(&mut self) {
        if !self.is_for_panics || std::thread::panicking() {
            self.pipeline.lock().schedule.end();
            self.pipeline.task.notify_all();
            self.pipeline.step.notify_all();
        }
    }
}

impl<W: Work> Pipeline<W> {
    pub(super) fn new(work: W, schedule: Schedule<W>) -> Self {
        let shared = Shared { schedule, idle: 0, is_watched: false, spent: Spent::default() };
        Self { work, shared: Mutex::new(shared), task: Condvar::new(), step: Condvar::new() }
    }

    /// Runs the tasks on all threads of `pool`, and `coordinate` on this one. When that has ended, no worker gets another task. Returns
    /// the time that the workers have spent besides.
    pub(super) fn run<T>(&self, pool: &rayon::ThreadPool, coordinate: impl FnOnce(&Self) -> T) -> (Spent, T) {
        let given = pool.in_place_scope(|scope| {
            scope.spawn_broadcast(|_, _| self.take_tasks());
            let _alarm = Alarm { pipeline: self, is_for_panics: false };
            coordinate(self)
        });
        (self.lock().spent, given)
    }

    /// The next step; waits for it.
    ///
    /// # Errors
    /// What has stopped the run.
    pub(super) fn next_step(&self) -> Result<Step<W>, Stop> {
        let mut shared = self.lock();
        loop {
            if let Some(step) = shared.schedule.next_step()? {
                self.wake(&shared);
                return Ok(step);
            }
            shared.is_watched = true;
            shared = self.step.wait(shared).unwrap_or_else(PoisonError::into_inner);
            shared.is_watched = false;
        }
    }

    /// Lets the groups of the round that was decoded be folded.
    pub(super) fn seal(&self, units: Vec<W::Decoded>, seal: W::Seal, outputs: Vec<W::Output>) {
        self.update(|schedule| schedule.seal(units, seal, outputs));
    }

    fn take_tasks(&self) {
        let _alarm = Alarm { pipeline: self, is_for_panics: true };
        let mut hands = self.work.hands();
        let mut spent = Spent::default();
        while let Some(task) = self.next_task() {
            let (took, of) = match task {
                Task::Read(reader) => (timed(|| self.read(reader, &mut hands)).0, &mut spent.read),
                Task::Fold(task) => (timed(|| self.fold(task, &mut hands)).0, &mut spent.reduce),
            };
            *of += took;
        }
        let of_all = &mut self.lock().spent;
        of_all.read += spent.read;
        of_all.reduce += spent.reduce;
    }

    /// Reads the next unit and decodes it. Another worker can read while it is decoded.
    fn read(&self, mut reader: W::Reader, hands: &mut W::Hands) {
        let Some((unit, bytes)) = self.work.read(&mut reader, hands) else {
            return self.update(Schedule::all_read);
        };
        let (place, recycled) = self.update(|schedule| schedule.unit_read(reader, bytes));
        let decoded = self.work.decode(unit, hands, recycled);
        self.update(|schedule| schedule.unit_decoded(&place, decoded));
    }

    fn fold(&self, mut task: FoldTask<W>, hands: &mut W::Hands) {
        let released = if task.releases { self.work.release(task.group) } else { Ok(()) };
        let round = Arc::clone(&task.round);
        let folded = released
            .and_then(|()| self.work.fold(task.group, &round.units, &round.seal, &mut task.output, hands));
        drop(round);
        self.update(|schedule| schedule.group_folded(task, folded));
    }

    /// The next task; waits for it. `None` at the end.
    fn next_task(&self) -> Option<Task<W>> {
        let mut shared = self.lock();
        loop {
            if let Some(task) = shared.schedule.next_task() {
                self.wake(&shared);
                return Some(task);
            }
            if shared.schedule.has_ended() {
                return None;
            }
            shared.idle += 1;
            shared = self.task.wait(shared).unwrap_or_else(PoisonError::into_inner);
            shared.idle -= 1;
        }
    }

    fn update<T>(&self, act: impl FnOnce(&mut Schedule<W>) -> T) -> T {
        let mut shared = self.lock();
        let given = act(&mut shared.schedule);
        self.wake(&shared);
        given
    }

    /// Wakes one worker if there is a task for it, which wakes the next one, and the coordinator if there is a step.
    fn wake(&self, shared: &Shared<W>) {
        if shared.idle > 0 && shared.schedule.has_task() {
            self.task.notify_one();
        }
        if shared.schedule.has_ended() {
            self.task.notify_all();
        }
        if shared.is_watched && shared.schedule.has_step() {
            self.step.notify_one();
        }
    }

    /// What a worker that has panicked has left is not used any more.
    fn lock(&self) -> MutexGuard<'_, Shared<W>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "pipeline_tests.rs"]
mod tests;
