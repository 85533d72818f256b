//! The public core gives the rows of the program: every scenario that asks for nothing but sessions goes through a
//! `Sessionizer` too, which is saved and loaded before each step.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle;
use crate::scenarios::script::{Scenario, Step, escape};
use crate::scenarios::{all_scenarios, compare};
use sessionize::internals::{TimeFormat, TimeParser};
use sessionize::{
    ProjectedColumn, Pushed, Session, SessionBatch, Sessionizer, SessionizerBuilder, SessionizerError,
    Timestamp, Value,
};

/// Fewer scenarios than these must not be played: then the conditions below leave out too much.
const LEAST: usize = 120;

/// Flags of a run that a `Sessionizer` has no word for, and that change no session of the scenarios played here.
const IGNORED: [&str; 6] = ["max-late", "max-rejects", "min-rows", "late", "memory", "emit-open"];

/// A step in the words of a `Sessionizer`; `None` where it has none.
#[derive(Default)]
struct Flags {
    definition: Vec<(String, String)>,
    /// How the file is read: key, time and header.
    of_file: Vec<(String, String)>,
    delay: Option<String>,
    watermark: Option<Timestamp>,
}

impl Flags {
    fn of(step: &Step) -> Option<Self> {
        let mut flags = Self::default();
        let mut words = step.words[1..].iter();
        while let Some(word) = words.next() {
            let (flag, value) = match word.strip_prefix("--")?.split_once('=') {
                Some((flag, value)) => (flag, value.to_owned()),
                None if word == "--emit-open" => ("emit-open", String::new()),
                None => (word.strip_prefix("--")?, words.next()?.clone()),
            };
            flags.take(flag, value)?;
        }
        Some(flags)
    }

    fn take(&mut self, flag: &str, value: String) -> Option<()> {
        match flag {
            "key" | "time" | "header" => self.of_file.push((flag.to_owned(), value)),
            "watermark-delay" => self.delay = Some(value),
            "watermark" | "as-of" => self.watermark = Some(time(&value, "UTC")?),
            "redefine" | "emit" | "key-parts" | "hash-key" => return None,
            _ if IGNORED.contains(&flag) => {}
            _ if value == "none" => return None,
            _ => self.definition.push((flag.to_owned(), value)),
        }
        Some(())
    }

    fn zone(&self) -> &str {
        self.definition.iter().find(|(flag, _)| flag == "timezone").map_or("UTC", |(_, zone)| zone)
    }

    fn value_of_file(&self, flag: &str) -> Option<&str> {
        self.of_file.iter().find(|(other, _)| other == flag).map(|(_, value)| value.as_str())
    }

    fn key(&self) -> Vec<&str> {
        self.value_of_file("key").unwrap_or("1").split(',').collect()
    }

    fn time(&self) -> &str {
        self.value_of_file("time").unwrap_or("2")
    }

    /// Whether this step asks for nothing but what `first` has asked for.
    fn goes_on_with(&self, first: &Self) -> bool {
        let same = |here: &[_], first: &[_]| here.is_empty() || here == first;
        same(&self.definition, &first.definition) && same(&self.of_file, &first.of_file)
    }

    /// `None` where a flag is no rule of the public core.
    fn builder(&self) -> Option<SessionizerBuilder> {
        let mut builder = Sessionizer::builder();
        for (flag, value) in &self.definition {
            builder = match flag.as_str() {
                "gap" => builder.gap(value),
                "timezone" => builder.timezone(value),
                "allowed-lateness" => builder.allowed_lateness(value),
                "agg" => builder.aggregate(value),
                _ => builder.rule(flag, value),
            };
        }
        builder.clone().build().ok().map(|_| builder)
    }
}

fn time(text: &str, zone: &str) -> Option<Timestamp> {
    TimeParser::new(&TimeFormat::Auto, zone.parse().ok()?).parse(text.as_bytes()).ok()
}

/// The rows of one input with the places of their columns; `None` where only the program can read it.
struct Table {
    header: Vec<String>,
    rows: Vec<(Vec<Vec<u8>>, Vec<u8>)>,
}

