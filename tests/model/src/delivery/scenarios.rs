//! The stories of deliveries that are checked.

use crate::command::Command::{Finalize, Rollback, Run};
use crate::delivery::bug::Bug;
use crate::delivery::database::Database;
use crate::delivery::deliveries::Deliveries;
use crate::delivery::objects::Objects;
use crate::delivery::target::Target;

/// All stories, with their names.
pub fn all() -> Vec<(&'static str, Deliveries)> {
    let database = || Target::Database(Database::default());
    let objects = || Target::Objects(Objects::default());
    vec![
        ("prunes beside a database", pruned(database())),
        ("prunes beside a store", pruned(objects())),
        ("older copies beside a database", copies(database())),
        ("older copies beside a store", copies(objects())),
        ("two deliver to a database", two(database())),
        ("two deliver to a store", two(objects())),
    ]
}

/// The same with a mistake in the protocol.
pub fn with_bug(bug: Bug) -> impl Iterator<Item = (&'static str, Deliveries)> {
    all().into_iter().map(move |(name, deliveries)| (name, Deliveries { bug: Some(bug), ..deliveries }))
}

/// Two users at once, a process killed, an answer lost.
fn two(target: Target) -> Deliveries {
    Deliveries {
        plan: vec![vec![Run(0)], vec![Run(1)], vec![Rollback(0), Finalize]],
        target,
        users: 2,
        deliveries: 1,
        kills: 1,
        lost_answers: 1,
        ..Deliveries::default()
    }
}

/// Outputs are pruned beside two deliveries, two of which are killed; runs, and rollbacks of some of them or of none.
fn pruned(target: Target) -> Deliveries {
    Deliveries {
        plan: vec![vec![Run(0)], vec![Run(1)], vec![Run(2), Rollback(1)], vec![Rollback(0), Finalize]],
        target,
        users: 1,
        deliveries: 2,
        kills: 2,
        prunes: true,
        ..Deliveries::default()
    }
}

/// A copy of the target or of the folder is put back, and in the folder other runs follow.
fn copies(target: Target) -> Deliveries {
    let either = vec![Run(0), Run(1)];
    let plan = vec![vec![Run(0)], either.clone(), either, vec![Run(2), Rollback(1)], vec![Finalize]];
    Deliveries {
        plan,
        target,
        users: 1,
        deliveries: 3,
        kills: 1,
        prunes: true,
        copies: true,
        ..Deliveries::default()
    }
}
