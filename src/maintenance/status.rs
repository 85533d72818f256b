//! How a checkpoint is: what monitoring asks for.

use super::expected::{Interval, missing};
use crate::core::event::Timestamp;
use crate::core::rules::duration_text;
use crate::error::Result;
use crate::ledger::{Counts, RunEntry, RunKind, active_runs};
use crate::report::{FollowerReport, StatusReport, TotalsReport};
use crate::run::Look;
use std::time::Duration;

/// The most batches that one problem names.
const NAMED_BATCHES: usize = 5;

/// What is asked of a checkpoint; nothing of it by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct StatusSettings {
    /// The highest age of the last run.
    pub max_age: Option<Duration>,
    /// The most runs that a follower may lack.
    pub max_behind: Option<u64>,
    /// How often a batch is expected.
    pub interval: Option<Interval>,
    /// How long after the end of its day or hour a batch may come.
    pub grace: Duration,
}

/// The health of the checkpoint at the time `now`. It reads the ledger, not the open state.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] for a damaged ledger.
pub fn status(
    look: &Look,
    followers: Vec<FollowerReport>,
    settings: &StatusSettings,
    now: Timestamp,
) -> Result<StatusReport> {
    let head = look.checkpoint.head();
    let runs = look.checkpoint.runs()?;
    let active = active_runs(&runs);
    let standing: Vec<&RunEntry> = runs.iter().filter(|entry| active.contains(&entry.head.run)).collect();
    let last_run = runs.last().map(|entry| entry.as_of);
    let watermark = head.and_then(|head| head.watermark.time());
    let since = |time: Timestamp| seconds(now.us_since(time));
    let mut report = StatusReport {
        run: head.map(|head| head.run.number()),
        last_run_at: last_run.map(|time| time.to_string()),
        last_run_at_s: last_run.map(|time| seconds(time.us())),
        age_s: last_run.map(since),
        watermark: watermark.map(|time| time.to_string()),
        watermark_s: watermark.map(|time| seconds(time.us())),
        watermark_lag_s: watermark.map(since),
        sessions_open: head.map_or(0, |head| head.sessions_open),
        events_open: head.map_or(0, |head| head.events_open),
        unpublished_run: look.unpublished_run(),
        followers,
        totals: totals(&standing),
        ..StatusReport::default()
    };
    report.problems.extend(age_problem(last_run, settings, now));
    let unpublished = report.unpublished_run;
    report.problems.extend(unpublished.map(|run| format!("run {run} is committed, but not published yet")));
    if let Some(interval) = settings.interval {
        let paths = standing.iter().flat_map(|entry| &entry.files).map(|file| file.path.as_str());
        let until = now.saturating_add_us(-micros(settings.grace));
        let missing = missing(paths, interval, until);
        report.problems.extend(batch_problem(missing.as_deref()));
        report.missing_batches = missing.unwrap_or_default();
    }
    let behind = report.followers.iter().filter_map(|follower| behind_problem(follower, settings));
    report.problems.extend(behind.collect::<Vec<_>>());
    Ok(report)
}

fn totals(standing: &[&RunEntry]) -> TotalsReport {
    let mut sum = Counts::default();
    // The counts of a rollback are those of the runs that it undoes.
    for entry in standing.iter().filter(|entry| !matches!(entry.kind, RunKind::Rollback { .. })) {
        sum.add(&entry.counts);
    }
    TotalsReport {
        rows_read: sum.rows_read,
        events_late: sum.events_late,
        rejects: sum.rejects,
        sessions_completed: sum.sessions_completed,
        events_completed: sum.events_completed,
    }
}

fn age_problem(last_run: Option<Timestamp>, settings: &StatusSettings, now: Timestamp) -> Option<String> {
    let max_age = settings.max_age?;
    let Some(last_run) = last_run else { return Some("no run was committed yet".to_owned()) };
    let age_us = now.us_since(last_run);
    (age_us > micros(max_age)).then(|| {
        let age = Duration::from_secs(u64::try_from(age_us / 1_000_000).unwrap_or(0));
        let [age, max_age] = [age, max_age].map(duration_text);
        format!("the last run is {age} old, more than the {max_age} of --max-age")
    })
}

fn batch_problem(missing: Option<&[String]>) -> Option<String> {
    match missing {
        None => Some("no path of a batch names a day or hour, so --expect finds nothing".to_owned()),
        Some([]) => None,
        Some([only]) => Some(format!("the batch of {only} is missing")),
        Some(several) => {
            let named = several[..several.len().min(NAMED_BATCHES)].join(", ");
            let others = several.len().saturating_sub(NAMED_BATCHES);
            let others = if others == 0 { String::new() } else { format!(" and {others} more") };
            Some(format!("{} batches are missing: {named}{others}", several.len()))
        }
    }
}

fn behind_problem(follower: &FollowerReport, settings: &StatusSettings) -> Option<String> {
    let FollowerReport { name, runs_behind, .. } = follower;
    let max_behind = settings.max_behind.filter(|most| runs_behind > most)?;
    Some(format!(
        "published runs that the follower {name} lacks: {runs_behind}, more than the {max_behind} of --max-behind"
    ))
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a few thousand years")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
