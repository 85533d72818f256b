//! What all tasks of a run have to know, as the JSON that a driver hands them.

use crate::core::event::Timestamp;
use crate::core::reducer::{BatchEnd, SessionFold};
use crate::core::rules::{RuleSet, duration};
use crate::core::watermark::{Advance, EventTime, Watermark};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::input::RowRules;
use crate::input::time::{TimeFormat, TimeParser};
use crate::ledger::{RunId, StreamId};
use crate::migrations::checkpoint::v1;
use crate::output::{Origin, OutputSchema};
use crate::purged::{PurgedKey, PurgedKeys};
use crate::state::{definition_digest, definition_of};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A run, the same for all of its tasks.
#[derive(Debug, Clone)]
pub struct Job {
    pub(super) definition: Definition,
    pub(super) fold: SessionFold,
    pub(super) end: BatchEnd,
    pub(super) row_rules: RowRules,
    pub(super) origin: Origin,
    /// A power of two, at least the number of partitions.
    pub(super) buckets: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobRow {
    definition: v1::Definition,
    stream_id: String,
    run: u64,
    buckets: u32,
    before: EventTimeRow,
    purged: Vec<v1::PurgedKey>,
    /// The latest accepted event of this batch, once it is known.
    latest_us: Option<i64>,
    /// The clock at the start of the run.
    now_us: i64,
    /// Events that lie further than this after `now_us` are rejected, as a duration.
    max_future: String,
    advance: AdvanceRow,
}

/// How far event time has come.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "fields of documents have their unit in their name")]
pub struct EventTimeRow {
    /// The watermark.
    pub watermark_us: Option<i64>,
    /// Events from here on are accepted.
    pub accepts_from_us: Option<i64>,
    /// The latest event ever accepted.
    pub latest_us: Option<i64>,
}

/// How the run moves the watermark.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AdvanceRow {
    /// A duration.
    Delay(String),
    /// A time.
    Stated(String),
    Finalize,
}

/// What a run leaves behind besides open state and sessions.
#[derive(Debug, Serialize)]
struct AfterRow {
    after: EventTimeRow,
    purged: Vec<v1::PurgedKey>,
}

impl Job {
    /// Reads a job.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it is no job of this version.
    pub fn read(json: &str) -> Result<Self> {
        let row: JobRow = serde_json::from_str(json).map_err(|error| no_job(&error.to_string()))?;
        Self::of(row).map_err(|wrong| no_job(&wrong))
    }

    fn of(row: JobRow) -> std::result::Result<Self, String> {
        if !row.buckets.is_power_of_two() || row.buckets < 256 {
            return Err(format!("{} buckets: it has to be a power of two from 256 on", row.buckets));
        }
        let definition = definition_of(row.definition)?;
        let rules = Arc::new(definition.rule_set()?);
        let before = EventTime {
            watermark: watermark(row.before.watermark_us)?,
            accepts_from: watermark(row.before.accepts_from_us)?,
            latest: row.before.latest_us.map(time).transpose()?,
        };
        let purged = row.purged.iter().map(purged).collect::<std::result::Result<PurgedKeys, _>>()?;
        let fold = SessionFold::new(definition.gap, Arc::clone(&rules), before);
        let latest_allowed = time(row.now_us)?.saturating_add_us(duration_us(&row.max_future)?);
        let advance = match row.advance {
            AdvanceRow::Delay(delay) => Advance::Delay(duration_us(&delay)?),
            AdvanceRow::Stated(text) => Advance::Stated(stated(&text, latest_allowed)?),
            AdvanceRow::Finalize => Advance::Finalize,
        };
        Ok(Self {
            end: fold.batch_end(advance, row.latest_us.map(time).transpose()?),
            row_rules: RowRules {
                accepts_from: before.accepts_from,
                purged,
                latest_allowed: latest_allowed.min(Timestamp::LAST_EVENT),
                selection: rules.selection().clone(),
                key_hasher: None,
            },
            origin: Origin {
                stream: StreamId::read(&row.stream_id).ok_or("the stream id is no UUID")?,
                run: RunId::new(row.run),
                definition_digest: definition_digest(&definition),
            },
            buckets: row.buckets,
            fold,
            definition,
        })
    }

    /// Event time and purged keys after the run, as JSON.
    pub fn after(&self) -> String {
        let EventTime { watermark, accepts_from, latest } = self.end.event_time;
        let purged = self.row_rules.purged.needed_from(accepts_from);
        let after = AfterRow {
            after: EventTimeRow {
                watermark_us: watermark.time().map(Timestamp::us),
                accepts_from_us: accepts_from.time().map(Timestamp::us),
                latest_us: latest.map(Timestamp::us),
            },
            purged: purged
                .iter()
                .map(|key| v1::PurgedKey { key_hash: key.hash, until_us: key.until.us() })
                .collect(),
        };
        serde_json::to_string(&after).unwrap_or_default()
    }

    /// Whether partial sessions can be merged before the shuffle: only where nothing of an event matters but its time.
    pub fn merges(&self) -> bool {
        self.rules().is_plain()
    }

    pub(super) const fn rules(&self) -> &Arc<RuleSet> {
        self.fold.rules()
    }

    pub(super) fn schema(&self) -> OutputSchema {
        OutputSchema::of(&self.definition, self.rules())
    }
}

fn duration_us(text: &str) -> std::result::Result<i64, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("the duration '{text}': {what}");
    let duration = duration(text).map_err(|what| wrong(&what))?;
    i64::try_from(duration.as_micros()).map_err(|error| wrong(&error))
}

/// A watermark that lies in the future would make all correct events late.
fn stated(text: &str, latest_allowed: Timestamp) -> std::result::Result<Timestamp, String> {
    match parsed(text) {
        Some(time) if time <= latest_allowed => Ok(time),
        Some(time) => Err(format!("the watermark {time} lies in the future")),
        None => Err(format!("the watermark '{text}' is not a time")),
    }
}

fn parsed(text: &str) -> Option<Timestamp> {
    TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC).parse(text.as_bytes()).ok()
}

/// The time that stands for the clock, in microseconds.
///
/// # Errors
/// [`ErrorKind::Usage`] if it is not a time.
pub fn time_us(text: &str) -> Result<i64> {
    parsed(text).map(Timestamp::us).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("now: '{text}' is not a time"))
            .remedy("write it as 2020-01-01T00:02:00Z")
            .nothing_changed()
    })
}

fn no_job(wrong: &str) -> Error {
    Error::new(ErrorKind::Usage, format!("this run cannot begin: {wrong}"))
        .remedy("change the argument, or give the driver and the workers the same version of sessionize")
        .nothing_changed()
}

fn purged(key: &v1::PurgedKey) -> std::result::Result<PurgedKey, String> {
    Ok(PurgedKey { hash: key.key_hash, until: time(key.until_us)? })
}

fn time(us: i64) -> std::result::Result<Timestamp, String> {
    Timestamp::from_us(us).ok_or_else(|| format!("{us} microseconds is not a time in the years 1 to 9999"))
}

fn watermark(us: Option<i64>) -> std::result::Result<Watermark, String> {
    Ok(us.map(time).transpose()?.map_or(Watermark::BEGINNING, Watermark::at))
}
