//! The definition of the sessions of a sessionizer.

use super::error::SessionizerError;
use crate::core::gap::Gap;
use crate::core::rules::{RuleFlag, RuleSet, RuleTexts, duration_text};

/// The gap, the rules, and the time zone of midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamDefinition {
    pub(super) gap: Gap,
    pub(super) timezone: String,
    pub(super) rules: RuleTexts,
    /// The columns of emitted events; empty if no events are emitted.
    pub(super) event_columns: Vec<String>,
}

impl StreamDefinition {
    pub(super) fn rule_set(&self) -> Result<RuleSet, SessionizerError> {
        let no_zone =
            || SessionizerError::Definition(format!("there is no time zone named {}", self.timezone));
        let zone = self.timezone.parse().map_err(|_| no_zone())?;
        let checked = self.rules.check_none_is_alone().and_then(|()| self.rules.check_names(&[]));
        let compiled = checked.and_then(|()| RuleSet::compile(&self.rules, self.gap, Some(zone)));
        let mut rules = compiled.map_err(SessionizerError::Definition)?;
        // Here, the key columns have no names.
        rules.resolve_keys(&[]).map_err(SessionizerError::Definition)?;
        if self.rules.value(RuleFlag::KeyParts).is_some() {
            let what = "key-parts: push takes the key as a whole, so its parts cannot be checked";
            return Err(SessionizerError::Definition(what.to_owned()));
        }
        if self.rules.value(RuleFlag::HashKey).is_some() {
            let what = "hash-key: push takes the key as it is to be kept; hash it before";
            return Err(SessionizerError::Definition(what.to_owned()));
        }
        if rules.emit().events == self.event_columns.is_empty() {
            let what = "emit: call emit_events with the columns of emitted events";
            return Err(SessionizerError::Definition(what.to_owned()));
        }
        Ok(rules)
    }

    /// The definition as text; equal definitions have equal texts: `gap 30m, timezone UTC, agg count`.
    pub(super) fn words(&self) -> String {
        let gap = duration_text(std::time::Duration::from_micros(self.gap.us().unsigned_abs()));
        let mut words = vec![format!("gap {gap}"), format!("timezone {}", self.timezone)];
        for (flag, values) in self.rules.meanings() {
            words.extend(values.iter().map(|value| format!("{} {value}", flag.name())));
        }
        words.extend(self.event_columns.iter().map(|column| format!("event-column {column}")));
        words.join(", ")
    }
}
