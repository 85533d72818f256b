//! What each step of a delivery does.

use crate::delivery::bug::Bug;
use crate::delivery::deliverer::{Deliverer, apply_all};
use crate::delivery::feed::Place;
use crate::delivery::log::{Refusal, Stride, strides};
use crate::delivery::objects::{Number, Taken};
use crate::delivery::step::{End, Step};
use crate::delivery::target::Target;
use crate::delivery::world::World;
use crate::ledger::{Mark, head};

impl World {
    /// Does the next step of a process. Says how the process has ended, if it has.
    pub fn execute(&mut self, process: &mut Deliverer, bug: Option<Bug>) -> Option<End> {
        match process.todo.remove(0) {
            Step::Look => self.look(process),
            Step::Register(mark) => self.register(process, mark),
            Step::ReadLog(at, number) => return self.read_log(process, (at, number), bug),
            Step::Open(stride) => return self.open(&stride, bug),
            Step::Begin(at, stride) => self.begin(process, at, &stride, bug),
            Step::Commit(after) => self.target = Target::Database(after),
            Step::Unlock => process.holds_tables = false,
            Step::Upload(number, stride) => self.upload(process, number, &stride),
            Step::Put(number, stride) => self.put(process, number, stride, bug),
            Step::Ask(number, stride) => self.ask(process, number, stride, bug),
            Step::Clean(number) => self.clean(process, number),
        }
        None
    }

    /// What is left of deliveries to a store that have ended before they could remove it is removed by whoever looks.
    fn look(&mut self, process: &mut Deliverer) {
        let at = self.target.position();
        let mut next = 0;
        if let Target::Objects(objects) = &mut self.target
            && let Some((number, taken)) = objects.newest()
        {
            objects.clean(number, taken.attempt);
            next = number;
        }
        process.todo.insert(0, Step::ReadLog(at, next + 1));
        if process.registered != Some(at) {
            process.todo.insert(0, Step::Register(at));
        }
    }

    fn register(&mut self, process: &mut Deliverer, mark: Mark) {
        self.feed.registered = Some(mark);
        process.registered = Some(mark);
    }

    fn read_log(&self, process: &mut Deliverer, (at, next): (Mark, Number), bug: Option<Bug>) -> Option<End> {
        match strides(&self.feed, at, bug) {
            Err(why) => Some(End::Refused(why)),
            Ok(strides) if strides.is_empty() => Some(End::Done),
            Ok(strides) => {
                process.todo.splice(0..0, apply_all(&self.target, (at, next), &strides, bug));
                None
            }
        }
    }

    /// Others may roll back or prune meanwhile.
    fn open(&self, stride: &Stride, bug: Option<Bug>) -> Option<End> {
        match self.feed.place_of(stride.mark.run) {
            Some(Place::Own) => None,
            Some(Place::Retracted) if bug != Some(Bug::RetractedNotRead) => None,
            _ => Some(End::Refused(Refusal::Gone)),
        }
    }

    fn begin(&self, process: &mut Deliverer, at: Mark, stride: &Stride, bug: Option<Bug>) {
        let Target::Database(database) = &self.target else { return };
        if database.position != at && bug != Some(Bug::PositionNotCompared) {
            return process.look_again();
        }
        process.holds_tables = bug != Some(Bug::PositionNotCompared);
        let transactions = database.transactions(stride, bug).into_iter().map(Step::Commit);
        process.todo.splice(0..0, transactions.chain([Step::Unlock]).collect::<Vec<_>>());
    }

    /// A store that another process has moved on since is found out by the put: the number is taken.
    fn upload(&mut self, process: &Deliverer, number: Number, stride: &Stride) {
        if let Target::Objects(objects) = &mut self.target {
            objects.data.insert((number, process.attempt), stride.rows);
        }
    }

    fn put(&mut self, process: &mut Deliverer, number: Number, stride: Stride, bug: Option<Bug>) {
        let taken = Taken { attempt: process.attempt, stride };
        if let Target::Objects(objects) = &mut self.target {
            if bug == Some(Bug::PutNotConditional) {
                objects.taken.remove(&number);
            }
            objects.put_new(number, taken);
        }
        process.todo.insert(0, Step::Ask(number, stride));
    }

    /// A condition that failed, a conflict that put nothing and an answer that was lost look alike: what stands there tells.
    fn ask(&self, process: &mut Deliverer, number: Number, stride: Stride, bug: Option<Bug>) {
        let Target::Objects(objects) = &self.target else { return };
        match objects.taken.get(&number) {
            None => process.todo.insert(0, Step::Put(number, stride)),
            Some(taken) if taken.attempt == process.attempt || bug == Some(Bug::AttemptNotCompared) => {}
            Some(_) => process.look_again(),
        }
    }

    fn clean(&mut self, process: &Deliverer, number: Number) {
        if let Target::Objects(objects) = &mut self.target {
            objects.clean(number, process.attempt);
        }
    }

    /// The answer to the next step of a process is lost. A database has gone with it; a store is asked.
    pub fn lose_answer(&mut self, process: &mut Deliverer, has_done: bool, bug: Option<Bug>) -> Option<End> {
        let is_commit = matches!(process.todo.first(), Some(Step::Commit(_)));
        if has_done {
            self.execute(process, bug);
        } else if let Step::Put(number, stride) = process.todo.remove(0) {
            process.todo.insert(0, Step::Ask(number, stride));
        }
        is_commit.then_some(End::Unknown)
    }

    /// The put of a process that is killed may still arrive.
    pub fn leave_on_the_way(&mut self, process: &Deliverer) {
        if let (Some(Step::Put(number, stride)), Target::Objects(objects)) =
            (process.todo.first(), &mut self.target)
        {
            objects.on_the_way.insert((*number, Taken { attempt: process.attempt, stride: *stride }));
        }
    }

    /// A user starts a delivery.
    pub fn start(&mut self, number: usize) {
        self.started += 1;
        self.users[number].process = Some(Deliverer::start(self.started));
        self.users[number].ended = None;
    }

    /// The request of a process that has ended arrives.
    pub fn arrive(&mut self, number: Number, taken: Taken) {
        if let Target::Objects(objects) = &mut self.target {
            objects.on_the_way.remove(&(number, taken));
            objects.put_new(number, taken);
        }
    }

    /// A delivery has ended well: the target has all that is published.
    pub fn acknowledge(&mut self) {
        self.acknowledged = head(&self.feed.runs).run;
    }
}
