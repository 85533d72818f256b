//! The numbers that people look at first.

use super::numbers::{count, duration, estimate, mean, share};
use super::text::escaped;
use crate::figures::Overview;

/// The numbers, each with its name.
pub(super) fn cards(overview: &Overview) -> String {
    let whole = overview.sessions.whole.counts();
    let of_all = |part: i64| share(u64::try_from(part).unwrap_or(0), whole.sessions);
    let mean_us = overview.sessions.duration_us.checked_div(i128::from(whole.sessions));
    let runs = &overview.runs;
    let (late, rejected) = (runs.sum(|run| run.events_late), runs.sum(|run| run.rows_rejected));
    let rows_read = runs.sum(|run| run.rows_read);
    let cards: [(&str, String); 9] = [
        ("Sessions", count(whole.sessions)),
        ("Events in them", count(whole.events)),
        ("Users", estimate(whole.users, whole.is_estimate)),
        ("Bounces (one event)", of_all(overview.sessions.bounces)),
        ("Events per session", mean(whole.events, whole.sessions)),
        (
            "Mean duration",
            mean_us.map_or_else(|| "–".to_owned(), |us| duration(i64::try_from(us).unwrap_or(i64::MAX))),
        ),
        ("Open sessions now", count(overview.sessions_open)),
        ("Late events", of_rows(late, rows_read)),
        ("Rejected rows", of_rows(rejected, rows_read)),
    ];
    let card = |(name, value): &(&str, String)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), escaped(value))
    };
    format!("<dl class=\"cards\">\n{}</dl>\n", cards.iter().map(card).collect::<String>())
}

/// A number of rows, and its share of all that were read.
fn of_rows(part: u64, rows_read: u64) -> String {
    if part == 0 { "0".to_owned() } else { format!("{} ({})", count(part), share(part, rows_read)) }
}
