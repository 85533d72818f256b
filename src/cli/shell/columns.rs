//! The columns of the files that a command line or the configuration file names.

use crate::cli::configuration::batch_of_file;
use crate::cli::patterns::matching_files;
use crate::input::{is_url, open_batch};
use crate::run::columns_of;
use clap_complete::engine::CompletionCandidate;
use std::ffi::OsStr;
use std::path::PathBuf;

/// The columns with which `current`, a list with commas, may go on.
pub(super) fn candidates(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(current) = current.to_str() else { return Vec::new() };
    let (before, begun) = current.rsplit_once(',').map_or(("", current), |(before, begun)| (before, begun));
    let prefix = if before.is_empty() { String::new() } else { format!("{before},") };
    let fitting = columns().into_iter().filter(|column| column.starts_with(begun));
    fitting.map(|column| CompletionCandidate::new(format!("{prefix}{column}"))).collect()
}

/// The names of the columns of the first file that has some.
fn columns() -> Vec<String> {
    let on_the_line = std::env::args_os().skip(1).map(PathBuf::from).filter(|word| word.is_file());
    let mut names: Vec<PathBuf> = on_the_line.collect();
    if names.is_empty() {
        names = batch_of_file().into_iter().map(PathBuf::from).collect();
    }
    // Nobody waits for a network while typing.
    names.retain(|name| !is_url(name) && name.as_os_str() != "-");
    let Ok(files) = matching_files(&names) else { return Vec::new() };
    let first = files.first().map(std::slice::from_ref).unwrap_or_default();
    open_batch(first, u64::MAX).and_then(|files| columns_of(&files)).unwrap_or_default()
}
