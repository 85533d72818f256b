//! What a session means in one checkpoint (rule 12): fixed when the checkpoint is created, held against every run.

mod column;
mod difference;
mod request;
mod source;

pub use column::{Column, ColumnRequest, columns_text};
pub use difference::Difference;
pub use request::DefinitionRequest;
pub use source::{Source, SourceRequest};

use crate::gap::Gap;

/// The gap of the program's origin: five minutes.
pub const DEFAULT_GAP: Gap = Gap::from_us(300 * 1_000_000);

/// What is fixed when a checkpoint is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The gap of every session.
    pub gap: Gap,
    /// Where events come from, one or more. The first one names the key columns of the output.
    pub sources: Vec<Source>,
}

impl Definition {
    /// The names of the key columns in outputs: those of the first source's header, else `key`, or `key_1`, `key_2`, ...
    pub fn key_names(&self) -> Vec<String> {
        let key = self.key();
        let fallback = |number: usize| {
            if key.len() == 1 { "key".to_owned() } else { format!("key_{}", number + 1) }
        };
        key.iter().enumerate().map(|(n, column)| column.name.clone().unwrap_or_else(|| fallback(n))).collect()
    }

    /// The key columns of the first source. Every other source has as many.
    pub fn key(&self) -> &[Column] {
        self.sources.first().map_or(&[], |source| &source.key)
    }
}

/// A gap as people write it: `5m`, `1h 30m`.
pub fn gap_text(gap: Gap) -> String {
    humantime::format_duration(std::time::Duration::from_micros(gap.us().unsigned_abs())).to_string()
}

#[cfg(test)]
mod tests;
