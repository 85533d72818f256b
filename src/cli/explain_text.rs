//! One session explained, for people.

use super::page::{Page, Rows, listed};
use crate::core::event::key_word;
use crate::report::ExplainReport;
use indicatif::HumanCount;

/// So many events at each end are shown; those between them are counted.
const ENDS: usize = 25;

/// A session: where it is, why it began, why it ended, its events.
pub(super) fn explain_page(report: &ExplainReport) -> Page {
    let mut page = Page::default();
    let mut rows = Rows::default();
    let session = &report.session;
    let key: Vec<String> = session.key_parts.iter().map(|part| key_word(part)).collect();
    rows.add("session", report.session_id.clone());
    rows.add("key", key.join(","));
    rows.add(
        "status",
        match report.run {
            Some(run) => format!("{}, by run {run}", report.status),
            None => report.status.to_owned(),
        },
    );
    rows.add("from", session.session_start.clone());
    rows.add("to", session.session_end.clone());
    rows.count("events", session.event_count);
    rows.add("close_reason", report.close_reason.clone());
    rows.add("began", report.began.clone());
    rows.add("ended", report.ended.clone());
    rows.some("session before", report.previous_session_id.as_ref());
    rows.add("events are", report.events_from.clone());
    page.rows(&rows);
    if let (Some(columns), Some(events)) = (&report.event_columns, &report.events) {
        page.space();
        page.line(format!("  {}", listed(columns.iter().cloned(), ",")));
        let line = |event: &Vec<String>| format!("  {}", listed(event.iter().cloned(), ","));
        let hidden = events.len().saturating_sub(2 * ENDS);
        for (number, event) in events.iter().enumerate() {
            if hidden == 0 || number < ENDS || number >= ENDS + hidden {
                page.line(line(event));
            } else if number == ENDS {
                page.line(format!("  … {} more; --report json has all", HumanCount(hidden as u64)));
            }
        }
    }
    page
}
