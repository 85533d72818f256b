//! The model of deliveries: who does what next, and what may go wrong.

use crate::command::Command;
use crate::delivery::action::Action;
use crate::delivery::bug::Bug;
use crate::delivery::properties;
use crate::delivery::step::{End, Step};
use crate::delivery::target::Target;
use crate::delivery::world::{User, World};
use stateright::{Model, Property};

/// What is checked.
#[derive(Debug, Clone, Default)]
pub struct Deliveries {
    /// What is published: at each place one of several commands.
    pub plan: Vec<Vec<Command>>,
    /// The empty target.
    pub target: Target,
    /// How many users deliver.
    pub users: usize,
    /// How often each of them does, until it ends by itself.
    pub deliveries: u8,
    /// How many processes are killed.
    pub kills: u8,
    /// How many answers are lost.
    pub lost_answers: u8,
    /// Whether outputs are pruned.
    pub prunes: bool,
    /// Whether a copy of the target or of the folder is put back.
    pub copies: bool,
    /// A mistake in the protocol.
    pub bug: Option<Bug>,
}

impl Deliveries {
    fn of_publisher(&self, world: &World) -> Vec<Action> {
        let mut actions = Vec::new();
        if world.feed.moving.is_some() {
            actions.push(Action::GoOn);
        } else {
            actions.extend(self.plan.get(world.next).into_iter().flatten().copied().map(Action::Publish));
        }
        if self.prunes {
            actions.push(Action::Prune);
        }
        actions
    }

    fn of_user(&self, world: &World, number: usize, user: &User) -> Vec<Action> {
        let Some(process) = &user.process else {
            let has_more = user.done < self.deliveries && !matches!(user.ended, Some(End::Refused(_)));
            let is_worth_it = !world.feed.runs.is_empty();
            return Some(Action::Start(number)).filter(|_| has_more && is_worth_it).into_iter().collect();
        };
        let is_locked = || world.users.iter().flat_map(|user| &user.process).any(|other| other.holds_tables);
        let needs_lock = matches!(process.todo.first(), Some(Step::Begin(..)));
        let mut actions = Vec::new();
        if !(needs_lock && is_locked() && self.bug != Some(Bug::PositionNotCompared)) {
            actions.push(Action::Do(number));
        }
        let asks = matches!(process.todo.first(), Some(Step::Put(..) | Step::Commit(_)));
        if asks && world.harm.lost_answers < self.lost_answers {
            actions.extend([true, false].map(|has_done| Action::LoseAnswer(number, has_done)));
        }
        if world.harm.kills < self.kills {
            actions.push(Action::Kill(number));
            if matches!(process.todo.first(), Some(Step::Put(..))) {
                actions.push(Action::KillSending(number));
            }
        }
        actions
    }

    fn of_copies(&self, world: &World) -> Vec<Action> {
        if !self.copies || !world.is_quiet() || world.harm.put_back || world.feed.moving.is_some() {
            return Vec::new();
        }
        match world.copy {
            None => vec![Action::Copy],
            Some(_) => vec![Action::PutBackTarget, Action::PutBackFolder],
        }
    }

    fn end(&self, world: &mut World, number: usize, ended: Option<End>) {
        let user = &mut world.users[number];
        user.ended = ended;
        user.process = None;
        if ended == Some(End::Done) {
            user.done += 1;
            world.acknowledge();
        }
    }
}

impl Model for Deliveries {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        let users = vec![User::default(); self.users];
        vec![World { target: self.target.clone(), users, ..World::default() }]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend(self.of_publisher(world));
        for (number, user) in world.users.iter().enumerate() {
            actions.extend(self.of_user(world, number, user));
        }
        if let Target::Objects(objects) = &world.target {
            actions.extend(objects.on_the_way.iter().map(|(number, taken)| Action::Arrive(*number, *taken)));
        }
        actions.extend(self.of_copies(world));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let mut next = world.clone();
        match action {
            Action::Publish(command) => {
                next.next += 1;
                next.feed.begin(command);
            }
            Action::GoOn => next.feed.go_on(),
            Action::Prune => next.feed.prune(),
            Action::Start(number) => next.start(number),
            Action::Do(number) => {
                let mut process = next.users[number].process.take()?;
                let ended = next.execute(&mut process, self.bug);
                next.users[number].process = Some(process);
                ended.into_iter().for_each(|end| self.end(&mut next, number, Some(end)));
            }
            Action::LoseAnswer(number, has_done) => {
                next.harm.lost_answers += 1;
                let mut process = next.users[number].process.take()?;
                let ended = next.lose_answer(&mut process, has_done, self.bug);
                next.users[number].process = Some(process);
                ended.into_iter().for_each(|end| self.end(&mut next, number, Some(end)));
            }
            Action::Kill(number) | Action::KillSending(number) => {
                next.harm.kills += 1;
                if let (Action::KillSending(_), Some(process)) = (action, next.users[number].process.take()) {
                    next.leave_on_the_way(&process);
                }
                self.end(&mut next, number, None);
            }
            Action::Arrive(number, taken) => next.arrive(number, taken),
            Action::Copy => next.copy = Some(Box::new((world.target.clone(), world.feed.clone()))),
            Action::PutBackTarget => next.put_back(false),
            Action::PutBackFolder => next.put_back(true),
        }
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}
