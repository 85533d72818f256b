//! When visits begin, how long they are, and their page views in order of time.

use super::line;
use super::row::Row;
use super::settings::FakeSettings;
use super::users::Users;
use fastrand::Rng;

const HOUR_US: u64 = 3_600_000_000;
const DAY_S: u64 = 86_400;

/// A hundred years: later times are useless, and dates keep four digits.
const MAX_DAYS: u32 = 36_525;

/// The traffic of the hours of a day, in hundredths of a day's visits.
const BUSY: [u64; 24] = [3, 2, 2, 2, 2, 2, 3, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 5, 4];

/// A day of busy time, in which every hour is as long as its traffic.
const DAY_BUSY_US: u64 = 100 * HOUR_US;

/// The longest pause in a visit, the default gap: it just belongs to the session.
const LONGEST_PAUSE_S: u16 = 300;

/// The number of equally likely pauses.
const PAUSES: u16 = 4_096;

/// The slots in which visits wait for their next event: more than the longest pause, a power of two.
const SLOTS: usize = 512;

/// A visit that continues.
#[derive(Debug, Clone, Copy)]
struct Visit {
    user: u64,
    /// At least one.
    events_left: u64,
}

/// The beginnings of visits, in order of time.
#[derive(Debug)]
struct Starts {
    users: Users,
    /// The probability that a visit continues after an event.
    goes_on: f64,
    events_mean: f64,
    rows_left: u64,
    /// Busy time, which runs with the traffic: how much has passed, and how much there is.
    busy_us: u64,
    end_busy_us: u64,
}

impl Starts {
    fn new(settings: &FakeSettings) -> Self {
        let events_mean = settings.events_per_session.max(1.0);
        Self {
            users: Users::new(settings.users),
            goes_on: 1.0 - 1.0 / events_mean,
            events_mean,
            rows_left: settings.rows,
            busy_us: 0,
            end_busy_us: u64::from(settings.days.clamp(1, MAX_DAYS)) * DAY_BUSY_US,
        }
    }

    /// The second of the next visit, and the visit. Together they have exactly the requested rows: the last visit is shortened.
    fn next(&mut self, rng: &mut Rng) -> Option<(u64, Visit)> {
        if self.rows_left == 0 {
            return None;
        }
        self.pass_time(rng);
        let mut events = 1;
        while events < self.rows_left && rng.f64() < self.goes_on {
            events += 1;
        }
        self.rows_left -= events;
        Some((second_of(self.busy_us), Visit { user: self.users.draw(rng), events_left: events }))
    }

    /// The pause before the next visit: uniform around what remains of the time for each visit that is still expected,
    /// so the visits fill the time whatever their lengths turn out to be.
    fn pass_time(&mut self, rng: &mut Rng) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            clippy::cast_sign_loss,
            reason = "an estimate, rounded down"
        )]
        let visits_left = ((self.rows_left as f64 / self.events_mean) as u64).max(1);
        let mean_us = (self.end_busy_us - self.busy_us) / visits_left;
        self.busy_us = (self.busy_us + rng.u64(0..=2 * mean_us)).min(self.end_busy_us - 1);
    }
}

/// The second at which this much of the busy time has passed.
fn second_of(busy_us: u64) -> u64 {
    let mut rest_us = busy_us % DAY_BUSY_US;
    let mut second = busy_us / DAY_BUSY_US * DAY_S;
    for busy in BUSY {
        if rest_us < busy * HOUR_US {
            return second + rest_us / (busy * 1_000_000);
        }
        rest_us -= busy * HOUR_US;
        second += 3_600;
    }
    second
}

/// Page views in order of time.
///
/// Visits wait in a ring of seconds, so the next event costs the same however many visits there are.
#[derive(Debug)]
pub(super) struct PageViews {
    rng: Rng,
    starts: Starts,
    next_start: Option<(u64, Visit)>,
    pauses_s: Vec<u16>,
    /// The visits whose next event is in a second that is congruent to the slot.
    ring: Vec<Vec<Visit>>,
    waiting: usize,
    second: u64,
    /// The visits with an event in this second.
    now: Vec<Visit>,
}

