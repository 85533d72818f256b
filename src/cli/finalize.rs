//! `sessionize finalize`

use super::common::{CommonFlags, check_stated};
use super::outputs::OutputFlags;
use super::text::run_page;
use super::{machine, values};
use crate::core::event::Timestamp;
use crate::error::Result;
use crate::run::{self, Cancellation, Context, FinalizeSettings, Workers};
use crate::settings::KeepGenerations;
use clap::Args;

/// How far in the future `--as-of` may be: as far as an event by default.
const MAX_FUTURE_US: i64 = 300_000_000;

/// Close and write every open session
#[derive(Debug, Args)]
pub(super) struct FinalizeFlags {
    /// Declare that the data is complete up to this time, and close only the sessions that this completes
    #[arg(long, value_name = "T", value_parser = values::time)]
    as_of: Option<Timestamp>,
    #[command(flatten)]
    outputs: OutputFlags,
    /// How many states a rollback can return to: the states after the last N runs, or after the runs of this age, such as 7d
    #[arg(long, value_name = "N|AGE", default_value = "72", value_parser = values::keep_generations)]
    keep_generations: KeepGenerations,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &FinalizeFlags, cancellation: &Cancellation) -> Result<()> {
    let common = flags.common.settings();
    if let Some(stated) = flags.as_of {
        check_stated("--as-of", stated, common.as_of, MAX_FUTURE_US)?;
    }
    let workers = Workers::start(machine::processors())?;
    let mut context = Context::open_existing(&common, cancellation)?;
    let settings = FinalizeSettings {
        as_of: flags.as_of,
        keep_generations: flags.keep_generations,
        outputs: flags.outputs.settings()?,
    };
    let report = run::finalize(&mut context, settings, &workers)?;
    flags.common.print(cancellation, &report, run_page)
}
