//! What is checked exhaustively: a handful of small stories, each with what may go wrong in it.

use crate::bug::Bug;
use crate::command::Command::{self, Backup, Finalize, Rollback, Run};
use crate::process::Rules;
use crate::protocol::Protocol;

/// All stories, with their names.
pub fn all() -> Vec<(&'static str, Protocol)> {
    vec![
        ("runs", runs(false)),
        ("runs by days", runs(true)),
        ("rollbacks", rollbacks(false)),
        ("rollbacks by days", rollbacks(true)),
        ("two users of one checkpoint", two_users()),
        ("two checkpoints, one output folder", two_checkpoints()),
        ("older copies", copies()),
        ("two histories", histories()),
        ("older commits", older_commits(false)),
        ("older commits by days", older_commits(true)),
        ("backup and restore", backups()),
    ]
}

/// The same with a mistake in the protocol.
pub fn with_bug(bug: Bug) -> impl Iterator<Item = (&'static str, Protocol)> {
    all().into_iter().map(move |(name, mut protocol)| {
        protocol.rules.bug = Some(bug);
        (name, protocol)
    })
}

fn one_of_each(commands: &[Command]) -> Vec<Vec<Command>> {
    commands.iter().map(|command| vec![*command]).collect()
}

/// Three batches, one of them twice, and two crashes anywhere, one of which may be a loss of power.
fn runs(by_days: bool) -> Protocol {
    Protocol {
        jobs: vec![(0, one_of_each(&[Run(0), Run(1), Run(1), Run(2), Finalize]))],
        rules: Rules { by_days, ..Rules::default() },
        crashes: 2,
        power_losses: 1,
        ..Protocol::default()
    }
}

/// Two batches, a rollback of one or both of them or none, and the same batches again.
fn rollbacks(by_days: bool) -> Protocol {
    let back = vec![Run(1), Rollback(0), Rollback(1)];
    let plan = vec![vec![Run(0)], vec![Run(1)], back, vec![Run(0)], vec![Run(1)], vec![Finalize]];
    Protocol {
        jobs: vec![(0, plan)],
        rules: Rules { by_days, ..Rules::default() },
        crashes: 2,
        power_losses: 1,
        ..Protocol::default()
    }
}

/// The same batch at the same time.
fn two_users() -> Protocol {
    let first = one_of_each(&[Run(0), Run(1)]);
    let second = one_of_each(&[Run(0), Finalize]);
    Protocol { jobs: vec![(0, first), (0, second)], crashes: 2, power_losses: 1, ..Protocol::default() }
}

/// One of them is refused.
fn two_checkpoints() -> Protocol {
    let plans = [Run(0), Run(1)].map(|first| one_of_each(&[first, Finalize]));
    let jobs = (0..).zip(plans).collect();
    Protocol { jobs, crashes: 1, power_losses: 1, ..Protocol::default() }
}

/// Batches in either order, a copy of both folders at any time, and one of them or both put back later.
fn copies() -> Protocol {
    let either = vec![Run(0), Run(1)];
    let plan = vec![either.clone(), either, vec![Run(2), Rollback(1)], vec![Run(2)], vec![Finalize]];
    Protocol { jobs: vec![(0, plan)], crashes: 1, copies: true, put_backs: 1, ..Protocol::default() }
}

/// Both folders are put back and go on with another batch; then one of them is put back once more, from the first history.
fn histories() -> Protocol {
    let plan = one_of_each(&[Run(0), Run(1), Finalize]);
    Protocol { jobs: vec![(0, plan)], copies: true, put_backs: 2, ..Protocol::default() }
}

/// A store that opens as it was one commit before, at any time: while the run of that commit waits to be published, too.
fn older_commits(by_days: bool) -> Protocol {
    let plan = one_of_each(&[Run(0), Run(1), Rollback(1), Finalize]);
    Protocol {
        jobs: vec![(0, plan)],
        rules: Rules { by_days, ..Rules::default() },
        crashes: 2,
        older_commits: true,
        put_backs: 1,
        ..Protocol::default()
    }
}

/// A backup beside runs and a rollback, and its restore at any later time.
fn backups() -> Protocol {
    let plan = one_of_each(&[Run(0), Run(1), Rollback(1), Run(1), Finalize]);
    let backup = one_of_each(&[Backup]);
    Protocol {
        jobs: vec![(0, plan), (0, backup)],
        crashes: 1,
        restores: true,
        put_backs: 1,
        ..Protocol::default()
    }
}
