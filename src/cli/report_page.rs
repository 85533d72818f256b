//! `sessionize report`
#![expect(clippy::disallowed_methods, reason = "a file of its own, which is no output")]

use super::common::{CommonFlags, named};
use super::text::page_page;
use super::values;
use crate::core::event::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::figures::{Calendar, Overview, Period};
use crate::html;
use crate::maintenance;
use crate::report::PageReport;
use crate::run::{Cancellation, Look};
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  sessionize report
  sessionize report --to /var/www/sessions.html --timezone Europe/Paris
  sessionize report --since 2020-01-01 --until 2020-02-01 --to january.html";

/// Write a page of figures: sessions, events and users by time, lengths, close reasons, late and rejected rows, open state, slow runs
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PageFlags {
    /// File of the page, one file of HTML without anything from a network; it is replaced if it is there
    #[arg(long, value_name = "FILE", default_value = "sessionize-report.html", value_parser = PathBufValueParser::new().try_map(named))]
    to: PathBuf,
    /// Time zone of hours and days
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = values::timezone)]
    timezone: String,
    /// Leave out sessions that begin, and runs that start, before this time
    #[arg(long, value_name = "T", value_parser = values::time)]
    since: Option<Timestamp>,
    /// Leave out sessions that begin, and runs that start, at this time or later
    #[arg(long, value_name = "T", value_parser = values::time)]
    until: Option<Timestamp>,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &PageFlags, cancellation: &Cancellation) -> Result<()> {
    let period = flags.period()?;
    let zone = flags.timezone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let look = Look::at_existing(&flags.common.settings(), cancellation)?;
    cancellation.leaves_nothing()?;
    let overview = maintenance::overview(&look, Calendar { zone }, period, cancellation)?;
    write(&flags.to, &html::page(&overview)).map_err(|error| {
        Error::io(ErrorKind::Failed, "write the page", &flags.to, &error).nothing_changed()
    })?;
    flags.common.print(cancellation, &report(&flags.to, &overview), page_page)
}

impl PageFlags {
    fn period(&self) -> Result<Period> {
        match (self.since, self.until) {
            (Some(since), Some(until)) if until <= since => {
                let what = format!("--until {until} is not after --since {since}");
                Err(Error::new(ErrorKind::Usage, what).remedy("give --until a later time"))
            }
            (since, until) => Ok(Period { since, until }),
        }
    }
}

fn report(file: &Path, overview: &Overview) -> PageReport {
    let whole = overview.sessions.whole.counts();
    PageReport {
        file: file.display().to_string(),
        sessions: whole.sessions,
        events: whole.events,
        users: whole.users,
        users_estimated: whole.is_estimate,
        runs: overview.runs.points.len() as u64,
        left_out: overview.left_out.iter().map(html::note).collect(),
    }
}

/// Who reads the file sees the old page or the new one, never half of one.
fn write(file: &Path, page: &str) -> io::Result<()> {
    let mut partial = file.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let written = fs::write(&partial, page).and_then(|()| fs::rename(&partial, file));
    if written.is_err() {
        // What cannot be written may not be removable either: the first error counts.
        let _ = fs::remove_file(&partial);
    }
    written
}
