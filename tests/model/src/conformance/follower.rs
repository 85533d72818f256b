//! Follows a trace of the real program through the model, and says where the model would not have gone.

use crate::command::Command;
use crate::conformance::label::Label;
use crate::manifest::Content;
use crate::path::Path;
use crate::process::{Process, Rules};
use crate::step::{End, Internal, Step};
use crate::store::Store;
use crate::world::World;

/// The model at some place of a trace: all worlds in which it can be.
#[derive(Debug)]
pub struct Follower(Vec<Place>);

impl Follower {
    /// An empty disk.
    pub fn new(rules: Rules) -> Self {
        let world = World { stores: vec![Store::default()], ..World::default() };
        Self(vec![Place { world, rules, process: None, further: Vec::new(), last: None }])
    }

    /// The worlds in which it can be.
    pub fn worlds(&self) -> impl Iterator<Item = &World> {
        self.0.iter().map(|place| &place.world)
    }

    /// The store is as it was before its last commit.
    pub fn lose_commit(&mut self) {
        self.0.iter_mut().for_each(|place| place.world.open_older(0));
    }

    /// A process is started that does these commands.
    pub fn start(&mut self, commands: &[Command]) {
        self.0.iter_mut().for_each(|place| place.start(commands));
    }

    /// The process is killed. What it has written to its store may be in the file or may not.
    pub fn kill(&mut self) {
        self.0 = self.0.iter().flat_map(Place::killed).collect();
    }

    /// The process does a step.
    ///
    /// # Errors
    /// If the model does no such step here.
    pub fn accept(&mut self, label: Label) -> Result<(), String> {
        self.go_on(|place| place.accept(label))
    }

    /// The process has ended with exit code 0, or was killed.
    ///
    /// # Errors
    /// What it has left out.
    pub fn finish(&mut self) -> Result<(), String> {
        self.go_on(|place| place.finish())
    }

    /// Keeps the worlds in which this is possible.
    fn go_on(&mut self, mut go_on: impl FnMut(&mut Place) -> Result<(), String>) -> Result<(), String> {
        let mut refusal = Ok(());
        self.0.retain_mut(|place| {
            let gone_on = go_on(place);
            let is_possible = gone_on.is_ok();
            refusal = std::mem::replace(&mut refusal, Ok(())).and(gone_on);
            is_possible
        });
        if self.0.is_empty() { refusal } else { Ok(()) }
    }
}

/// One world.
#[derive(Debug, Clone)]
struct Place {
    world: World,
    rules: Rules,
    process: Option<Process>,
    /// Further commands that the same process does, with `--each`.
    further: Vec<Command>,
    last: Option<Label>,
}

impl Place {
    fn start(&mut self, commands: &[Command]) {
        self.process = Some(Process::start(0, commands[0]));
        self.further = commands[1..].iter().rev().copied().collect();
        self.settle(|world, process, rules| world.settle(process, rules));
    }

    fn killed(&self) -> Vec<Self> {
        let left = self.world.stores[0].after_kill().into_iter();
        let place = |store| {
            let world = World { stores: vec![store], ..self.world.clone() };
            Self { world, process: None, further: Vec::new(), ..*self }
        };
        left.map(place).collect()
    }

    fn finish(&self) -> Result<(), String> {
        match &self.process {
            Some(process) => Err(format!("it ends, where the model goes on with {:?}", process.todo.first())),
            None => Ok(()),
        }
    }

    fn accept(&mut self, label: Label) -> Result<(), String> {
        let steps = self.process.as_ref().map(|process| process.next_steps(&self.world)).unwrap_or_default();
        let before = self.last.replace(label);
        if let Some(step) = steps.iter().find(|step| label.is_of(step)) {
            self.settle(|world, process, rules| world.execute(process, step, rules));
            return Ok(());
        }
        match label {
            // One sync more than needed does no harm.
            Label::Sync(path) => {
                self.world.disk.sync_file(path);
                self.world.disk.sync_folder(path);
            }
            // Folders that other outputs need too.
            Label::CreateFolder(
                path @ (Path::SessionsFolder | Path::RetractedFolder | Path::RetractedSessions),
            ) => self.world.disk.create(path, Content::Folder),
            // A step that takes several calls.
            Label::Write(_) | Label::WriteStore if before == Some(label) => {}
            _ => return Err(format!("{label:?} comes where the model has {steps:?}")),
        }
        Ok(())
    }

    /// Does something with the process, and goes on to its next step that can be seen.
    fn settle(&mut self, work: impl FnOnce(&mut World, &mut Process, Rules) -> Option<End>) {
        let Some(mut process) = self.process.take() else { return };
        let mut ended = work(&mut self.world, &mut process, self.rules);
        loop {
            if ended == Some(End::Done) {
                let Some(next) = self.further.pop() else { return };
                process.command = next;
                process.todo = vec![Step::Internal(Internal::Plan)];
                ended = self.world.settle(&mut process, self.rules);
            } else if process.todo.first() == Some(&Step::LockOutput) {
                // No change of the disk shows it.
                ended = self.world.execute(&mut process, &Step::LockOutput, self.rules);
            } else {
                self.process = Some(process);
                return;
            }
        }
    }
}
