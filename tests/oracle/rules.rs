//! The oracle under rules: one pass over the events of a key in order, from the sentences of `docs/semantics.md` alone.

use chrono_tz::Tz;
use std::collections::BTreeMap;

/// An event as it stands in a file; its place among all events is its order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledEvent {
    pub key: &'static str,
    pub second: i64,
    pub source: &'static str,
    pub event: &'static str,
    pub path: &'static str,
    pub amount: &'static str,
    pub id: String,
    /// The gap that the row itself says, in seconds.
    pub pause: Option<i64>,
    /// How long it lasts, in seconds.
    pub lasts: Option<i64>,
}

/// What makes two events the same.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dedup {
    #[default]
    Nothing,
    Id,
    Row,
}

/// Which rows become events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFilter {
    NoView,
    PathAOrB,
    FromOne,
    CheapAndNotB,
}

impl RowFilter {
    pub const ALL: [Self; 4] = [Self::NoView, Self::PathAOrB, Self::FromOne, Self::CheapAndNotB];

    /// As `--where` says it.
    pub fn condition(self) -> &'static str {
        match self {
            Self::NoView => "event!=view",
            Self::PathAOrB => "path~^/[ab]$",
            Self::FromOne => "amount>=1.0",
            Self::CheapAndNotB => "path!~b and amount<2.5",
        }
    }
}

/// Which sessions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionFilter {
    FromTwo,
    Lasting,
    Dear,
    LoginWithPath,
    EndedByLogout,
}

impl SessionFilter {
    pub const ALL: [Self; 5] =
        [Self::FromTwo, Self::Lasting, Self::Dear, Self::LoginWithPath, Self::EndedByLogout];

    /// As `--having` says it.
    pub fn condition(self) -> &'static str {
        match self {
            Self::FromTwo => "event_count>=2",
            Self::Lasting => "duration_s>0",
            Self::Dear => "sum_amount>1",
            Self::LoginWithPath => "any_event_login=true and distinct_path!=0",
            Self::EndedByLogout => "close_reason=end-on",
        }
    }
}

/// The path that stands for a missing one where a case asks for that.
pub const NULL_PATH: &str = "/c";

/// Rules that a case asks for; seconds. Every aggregate is always asked for.
#[allow(clippy::struct_excessive_bools, reason = "one for each flag")]
#[derive(Debug, Clone, Default)]
pub struct RuledCase {
    pub gap: i64,
    pub buy_gap: Option<i64>,
    pub gap_column: bool,
    /// Whether events last.
    pub duration: bool,
    /// Whether events at one time are ordered by their amount, then by what they are.
    pub order_by: bool,
    pub max_duration: Option<i64>,
    pub max_events: Option<usize>,
    pub split_on_path: bool,
    pub midnight: Option<Tz>,
    pub start_on_login: bool,
    pub end_on_logout: bool,
    pub dedup: Dedup,
    pub max_distinct: Option<usize>,
    pub max_list: Option<usize>,
    pub rows: Option<RowFilter>,
    pub written: Option<SessionFilter>,
    pub has_null_path: bool,
}

impl RuledCase {
    /// The path of an event; empty where it is missing.
    fn path(&self, event: &RuledEvent) -> &'static str {
        if self.has_null_path && event.path == NULL_PATH { "" } else { event.path }
    }

    /// How long an event covers, in seconds.
    fn lasts(&self, event: &RuledEvent) -> i64 {
        event.lasts.filter(|_| self.duration).unwrap_or(0)
    }

    /// The rows of `batch` that become events.
    pub fn selected(&self, batch: Vec<RuledEvent>) -> Vec<RuledEvent> {
        let is_selected = |event: &RuledEvent| match self.rows {
            None => true,
            Some(RowFilter::NoView) => event.event != "view",
            Some(RowFilter::PathAOrB) => ["/a", "/b"].contains(&self.path(event)),
            Some(RowFilter::FromOne) => cents(event.amount).is_some_and(|cents| cents >= 100),
            Some(RowFilter::CheapAndNotB) => {
                self.path(event) != "/b" && cents(event.amount).is_some_and(|cents| cents < 250)
            }
        };
        batch.into_iter().filter(is_selected).collect()
    }

    /// Whether a completed session is written.
    pub fn writes(&self, session: &RuledSession) -> bool {
        match self.written {
            None => true,
            Some(SessionFilter::FromTwo) => session.events.len() >= 2,
            Some(SessionFilter::Lasting) => session.end > session.start,
            Some(SessionFilter::Dear) => {
                session.events.iter().filter_map(|event| cents(event.amount)).sum::<i64>() > 100
            }
            Some(SessionFilter::LoginWithPath) => {
                session.events.iter().any(|event| event.event == "login")
                    && session.events.iter().any(|event| !self.path(event).is_empty())
            }
            Some(SessionFilter::EndedByLogout) => session.close_reason == Some("end-on"),
        }
    }
}

