//! What the page does not have, in words.

use super::numbers::count;
use super::section::section;
use super::text::{each, escaped};
use crate::figures::{LeftOut, SessionFigures};

/// So many are named; the others are counted.
const NAMED: usize = 20;

/// What is left out, as a sentence.
pub fn note(left_out: &LeftOut) -> String {
    match left_out {
        LeftOut::Pruned { through, sessions } => format!(
            "{} of the runs up to {through}: their outputs were pruned. Where a later run has corrected one of them, the correction counts, and the session does not.",
            sessions_text(*sessions)
        ),
        LeftOut::NoManifest { run, sessions } => {
            format!("{} of run {run}: it has no manifest in the output folder.", sessions_text(*sessions))
        }
        LeftOut::EventsOnly { run, sessions } => {
            format!(
                "{} of run {run}: it has published their events, and no sessions.",
                sessions_text(*sessions)
            )
        }
        LeftOut::Gone { path, rows } => format!("{} of {path}: the file is gone.", sessions_text(*rows)),
        LeftOut::Unread { what, why } => format!("All sessions of {what}: {why}."),
        LeftOut::Unpublished { run } => {
            format!("All sessions of run {run}: it is committed, and the next run publishes it.")
        }
    }
}

fn sessions_text(sessions: u64) -> String {
    if sessions == 1 { "1 session".to_owned() } else { format!("{} sessions", count(sessions)) }
}

/// The part of the page about what is not in it; nothing if everything is.
pub(super) fn notes(left_out: &[LeftOut], sessions: &SessionFigures) -> String {
    let mut lines: Vec<String> = left_out.iter().take(NAMED).map(note).collect();
    if left_out.len() > NAMED {
        lines.push(format!("And {} more; --report json lists all.", count((left_out.len() - NAMED) as u64)));
    }
    if sessions.has_estimates() {
        lines.push(
            "Numbers of users with ≈ are estimates, within about 2 % where they are large: there were too many users to count each."
                .to_owned(),
        );
    }
    if lines.is_empty() {
        return String::new();
    }
    let items = each(&lines, |line| format!("<li>{}</li>\n", escaped(line)));
    section(
        "missing",
        "What is not in these figures",
        "",
        &format!("<ul class=\"card notes\">\n{items}</ul>\n"),
    )
}
