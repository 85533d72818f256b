//! Rules 1 to 7 as `docs/proof/` states them, one definition for each of the proof's, whose name stands above it. What is proved
//! there of the model holds of the program as far as the tests hold the program to this file.

use std::collections::BTreeMap;

/// `event` of `Events.v`: key and time in microseconds. A list of them is in the order of arrival.
pub type Event = (Vec<u8>, i64);

/// `watermark` of `Watermark.v`: `None` is minus infinity, and less than all others. `later` is [`Ord::max`].
pub type Watermark = Option<i64>;

/// `is_late` of `Watermark.v`: rule 2.
pub fn is_late(watermark: Watermark, time: i64) -> bool {
    watermark.is_some_and(|reached| time < reached)
}

/// `reaches` of `Watermark.v`: rule 4.
pub fn reaches(watermark: Watermark, time: i64) -> bool {
    watermark.is_some_and(|reached| time <= reached)
}

/// `advance` of `Watermark.v`.
#[derive(Debug, Clone, Copy)]
pub enum Advance {
    Delay(i64),
    Stated(i64),
}

/// `advanced` of `Watermark.v`: rule 3.
pub fn advanced(advance: Advance, before: Watermark, latest: Option<i64>) -> Watermark {
    before.max(match advance {
        Advance::Delay(us) => latest.map(|time| time - us),
        Advance::Stated(time) => Some(time),
    })
}

/// `command` of `Watermark.v`.
#[derive(Debug, Clone)]
pub enum Command {
    Run(Vec<Event>, Advance),
    Finalize,
    FinalizeAsOf(i64),
}

/// `move` of `Watermark.v`: what a command is for the fold.
pub enum Move {
    Batch(Vec<Event>, Watermark),
    Cut(Watermark),
}

/// `clock` of `Watermark.v`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    pub reached: Watermark,
    pub latest: Option<i64>,
}

impl Clock {
    /// `tick` of `Watermark.v`, with `accepted` and `latest_of`: rules 2, 3 and 7.
    pub fn tick(&mut self, command: &Command) -> Move {
        match command {
            Command::Run(batch, advance) => {
                let on_time = |event: &&Event| !is_late(self.reached, event.1);
                let accepted: Vec<Event> = batch.iter().filter(on_time).cloned().collect();
                self.latest = accepted.iter().map(|event| event.1).max().max(self.latest);
                self.reached = advanced(*advance, self.reached, self.latest);
                Move::Batch(accepted, self.reached)
            }
            Command::Finalize => {
                self.reached = self.reached.max(self.latest.map(|time| time + 1));
                Move::Cut(self.reached)
            }
            Command::FinalizeAsOf(time) => {
                self.reached = self.reached.max(Some(*time));
                Move::Batch(Vec::new(), self.reached)
            }
        }
    }
}

/// `joins` of `Gap.v`: rule 5.
pub fn joins(gap: i64, last: i64, time: i64) -> bool {
    time - last <= gap
}

/// `is_passed` of `Gap.v`: rule 6.
pub fn is_passed(gap: i64, last: i64, watermark: i64) -> bool {
    last + gap < watermark
}

/// `span` of `Gap.v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub first_at: i64,
    pub last_at: i64,
    pub events: u64,
}

/// `part` of `Run.v`, of one key: the open session, and the tail in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Part {
    pub open: Option<Span>,
    pub tail: Vec<i64>,
}

impl Part {
    /// `gap_step` of `Gap.v`: rules 4 and 5.
    fn gap_step(&mut self, gap: i64, time: i64) -> Option<Span> {
        let begun = Span { first_at: time, last_at: time, events: 1 };
        match &mut self.open {
            Some(span) if joins(gap, span.last_at, time) => {
                (span.last_at, span.events) = (time, span.events + 1);
                None
            }
            open => open.replace(begun),
        }
    }

    /// `gap_pass` and `pass_at` of `Gap.v` and `Folds.v`: rule 6.
    fn gap_pass(&mut self, gap: i64, watermark: Watermark) -> Option<Span> {
        self.open.take_if(|span| watermark.is_some_and(|reached| is_passed(gap, span.last_at, reached)))
    }

    /// `play_move` of `Run.v`: rules 4 to 7, and the sessions that are complete with it.
    fn play_move(&mut self, gap: i64, (events, watermark): (&[i64], Watermark), cuts: bool) -> Vec<Span> {
        self.tail.extend(events);
        self.tail.sort_unstable();
        let (ready, waiting) = self.tail.iter().partition(|time| cuts || reaches(watermark, **time));
        self.tail = waiting;
        let ready: Vec<i64> = ready;
        let mut reported: Vec<Span> = ready.into_iter().filter_map(|time| self.gap_step(gap, time)).collect();
        reported.extend(if cuts { self.open.take() } else { self.gap_pass(gap, watermark) });
        reported
    }
}

/// The parts of all keys, by `play_of_key` of `Keys.v` each as if it were alone, under one [`Clock`].
#[derive(Debug, Default)]
pub struct Specification {
    pub gap: i64,
    pub clock: Clock,
    pub parts: BTreeMap<Vec<u8>, Part>,
}

impl Specification {
    /// `tick` and `play_move` of each key: the sessions that a command completes, sorted.
    pub fn play(&mut self, command: &Command) -> Vec<(Vec<u8>, Span)> {
        let (accepted, watermark, cuts) = match self.clock.tick(command) {
            Move::Batch(accepted, watermark) => (accepted, watermark, false),
            Move::Cut(watermark) => (Vec::new(), watermark, true),
        };
        for (key, _) in &accepted {
            self.parts.entry(key.clone()).or_default();
        }
        let mut reported = Vec::new();
        for (key, part) in &mut self.parts {
            // `move_of_key` of `Keys.v`.
            let own: Vec<i64> =
                accepted.iter().filter(|event| event.0 == *key).map(|event| event.1).collect();
            reported.extend(
                part.play_move(self.gap, (&own, watermark), cuts).into_iter().map(|span| (key.clone(), span)),
            );
        }
        self.parts.retain(|_, part| *part != Part::default());
        reported.sort();
        reported
    }
}
