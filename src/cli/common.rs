//! Flags that several verbs share.

use super::page::Page;
use super::stderr::warn;
use super::{machine, values};
use crate::core::event::{KEY_SEPARATOR, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::maintenance::STANDARD_STREAM;
use crate::run::Cancellation;
use crate::settings::CommonSettings;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The form of a report on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

/// What is printed of what a command has done.
#[derive(Debug, Args)]
#[command(next_help_heading = "Every command")]
pub(super) struct ReportFlags {
    /// Form of the report on standard output: text for people, or one JSON document
    #[arg(long, value_enum, default_value = "text")]
    report: Format,
    /// No report for people, no progress bar; a JSON report is still printed
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Every command")]
pub(super) struct CommonFlags {
    /// Folder of the checkpoint
    #[arg(long, value_name = "DIR", default_value = "sessionize-state", value_parser = PathBufValueParser::new().try_map(named))]
    state: PathBuf,
    /// Folder of the outputs
    #[arg(long, value_name = "DIR", default_value = "sessionize-out", value_parser = PathBufValueParser::new().try_map(named))]
    out: PathBuf,
    #[command(flatten)]
    pub(super) report: ReportFlags,
    /// How long to wait for another run to end, such as 10m
    #[arg(long, value_name = "DUR", default_value = "0s", value_parser = crate::core::rules::duration)]
    wait: Duration,
    /// Time to use instead of the clock, for backfills and tests
    #[arg(long, value_name = "T", value_parser = values::time)]
    now: Option<Timestamp>,
}

impl CommonFlags {
    pub(super) fn settings(&self) -> CommonSettings {
        if let Some(doubt) = machine::doubt_about(&self.state) {
            log::warn!("others may change the state folder {}: {doubt}", self.state.display());
        }
        CommonSettings {
            state: self.state.clone(),
            out: self.out.clone(),
            wait: self.wait,
            as_of: self.now.unwrap_or_else(machine::now),
        }
    }

    /// The folder of the outputs.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    /// As [`ReportFlags::print`].
    ///
    /// # Errors
    /// The same.
    pub(super) fn print<R: Serialize>(
        &self,
        cancellation: &Cancellation,
        report: &R,
        for_people: impl FnOnce(&R) -> Page,
    ) -> Result<()> {
        self.report.print(cancellation, report, for_people)
    }
}

impl ReportFlags {
    /// Prints a report to standard error, in the form that `--report` asks for, because the output of the command goes to
    /// standard output.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be written.
    pub(super) fn print_beside<R: Serialize>(
        &self,
        report: &R,
        for_people: impl FnOnce(&R) -> Page,
    ) -> Result<()> {
        let text = match self.report {
            Format::Json => json_text(report),
            Format::Text if !self.quiet => for_people(report).text().to_owned(),
            Format::Text => return Ok(()),
        };
        let written = std::io::stderr().lock().write_all(text.as_bytes());
        written.map_err(|error| {
            Error::io(ErrorKind::Failed, "write the report", Path::new("standard error"), &error)
        })
    }

    /// Prints a report in the form that `--report` asks for.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it cannot be written. If something was committed, a text for people that cannot be written is
    /// only a warning.
    pub(super) fn print<R: Serialize>(
        &self,
        cancellation: &Cancellation,
        report: &R,
        for_people: impl FnOnce(&R) -> Page,
    ) -> Result<()> {
        match (self.report, cancellation.committed()) {
            (Format::Json, _) => print_json(report),
            (Format::Text, _) if self.quiet => Ok(()),
            (Format::Text, None) => print_text(for_people(report).text()),
            (Format::Text, committed) => {
                if let Err(error) = print_text(for_people(report).text()) {
                    warn(&error.after_commits(committed).to_string());
                }
                Ok(())
            }
        }
    }
}

/// The name that stands for a stream cannot be the name of a folder or file.
pub(super) fn named(path: PathBuf) -> Result<PathBuf, String> {
    if path.as_os_str() == STANDARD_STREAM {
        return Err(
            "it stands for a stream, but a name is needed here: write ./- for a file of that name".to_owned()
        );
    }
    Ok(path)
}

/// Writes a document to standard output.
///
/// # Errors
/// [`ErrorKind::Failed`] if it cannot be written completely: half a document is useless.
pub(super) fn print_json(report: &impl Serialize) -> Result<()> {
    write(&json_text(report)).map_err(|error| unwritten(&error))
}

fn json_text(report: &impl Serialize) -> String {
    serde_json::to_string_pretty(report).unwrap_or_default() + "\n"
}

/// Writes text for people to standard output. A reader may stop early, as `head` does.
///
/// # Errors
/// As [`print_json`].
pub(super) fn print_text(text: &str) -> Result<()> {
    match write(text) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| unwritten(&error)),
    }
}

fn write(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

fn unwritten(error: &std::io::Error) -> Error {
    Error::io(ErrorKind::Failed, "write the report", Path::new("standard output"), error)
}

/// The key whose parts several `--key` give. Keys are bytes and need not be UTF-8.
pub(super) fn composite_key(parts: &[OsString]) -> Vec<u8> {
    parts.iter().map(|part| part.as_bytes()).collect::<Vec<_>>().join(&KEY_SEPARATOR)
}

/// Refuses a watermark in the future: all events until then would be late.
pub(super) fn check_stated(
    flag: &str,
    stated: Timestamp,
    as_of: Timestamp,
    max_future_us: i64,
) -> Result<()> {
    if stated <= as_of.saturating_add_us(max_future_us) {
        return Ok(());
    }
    let what = format!("{flag} {stated} is in the future: every event until then would be late");
    Err(Error::new(ErrorKind::Usage, what).remedy("give a time up to which the data is complete"))
}
