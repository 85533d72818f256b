//! The sentences with which the program says that something is wrong, as they stand in its sources.
//!
//! Every text of three words or more is taken for one, unless it is known to be something else: help, reports, the log,
//! advice behind a sentence. So a new error is found wherever it is made and however it is put together; what is no error
//! has to be named here.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the sources")]

use std::path::{Path, PathBuf};

/// Files that speak to people about what went well, and those of the tests.
const WITHOUT_ERRORS: &[&str] = &[
    "cli/inspection.rs",
    "cli/text.rs",
    "cli/metrics.rs",
    "cli/explain_text.rs",
    "maintenance/reasons.rs",
    "maintenance/text.rs",
    "deliver/text.rs",
    "cli/page.rs",
    "cli/progress.rs",
    "html/bars.rs",
    "html/cards.rs",
    "cli/sketch.rs",
    "html/columns.rs",
    "html/definition.rs",
    "html/document.rs",
    "html/notes.rs",
    "html/numbers.rs",
    "html/phases.rs",
    "html/runs.rs",
    "html/section.rs",
    "html/sessions.rs",
    "html/table.rs",
    "figures/bins.rs",
    "proposal/document.rs",
    "proposal/histogram.rs",
    "proposal/table.rs",
    "time/candidates.rs",
    "effective.rs",
    "time/reference.rs",
    "time/known.rs",
    "state/example.rs",
    "state/probe.rs",
    "files/conformance.rs",
    "files/memory.rs",
    "tests.rs",
];

/// What stands before a text that is no error: attributes, advice, the log, names of durable steps.
const BEFORE_OTHERS: &[&str] = &[
    "reason = ",
    "help_heading = ",
    "value_name = ",
    ".remedy(",
    ".or_remedy(",
    "remedy: ",
    "const CHECK: &'static str = ",
    "remedy(format!(",
    "info!(",
    "warn!(",
    "trace!(",
    "debug!(",
    "step(",
    "sync(",
    "expect(",
    "const EXAMPLES: &str = ",
    "const HEADING: &str = ",
    "const RERUN: &str = ",
    "reached(&self.disk, ",
    "reached(&request.disk, ",
    "help: ",
];

/// Texts that are no errors in themselves: advice that stands apart from its sentence, and pieces of help and reports.
const OTHERS: &[&str] = &[
    "<sessionize.Table: … rows of …>",
    "fix the file or raise --max-rejects",
    "if it is a day of a spreadsheet ({day}), give",
    "if it is right, say so with --time-format",
    "check that this is the right file: an error page may have been fetched in its place",
    " (did you mean {}?)",
    "check that the files are whole, or lower --min-rows",
    "check that this is the right file and state folder, ",
    "sessionize: warning: {}",
    "{mark} {committed}",
    "check the name and its permissions",
    "Server returned non-2xx status code: ",
    "check the bucket",
    "check the URL",
    "check AWS_ACCESS_KEY_ID",
    "check GOOGLE_APPLICATION_CREDENTIALS",
    "check AZURE_STORAGE_ACCOUNT_NAME",
    "fetch the file with a tool that can log in",
    "Exit codes:",
    "<sessionize.Table: ",
    "Columns (fixed by the first run)",
    "Sessions (fixed by the first run)",
    "list of sources",
    "restore a backup of the state folder together with its output folder, or start a new pair",
    "the folder must be on a file system with locks",
    "give the --out that belongs to this --state, or restore the folder's manifests/",
    "give the --state and --out that belong together",
    "restore the checkpoint that belongs to this output, or start a new pair of --state and --out",
    "remove these flags and keys to continue with it, or close what is open with `sessionize finalize` and run with --redefine",
    "run `sessionize finalize` first, then rerun the command",
    "fix the pattern, or name the source with --source",
    "name one with --source, or use the configuration file with their patterns",
    "name one of them with --source",
    "files must have the columns that the first one had: fix its header, or give it a --state and --out of its own",
    "check --delimiter, then name the columns with --key and --time",
    "name the columns with --key and --time",
    "the disk is full: free some space; ",
    "it is a flag of {name}: write it under [{name}]",
    "it is a verb: write its keys under [{key}]",
    "did you mean {name}?",
    "; did you mean {name}?",
    "name one of them",
    "docs/operations.md says what to do…",
    "error: ",
    "\\n\\nFor more information",
    ", set by {origin}",
    "{place} {} \"{}\"",
    "durable steps: {steps}",
    "process {} since {}\\n",
    "gap {}, {}{}",
    "not seen yet",
    "{name}key {}, time {time}",
    "{place} in run {run}",
    "{shown} and {more} more",
    "injected fault at durable step {step}, {name}",
    // Statements for a database.
    "SELECT ",
    "INSERT INTO {",
    "UPDATE {",
    "DELETE FROM {",
    "CREATE TEMPORARY TABLE ",
    "ALTER TABLE {",
    "ADD COLUMN {",
    "DROP TABLE {",
    "COPY {",
    "sessionize_stream = $1",
    "timestamp with time zone",
    "give --name {name}, or deliver to tables of its own",
    "give this stream a --name of its own",
    "check the user, and the password in",
    "create the database, or correct the address",
    "grant it to the user of the address",
    "somebody has added rows of this stream: remove them",
    "name the authority of the server in sslrootcert",
    "give a password in PGPASSWORD",
    "the server has no TLS: turn it on there",
    "install one that does by cargo install --path . --features postgres",
];

/// All sentences, with `…` for what differs from case to case, each with the place where it stands.
pub fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "migrations"] {
        collect(&root.join(folder), &mut files);
    }
    files.sort();
    let mut sentences = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if WITHOUT_ERRORS.iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (at, text) in texts(source) {
            let others = OTHERS.iter().any(|other| text.starts_with(other));
            if !others && is_said(&source[..at]) && shown(&text).matches(' ').count() >= 2 {
                let line = source[..at].matches('\n').count() + 1;
                sentences.push((shown(&text), format!("{name}:{line}")));
            }
        }
    }
    sentences
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// Whether a text behind `before` is given to people as an error.
fn is_said(before: &str) -> bool {
    let before = before.trim_end();
    // A remedy is often put together over several lines.
    let call = before.rsplit([';', '{', '}']).next().unwrap_or_default();
    let in_log = ["info!(", "warn!(", "trace!(", "debug!("].iter().any(|log| call.contains(log));
    !in_log && !BEFORE_OTHERS.iter().any(|other| before.ends_with(other.trim_end()))
}

/// With `…` in the place of what is filled in, and no more than one space between words.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let close = open + rest[open..].find('}').unwrap_or(0);
        shown += &rest[..open];
        shown.push('…');
        rest = &rest[close + 1..];
    }
    shown += rest;
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The string literals of a source, with the place where each begins; comments and bytes are none.
fn texts(source: &str) -> Vec<(usize, String)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += source[at..].find('\n').unwrap_or(source.len() - at);
            }
            b'\'' if bytes.get(at + 1) == Some(&b'\\') => at += 3,
            b'\'' if bytes.get(at + 2) == Some(&b'\'') => at += 3,
            b'"' => {
                let end = end_of_text(bytes, at + 1);
                if at == 0 || bytes[at - 1] != b'b' {
                    found.push((at, unescaped(&source[at + 1..end])));
                }
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    found
}

fn end_of_text(bytes: &[u8], mut at: usize) -> usize {
    while bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

/// A line that ends in a backslash goes on at the first letter of the next one.
fn unescaped(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |whole, line| whole + line.trim_start()).replace("\\\"", "\"")
}
