//! From the fields of a row to an event that is taken in, or the reason why it is not.

use super::batch::EventBatch;
use super::columns::{Columns, join_time};
use super::event_fields::{AsTheyAre, EventFields, Present};
use super::hashed_key::{HashedKey, WithHashedKey};
use super::path_columns::PathColumns;
use super::reason::Reason;
use super::time::{Doubt, NotATime, TimeFormat, TimeParser, TimeShape};
use crate::core::event::{KEY_SEPARATOR, MAX_KEY_BYTES, Timestamp};
use crate::core::rules::RowSelection;
use crate::core::watermark::Watermark;
use crate::definition::KeyHasher;
use crate::purged::PurgedKeys;
use chrono_tz::Tz;

/// What decides whether an event is taken in.
#[derive(Debug, Clone)]
pub struct RowRules {
    /// Events before it are late (rule 2): the watermark, or further back where completed sessions are correctable.
    pub accepts_from: Watermark,
    /// Keys whose events are late longer, because they were removed.
    pub purged: PurgedKeys,
    /// Events after it are rejected (rule 9).
    pub latest_allowed: Timestamp,
    /// Which rows become events.
    pub selection: RowSelection,
    /// What replaces keys, if they are hashed.
    pub key_hasher: Option<KeyHasher>,
}

impl RowRules {
    /// Every row with a key and a time becomes an event.
    pub(super) fn unlimited() -> Self {
        Self {
            accepts_from: Watermark::BEGINNING,
            purged: PurgedKeys::default(),
            latest_allowed: Timestamp::MAX,
            selection: RowSelection::default(),
            key_hasher: None,
        }
    }

    /// The bytes of a row that becomes no event, if they may be shown: where keys are hashed, nobody knows what of it is the key.
    pub fn shown<'r>(&self, row: &'r [u8]) -> Option<&'r [u8]> {
        self.key_hasher.is_none().then_some(row)
    }

    fn is_late(&self, time: Timestamp, key: &[u8]) -> bool {
        self.accepts_from.is_late(time) || self.purged.is_late(key, time)
    }
}

/// Takes in the rows of one file. Each thread has its own.
#[derive(Debug)]
pub struct Intake {
    rules: RowRules,
    events: EventReader,
    /// The columns in the path of the file.
    path: PathColumns,
    /// Whether each row becomes an event as it is: most runs have no filter, no null texts, no columns in paths, no hashed keys and no
    /// sample.
    is_plain: bool,
    hashed_key: Option<HashedKey>,
    sample: Option<SampledRows>,
}

/// The values of the first rows, kept as they are in the place of events.
#[derive(Debug)]
struct SampledRows {
    most: usize,
    rows: Vec<Vec<Vec<u8>>>,
}

impl SampledRows {
    /// Keeps the values of the key and the time of a row.
    fn keep<'f>(&mut self, columns: &Columns, field: impl Fn(usize) -> &'f [u8]) {
        if self.rows.len() < self.most {
            let positions = columns.key.iter().chain(&columns.time);
            self.rows.push(positions.map(|&position| field(position).to_vec()).collect());
        }
    }
}

/// Reads the events of rows that are selected.
#[derive(Debug)]
struct EventReader {
    times: TimeParser,
    joined_time: Vec<u8>,
    joined_key: Vec<u8>,
    payload: Vec<u8>,
}

/// A row that a decoder hands over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    /// The line on which it begins, counted from 0 at the start of the unit.
    pub(super) line: u64,
    /// Its bytes without the line end.
    pub(super) bytes: &'a [u8],
}

impl Row<'_> {
    /// Whether there is nothing in it.
    pub(super) fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
    }
}

impl Intake {
    /// For rows with times that `times` reads, of a file with the columns of `path`, under the rules of one run.
    pub fn new(times: TimeParser, path: &PathColumns, rules: RowRules) -> Self {
        let (joined_time, joined_key) = (Vec::new(), Vec::new());
        let events = EventReader { times, joined_time, joined_key, payload: Vec::new() };
        let hashed_key = rules.key_hasher.clone().map(HashedKey::new);
        let is_plain = rules.selection.selects_everything() && path.is_empty() && hashed_key.is_none();
        Self { is_plain, rules, events, path: path.clone(), hashed_key, sample: None }
    }

    /// Whether the time of a row is to be eight bytes: see [`TimeParser::of_moments`].
    #[cfg(feature = "parquet")]
    pub(super) const fn takes_moments(&self) -> bool {
        self.events.times.reads_moments()
    }