/// A session: key, start, end, ordinal, why it ended, and its events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledSession {
    pub key: &'static str,
    pub start: i64,
    pub end: i64,
    pub ordinal: u32,
    /// `None` where only the end of all events ended it.
    pub close_reason: Option<&'static str>,
    pub events: Vec<RuledEvent>,
}

/// The sessions of `events` (in the order of arrival), and how many events were duplicates.
pub fn sessions(events: &[RuledEvent], case: &RuledCase) -> (Vec<RuledSession>, u64) {
    let mut by_key: BTreeMap<&str, Vec<&RuledEvent>> = BTreeMap::new();
    for event in events {
        by_key.entry(event.key).or_default().push(event);
    }
    let (mut all, mut duplicates) = (Vec::new(), 0);
    for mut of_key in by_key.into_values() {
        of_key.sort_by_key(|event| (event.second, case.order_by.then(|| (rank(event.amount), event.event))));
        let mut sessions: Vec<RuledSession> = Vec::new();
        for event in of_key {
            if let Some(last) = sessions.last_mut().filter(|last| last.close_reason.is_none())
                && event.second > reach(last, case)
            {
                last.close_reason = Some("gap");
            }
            let is_open = sessions.last().is_some_and(|session| session.close_reason.is_none());
            if is_duplicate(&sessions, event, is_open, case.dedup) {
                duplicates += 1;
                continue;
            }
            let why = sessions.last().filter(|_| is_open).and_then(|session| split(session, event, case));
            if let (Some(why), Some(session)) = (why, sessions.last_mut()) {
                session.close_reason = Some(why);
            }
            if !is_open || why.is_some() {
                let twins = sessions.iter().filter(|session| session.start == event.second).count();
                sessions.push(RuledSession {
                    key: event.key,
                    start: event.second,
                    end: event.second,
                    ordinal: u32::try_from(twins).unwrap(),
                    close_reason: None,
                    events: Vec::new(),
                });
            }
            let session = sessions.last_mut().unwrap();
            session.end = session.end.max(event.second + case.lasts(event));
            session.events.push(event.clone());
            if case.end_on_logout && event.event == "logout" {
                session.close_reason = Some("end-on");
            }
        }
        all.append(&mut sessions);
    }
    (all, duplicates)
}

/// Of an event in the open session, or in a session that ended at the very time of this one.
fn is_duplicate(sessions: &[RuledSession], event: &RuledEvent, is_open: bool, dedup: Dedup) -> bool {
    let is_same = |other: &RuledEvent| match dedup {
        Dedup::Nothing => false,
        Dedup::Id => !event.id.is_empty() && other.id == event.id,
        Dedup::Row => other == event,
    };
    let last = sessions.len().saturating_sub(1);
    sessions.iter().enumerate().any(|(number, session)| {
        let is_own = is_open && number == last;
        let last = session.events.last().map(|last| last.second);
        (is_own || last == Some(event.second)) && session.events.iter().any(is_same)
    })
}

/// The last second at which an event keeps the gap of `session`.
pub fn reach(session: &RuledSession, case: &RuledCase) -> i64 {
    let gap = |event: &RuledEvent| {
        let own = event.pause.filter(|_| case.gap_column);
        own.or(case.buy_gap.filter(|_| event.event == "buy")).unwrap_or(case.gap)
    };
    session.events.iter().map(|event| event.second + case.lasts(event) + gap(event)).max().unwrap()
}

