//! The model of runs, rollbacks, backups and restores: what may happen next in a world.

use crate::command::Command;
use crate::disk::Risk;
use crate::ledger::{Events, head};
use crate::path::{Checkpoint, Path};
use crate::process::{Process, Rules};
use crate::properties;
use crate::step::{End, Step};
use crate::store::Store;
use crate::world::{Copied, Harm, Job, World};
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
    /// Whether somebody copies folders and puts one of the copies back, and whether a store opens at an older commit.
    pub copies: bool,
    /// Whether a finished backup is restored.
    pub restores: bool,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The user of this job starts a command.
    Start(usize, Command),
    /// The process of this job does a step.
    Do(usize, Step),
    /// The process of this job is killed; so many of the writes that it has in memory have come to the file.
    Kill(usize, usize),
    /// All processes end; these writes of each store, and what else is named, have reached the disk.
    PowerLoss(usize, Vec<Risk>),
    /// Somebody copies both folders.
    Copy,
    /// Somebody puts back copies of these folders.
    PutBack(Vec<Path>),
    /// The store opens as it was one commit before.
    OlderCommit(Checkpoint),
    /// Somebody restores the backup.
    Restore,
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
        use crate::bug::Bug::{OutputNotLocked, StateNotLocked};
        matches!(
            (self.rules.bug, step),
            (Some(StateNotLocked), Step::LockState | Step::LockOutput)
                | (Some(OutputNotLocked), Step::LockOutput)
        )
    }

    /// Losses of power: any of the unsynced writes of a store, and of the unsynced names and bytes all, none, one, or all but one; any
    /// of them if there are few.
    fn power_losses(world: &World) -> Vec<Action> {
        let risks = world.disk.at_risk();
        let all = (1_u32 << risks.len()) - 1;
        let few = |mask: u32| risks.len() <= 3 || mask.count_ones() <= 1 || (all & !mask).count_ones() <= 1;
        let survivors = (0..=all).filter(|mask| few(*mask)).map(|mask| {
            let survives = |(number, risk): (usize, &Risk)| (mask >> number & 1 == 1).then_some(*risk);
            risks.iter().enumerate().filter_map(survives).collect::<Vec<_>>()
        });
        let writes = world.stores.iter().map(Store::at_risk).max().unwrap_or(0);
        survivors
            .flat_map(|risks| (0..=writes).map(move |writes| Action::PowerLoss(writes, risks.clone())))
            .collect()
    }

    fn disturbed(&self, world: &World) -> Vec<Action> {
        let mut actions = Vec::new();
        if world.harm.crashes < self.crashes {
            let working = world.jobs.iter().enumerate().filter(|(_, job)| job.process.is_some());
            let left = |job: &Job| world.stores[usize::from(job.stream)].after_kill().len();
            actions.extend(
                working.flat_map(|(number, job)| (0..left(job)).map(move |left| Action::Kill(number, left))),
            );
            if world.harm.power_losses < self.power_losses {
                actions.extend(Self::power_losses(world));
            }
        }
        // A run that waits to be published is not known to anybody but its checkpoint: an older one in its place is noticed by `verify` alone.
        let is_first = world.harm.put_back == 0;
        if world.is_quiet() && self.copies && is_first && !properties::waits(world) {
            match &world.copy {
                None if is_first => actions.push(Action::Copy),
                None => {}
                Some(_) => {
                    let folders = [vec![Path::State(0)], vec![Path::Out], vec![Path::State(0), Path::Out]];
                    actions.extend(folders.map(Action::PutBack));
                }
            }
            if is_first && !world.stores[0].data().runs.is_empty() {
                actions.push(Action::OlderCommit(0));
            }
        }
        let is_complete = world.backup.as_ref().is_some_and(|backup| backup.is_complete);
        if world.is_quiet() && self.restores && is_complete && is_first {
            actions.push(Action::Restore);
        }
        actions
    }
}