    /// Makes no events, and keeps the values of key and time of the first `most` rows that have fields, one for each column.
    pub(super) fn sampling(most: usize) -> Self {
        let times = TimeParser::new(&TimeFormat::Auto, Tz::UTC);
        let intake = Self::new(times, &PathColumns::default(), RowRules::unlimited());
        Self { is_plain: false, sample: Some(SampledRows { most, rows: Vec::new() }), ..intake }
    }

    /// The rows of a sample so far.
    pub(super) fn sampled(&self) -> &[Vec<Vec<u8>>] {
        self.sample.as_ref().map_or(&[], |sample| &sample.rows)
    }

    /// The rows of a sample.
    pub(super) fn into_sampled(self) -> Vec<Vec<Vec<u8>>> {
        self.sample.map(|sample| sample.rows).unwrap_or_default()
    }

    /// Rejects a row that has fields, unless the row filter leaves it out.
    pub(super) fn reject<'f>(
        &mut self,
        row: Row<'_>,
        reason: Reason,
        columns: &Columns,
        field: impl Fn(usize) -> &'f [u8],
        batch: &mut EventBatch,
    ) {
        let Self { rules, path, sample, .. } = self;
        if let Some(sample) = sample {
            return sample.keep(columns, field);
        }
        let field = |position| path.value(position, &field);
        match columns.are_selected(field, &rules.selection) {
            Ok(false) => batch.filter(),
            Ok(true) | Err(_) => batch.reject(row, reason),
        }
    }

    /// What the time of a row says, where `auto` reads it; `field` gives its fields by the positions in `columns`.
    pub(super) fn shape<'f>(
        &mut self,
        columns: &Columns,
        field: impl Fn(usize) -> &'f [u8],
    ) -> Option<TimeShape> {
        let Self { path, events: EventReader { times, joined_time, .. }, .. } = self;
        join_time(&columns.time, |position| path.value(position, &field), joined_time);
        times.shape(joined_time)
    }

    /// Whether each row becomes an event as it is.
    pub(super) const fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Takes in the event of a row of which nothing but `key` and `time` is wanted, where nothing can be said against it: what
    /// [`Intake::take`] does, for less. Only for a plain intake.
    #[inline]
    pub(super) fn take_common(&mut self, key: &[u8], time: &[u8], line: u64, batch: &mut EventBatch) -> bool {
        let Some(time) = self.common_time(key, time) else { return false };
        batch.rows += 1;
        batch.accept(time, key, b"", line);
        true
    }

    /// The time of such an event; `None` where [`Intake::take`] has to decide.
    #[inline]
    pub(super) fn common_time(&mut self, key: &[u8], time: &[u8]) -> Option<Timestamp> {
        let time = self.events.times.read_quickly(time)?;
        let is_key = !key.is_empty() && key.len() <= MAX_KEY_BYTES;
        let is_accepted = is_key && time <= self.rules.latest_allowed && !self.rules.is_late(time, key);
        is_accepted.then_some(time)
    }

    /// Decides what becomes of one row; `field` gives its fields by the positions in `columns`.
    #[inline]
    pub(super) fn take<'f>(
        &mut self,
        row: Row<'_>,
        columns: &Columns,
        field: impl Fn(usize) -> &'f [u8],
        batch: &mut EventBatch,
    ) {
        let Self { rules, events, path, is_plain, hashed_key, sample } = self;
        let selection = &rules.selection;
        if *is_plain {
            return events.ingest(row, columns, &AsTheyAre(field), rules, batch);
        }
        if let Some(sample) = sample {
            return sample.keep(columns, field);
        }
        let field = |position| path.value(position, &field);
        match columns.are_selected(field, selection) {
            Ok(true) => {
                let fields = Present { field, selection };
                let Some(key) = hashed_key else {
                    return events.ingest(row, columns, &fields, rules, batch);
                };
                key.read(row.bytes, columns, &fields);
                events.ingest(row, columns, &WithHashedKey { fields, key }, rules, batch);
            }
            Ok(false) => batch.filter(),
            Err(reason) => batch.reject(row, reason),
        }
    }
}

