//! Random events with columns, random rules for them, and their way through the program.

use crate::oracle::rules::{AGGREGATES, Dedup, NULL_PATH, RowFilter, RuledCase, RuledEvent, SessionFilter};
use crate::support::{Folder, OUT, read_csv};
use chrono_tz::Tz;
use proptest::prelude::*;
use proptest::sample::select;
use std::collections::BTreeMap;

/// Zones, and the second of an evening there: before a usual midnight, before days of 23 and 25 hours, before midnights that
/// do not exist or come twice, in a zone that is no whole hour away.
const EVENINGS: [(Tz, &str); 9] = [
    (Tz::UTC, "2019-12-31T23:59:00Z"),
    (Tz::Europe__Paris, "2020-03-28T22:59:00Z"),
    (Tz::Europe__Paris, "2020-10-24T21:59:00Z"),
    (Tz::America__Sao_Paulo, "2018-11-03T14:00:00Z"),
    (Tz::America__Sao_Paulo, "2018-02-17T14:00:00Z"),
    (Tz::America__St_Johns, "2006-10-29T02:25:00Z"),
    (Tz::America__St_Johns, "2006-10-28T22:00:00Z"),
    (Tz::Asia__Kathmandu, "2020-01-01T18:14:00Z"),
    (Tz::Pacific__Apia, "2011-12-30T09:00:00Z"),
];

/// In steps.
const LONGEST_DELAY: i64 = 15;

/// How events are delayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disorder {
    /// Not at all.
    No,
    /// Within their batch: the watermark needs no lateness, and reaches events before all that lies before them is there.
    WithinBatches,
    /// From one batch to the next too: only lateness keeps them.
    AcrossBatches,
}

const DISORDERS: [Disorder; 3] = [Disorder::No, Disorder::WithinBatches, Disorder::AcrossBatches];

/// A random case: events with how much later than their time they arrive, what is asked, and how the program gets it.
#[derive(Debug, Clone)]
pub struct Drawn {
    events: Vec<(RuledEvent, i64)>,
    pub case: RuledCase,
    zone: Tz,
    /// Whether `*` says the usual gap, and not `--gap`.
    star: bool,
    /// Whether events come from two sources.
    sources: bool,
    disorder: Disorder,
    pub lateness: i64,
    /// Seconds of a step.
    unit: i64,
    batches: usize,
    threads: u8,
    /// Whether events must spill.
    spills: bool,
}

#[derive(Debug)]
struct Step {
    key: &'static str,
    later: i64,
    values: (&'static str, &'static str, &'static str, u8),
    pause: Option<i64>,
    lasts: Option<i64>,
    delay: i64,
    /// Whether it is the event before it once more.
    again: bool,
    of_shop: bool,
}

fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let one = (
        (select(vec!["a", "a", "b"]), prop_oneof![3 => 0_i64..4, 1 => 9_i64..12, 1 => 20_i64..40]),
        (
            select(vec!["view", "view", "login", "logout", "buy"]),
            select(vec!["", "/a", "/b", "/c"]),
            select(vec!["", "1", "2.50", "-0.75"]),
            0_u8..5,
        ),
        (proptest::option::of(0_i64..20), proptest::option::of(0_i64..25), 0..=LONGEST_DELAY),
        (proptest::bool::weighted(0.15), any::<bool>()),
    );
    let step = |((key, step), values, (pause, lasts, delay), (again, of_shop))| Step {
        key,
        later: step,
        values,
        pause,
        lasts,
        delay,
        again,
        of_shop,
    };
    proptest::collection::vec(one.prop_map(step), 1..most)
}

fn rules() -> impl Strategy<Value = RuledCase> {
    let maybe = |range: std::ops::Range<i64>| proptest::option::of(range);
    let few = |most: usize| proptest::option::weighted(0.3, 1..most);
    let filters = (
        proptest::option::weighted(0.3, select(&RowFilter::ALL[..])),
        proptest::option::weighted(0.3, select(&SessionFilter::ALL[..])),
        proptest::bool::weighted(0.3),
    );
    (
        (0_i64..12, maybe(0..40), any::<bool>(), maybe(1..20), proptest::option::of(1_usize..4)),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        (select(vec![Dedup::Nothing, Dedup::Id, Dedup::Row]), few(3), few(4)),
        filters,
        (any::<bool>(), any::<bool>()),
    )
        .prop_map(
            |((gap, buy_gap, gap_column, max_duration, max_events), splits, bounds, filters, of_events)| {
                RuledCase {
                    gap,
                    buy_gap,
                    gap_column,
                    duration: of_events.0,
                    order_by: of_events.1,
                    max_duration,
                    max_events,
                    split_on_path: splits.0,
                    midnight: splits.1.then_some(Tz::UTC),
                    start_on_login: splits.2,
                    end_on_logout: splits.3,
                    dedup: bounds.0,
                    max_distinct: bounds.1,
                    max_list: bounds.2,
                    rows: filters.0,
                    written: filters.1,
                    has_null_path: filters.2,
                }
            },
        )
}

