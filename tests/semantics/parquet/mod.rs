//! A Parquet file is taken in as a CSV file of the same rows is, whatever its types, its row groups and its damage.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod damage;
mod files;
mod init;
mod memory;
mod outputs;
mod property;
mod several_formats;
mod types;
mod write;

use crate::support::{Folder, OUT, SessionRow};
use std::fs;

/// Runs a batch of one file and finalizes; the sessions, sorted.
fn sessions(folder: &Folder, flags: &[&str]) -> Vec<SessionRow> {
    folder.sessionize(&[&["run"], flags].concat()).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    folder.sessionize(&["verify"]).expect_code(0);
    let mut sessions = folder.sessions();
    sessions.sort();
    sessions
}

/// An output of a run as text.
fn output(folder: &Folder, path: &str) -> String {
    fs::read_to_string(folder.path(OUT).join(path)).unwrap()
}
