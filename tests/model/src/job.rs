//! The work of a user: commands one after the other, and what is acknowledged of them.

use crate::command::Command;
use crate::ledger::Events;
use crate::path::Checkpoint;
use crate::process::{Process, Rules};
use crate::step::{End, Step};
use crate::world::World;

/// The commands of a user, one after the other. What is interrupted is repeated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Job {
    /// The checkpoint.
    pub stream: Checkpoint,
    /// The number of the next command.
    pub next: usize,
    /// The process of the present one.
    pub process: Option<Process>,
    /// How the last one ended; `None` if it was interrupted.
    pub ended: Option<End>,
}

impl World {
    /// The user starts a command.
    pub fn start(&mut self, number: usize, command: Command, rules: Rules) {
        let mut process = Process::start(self.jobs[number].stream, command);
        self.jobs[number].ended = self.settle(&mut process, rules);
        self.jobs[number].process = Some(process);
    }

    /// The process of a user does a step.
    pub fn step(&mut self, number: usize, step: &Step, rules: Rules) {
        let Some(mut process) = self.jobs[number].process.take() else { return };
        let (of, command) = (usize::from(process.stream), process.command);
        let ended = self.execute(&mut process, step, rules);
        if let Step::Commit(entry) = step
            && entry.back_to.is_some()
        {
            self.acknowledged[of].0 &= entry.mark.known.0;
        }
        let job = &mut self.jobs[number];
        match ended {
            None => job.process = Some(process),
            Some(end) => job.ended = Some(end),
        }
        if ended == Some(End::Done) {
            job.next += 1;
            if let Command::Run(batch) = command {
                self.acknowledged[of] = self.acknowledged[of].and(Events::of_batch(batch));
            }
        }
        self.look();
    }
}
