//! The model of runs, rollbacks, backups and restores: who does what next, and what becomes of it.

use crate::action::Action;
use crate::bug::Bug;
use crate::command::Command;
use crate::job::Job;
use crate::ledger::Events;
use crate::path::Checkpoint;
use crate::process::Rules;
use crate::properties;
use crate::step::{End, Step};
use crate::store::Store;
use crate::world::World;
use stateright::{Model, Property};

/// What is checked: who does what, and what may go wrong.
#[derive(Debug, Clone, Default)]
pub struct Protocol {
    /// For each user the checkpoint, and the commands: at each place one of several.
    pub jobs: Vec<(Checkpoint, Vec<Vec<Command>>)>,
    /// How processes work.
    pub rules: Rules,
    /// How many processes are killed, losses of power among them.
    pub crashes: u8,
    /// How many losses of power.
    pub power_losses: u8,
    /// Whether somebody copies folders and puts copies back.
    pub copies: bool,
    /// Whether a store opens at an older commit.
    pub older_commits: bool,
    /// Whether a finished backup is restored.
    pub restores: bool,
    /// How often any of these happens.
    pub put_backs: u8,
}

impl Protocol {
    fn started(&self, world: &World, number: usize, job: &Job) -> Vec<Action> {
        if matches!(job.ended, Some(End::Refused(_))) {
            return Vec::new();
        }
        match &job.process {
            None => {
                let choices = self.jobs[number].1.get(job.next).into_iter().flatten();
                choices.map(|command| Action::Start(number, *command)).collect()
            }
            Some(process) => {
                let steps = process.next_steps(world).into_iter();
                let possible = steps.filter(|step| self.ignores_lock(step) || world.is_free(process, step));
                possible.map(|step| Action::Do(number, step)).collect()
            }
        }
    }

    fn ignores_lock(&self, step: &Step) -> bool {
        matches!(
            (self.rules.bug, step),
            (Some(Bug::StateNotLocked), Step::LockState | Step::LockOutput)
                | (Some(Bug::OutputNotLocked), Step::LockOutput)
        )
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let job =
            |(stream, _): &(Checkpoint, _)| Job { stream: *stream, next: 0, process: None, ended: None };
        let streams = self.jobs.iter().map(|(stream, _)| usize::from(*stream) + 1).max().unwrap_or(0);
        vec![World {
            stores: vec![Store::default(); streams],
            acknowledged: vec![Events::NONE; streams],
            jobs: self.jobs.iter().map(job).collect(),
            ..World::default()
        }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for (number, job) in world.jobs.iter().enumerate() {
            actions.extend(self.started(world, number, job));
        }
        actions.extend(self.misfortunes(world));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Start(job, command) => next.start(job, command, self.rules),
            Action::Do(job, step) => next.step(job, &step, self.rules),
            Action::Kill(job, writes) => next.kill(job, writes),
            Action::PowerLoss(writes, survive) => next.lose_power(writes, &survive),
            Action::Copy => next.copy = Some(world.copied()),
            Action::PutBack(folders) => next.put_back(&folders),
            Action::OlderCommit(stream) => next.open_older(stream),
            Action::Restore => next.restore(),
        }
        // A step that changes nothing anybody could tell is no other state.
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
