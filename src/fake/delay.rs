//! Disorder: rows that arrive later than their time.

use super::row::Row;
use fastrand::Rng;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::iter::Peekable;

/// Rows in the order of `time + delay`, with a random delay for each.
///
/// A row behind a row of time `t` has an arrival of at least `t`, so its time is at most the longest delay before `t`.
pub(super) struct Delayed<I: Iterator<Item = Row>> {
    rows: Peekable<I>,
    rng: Rng,
    longest_us: u64,
    /// Rows on their way, by arrival and then by number.
    on_the_way: BinaryHeap<Reverse<(u64, u64, Row)>>,
    sent: u64,
}

impl<I: Iterator<Item = Row>> Delayed<I> {
    /// `rows` are in order of time. The delays have their own generator, so the rows stay the same.
    pub(super) fn new(rows: I, longest_us: u64, seed: u64) -> Self {
        let rng = Rng::with_seed(!seed);
        Self { rows: rows.peekable(), rng, longest_us, on_the_way: BinaryHeap::new(), sent: 0 }
    }
}

impl<I: Iterator<Item = Row>> Iterator for Delayed<I> {
    type Item = Row;

    fn next(&mut self) -> Option<Row> {
        while let Some(row) = self.rows.peek().copied() {
            let sent_us = row.second * 1_000_000;
            if self.on_the_way.peek().is_some_and(|Reverse((arrival_us, ..))| *arrival_us <= sent_us) {
                break;
            }
            self.rows.next();
            let arrival_us = sent_us.saturating_add(self.rng.u64(..=self.longest_us));
            self.on_the_way.push(Reverse((arrival_us, self.sent, row)));
            self.sent += 1;
        }
        self.on_the_way.pop().map(|Reverse((_, _, row))| row)
    }
}
