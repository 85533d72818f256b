//! Deliveries into a folder that die at random steps, again and again, two at a time: in the end readers find the sessions of the oracle.
//!
//! `SESSIONIZE_TEST_KILLS` and `SESSIONIZE_TEST_SEED` make it longer, or another one.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::oracle::OracleSession;
use crate::support::Folder;
use crate::support::delivered::{contents_of, expect_delivered, unnamed};
use crate::support::history::{GAP_US, History, expect_sessions};
use crate::support::twin;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// A history of its own for so many of them.
const KILLS_OF_A_HISTORY: usize = 25;

#[test]
fn killed_at_random_steps_nothing_is_lost_or_doubled() {
    let wanted = twin::number_from_environment("SESSIONIZE_TEST_KILLS", KILLS_OF_A_HISTORY);
    let seed = twin::number_from_environment("SESSIONIZE_TEST_SEED", 1_u64);
    let mut kills = 0;
    for seed in (seed * 1000).. {
        if kills >= wanted {
            break;
        }
        kills += follow(seed, KILLS_OF_A_HISTORY.min(wanted - kills));
    }
}

/// Follows a history until there were so many kills, and holds the sessions in the target against the oracle.
fn follow(seed: u64, wanted: usize) -> usize {
    let mut history = History::new(seed);
    let (mut kills, mut deliveries) = (0, 0);
    while kills < wanted {
        history.go_on();
        let alone = history.random.bool();
        // Until one is through.
        loop {
            let steps: Vec<usize> =
                (0..if alone { 1 } else { 2 }).map(|_| history.random.usize(1..60)).collect();
            let mut children: Vec<_> = steps.iter().map(|step| start(&history.folder, *step)).collect();
            // All of them are there until the last one is at its step, or through.
            let are_held: Vec<bool> = children.iter_mut().map(is_held).collect();
            for (child, _) in children.iter_mut().zip(are_held).filter(|(_, is_held)| *is_held) {
                child.kill().unwrap();
            }
            let ended: Vec<_> = children.into_iter().map(|mut child| child.wait().unwrap()).collect();
            deliveries += ended.len();
            kills += ended.iter().filter(|status| status.code().is_none()).count();
            assert!(ended.iter().all(|status| matches!(status.code(), None | Some(0))), "{ended:?}");
            if ended.iter().any(std::process::ExitStatus::success) {
                break;
            }
        }
        expect_delivered(&contents_of(&history.folder.path("lake")), &[&history.folder]);
    }
    history.folder.sessionize(&["finalize"]).expect_code(0);
    history.folder.sessionize(&["deliver", "--to=./lake"]).expect_code(0);
    history.folder.sessionize(&["deliver", "--to=./lake", "--clean"]).expect_code(0);
    let contents = contents_of(&history.folder.path("lake"));
    assert_eq!(unnamed(&contents), [""; 0]);
    let expected: Vec<OracleSession> = crate::oracle::sessions(&history.events, GAP_US);
    expect_sessions(&contents, expected.iter().map(|session| (session.id, session.events)));
    println!("{kills} kills in {deliveries} deliveries, {} sessions: 0 lost, 0 doubled", expected.len());
    kills
}

fn start(folder: &Folder, step: usize) -> Child {
    let mut command = folder.command(&["deliver", "--to=./lake"]);
    command.env("SESSIONIZE_FAULT", format!("hold:{step}"));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until it is at its step, or has ended without getting there.
fn is_held(child: &mut Child) -> bool {
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    line == "held\n"
}
