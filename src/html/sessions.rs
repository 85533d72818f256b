//! Completed sessions: when they began, how long they are, why they ended.

use super::bars::bars_chart;
use super::columns::{Axis, Column, columns_chart};
use super::numbers::{axis_top, count, estimate};
use super::section::{figure, nothing, section};
use super::table::folded_table;
use crate::figures::{Bins, SessionFigures, Slot, SlotCounts};

/// The parts about completed sessions.
pub(super) fn sessions(figures: &SessionFigures) -> String {
    let pieces = figures.timeline.pieces();
    if pieces.is_empty() {
        let says = "There is no completed session to show: none began in this period, or all are still open.";
        return section("when", "When sessions begin", "", &nothing(says));
    }
    let unit = figures.timeline.unit().name();
    let hours: Vec<(String, SlotCounts)> = figures
        .hours
        .iter()
        .map(Slot::counts)
        .enumerate()
        .map(|(hour, counts)| (format!("{hour:02}:00"), counts))
        .collect();
    let when = by_time(&format!("By {unit}"), &format!("Begins ({unit})"), &pieces)
        + &by_time("By hour of the day", "Begins (hour)", &hours);
    let says = "A session, its events and its user count where the session begins.";
    section("when", "When sessions begin", says, &format!("<div class=\"wide\">\n{when}</div>\n"))
        + &section(
            "how",
            "How sessions are",
            "",
            &format!("<div class=\"grid\">\n{}</div>\n", shapes(figures)),
        )
}

/// Sessions, events and users in pieces of time, and a table of all three.
fn by_time(caption: &str, begins: &str, pieces: &[(String, SlotCounts)]) -> String {
    let chart = |name: &str, value: fn(&SlotCounts) -> u64, is_estimate: fn(&SlotCounts) -> bool| {
        let column = |(name, counts): &(String, SlotCounts)| Column {
            name: name.clone(),
            value: value(counts),
            text: estimate(value(counts), is_estimate(counts)),
        };
        columns_chart(
            name,
            &pieces.iter().map(column).collect::<Vec<_>>(),
            Axis { top: axis_top, text: count },
        )
    };
    let charts = chart("Sessions", |counts| counts.sessions, |_| false)
        + &chart("Events", |counts| counts.events, |_| false)
        + &chart("Users", |counts| counts.users, |counts| counts.is_estimate);
    let row = |(name, counts): &(String, SlotCounts)| {
        let users = estimate(counts.users, counts.is_estimate);
        vec![name.clone(), count(counts.sessions), count(counts.events), users]
    };
    let label = format!("sessions, events and users {}", caption.to_lowercase());
    figure(
        caption,
        &format!("<div class=\"charts\">{charts}</div>\n"),
        &folded_table(&label, &[begins, "Sessions", "Events", "Users"], pieces.iter().map(row)),
    )
}

fn shapes(figures: &SessionFigures) -> String {
    let rows = |bins: &Bins| bins.iter().map(|(name, count)| (name.to_owned(), count)).collect::<Vec<_>>();
    let positive =
        |(reason, &sessions): (&String, &i64)| Some((reason.clone(), u64::try_from(sessions).ok()?));
    let mut reasons: Vec<(String, u64)> = figures.close_reasons.iter().filter_map(positive).collect();
    reasons.sort_by_key(|(_, sessions)| std::cmp::Reverse(*sessions));
    bars_chart("Events per session", "Events", "Sessions", &rows(&figures.lengths))
        + &bars_chart("Duration of sessions", "Duration", "Sessions", &rows(&figures.durations))
        + &bars_chart("Why sessions ended", "close_reason", "Sessions", &reasons)
}
