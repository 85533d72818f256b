//! The whole page.

use super::cards::cards;
use super::definition::definition;
use super::notes::notes;
use super::runs::runs;
use super::sessions::sessions;
use super::text::{each, escaped};
use crate::figures::Overview;

const STYLE: &str = include_str!("style.css");

/// Nothing but what stands in the page itself.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

const TITLE: &str = "Sessions";

/// The page of some figures: one file of HTML, of some hundred kilobytes at most. It has no keys of users, but names of columns,
/// rules and files.
pub fn page(overview: &Overview) -> String {
    let parts = [
        notes(&overview.left_out, &overview.sessions),
        sessions(&overview.sessions),
        runs(overview),
        definition(&overview.definition),
    ]
    .concat();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"generator\" content=\"sessionize {}\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{TITLE}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the figures</a>\n<header>\n<h1>{TITLE}</h1>\n<p>{}</p>\n<p class=\"faint\">{}</p>\n</header>\n\
         <nav aria-label=\"Parts of the page\"><ul>{}</ul></nav>\n\
         <main id=\"main\" tabindex=\"-1\">\n<section aria-label=\"At a glance\">\n{}</section>\n{parts}</main>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
        escaped(&period(overview)),
        escaped(&period(overview)),
        escaped(&made(overview)),
        links(&parts),
        cards(overview),
    )
}

fn period(overview: &Overview) -> String {
    let text = |time| overview.calendar.text(time);
    match (overview.period.since, overview.period.until) {
        (None, None) => {
            match (overview.sessions.timeline.pieces().first(), overview.sessions.timeline.pieces().last()) {
                (Some((first, _)), Some((last, _))) if first != last => format!("{first} to {last}"),
                (Some((only, _)), _) => only.clone(),
                _ => "no completed sessions".to_owned(),
            }
        }
        (Some(since), None) => format!("from {} on", text(since)),
        (None, Some(until)) => format!("before {}", text(until)),
        (Some(since), Some(until)) => format!("from {} until before {}", text(since), text(until)),
    }
}

fn made(overview: &Overview) -> String {
    let zone = overview.calendar.zone.name();
    let watermark = overview.watermark.map_or_else(
        || "no watermark yet".to_owned(),
        |time| format!("watermark {}", overview.calendar.text(time)),
    );
    format!("Made {}, {watermark}, all times in {zone}.", overview.calendar.text(overview.made))
}

/// Links to the parts that the page has.
fn links(parts: &str) -> String {
    let known = [
        ("missing", "Not in the figures"),
        ("when", "When"),
        ("how", "How"),
        ("runs", "Runs"),
        ("lost", "Late and rejected"),
        ("open", "Open"),
        ("time", "Time"),
        ("definition", "Definition"),
    ];
    let there = known.iter().filter(|(id, _)| parts.contains(&format!("<section id=\"{id}\"")));
    each(there, |(id, name)| format!("<li><a href=\"#{id}\">{name}</a></li>"))
}