impl PageViews {
    pub(super) fn new(settings: &FakeSettings) -> Self {
        let mut rng = Rng::with_seed(settings.seed);
        let mut starts = Starts::new(settings);
        Self {
            next_start: starts.next(&mut rng),
            starts,
            rng,
            pauses_s: pauses_s(),
            ring: vec![Vec::new(); SLOTS],
            waiting: 0,
            second: 0,
            now: Vec::new(),
        }
    }

    /// Moves to the next second in which something may happen; `None` at the end of all visits.
    fn advance(&mut self) -> Option<()> {
        self.second = match (self.waiting, &self.next_start) {
            (0, None) => return None,
            (0, Some((start, _))) => *start,
            _ => self.second + 1,
        };
        std::mem::swap(&mut self.now, &mut self.ring[slot(self.second)]);
        self.waiting -= self.now.len();
        while let Some((start, visit)) = self.next_start
            && start <= self.second
        {
            self.now.push(visit);
            self.next_start = self.starts.next(&mut self.rng);
        }
        Some(())
    }
}

impl Iterator for PageViews {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        let visit = loop {
            if let Some(visit) = self.now.pop() {
                break visit;
            }
            self.advance()?;
        };
        if visit.events_left > 1 {
            let pause_s = self.pauses_s[usize::from(self.rng.u16(..PAUSES))];
            let next = Visit { events_left: visit.events_left - 1, ..visit };
            self.ring[slot(self.second + u64::from(pause_s))].push(next);
            self.waiting += 1;
        }
        Some(Row { second: self.second, user: visit.user, page: self.rng.u8(..line::PAGES) })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the upper bits do not count")]
fn slot(second: u64) -> usize {
    second as usize % SLOTS
}

/// Equally likely pauses in seconds: the quantiles of a geometric distribution with mean 40, cut off below
/// [`LONGEST_PAUSE_S`], and a few of exactly that.
///
/// After each second, one in 40 of the remaining pauses ends.
fn pauses_s() -> Vec<u16> {
    const LONGEST: u16 = 16;
    let mut longer = 1.0;
    let mut quantile_s = 1;
    let mut pauses_s: Vec<u16> = (0..PAUSES - LONGEST)
        .map(|rank| {
            let share = 1.0 - (f64::from(rank) + 0.5) / f64::from(PAUSES);
            while longer * (39.0 / 40.0) > share {
                longer *= 39.0 / 40.0;
                quantile_s += 1;
            }
            quantile_s.min(LONGEST_PAUSE_S - 1)
        })
        .collect();
    pauses_s.resize(usize::from(PAUSES), LONGEST_PAUSE_S);
    pauses_s
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_have_a_mean_of_40_seconds_and_end_at_the_gap() {
        let pauses_s = pauses_s();
        let sum: u32 = pauses_s.iter().map(|&pause_s| u32::from(pause_s)).sum();
        assert!((39.0..42.0).contains(&(f64::from(sum) / f64::from(PAUSES))), "{sum}");
        assert_eq!(pauses_s.first(), Some(&1));
        assert_eq!(pauses_s.iter().filter(|&&pause_s| pause_s == 300).count(), 16);
        assert!(pauses_s.iter().all(|pause_s| (1..=300).contains(pause_s)));
    }

    #[test]
    fn the_hours_of_a_day_share_its_visits() {
        assert_eq!(BUSY.iter().sum::<u64>() * HOUR_US, DAY_BUSY_US);
        assert_eq!(second_of(0), 0);
        assert_eq!(second_of(3 * HOUR_US), 3_600);
        assert_eq!(second_of(DAY_BUSY_US - 1), DAY_S - 1);
        assert_eq!(second_of(DAY_BUSY_US), DAY_S);
    }
}