/// Cases of up to `most` events; from two sources only where `may_have_sources`.
pub fn drawn(most: usize, may_have_sources: bool) -> impl Strategy<Value = Drawn> {
    // A step is a second, or so long that a few of them fill a day.
    let time = (select(&EVENINGS[..]), select(vec![1, 1_200]));
    let way = (1_usize..5, 1_u8..4, any::<bool>(), any::<bool>(), select(&DISORDERS[..]));
    (steps(most), rules(), time, way, any::<bool>(), 0_i64..16).prop_map(
        move |(steps, rules, ((zone, evening), unit), way, sources, lateness)| {
            let (batches, threads, spills, star, disorder) = way;
            let sources = sources && may_have_sources;
            let scaled = |value: Option<i64>| value.map(|value| value * unit);
            let case = RuledCase {
                gap: rules.gap * unit,
                buy_gap: scaled(rules.buy_gap),
                max_duration: scaled(rules.max_duration),
                midnight: rules.midnight.map(|_| zone),
                ..rules
            };
            let start = crate::oracle::us(evening) / 1_000_000;
            let mut events: Vec<(RuledEvent, i64)> = Vec::new();
            let mut second = start;
            for step in steps {
                second += step.later * unit;
                let before = events.last().filter(|_| step.again).map(|(event, _)| event.clone());
                events
                    .push((before.unwrap_or_else(|| event(&step, second, unit, sources)), step.delay * unit));
            }
            Drawn {
                events,
                case,
                zone,
                star,
                sources,
                disorder,
                lateness: lateness * unit,
                unit,
                batches,
                threads,
                spills,
            }
        },
    )
}

