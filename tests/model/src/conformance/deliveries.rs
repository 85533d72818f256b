//! Follows a trace of a delivery to a folder through the model of deliveries.

use crate::command::Command;
use crate::conformance::place::Place;
use crate::conformance::unsynced::Unsynced;
use crate::delivery::deliverer::Deliverer;
use crate::delivery::objects::{Attempt, Number, Objects};
use crate::delivery::step::{End, Step};
use crate::delivery::target::Target;
use crate::delivery::world::World;
use std::collections::BTreeMap;

/// The model at some place of a trace.
#[derive(Debug)]
pub struct DeliveryFollower {
    world: World,
    process: Option<Deliverer>,
    ended: Option<End>,
    unsynced: Unsynced,
    /// The real names of attempts.
    attempts: BTreeMap<(Number, Attempt), String>,
}

impl Default for DeliveryFollower {
    fn default() -> Self {
        let world = World { target: Target::Objects(Objects::default()), ..World::default() };
        Self { world, process: None, ended: None, unsynced: Unsynced::default(), attempts: BTreeMap::new() }
    }
}

impl DeliveryFollower {
    /// The program has published a run.
    pub fn publish(&mut self, command: Command) {
        self.world.feed.begin(command);
        while self.world.feed.moving.is_some() {
            self.world.feed.go_on();
        }
    }

    /// A delivery is started.
    pub fn start(&mut self) {
        self.world.started += 1;
        self.process = Some(Deliverer::start(self.world.started));
        self.ended = None;
        self.unsynced = Unsynced::default();
        self.settle();
    }

    /// The delivery is killed.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// The delivery has ended with exit code 0.
    ///
    /// # Errors
    /// What it has left out.
    pub fn finish(&self) -> Result<(), String> {
        self.unsynced.expect_none("the end")?;
        match self.ended {
            Some(End::Done) => Ok(()),
            _ => Err(format!("it ends, where the model goes on with {:?}", self.next())),
        }
    }

    /// The delivery changes the disk. For what it writes into a manifest or registers, `other` says so.
    ///
    /// # Errors
    /// If the model does no such thing here.
    pub fn accept(&mut self, change: char, path: &str, other: &str) -> Result<(), String> {
        match (change, Place::of(path)) {
            ('C', Some(Place::Data { number, attempt, run })) => self.send(number, attempt, run)?,
            ('C', Some(Place::PartialManifest(number))) => self.begin_put(number)?,
            ('W', Some(Place::PartialManifest(_))) => self.expect_written(other)?,
            ('L', Some(Place::PartialManifest(_))) => self.put()?,
            ('U', Some(Place::Data { number, attempt, .. })) => self.expect_unused(number, attempt)?,
            ('U', Some(Place::Manifest(_))) => return Err("it removes a manifest".to_owned()),
            ('C', Some(Place::PartialPosition)) => self.expect_register()?,
            ('W', Some(Place::PartialPosition)) => self.expect_registered(other)?,
            ('R', Some(Place::PartialPosition)) => {
                self.unsynced.expect_bytes(path)?;
                self.execute();
            }
            _ => {}
        }
        self.unsynced.note(change, path, other);
        Ok(())
    }

    fn next(&self) -> Option<&Step> {
        self.process.as_ref()?.todo.first()
    }

    fn execute(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        self.ended = self.world.execute(&mut process, None);
        self.process = Some(process).filter(|_| self.ended.is_none());
        self.settle();
    }

    /// Goes on to the next step that changes the disk.
    fn settle(&mut self) {
        if !matches!(self.next(), Some(Step::Register(_) | Step::Upload(..) | Step::Put(..)) | None) {
            self.execute();
        }
    }

    fn send(&mut self, number: Number, attempt: &str, run: u8) -> Result<(), String> {
        let Some(Step::Upload(expected, stride)) = self.next() else {
            return Err(format!("it sends data for step {number} where the model has {:?}", self.next()));
        };
        if (number, run) != (*expected, stride.mark.run) {
            return Err(format!("it sends run {run} as step {number}, the model {:?}", self.next()));
        }
        let of_process = (number, self.world.started);
        let before = self.attempts.insert(of_process, attempt.to_owned());
        before.filter(|before| before != attempt).map_or(Ok(()), |_| Err("it has two attempts".to_owned()))
    }

    /// Data comes first, if the step has any.
    fn begin_put(&mut self, number: Number) -> Result<(), String> {
        if matches!(self.next(), Some(Step::Upload(..))) {
            self.unsynced.expect_none("the manifest")?;
            self.execute();
        }
        match self.next() {
            Some(Step::Put(expected, _)) if *expected == number => Ok(()),
            other => Err(format!("it writes the manifest of step {number} where the model has {other:?}")),
        }
    }

    fn expect_written(&self, said: &str) -> Result<(), String> {
        let Some(Step::Put(_, stride)) = self.next() else { return Err("no manifest is due".to_owned()) };
        let back_to = stride.back_to.map_or(String::new(), |to| format!(", back to {to}"));
        let expected = format!("run {}{back_to}", stride.mark.run);
        if said == expected {
            Ok(())
        } else {
            Err(format!("the manifest is of {said}, in the model of {expected}"))
        }
    }

    fn put(&mut self) -> Result<(), String> {
        self.unsynced.expect_none("the name of the manifest")?;
        if !matches!(self.next(), Some(Step::Put(..))) {
            return Err(format!("it puts a manifest where the model has {:?}", self.next()));
        }
        self.execute();
        Ok(())
    }

    /// What is removed was sent by others for a step that is taken.
    fn expect_unused(&self, number: Number, attempt: &str) -> Result<(), String> {
        let Target::Objects(objects) = &self.world.target else { return Ok(()) };
        let taken = objects.taken.get(&number).ok_or("it removes data of a step that nobody has taken")?;
        match self.attempts.get(&(number, taken.attempt)) {
            Some(kept) if kept == attempt => Err("it removes data that a manifest names".to_owned()),
            _ => Ok(()),
        }
    }

    fn expect_register(&self) -> Result<(), String> {
        self.unsynced.expect_none("the position")?;
        match self.next() {
            Some(Step::Register(_)) => Ok(()),
            other => Err(format!("it registers where the model has {other:?}")),
        }
    }

    fn expect_registered(&self, said: &str) -> Result<(), String> {
        match self.next() {
            Some(Step::Register(mark)) if said == format!("run {}", mark.run) => Ok(()),
            other => Err(format!("it registers {said} where the model has {other:?}")),
        }
    }
}
