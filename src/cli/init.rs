//! `sessionize init`

use super::common::print_text;
use super::patterns::matching_files;
use super::text::init_page;
use crate::core::event::key_word;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{is_url, open_batch};
use crate::proposal::document;
use crate::run::{Cancellation, look_at_files};
use clap::Args;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  sessionize init access.csv            # writes sessionize.toml
  sessionize run                        # does what it says
  sessionize init logs/*.csv.gz --output -";

/// Analyze files, and propose key, time and gap: writes a configuration file for `run`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InitFlags {
    /// Files to analyze, at most 64 MiB of them; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Configuration file to write; - is standard output
    #[arg(long, value_name = "TOML", default_value = "sessionize.toml")]
    output: PathBuf,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

pub(super) fn execute(flags: &InitFlags, cancellation: &Cancellation) -> Result<()> {
    let to_stdout = flags.output.as_os_str() == "-";
    if !to_stdout && !flags.force && flags.output.exists() {
        return Err(Error::new(ErrorKind::Usage, "this file already exists")
            .at(flags.output.display())
            .remedy("replace it with --force, or name another one with --output")
            .nothing_changed());
    }
    let files = open_batch(&matching_files(&flags.files)?, u64::MAX)?;
    let mut findings = look_at_files(&files, cancellation)?;
    findings.files = findings.files.iter().map(|file| seen_from(&flags.output, file)).collect();
    let text = document(&findings, &flags.command());
    if to_stdout {
        return print_text(&text);
    }
    write(&flags.output, &text, flags.force)?;
    print_text(init_page(&flags.output, &findings).text())
}

impl InitFlags {
    /// The command as given, quoted for a shell.
    fn command(&self) -> String {
        let files = self.files.iter().map(|file| key_word(file.as_os_str().as_encoded_bytes()));
        format!("sessionize init {}", files.collect::<Vec<_>>().join(" "))
    }
}

/// The path of a file in a configuration file at `output`: relative to its folder.
fn seen_from(output: &Path, file: &str) -> String {
    let is_beside = output.parent().is_none_or(|folder| folder.as_os_str().is_empty());
    if is_beside || is_url(Path::new(file)) {
        return file.to_owned();
    }
    std::path::absolute(file).map_or_else(|_| file.to_owned(), |path| path.to_string_lossy().into_owned())
}

fn write(path: &Path, text: &str, force: bool) -> Result<()> {
    let failed = |error: std::io::Error| {
        Error::io(ErrorKind::Failed, "write the configuration file", path, &error).nothing_changed()
    };
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    if !force {
        options.create_new(true);
    }
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}
