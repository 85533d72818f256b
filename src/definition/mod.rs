//! The definition of sessions in one checkpoint (rule 12): fixed when the checkpoint is created, and compared with every run.

mod column;
mod difference;
mod key_hasher;
mod options;
mod request;
mod source;

pub use column::{Column, ColumnRequest, SOURCE_COLUMN, columns_text};
pub use key_hasher::{HASH_DIGITS, KeyHasher};
pub use options::FormatOptions;
pub use request::DefinitionRequest;
pub use source::{PATH_COLUMNS, Source, SourceRequest};

use crate::core::gap::Gap;
use crate::core::rules::{RuleFlag, RuleSet, RuleTexts, duration_text};

/// The default gap: five minutes.
pub const DEFAULT_GAP: Gap = Gap::from_us(300 * 1_000_000);

/// The definition, fixed when a checkpoint is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The gap of every session.
    pub gap: Gap,
    /// The sources of events, one or more. The first one names the key columns of the output.
    pub sources: Vec<Source>,
    /// Rules besides the gap.
    pub rules: RuleTexts,
    /// The columns of emitted events; `None` before a file has shown them, or if none are emitted.
    pub event_columns: Option<Vec<String>>,
}

impl Definition {
    /// No definition: the next run decides it.
    pub fn undecided() -> Self {
        Self { gap: Gap::from_us(0), sources: Vec::new(), rules: RuleTexts::default(), event_columns: None }
    }

    /// Whether the definition is not decided. A decided one has a source.
    pub const fn is_undecided(&self) -> bool {
        self.sources.is_empty()
    }

    /// The names of the key columns in outputs: those of the first source's header, otherwise `key`, or `key_1`, `key_2`, ...
    pub fn key_names(&self) -> Vec<String> {
        let key = self.key();
        let fallback = |number: usize| {
            if key.len() == 1 { "key".to_owned() } else { format!("key_{}", number + 1) }
        };
        key.iter().enumerate().map(|(n, column)| column.name.clone().unwrap_or_else(|| fallback(n))).collect()
    }

    /// The compiled rules. Midnight is that of the one zone of all sources, otherwise that of each event's source.
    ///
    /// # Errors
    /// What is wrong, for a definition that this program did not create.
    pub fn rule_set(&self) -> Result<RuleSet, String> {
        let mut zones = self.sources.iter().map(|source| source.timezone.as_str());
        let first = zones.next().unwrap_or("UTC");
        let zone = first.parse().map_err(|_| format!("there is no time zone named {first}"))?;
        let mut rules =
            RuleSet::compile(&self.rules, self.gap, zones.all(|other| other == first).then_some(zone))?;
        if self.has_key_names() {
            rules.resolve_keys(&self.key_names())?;
        }
        Ok(rules)
    }

    /// Checks that keys are hashed with the secret of `hasher`, or not at all without one.
    ///
    /// # Errors
    /// How they are hashed instead.
    pub fn check_key_hasher(&self, hasher: Option<&KeyHasher>) -> Result<(), String> {
        let asked = hasher.map(KeyHasher::fingerprint);
        match self.rules.value(RuleFlag::HashKey) {
            kept if kept == asked => Ok(()),
            Some(kept) => {
                let asked =
                    asked.map_or_else(|| "names no secret".to_owned(), |asked| format!("has {asked}"));
                Err(format!(
                    "the keys of the checkpoint are hashed with the secret {kept}, and the command {asked}"
                ))
            }
            None => Err("the keys of the checkpoint are not hashed".to_owned()),
        }
    }

    /// Whether [`Definition::key_names`] is final, whatever the first file shows.
    fn has_key_names(&self) -> bool {
        let are_named = self.key().iter().all(|column| column.name.is_some());
        self.sources.first().is_some_and(|source| are_named || !source.is_undecided())
    }

    /// The key columns of the first source. Every other source has as many.
    pub fn key(&self) -> &[Column] {
        self.sources.first().map_or(&[], |source| &source.key)
    }
}

/// A gap for people: `5m`, `1h 30m`.
pub fn gap_text(gap: Gap) -> String {
    duration_text(std::time::Duration::from_micros(gap.us().unsigned_abs()))
}

#[cfg(test)]
mod tests;
