//! What the runs have left behind: open state, lag of the watermark, late and rejected rows, time.

use super::bars::bars_chart;
use super::columns::{Axis, Column, columns_chart};
use super::numbers::{axis_top, axis_top_s, count, duration};
use super::phases::slowest;
use super::section::{figure, nothing, section};
use super::table::folded_table;
use crate::figures::{Bins, Overview, RunPoint};

/// More runs than this share columns.
const MAX_COLUMNS: usize = 200;

/// The parts about runs.
pub(super) fn runs(overview: &Overview) -> String {
    let figures = &overview.runs;
    let open = open_sessions(overview);
    if figures.points.is_empty() {
        let says = "No run started in this period.";
        return section("runs", "Runs", "", &nothing(says)) + &open;
    }
    let groups = groups(&figures.points);
    let says = "Runs that a rollback has undone are left out. The lag is the time from the watermark to the start of the run.";
    let mut late: Vec<(String, u64)> =
        figures.rejects.iter().map(|(reason, &rows)| (reason.clone(), rows)).collect();
    late.push(("late".to_owned(), figures.sum(|run| run.events_late)));
    late.retain(|(_, rows)| *rows > 0);
    late.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let reasons = if late.is_empty() {
        nothing("No row was late, and none was rejected.")
    } else {
        bars_chart("Late and rejected rows by reason", "Reason", "Rows", &late)
    };
    section("runs", "Runs", says, &format!("<div class=\"wide\">\n{}</div>\n", over_runs(&groups, overview)))
        + &section("lost", "Late and rejected rows", "", &reasons)
        + &open
        + &section("time", "Time", "", &slowest(figures, overview.calendar))
}

/// Consecutive runs that share a column.
struct Group<'r> {
    runs: &'r [RunPoint],
}

fn groups(points: &[RunPoint]) -> Vec<Group<'_>> {
    points.chunks(points.len().div_ceil(MAX_COLUMNS).max(1)).map(|runs| Group { runs }).collect()
}

impl Group<'_> {
    fn name(&self) -> String {
        match self.runs {
            [] => String::new(),
            [only] => format!("run {}", only.run),
            [first, .., last] => format!("runs {}–{}", first.run, last.run),
        }
    }

    /// What is open, or behind, is that of the highest run; what runs have read adds up.
    fn highest(&self, value: impl Fn(&RunPoint) -> u64) -> u64 {
        self.runs.iter().map(value).max().unwrap_or(0)
    }

    fn sum(&self, value: impl Fn(&RunPoint) -> u64) -> u64 {
        self.runs.iter().map(value).sum()
    }

    fn lag_us(&self) -> Option<i64> {
        self.runs.iter().filter_map(|run| run.watermark_lag_us).max()
    }

    fn lag(&self) -> String {
        self.lag_us().map_or_else(|| "–".to_owned(), duration)
    }
}

fn over_runs(groups: &[Group<'_>], overview: &Overview) -> String {
    let counts = |name: &str, value: &dyn Fn(&Group<'_>) -> u64| {
        let column =
            |group: &Group<'_>| Column { name: group.name(), value: value(group), text: count(value(group)) };
        columns_chart(
            name,
            &groups.iter().map(column).collect::<Vec<_>>(),
            Axis { top: axis_top, text: count },
        )
    };
    let lag = |group: &Group<'_>| {
        // A watermark that is ahead of the clock has no lag.
        let value = u64::try_from(group.lag_us().unwrap_or(0)).unwrap_or(0);
        Column { name: group.name(), value: value / 1_000_000, text: group.lag() }
    };
    let charts = counts("Open sessions after the run", &|group| group.highest(|run| run.sessions_open))
        + &columns_chart(
            "Lag of the watermark",
            &groups.iter().map(lag).collect::<Vec<_>>(),
            Axis { top: axis_top_s, text: seconds },
        )
        + &counts("Late events", &|group| group.sum(|run| run.events_late))
        + &counts("Rejected rows", &|group| group.sum(|run| run.rows_rejected));
    let row = |group: &Group<'_>| {
        let started = group.runs.first().map_or_else(String::new, |run| overview.calendar.text(run.started));
        vec![
            group.name(),
            started,
            count(group.highest(|run| run.sessions_open)),
            count(group.highest(|run| run.events_open)),
            group.lag(),
            count(group.sum(|run| run.rows_read)),
            count(group.sum(|run| run.events_late)),
            count(group.sum(|run| run.rows_rejected)),
        ]
    };
    let heads = [
        "Run",
        "Started",
        "Open sessions",
        "Open events",
        "Watermark lag",
        "Rows read",
        "Late events",
        "Rejected rows",
    ];
    figure(
        "Run after run",
        &format!("<div class=\"charts pairs\">{charts}</div>\n"),
        &folded_table("open state, lag, late and rejected rows by run", &heads, groups.iter().map(row)),
    )
}

fn seconds(s: u64) -> String {
    duration(i64::try_from(s).unwrap_or(i64::MAX).saturating_mul(1_000_000))
}

/// The sessions that are open now.
fn open_sessions(overview: &Overview) -> String {
    let rows = |bins: &Bins| bins.iter().map(|(name, count)| (name.to_owned(), count)).collect::<Vec<_>>();
    let open = &overview.open;
    let content = if open.ages.iter().len() == 0 {
        nothing("No session is open.")
    } else {
        format!(
            "<div class=\"grid\">\n{}{}{}</div>\n",
            bars_chart("Age: from the first event to the watermark", "Age", "Sessions", &rows(&open.ages)),
            bars_chart("Events so far", "Events", "Sessions", &rows(&open.lengths)),
            bars_chart("Duration so far", "Duration", "Sessions", &rows(&open.durations)),
        )
    };
    let about = "All sessions that would be open if no further event came, whatever the period: also those of events after the watermark, which the count above leaves out.";
    section("open", "Open sessions", about, &content)
}