impl Table {
    fn of(input: &[u8], flags: &Flags) -> Option<Self> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(input);
        let mut rows = Vec::new();
        let records: Vec<csv::ByteRecord> = reader.byte_records().collect::<Result<_, _>>().ok()?;
        let place = |record: &csv::ByteRecord| usize::try_from(record.position().unwrap().byte()).unwrap();
        for (number, record) in records.iter().enumerate() {
            let end = records.get(number + 1).map_or(input.len(), place);
            let bytes = input[place(record)..end].trim_ascii_end().to_vec();
            rows.push((record.iter().map(<[u8]>::to_vec).collect(), bytes));
        }
        let is_name = |column: &str| column.parse::<usize>().is_err();
        let has_names = || flags.key().into_iter().chain([flags.time()]).any(is_name);
        let has_header = flags.value_of_file("header").map_or_else(has_names, |header| header == "yes");
        let header = if has_header && !rows.is_empty() { rows.remove(0).0 } else { Vec::new() };
        let table = Self { header: header.iter().map(|name| escape(name)).collect(), rows };
        // A file of another format has no such columns.
        let has_columns =
            flags.key().into_iter().chain([flags.time()]).all(|name| table.place(name).is_some());
        has_columns.then_some(table)
    }

    /// The place of a column, by number or name.
    fn place(&self, column: &str) -> Option<usize> {
        let by_name = || self.header.iter().position(|name| name == column);
        column.parse::<usize>().ok().map(|number| number - 1).or_else(by_name)
    }
}

/// A scenario under way.
struct Play {
    first: Flags,
    builder: SessionizerBuilder,
    sessionizer: Sessionizer,
}

impl Play {
    fn of(first: Flags) -> Option<Self> {
        let builder = first.builder()?;
        let sessionizer = builder.clone().build().ok()?;
        Some(Self { first, builder, sessionizer })
    }

    /// The columns of a later run are those of the first.
    fn step(&mut self, step: &Step, flags: &Flags) -> Option<Vec<String>> {
        let delay = flags.delay.as_deref().unwrap_or("0s");
        let saved = self.sessionizer.save();
        self.sessionizer = self.builder.clone().watermark_delay(delay).load(&saved).ok()?;
        let late = self.push_all(&step.input)?;
        let completed = match (step.words[0].as_str(), flags.watermark) {
            (_, Some(watermark)) => self.sessionizer.advance_to(watermark).ok()?,
            ("finalize", None) => self.sessionizer.finish().ok()?,
            (_, None) => self.sessionizer.advance().ok()?,
        };
        let with_op = self.first.definition.iter().any(|(flag, _)| flag == "allowed-lateness");
        let listed = step.all("id");
        let mut complaints = Vec::new();
        let key_columns = self.first.key().len();
        let rows: Vec<String> = completed.iter().map(|session| row(&session, key_columns, with_op)).collect();
        for session in completed.iter() {
            let id = oracle::session_id_with(session.key, session.start.us(), session.ordinal).to_string();
            if session.id().to_string() != id || (session.ordinal > 0 && !listed.contains(&id)) {
                complaints.push(format!("the id {}, expected {id}", session.id()));
            }
        }
        compare("session", &step.all("session"), &rows, &mut complaints);
        if step.one("late").is_some() && step.all("late").len() != late {
            complaints.push(format!("{late} late rows"));
        }
        Some(complaints)
    }

    /// Pushes every row; returns how many were late.
    fn push_all(&mut self, input: &[u8]) -> Option<usize> {
        let table = Table::of(input, &self.first)?;
        let mut late = 0;
        for (row, bytes) in &table.rows {
            let field = |column: &str| row.get(table.place(column)?).cloned();
            let key = self.first.key().into_iter().map(field).collect::<Option<Vec<_>>>()?.join(&0x1E);
            let time = time(std::str::from_utf8(&field(self.first.time())?).ok()?, self.first.zone())?;
            let columns = self.sessionizer.columns();
            let values = columns.iter().map(|column| match column {
                ProjectedColumn::Column(name) => field(name),
                ProjectedColumn::RowDigest => Some(bytes.clone()),
                ProjectedColumn::Zone => Some(self.first.zone().as_bytes().to_vec()),
                ProjectedColumn::Row => None,
            });
            let values: Vec<Vec<u8>> = values.collect::<Option<_>>()?;
            let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
            match self.sessionizer.push(&key, time, &values) {
                Ok(pushed) => late += usize::from(pushed == Pushed::Late),
                Err(SessionizerError::Rejected(_)) => {}
                Err(_) => return None,
            }
        }
        Some(late)
    }