impl EventReader {
    /// Decides what becomes of a selected row with these `fields`.
    #[expect(
        clippy::inline_always,
        reason = "it runs for each row, and a call for each field would cost more than the rest"
    )]
    #[inline(always)]
    fn ingest<'f>(
        &mut self,
        row: Row<'_>,
        columns: &Columns,
        fields: &impl EventFields<'f>,
        rules: &RowRules,
        batch: &mut EventBatch,
    ) {
        let Self { times, joined_time, joined_key, payload } = self;
        batch.rows += 1;
        let needs_all_parts = rules.selection.needs_all_key_parts();
        let mut is_early = false;
        let of_time = |position| fields.time(position);
        let time = read_time(columns, of_time, times, joined_time, &mut is_early);
        let event = time.and_then(|time| {
            let event =
                (time, read_key(columns, |position| fields.key(position), needs_all_parts, joined_key)?);
            // Without rules there is nothing to pack, and the payload stays empty.
            if !columns.kept.is_empty() {
                let kept = |position| fields.kept(position);
                columns.pack(fields.row(row.bytes), kept, &rules.selection, payload)?;
            }
            Ok(event)
        });
        match event {
            // First: a time that is not believed says nothing, also not that the event came late.
            Ok((time, _)) if time > rules.latest_allowed => {
                batch.first_future.get_or_insert(time);
                batch.first_odd_time.get_or_insert_with(|| time_text(columns, of_time));
                batch.set_aside(row.line, Reason::Future, row.bytes);
            }
            Ok((time, key)) if rules.is_late(time, key) => {
                if rules.accepts_from.is_late(time) {
                    batch.earliest_late = batch.earliest_late.into_iter().chain([time]).min();
                }
                batch.set_aside(row.line, Reason::Late, row.bytes);
            }
            Ok((time, key)) => {
                batch.accept(time, key, payload, row.line);
                if is_early {
                    batch.note_early_number(row.line, time, &time_text(columns, of_time));
                }
            }
            Err(reason) => {
                if matches!(reason, Reason::Time | Reason::ImpossibleTime) {
                    batch.first_odd_time.get_or_insert_with(|| time_text(columns, of_time));
                }
                batch.set_aside(row.line, reason, row.bytes);
            }
        }
    }
}

impl EventBatch {
    /// Counts a row that the row filter leaves out.
    fn filter(&mut self) {
        self.rows += 1;
        self.filtered += 1;
    }

    /// Counts a row that has no fields to speak of, and sets it aside.
    pub(super) fn reject(&mut self, row: Row<'_>, reason: Reason) {
        self.rows += 1;
        self.set_aside(row.line, reason, row.bytes);
    }
}

/// The text of the time of a row.
#[cold]
fn time_text<'f>(columns: &Columns, field: impl Fn(usize) -> &'f [u8]) -> Vec<u8> {
    let mut text = Vec::new();
    join_time(&columns.time, field, &mut text);
    text
}

/// The time of a row: a field of it, or joined in `joined`. `is_early` is set where it is a number before 1990.
#[inline]
fn read_time<'f>(
    columns: &Columns,
    field: impl Fn(usize) -> &'f [u8],
    times: &mut TimeParser,
    joined: &mut Vec<u8>,
    is_early: &mut bool,
) -> Result<Timestamp, Reason> {
    let time = if let [position] = columns.time[..] {
        times.read(field(position))
    } else {
        join_time(&columns.time, field, joined);
        times.read(joined)
    };
    time.or_else(|doubt| match doubt {
        Doubt::NotATime(NotATime::Unreadable) => Err(Reason::Time),
        Doubt::NotATime(NotATime::Impossible) => Err(Reason::ImpossibleTime),
        Doubt::Stray => Err(Reason::StrayNumber),
        Doubt::Early(time) => {
            *is_early = true;
            Ok(time)
        }
    })
}

/// The key of a row: a field of it, or joined in `joined_key`.
#[inline]
fn read_key<'k, 'f: 'k>(
    columns: &Columns,
    field: impl Fn(usize) -> &'f [u8],
    needs_all_parts: bool,
    joined_key: &'k mut Vec<u8>,
) -> Result<&'k [u8], Reason> {
    let key = if let [position] = columns.key[..] {
        field(position)
    } else {
        let missing = join_key(&columns.key, field, joined_key)?;
        if needs_all_parts && missing > 0 && missing < columns.key.len() {
            return Err(Reason::MissingKeyPart);
        }
        joined_key
    };
    match key.len() {
        0 => Err(Reason::EmptyKey),
        1..=MAX_KEY_BYTES => Ok(key),
        _ => Err(Reason::KeyTooLong),
    }
}

/// Joins the parts of a composite key, and counts those that are missing. `joined` is empty iff all are.
fn join_key<'f>(
    positions: &[usize],
    field: impl Fn(usize) -> &'f [u8],
    joined: &mut Vec<u8>,
) -> Result<usize, Reason> {
    joined.clear();
    let mut missing = 0;
    for (number, &position) in positions.iter().enumerate() {
        let part = field(position);
        if memchr::memchr(KEY_SEPARATOR, part).is_some() {
            return Err(Reason::KeySeparator);
        }
        if number > 0 {
            joined.push(KEY_SEPARATOR);
        }
        joined.extend_from_slice(part);
        missing += usize::from(part.is_empty());
    }
    if missing == positions.len() {
        joined.clear();
    }
    Ok(missing)
}
