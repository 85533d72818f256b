//! Validated options of a run.

mod choice;
mod outputs;

pub use choice::{FilePattern, SourceChoice};
pub use outputs::{Compression, DatePartitions, OutputForm, OutputFormat, OutputSettings};

use crate::core::event::Timestamp;
use crate::core::watermark::Advance;
use crate::definition::{DefinitionRequest, KeyHasher};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// The options of every command.
#[derive(Debug, Clone)]
pub struct CommonSettings {
    /// The folder of the checkpoint.
    pub state: PathBuf,
    /// The folder of the outputs.
    pub out: PathBuf,
    /// How long to wait for another run to end.
    pub wait: Duration,
    /// The time at the start, from the clock or from `--now`.
    pub as_of: Timestamp,
}

/// The options of a run.
#[derive(Debug, Clone)]
pub struct RunSettings {
    /// The requested definition.
    pub request: DefinitionRequest,
    /// What replaces keys, with the secret that the command names. The request has its fingerprint.
    pub key_hasher: Option<KeyHasher>,
    /// The order in which its files are ingested.
    pub file_order: FileOrder,
    /// How the source of each file is found.
    pub choice: SourceChoice,
    /// Whether the definition may change (rule 12).
    pub redefine: bool,
    /// How the watermark moves (rule 3).
    pub advance: Advance,
    /// How far in the future an event may be, in microseconds (rule 9).
    pub max_future_us: i64,
    /// More rejected rows than this fail the run (rule 10).
    pub max_rejects: Limit,
    /// More late rows than this fail the run (rule 2).
    pub max_late: Limit,
    /// Fewer rows than this fail the run.
    pub min_rows: u64,
    /// Whether late rows are written to a side output, or only counted.
    pub keep_late_rows: bool,
    /// Whether to stop before anything is written.
    pub dry_run: bool,
    /// How known files are recognized.
    pub files: FileSettings,
    /// The memory for events and open sessions, in bytes; beyond it, events go to temporary files.
    pub memory_bytes: usize,
    /// How many generations of open state are kept.
    pub keep_generations: KeepGenerations,
    /// More bytes than this, after decompression, fail the run.
    pub max_bytes: u64,
    /// How outputs are written.
    pub outputs: OutputSettings,
    /// The words of the command, for advice.
    pub command: Vec<String>,
}

/// The order in which a command ingests its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileOrder {
    /// The given order.
    Given,
    /// By name, with numbers compared as numbers.
    Name,
    /// By the first event of each.
    Time,
}

/// How the known part of a file is recognized.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileSettings {
    /// Whether files are still being written: an unfinished last row is left for a later run.
    pub growing: bool,
    /// Whether a file is recognized by its path, length and times, without reading it.
    pub trust_mtime: bool,
    /// Whether each file of the command is a batch of its own: a later one may lie before what an earlier one has completed.
    pub each: bool,
}

/// Which generations of open state are kept for rollbacks. The current one is always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepGenerations {
    /// The newest ones.
    Count(NonZeroU64),
    /// Those whose run is younger than this many microseconds, and all after them.
    Age(i64),
}

/// The limit for rows of a kind in a batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A number of rows.
    Rows(u64),
    /// A share of the rows read, in percent.
    Percent(f64),
}

impl Limit {
    /// Whether `rows` of `all` exceed the limit.
    #[expect(clippy::cast_precision_loss, reason = "a share of rows needs no more than 53 bits")]
    pub fn is_exceeded(self, rows: u64, all: u64) -> bool {
        match self {
            Self::Rows(limit) => rows > limit,
            Self::Percent(percent) => rows as f64 * 100.0 > percent * all as f64,
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let error = || format!("'{text}' is neither a number of rows, such as 10, nor a share, such as 0.5%");
        match text.strip_suffix('%') {
            None => text.parse().map(Self::Rows).map_err(|_| error()),
            Some(number) => match number.trim_end().parse::<f64>() {
                Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(Self::Percent(percent)),
                _ => Err(error()),
            },
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows(rows) => write!(f, "{rows} rows"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_rows_or_percent() {
        assert_eq!("10".parse(), Ok(Limit::Rows(10)));
        assert_eq!("0.5%".parse(), Ok(Limit::Percent(0.5)));
        for wrong in ["", "%", "-1", "101%", "NaN%", "1.5", "ten"] {
            assert!(wrong.parse::<Limit>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_share_is_exceeded_by_the_first_row_above_it() {
        let limit: Limit = "1%".parse().unwrap();
        assert!(!limit.is_exceeded(1, 100) && limit.is_exceeded(2, 100));
    }

    #[test]
    fn a_limit_of_zero_allows_nothing() {
        for zero in ["0", "0%"] {
            let limit: Limit = zero.parse().unwrap();
            assert!(limit.is_exceeded(1, 1_000_000) && !limit.is_exceeded(0, 0));
        }
    }
}