    fn open(&mut self) -> Vec<String> {
        let mut open = SessionBatch::default();
        self.sessionizer.open_sessions(&mut open);
        let row = |session: Session<'_>| {
            let key = String::from_utf8_lossy(session.key).replace('\x1E', ",");
            format!("{key},{},{},{}", session.start, session.end, session.event_count)
        };
        open.iter().map(row).collect()
    }
}

/// A session as the program writes it, without its id.
fn row(session: &Session<'_>, key_columns: usize, with_op: bool) -> String {
    let us = session.duration_us();
    let duration = match us % 1_000_000 {
        0 => (us / 1_000_000).to_string(),
        fraction => format!("{}.{fraction:06}", us / 1_000_000),
    };
    let mut fields: Vec<Vec<u8>> =
        session.key.splitn(key_columns, |&byte| byte == 0x1E).map(<[u8]>::to_vec).collect();
    let fixed = [
        session.start.to_string(),
        session.end.to_string(),
        duration,
        session.event_count.to_string(),
        session.close_reason.name().to_owned(),
    ];
    fields.extend(fixed.map(String::into_bytes));
    fields.extend(session.values().map(|value| cell(&value)));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&fields).unwrap();
    let row = escape(writer.into_inner().unwrap().trim_ascii_end());
    if with_op { format!("{},{row}", session.op.name()) } else { row }
}

fn cell(value: &Value<'_>) -> Vec<u8> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(is_true) => is_true.to_string().into_bytes(),
        Value::Int(int) => int.to_string().into_bytes(),
        Value::AtLeast(int) => format!("{int}+").into_bytes(),
        Value::Decimal(number) => number.as_bytes().to_vec(),
        Value::Text(text) => text.to_vec(),
        Value::List { values, more } => {
            let texts = values.iter().map(|text| Some(String::from_utf8_lossy(text)));
            let all: Vec<_> = texts.chain(more.then_some(None)).collect();
            serde_json::to_vec(&all).unwrap()
        }
        other => format!("{other:?}").into_bytes(),
    }
}

/// Whether a step is one that a `Sessionizer` can take.
fn is_playable(step: &Step) -> bool {
    let reads = !step.input.is_empty() && step.words[0] == "run";
    let is_known = reads || step.words[0] == "finalize" || step.words[0] == "inspect";
    is_known && step.one("exit").is_none() && step.one("reject").is_none() && step.one("event").is_none()
}

/// The complaints about a scenario; `None` where it is about more than sessions.
fn play(scenario: &Scenario) -> Option<Vec<String>> {
    if !scenario.steps.iter().all(is_playable) {
        return None;
    }
    let mut play: Option<Play> = None;
    let mut complaints = Vec::new();
    for step in &scenario.steps {
        if step.words[0] != "inspect" {
            let flags = Flags::of(step)?;
            let play = match &mut play {
                Some(play) if flags.goes_on_with(&play.first) => play,
                Some(_) => return None,
                None => play.insert(Play::of(Flags::of(step)?)?),
            };
            complaints.extend(play.step(step, &flags)?);
        }
        let expected = step.all("open");
        if step.words.iter().any(|word| word == "--sessions") || !expected.is_empty() {
            compare("open", &expected, &play.as_mut()?.open(), &mut complaints);
        }
    }
    Some(complaints)
}

#[test]
fn it_gives_the_rows_of_the_program() {
    let (mut played, mut failures) = (0, String::new());
    for (file, scenario) in all_scenarios() {
        let Some(complaints) = play(&scenario) else { continue };
        played += 1;
        if !complaints.is_empty() {
            failures += &["\n", file, ": ", &scenario.title, "\n  ", &complaints.join("\n  ")].concat();
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(played >= LEAST, "only {played} scenarios were played");
}
