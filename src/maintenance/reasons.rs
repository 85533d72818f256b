//! Why a session began and why it ended, in words.

use super::history::FoundSession;
use crate::core::event::Timestamp;
use crate::core::rules::{RuleFlag, duration_text};
use crate::core::session::CloseReason;
use crate::definition::{Definition, gap_text};
use crate::ledger::RunEntry;
use std::time::Duration;

/// Where the events of an open session are.
pub(super) const KEPT: &str = "the checkpoint keeps them until the session is complete";
/// Why an open session shows none, although events are written.
pub(super) const NO_EVENTS: &str = "the checkpoint has none of its events";
/// Where the events of a retracted session are.
pub(super) const IN_ITS_PLACE: &str = "they belong to the sessions that have taken its place";

/// How a session stands that a later run has retracted.
pub(super) fn retracted(run: u64) -> String {
    format!(
        "run {run} has retracted it: a late event has changed the sessions of its key (--allowed-lateness)"
    )
}

/// How a session stands whose run was undone.
pub(super) fn rolled_back(run: u64, by: u64) -> String {
    format!("run {run} had completed it, and run {by} has rolled that run back")
}

/// Why the events of a session are not shown that were written.
pub(super) fn events_gone(run: u64) -> String {
    format!("run {run} has written them, but its output of events is no longer here as it was published")
}

/// Why there are no events.
pub(super) fn events_not_kept(definition: &Definition) -> String {
    let emit = definition.rules.value(RuleFlag::Emit).unwrap_or("sessions");
    format!(
        "events are not kept: the definition has --emit {emit}; a checkpoint with --emit both writes them beside their sessions"
    )
}

/// Why a session began at `start`: `before` is the session of the key before it.
pub(super) fn why_began(definition: &Definition, start: Timestamp, before: Option<&FoundSession>) -> String {
    let Some(before) = before else {
        return "with the first event of its key: the outputs have no session of the key before it"
            .to_owned();
    };
    let reason = before.close_reason.as_str();
    let ended = format!("the session of the key before it ended at {}", before.end);
    if reason == CloseReason::Gap.name() {
        return format!(
            "after a pause: {ended}, {} earlier, {}",
            apart(before.end, start),
            over_gap(definition)
        );
    }
    if reason == CloseReason::Finalize.name() {
        return format!("after a finalize: {ended}, and run {} closed it", before.run.number());
    }
    format!("by a rule: {ended}, by {}", rule(definition, reason))
}

/// Why a completed session ended.
pub(super) fn why_ended(definition: &Definition, found: &FoundSession, entry: Option<&RunEntry>) -> String {
    let run = found.run.number();
    let watermark = entry.and_then(|entry| entry.head.watermark.time());
    let reached = watermark.map_or_else(String::new, |time| format!(", when the watermark was {time}"));
    let reason = found.close_reason.as_str();
    if reason == CloseReason::Gap.name() {
        return format!(
            "by a pause: no event of its key came within the gap after {}, {}; run {run} completed it{reached}",
            found.end,
            the_gap(definition)
        );
    }
    if reason == CloseReason::Finalize.name() {
        return format!("by a finalize: run {run} closed every open session");
    }
    format!("by {}; run {run} completed it{reached}", rule(definition, reason))
}

/// How an open session stands: what would continue it.
pub(super) fn why_open(
    definition: &Definition,
    end: Timestamp,
    reason: CloseReason,
    watermark: Option<Timestamp>,
) -> String {
    if reason != CloseReason::StillOpen {
        return format!(
            "it is still in the checkpoint; if no other event comes, it ends by {}",
            rule(definition, reason.name())
        );
    }
    let watermark = watermark
        .map_or_else(|| "there is no watermark yet".to_owned(), |time| format!("the watermark is {time}"));
    if has_gaps_by_row(definition) {
        return format!(
            "it is open: it ends when the watermark has passed {end} by {}; {watermark}",
            the_gap(definition)
        );
    }
    let until = end.saturating_add_us(definition.gap.us());
    format!(
        "it is open: an event of its key until {until} continues it, and it ends when the watermark has passed that; {watermark}"
    )
}

/// The rule behind a close reason, with its value and what it does.
fn rule(definition: &Definition, reason: &str) -> String {
    let flag = RuleFlag::of_close_reason(reason);
    let Some(flag) = flag else { return format!("the rule {reason}") };
    let values: Vec<&str> = definition.rules.values(flag).collect();
    format!("--{} {} ({})", flag.name(), values.join(" "), flag.spec().help)
}

fn has_gaps_by_row(definition: &Definition) -> bool {
    [RuleFlag::GapBy, RuleFlag::GapColumn].into_iter().any(|flag| definition.rules.value(flag).is_some())
}

/// The gap: the same for all events, or by the row.
fn the_gap(definition: &Definition) -> String {
    let gap = gap_text(definition.gap);
    match [RuleFlag::GapBy, RuleFlag::GapColumn].map(|flag| definition.rules.value(flag)) {
        [None, None] => format!("which is {gap}"),
        [Some(by), _] => format!("its own gap (--gap-by {by}, otherwise {gap})"),
        [None, Some(column)] => format!("its own gap (--gap-column {column}, otherwise {gap})"),
    }
}

fn over_gap(definition: &Definition) -> String {
    if has_gaps_by_row(definition) {
        return format!("more than {}", the_gap(definition));
    }
    format!("more than the gap of {}", gap_text(definition.gap))
}

fn apart(earlier: Timestamp, later: Timestamp) -> String {
    duration_text(Duration::from_micros(later.us_since(earlier).unsigned_abs()))
}
