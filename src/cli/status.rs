//! `sessionize status`

use super::common::{CommonFlags, named};
use super::{machine, metrics};
use crate::cli::text::status_line;
use crate::core::rules::duration;
use crate::deliver;
use crate::error::{Error, ErrorKind, Result};
use crate::maintenance::{self, Interval, StatusSettings};
use crate::report::{FolderReport, StatusReport};
use crate::run::{Cancellation, Look};
use crate::settings::CommonSettings;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  sessionize status --max-age 26h
  sessionize status --expect daily --grace 3h
  sessionize status --metrics /var/lib/node_exporter/textfile/sessionize.prom";

/// Say in one line how the checkpoint is, with an exit code for monitoring
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct StatusFlags {
    /// Exit with code 3 if the last run is older than this
    #[arg(long, value_name = "DUR", value_parser = duration)]
    max_age: Option<Duration>,
    /// Exit with code 3 if no file of a day or hour was taken in; their paths name it in UTC, such as dt=2020-01-31/hour=07
    #[arg(long, value_enum, value_name = "INTERVAL")]
    expect: Option<Expect>,
    /// How long after the end of its day or hour a batch may come
    #[arg(long, value_name = "DUR", default_value = "0s", value_parser = duration)]
    grace: Duration,
    /// Exit with code 3 if a follower lacks more published runs than this
    #[arg(long, value_name = "N")]
    max_behind: Option<u64>,
    /// Also write the figures to this file, in the text format of Prometheus, for the textfile collector of `node_exporter`
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(named))]
    metrics: Option<PathBuf>,
    #[command(flatten)]
    common: CommonFlags,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Expect {
    Daily,
    Hourly,
}

pub(super) fn execute(flags: &StatusFlags, cancellation: &Cancellation) -> Result<()> {
    let common = flags.common.settings();
    let look = Look::at_existing(&common, cancellation)?;
    cancellation.leaves_nothing()?;
    let followers = deliver::status(&common.out)?.followers;
    let report = maintenance::status(&look, followers, &flags.settings(), common.as_of)?;
    let report = StatusReport { folders: folders(&common), ..report };
    if let Some(file) = &flags.metrics {
        metrics::write(file, &report)?;
    }
    flags.common.print(cancellation, &report, status_line)?;
    match report.problems.first() {
        None => Ok(()),
        Some(first) => {
            let others = report.problems.len() - 1;
            let others =
                if others == 0 { String::new() } else { format!(", and {others} more, see the report") };
            let what = format!("this needs attention: {first}{others}");
            Err(Error::new(ErrorKind::Attention, what).remedy("docs/operations.md says what to do"))
        }
    }
}

impl StatusFlags {
    fn settings(&self) -> StatusSettings {
        StatusSettings {
            max_age: self.max_age,
            max_behind: self.max_behind,
            interval: self.expect.map(|expect| match expect {
                Expect::Daily => Interval::Daily,
                Expect::Hourly => Interval::Hourly,
            }),
            grace: self.grace,
        }
    }
}

/// The folders whose disks can be asked.
fn folders(common: &CommonSettings) -> Vec<FolderReport> {
    let folder = |(name, path): (&'static str, &PathBuf)| {
        let bytes_free = machine::bytes_free(path)?;
        Some(FolderReport { name, path: path.display().to_string(), bytes_free })
    };
    [("state", &common.state), ("out", &common.out)].into_iter().filter_map(folder).collect()
}
