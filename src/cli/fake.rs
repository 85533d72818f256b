//! `sessionize fake`

use super::values;
use crate::error::{Error, ErrorKind, Result};
use crate::fake::{FakeKeys, FakeSettings, write_pageviews};
use clap::Args;
use std::io::{self, Write};
use std::path::Path;

/// Write generated page views to standard output; the same seed gives the same rows
#[derive(Debug, Args)]
pub(super) struct FakeFlags {
    /// Number of rows
    #[arg(long, value_name = "N", default_value = "1000")]
    rows: u64,
    /// Number of users
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u64).range(1..))]
    users: u64,
    /// Number of days, from 2020-01-01 on
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..=36_525))]
    days: u32,
    /// Seed of the random numbers
    #[arg(long, value_name = "S", default_value = "1")]
    seed: u64,
    /// How long after its time a row may appear in the file
    #[arg(long, value_name = "DUR", default_value = "0s", value_parser = values::duration_us)]
    disorder: i64,
    /// Mean number of events in a visit
    #[arg(long, value_name = "MEAN", default_value = "8")]
    session_events: f64,
    /// Write users as UUIDs of 36 characters, as trackers do, instead of u17
    #[arg(long)]
    uuid_keys: bool,
}

pub(super) fn execute(flags: &FakeFlags) -> Result<()> {
    let settings = FakeSettings {
        rows: flags.rows,
        users: flags.users,
        days: flags.days,
        seed: flags.seed,
        disorder_us: flags.disorder,
        events_per_session: flags.session_events,
        keys: if flags.uuid_keys { FakeKeys::Uuid } else { FakeKeys::Short },
    };
    let mut out = io::stdout().lock();
    let written = write_pageviews(&settings, &mut out).and_then(|()| out.flush());
    match written {
        // The reader has stopped, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written
            .map_err(|error| Error::io(ErrorKind::Failed, "write", Path::new("standard output"), &error)),
    }
}