fn split(session: &RuledSession, event: &RuledEvent, case: &RuledCase) -> Option<&'static str> {
    let path = session.events.iter().rev().map(|other| case.path(other)).find(|path| !path.is_empty());
    let own_path = case.path(event);
    let reasons = [
        ("max-duration", case.max_duration.is_some_and(|max| event.second - session.start > max)),
        ("midnight", case.midnight.is_some_and(|zone| day(event.second, zone) > day(session.start, zone))),
        ("start-on", case.start_on_login && event.event == "login"),
        ("split-on", case.split_on_path && !own_path.is_empty() && path.is_some_and(|path| path != own_path)),
        ("max-events", case.max_events.is_some_and(|max| session.events.len() >= max)),
    ];
    reasons.into_iter().find(|(_, holds)| *holds).map(|(why, _)| why)
}

/// The local day of a second: the latest date that the calendar on the wall has shown by then. Clocks are set back by three
/// hours at most, and each date is shown for a minute at least.
fn day(second: i64, zone: Tz) -> chrono::NaiveDate {
    let shown = |minute: i64| {
        let utc = chrono::DateTime::from_timestamp(second - minute * 60, 0).unwrap();
        utc.with_timezone(&zone).date_naive()
    };
    (0..=180).map(shown).max().unwrap()
}

/// The aggregate columns of a session, in the order of [`AGGREGATES`].
pub fn aggregate_values(session: &RuledSession, case: &RuledCase) -> Vec<String> {
    let paths: Vec<&str> =
        session.events.iter().map(|event| case.path(event)).filter(|path| !path.is_empty()).collect();
    // All amounts have two decimals or none: cents are whole.
    let cents: Vec<i64> = session.events.iter().filter_map(|event| cents(event.amount)).collect();
    let or_empty = |cents: Option<i64>| cents.map_or_else(String::new, |cents| thousandths(cents * 10));
    let logins = session.events.iter().filter(|event| event.event == "login").count();
    vec![
        paths.first().unwrap_or(&"").to_string(),
        paths.last().unwrap_or(&"").to_string(),
        session.events.len().to_string(),
        paths.len().to_string(),
        logins.to_string(),
        or_empty((!cents.is_empty()).then(|| cents.iter().sum())),
        or_empty(cents.iter().min().copied()),
        or_empty(cents.iter().max().copied()),
        different(&paths, case.max_distinct),
        listed(&paths, case.max_list),
        (logins > 0).to_string(),
        median(cents, case.max_distinct),
    ]
}

/// A number of thousandths in decimal, without zeros at its end.
fn thousandths(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:03}", number.abs() / 1000, number.abs() % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The mean of the two amounts in the middle, which are one if their number is odd; nothing beyond the bound.
fn median(mut cents: Vec<i64>, bound: Option<usize>) -> String {
    cents.sort_unstable();
    let different = cents.iter().collect::<std::collections::BTreeSet<_>>().len();
    if cents.is_empty() || bound.is_some_and(|bound| different > bound) {
        return String::new();
    }
    thousandths((cents[(cents.len() - 1) / 2] + cents[cents.len() / 2]) * 5)
}

/// How many different values there are; beyond the bound, that and a plus.
fn different(values: &[&str], bound: Option<usize>) -> String {
    let different = values.iter().collect::<std::collections::BTreeSet<_>>().len();
    match bound {
        Some(bound) if different > bound => format!("{bound}+"),
        _ => different.to_string(),
    }
}

/// The values as JSON; beyond the bound, the first ones and a null.
fn listed(values: &[&str], bound: Option<usize>) -> String {
    let most = bound.unwrap_or(values.len());
    let mut listed: Vec<String> = values.iter().take(most).map(|value| format!("\"{value}\"")).collect();
    listed.extend((values.len() > most).then(|| "null".to_owned()));
    format!("[{}]", listed.join(","))
}

/// What [`aggregate_values`] returns.
pub const AGGREGATES: [&str; 12] = [
    "first(path)",
    "last(path)",
    "count",
    "count(path)",
    "count_if(event=login)",
    "sum(amount)",
    "min(amount)",
    "max(amount)",
    "distinct(path)",
    "list(path)",
    "any(event=login)",
    "median(amount)",
];

/// Where an amount stands in order: missing ones first, then numbers, then all else.
fn rank(amount: &str) -> (u8, Option<i64>, &str) {
    match cents(amount) {
        _ if amount.is_empty() => (0, None, ""),
        Some(cents) => (1, Some(cents), ""),
        None => (2, None, amount),
    }
}

fn cents(amount: &str) -> Option<i64> {
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "00"));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    Some(whole.parse::<i64>().ok()? * 100 + sign * fraction.parse::<i64>().ok()?)
}
