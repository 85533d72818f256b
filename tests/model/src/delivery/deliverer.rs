//! A process that delivers: the steps that it has still to do.

use crate::delivery::bug::Bug;
use crate::delivery::log::Stride;
use crate::delivery::objects::{Attempt, Number};
use crate::delivery::step::Step;
use crate::delivery::target::Target;
use crate::ledger::Mark;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Deliverer {
    /// Tells what it writes from what others write.
    pub attempt: Attempt,
    /// The steps that are known so far.
    pub todo: Vec<Step>,
    /// The position that it has registered.
    pub registered: Option<Mark>,
    /// Whether it holds the lock of the tables.
    pub holds_tables: bool,
}

impl Deliverer {
    /// One that has just been started.
    pub fn start(attempt: Attempt) -> Self {
        Self { attempt, todo: vec![Step::Look], registered: None, holds_tables: false }
    }

    /// Somebody else has taken the step: the rest of the log is read again from where the target is now.
    pub fn look_again(&mut self) {
        self.todo = vec![Step::Look];
    }
}

/// What follows when the manifests behind a position are read, and the number of the next step with it: each step in one transaction of the target, then another look.
pub fn apply_all(
    target: &Target,
    (at, next): (Mark, Number),
    strides: &[Stride],
    bug: Option<Bug>,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut before = at;
    for (number, stride) in (next..).zip(strides) {
        steps.push(Step::Open(*stride));
        let apply = match target {
            Target::Database(_) => vec![Step::Begin(before, *stride)],
            Target::Objects(_) => send(number, *stride, bug),
        };
        let register = Step::Register(stride.mark);
        match bug {
            Some(Bug::RegisteredFirst) => steps.extend([vec![register], apply].concat()),
            _ => steps.extend([apply, vec![register]].concat()),
        }
        before = stride.mark;
    }
    steps.push(Step::Look);
    steps
}

/// The data goes first: a manifest makes all of it count.
fn send(number: Number, stride: Stride, bug: Option<Bug>) -> Vec<Step> {
    let (upload, put) = (Step::Upload(number, stride), Step::Put(number, stride));
    let clean = Step::Clean(number);
    match bug {
        Some(Bug::ManifestFirst) => vec![put, upload, clean],
        Some(Bug::CleanedEarly) => vec![upload, clean, put],
        _ => vec![upload, put, clean],
    }
}