impl World {
    fn start(&mut self, number: usize, command: Command, rules: Rules) {
        let mut process = Process::start(self.jobs[number].stream, command);
        self.jobs[number].ended = self.settle(&mut process, rules);
        self.jobs[number].process = Some(process);
    }

    fn step(&mut self, number: usize, step: &Step, rules: Rules) {
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

    fn kill(&mut self, number: usize, writes: usize) {
        let process = self.jobs[number].process.take();
        if process.is_some_and(|process| process.holds_state) {
            let of = usize::from(self.jobs[number].stream);
            self.stores[of] = self.stores[of].after_kill().swap_remove(writes);
        }
        self.drop_half_backup();
    }

    /// What is left of a backup that was interrupted has no name, and the next one removes it.
    fn drop_half_backup(&mut self) {
        self.backup = self.backup.take().filter(|backup| backup.is_complete);
    }

    fn lose_power(&mut self, writes: usize, survive: &[Risk]) {
        self.disk = self.disk.after_power_loss(survive);
        for (stream, store) in (0..).zip(&mut self.stores) {
            *store = store.after_power_loss(writes);
            // A store without its files is a new one.
            if !self.disk.has(Path::Log(stream)) || !self.disk.has(Path::Conf(stream)) {
                *store = Store::default();
            }
        }
        self.jobs.iter_mut().for_each(|job| job.process = None);
        self.drop_half_backup();
    }

    fn put_back(&mut self, folders: &[Path]) {
        let Some(copy) = self.copy.take() else { return };
        let World { disk, stores, acknowledged, .. } = self.clone();
        for folder in folders {
            self.disk.put_back(*folder, &copy.disk);
            if let Path::State(stream) = folder {
                self.stores[usize::from(*stream)] = copy.stores[usize::from(*stream)].clone();
            }
        }
        self.harm.put_back += 1;
        self.harm.out_of_step |= folders.len() == 1;
        if folders.len() > 1 {
            self.acknowledged = copy.acknowledged;
            // What was there is kept beside: two histories.
            self.copy =
                Some(Box::new(Copied { disk, stores, acknowledged })).filter(|_| self.harm.put_back == 1);
        }
        self.seen.clear();
        self.look();
        self.forget_ends();
    }

    /// How commands ended says nothing about what was put in the place of their work.
    fn forget_ends(&mut self) {
        self.jobs.iter_mut().for_each(|job| job.ended = None);
    }

    fn restore(&mut self) {
        let Some(backup) = self.backup.take() else { return };
        self.disk.put_back(Path::Out, &backup.disk());
        self.acknowledged[0].0 &= head(&backup.data.runs).known.0;
        self.stores[0] = Store::of(backup.data);
        self.harm.put_back += 1;
        self.seen.clear();
        self.look();
        self.forget_ends();
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
        actions.extend(self.disturbed(world));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        let harm = &mut next.harm;
        match action {
            Action::Start(job, command) => next.start(job, command, self.rules),
            Action::Do(job, step) => next.step(job, &step, self.rules),
            Action::Kill(job, writes) => {
                harm.crashes += 1;
                next.kill(job, writes);
            }
            Action::PowerLoss(writes, survive) => {
                *harm = Harm { crashes: harm.crashes + 1, power_losses: harm.power_losses + 1, ..*harm };
                next.lose_power(writes, &survive);
            }
            Action::Copy => {
                let World { disk, stores, acknowledged, .. } = world.clone();
                next.copy = Some(Box::new(Copied { disk, stores, acknowledged }));
            }
            Action::PutBack(folders) => next.put_back(&folders),
            Action::OlderCommit(stream) => {
                harm.put_back += 1;
                harm.out_of_step = true;
                next.stores[usize::from(stream)] = world.stores[usize::from(stream)].one_commit_back();
                // No copy is put back besides: both folders at the same earlier time are a sound pair.
                next.copy = None;
                next.forget_ends();
            }
            Action::Restore => next.restore(),
        }
        // A step that changes nothing anybody could tell is no other state.
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