/// Cases of three or four events of one key in one batch, of which one arrives last, with ids that come again and sessions
/// that split: small enough that many can be tried, and dense enough that in many of them the order of rows could decide
/// what is a duplicate.
pub fn tiny() -> impl Strategy<Value = Drawn> {
    let step = (1_i64..4, select(vec!["view", "login", "logout"]), 1_u8..3);
    let steps = proptest::collection::vec(step, 3..5);
    let splits = (select(vec![(true, true), (true, false), (false, true)]), proptest::option::of(1_usize..4));
    (steps, 1_usize..3, splits).prop_map(|(steps, last, ((start_on_login, end_on_logout), max_events))| {
        let mut second = 0;
        let event = |(number, (later, event, id)): (usize, (i64, &'static str, u8))| {
            second += later;
            let delay = if number == last { LONGEST_DELAY } else { 0 };
            let values = (event, "", "", id);
            let (pause, lasts) = (None, None);
            let step = Step { key: "a", later, values, pause, lasts, delay, again: false, of_shop: false };
            (self::event(&step, second, 1, false), delay)
        };
        Drawn {
            events: steps.into_iter().enumerate().map(event).collect(),
            case: RuledCase {
                gap: 10,
                start_on_login,
                end_on_logout,
                max_events,
                dedup: Dedup::Id,
                ..RuledCase::default()
            },
            zone: Tz::UTC,
            star: false,
            sources: false,
            disorder: Disorder::WithinBatches,
            lateness: 0,
            unit: 1,
            batches: 1,
            threads: 1,
            spills: false,
        }
    })
}

fn event(step: &Step, second: i64, unit: i64, sources: bool) -> RuledEvent {
    let (event, path, amount, id) = step.values;
    let of_shop = sources && step.of_shop;
    RuledEvent {
        key: step.key,
        second,
        source: if of_shop { "shop" } else { "web" },
        event,
        // The shop has no such column.
        path: if of_shop { "" } else { path },
        amount,
        id: if id == 0 { String::new() } else { id.to_string() },
        pause: step.pause.map(|pause| pause * unit),
        lasts: step.lasts.map(|lasts| lasts * unit),
    }
}

impl Drawn {
    /// Seconds of a step.
    pub fn unit(&self) -> i64 {
        self.unit
    }

    /// The lateness that keeps every event, in seconds: none arrives in a later batch than one that lies this far behind it.
    pub fn keeping_lateness(&self) -> i64 {
        match self.disorder {
            Disorder::No => self.lateness,
            Disorder::WithinBatches => 0,
            Disorder::AcrossBatches => LONGEST_DELAY * self.unit,
        }
    }

    /// Whether every batch lies behind the one before it in time.
    pub fn has_ordered_batches(&self) -> bool {
        self.disorder != Disorder::AcrossBatches
    }

    /// Events in the order of arrival, batch by batch. Of a batch with two sources the file of the first one comes first.
    pub fn batches(&self) -> Vec<Vec<RuledEvent>> {
        let arrival = |(event, delay): &(RuledEvent, i64)| event.second + delay;
        let mut events = self.events.clone();
        if self.disorder == Disorder::AcrossBatches {
            events.sort_by_key(arrival);
        }
        let batch = |events: &mut [(RuledEvent, i64)]| {
            if self.disorder == Disorder::WithinBatches {
                events.sort_by_key(arrival);
            }
            let mut batch: Vec<RuledEvent> = events.iter().map(|(event, _)| event.clone()).collect();
            batch.sort_by_key(|event| event.source == "shop");
            batch
        };
        let size = events.len().div_ceil(self.batches);
        events.chunks_mut(size).map(batch).collect()
    }

    /// The rows of [`Drawn::batches`] that become events.
    pub fn selected(&self) -> Vec<Vec<RuledEvent>> {
        self.batches().into_iter().map(|batch| self.case.selected(batch)).collect()
    }

    /// The rules, as flags of `run`.
    pub fn flags(&self) -> Vec<String> {
        let case = &self.case;
        // With a star the flag says another gap, which must not count.
        let (gap, star) = match case.buy_gap {
            Some(_) if self.star => (case.gap + 5, format!(",*={}s", case.gap)),
            _ => (case.gap, String::new()),
        };
        let mut flags = vec!["--gap".to_owned(), format!("{gap}s")];
        let mut add = |flag: &str, value: Option<String>| {
            if let Some(value) = value {
                flags.extend([flag.to_owned(), value]);
            }
        };
        add("--gap-by", case.buy_gap.map(|gap| format!("event:buy={gap}s{star}")));
        add("--gap-column", case.gap_column.then(|| "pause".to_owned()));
        add("--duration", case.duration.then(|| "lasts".to_owned()));
        add("--order-by", case.order_by.then(|| "amount,event".to_owned()));
        add("--max-duration", case.max_duration.map(|max| format!("{max}s")));
        add("--max-events", case.max_events.map(|max| max.to_string()));
        add("--split-on", case.split_on_path.then(|| "path".to_owned()));
        add("--split-at", case.midnight.map(|_| "midnight".to_owned()));
        add("--start-on", case.start_on_login.then(|| "event=login".to_owned()));
        add("--end-on", case.end_on_logout.then(|| "event=logout".to_owned()));
        let dedup = match case.dedup {
            Dedup::Nothing => None,
            Dedup::Id => Some("id"),
            Dedup::Row => Some("row"),
        };
        add("--dedup", dedup.map(str::to_owned));
        add("--max-distinct", case.max_distinct.map(|max| max.to_string()));
        add("--max-list", case.max_list.map(|max| max.to_string()));
        add("--where", case.rows.map(|filter| filter.condition().to_owned()));
        add("--having", case.written.map(|filter| filter.condition().to_owned()));
        add("--null", case.has_null_path.then(|| NULL_PATH.to_owned()));
        for aggregate in AGGREGATES {
            add("--agg", Some(aggregate.to_owned()));
        }
        add("--agg", self.sources.then(|| "count_if(source=shop)=of_shop".to_owned()));
        add("--timezone", Some(self.zone.name().to_owned()));
        add("--threads", Some(self.threads.to_string()));
        add("--memory", self.spills.then(|| "1B".to_owned()));
        flags
    }

    /// Writes the files of a batch; returns their names.
    fn write(&self, folder: &Folder, number: usize, batch: &[RuledEvent]) -> Vec<String> {
        if !self.sources {
            return vec![write_file(folder, &format!("{number}.csv"), number, &web_file(batch))];
        }
        folder.write("sessionize.toml", SOURCES);
        let (shop, web): (Vec<_>, Vec<_>) = batch.iter().cloned().partition(|event| event.source == "shop");
        [("web", web_file(&web), web.len()), ("shop", shop_file(&shop), shop.len())]
            .into_iter()
            .filter(|(.., rows)| *rows > 0)
            .map(|(source, content, _)| {
                write_file(folder, &format!("{source}-{number}.csv"), number, &content)
            })
            .collect()
    }

    /// Runs batch `number`; returns the report.
    pub fn run(
        &self,
        folder: &Folder,
        number: usize,
        batch: &[RuledEvent],
        flags: &[&str],
    ) -> serde_json::Value {
        let files = self.write(folder, number, batch);
        let asked = self.flags();
        let columns = if self.sources { &[][..] } else { &["--key", "user", "--time", "time"] };
        let words = ["run", "--max-late", "100%", "--report", "json", "--quiet"];
        let files = files.iter().map(String::as_str);
        let all = words.into_iter().chain(files).chain(columns.iter().copied());
        let all: Vec<&str> =
            all.chain(asked.iter().map(String::as_str)).chain(flags.iter().copied()).collect();
        folder.sessionize(&all).expect_code(0).json()
    }
}

const SOURCES: &str = "
[[source]]
name = 'web'
files = 'web-*'
key = 'user'
time = 'time'

[[source]]
name = 'shop'
files = 'shop-*'
key = 'who'
time = 'at'
delimiter = ';'
time-format = 'epoch-ms'
";

/// Blank lines, which are no rows, make files of the same content different ones, of which none begins with another.
fn write_file(folder: &Folder, name: &str, number: usize, content: &str) -> String {
    folder.write(name, "\n".repeat(number) + content);
    name.to_owned()
}

/// The values of an event besides key and time: event, path, amount, id, pause and duration.
pub fn values(event: &RuledEvent) -> [String; 6] {
    let [name, path, amount] = [event.event, event.path, event.amount].map(str::to_owned);
    [name, path, amount, event.id.clone(), pause(event), lasts(event)]
}

/// Rows with all columns.
pub fn web_file(batch: &[RuledEvent]) -> String {
    let row = |e: &RuledEvent| format!("{},{},{}\n", e.key, e.second, values(e).join(","));
    "user,time,event,path,amount,id,pause,lasts\n".to_owned() + &batch.iter().map(row).collect::<String>()
}

/// Rows without a path, in another dialect.
fn shop_file(batch: &[RuledEvent]) -> String {
    let row = |e: &RuledEvent| {
        let RuledEvent { key, second, event, amount, id, .. } = e;
        format!("{id};{second}000;{};{};{key};{amount};{event}\n", lasts(e), pause(e))
    };
    "id;at;lasts;pause;who;amount;event\n".to_owned() + &batch.iter().map(row).collect::<String>()
}

/// As a duration, or as whole seconds.
fn pause(event: &RuledEvent) -> String {
    let unit = |seconds: i64| if seconds % 2 == 0 { "s" } else { "" };
    event.pause.map_or_else(String::new, |seconds| format!("{seconds}{}", unit(seconds)))
}

/// As seconds with and without a fraction, or as a duration.
fn lasts(event: &RuledEvent) -> String {
    let unit = |seconds: i64| ["", ".0", "s"][usize::try_from(seconds % 3).unwrap()];
    event.lasts.map_or_else(String::new, |seconds| format!("{seconds}{}", unit(seconds)))
}

/// Rows of all outputs of a kind, by column name.
pub fn rows(folder: &Folder, kind: &str) -> Vec<BTreeMap<String, String>> {
    let mut all = Vec::new();
    for content in folder.files(&format!("{OUT}/{kind}")).values() {
        let text = |field: &Vec<u8>| String::from_utf8(field.clone()).unwrap();
        let mut lines = read_csv(content).into_iter();
        let header: Vec<String> = lines.next().unwrap().iter().map(text).collect();
        all.extend(lines.map(|line| header.iter().cloned().zip(line.iter().map(text)).collect()));
    }
    all
}
