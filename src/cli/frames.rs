//! The options of a run over data frames, in the words of the command's flags.

use super::common::check_stated;
use super::rules::RuleFlags;
use super::{machine, usage, values};
use crate::core::event::Timestamp;
use crate::core::gap::Gap;
use crate::core::watermark::Advance;
use crate::definition::{ColumnRequest, DefinitionRequest, SourceRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::maintenance::{InspectSettings, inspect};
use crate::run::frames::{FrameSettings, Ordering};
use crate::run::{Cancellation, Look, check_request};
use crate::settings::CommonSettings;
use clap::{CommandFactory, FromArgMatches, Parser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, Parser)]
#[command(name = "sessionize", no_binary_name = true, disable_help_flag = true)]
struct FrameFlags {
    /// Column of the key, by its name. Several make a composite key
    #[arg(long, value_name = "COL", value_parser = values::column_name)]
    key: Option<Vec<ColumnRequest>>,
    /// Column of the event time, by its name. Several are joined
    #[arg(long, value_name = "COL", value_parser = values::column_name)]
    time: Option<Vec<ColumnRequest>>,
    /// Form of times that are texts or numbers: auto, epoch-s, epoch-ms, epoch-us or a strftime pattern
    #[arg(long, value_name = "FORMAT", value_parser = values::time_format)]
    time_format: Option<String>,
    /// Time zone of times without one, such as Europe/Paris
    #[arg(long, value_name = "ZONE", value_parser = values::timezone)]
    timezone: Option<String>,
    /// Longest pause inside a session
    #[arg(long, value_name = "DUR", value_parser = values::duration_us)]
    gap: Option<i64>,
    #[command(flatten)]
    rules: RuleFlags,
    /// Distance of the watermark from the latest event
    #[arg(long, value_name = "DUR", default_value = "0s", value_parser = values::duration_us)]
    watermark_delay: i64,
    /// Declare that the data is complete up to this time
    #[arg(long, value_name = "T", value_parser = values::time, conflicts_with = "watermark_delay")]
    watermark: Option<Timestamp>,
    /// Reject events further in the future than this
    #[arg(long, value_name = "DUR", default_value = "5m", value_parser = values::duration_us)]
    max_future: i64,
    /// Time to use instead of the clock
    #[arg(long, value_name = "T", value_parser = values::time)]
    now: Option<Timestamp>,
}

/// Reads the settings of a run over data frames from flags, such as `--key user --gap 30m`.
///
/// # Errors
/// `ErrorKind::Usage`.
pub fn frame_settings(words: &[OsString]) -> Result<FrameSettings> {
    let flags = FrameFlags::command()
        .try_get_matches_from(words)
        .and_then(|matches| FrameFlags::from_arg_matches(&matches))
        .map_err(|error| usage::mistake(&error, &FrameFlags::command(), Some("run")))?;
    let source = SourceRequest {
        key: flags.key,
        time: flags.time,
        time_format: flags.time_format,
        timezone: flags.timezone,
        ..SourceRequest::default()
    };
    let (rules, key_hasher) = flags.rules.read()?;
    let request = DefinitionRequest { gap: flags.gap.map(Gap::from_us), sources: vec![source], rules };
    check_request(&request)?;
    let as_of = flags.now.unwrap_or_else(machine::now);
    if let Some(stated) = flags.watermark {
        check_stated("watermark", stated, as_of, flags.max_future)?;
    }
    Ok(FrameSettings {
        request,
        key_hasher,
        advance: flags.watermark.map_or(Advance::Delay(flags.watermark_delay), Advance::Stated),
        as_of,
        max_future_us: flags.max_future,
        ordering: Ordering::ByKey,
    })
}

/// Looks at the checkpoint in the folder `state`, whose outputs are in `out`. It locks and changes nothing.
///
/// # Errors
/// As [`Look::at_existing`].
pub fn look_at(state: PathBuf, out: PathBuf) -> Result<Look> {
    let common = CommonSettings { state, out, wait: Duration::ZERO, as_of: machine::now() };
    Look::at_existing(&common, &Cancellation::default())
}

/// The report of `inspect --runs` on a checkpoint, as JSON.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] if the ledger is damaged.
pub fn runs_of(look: &Look) -> Result<String> {
    let report = inspect(look, &InspectSettings { runs: true, ..InspectSettings::default() })?;
    serde_json::to_string(&report).map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
}

/// The names of the flags of [`frame_settings`], each with whether it repeats and its help.
pub fn frame_flags() -> Vec<(String, bool, String)> {
    let command = FrameFlags::command();
    let flag = |argument: &clap::Arg| {
        let repeats = matches!(argument.get_action(), clap::ArgAction::Append);
        let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
        argument.get_long().map(|name| (name.to_owned(), repeats, help))
    };
    command.get_arguments().filter_map(flag).collect()
}
