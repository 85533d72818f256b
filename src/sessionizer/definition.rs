//! What a session means to a sessionizer.

use super::error::SessionizerError;
use crate::core::gap::Gap;
use crate::core::rules::{RuleFlag, RuleSet, RuleTexts, duration_text};

/// Gap, rules, and the zone of midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StreamDefinition {
    pub(super) gap: Gap,
    pub(super) timezone: String,
    pub(super) rules: RuleTexts,
    /// The columns of emitted events; none where none are emitted.
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
        // The columns of a key have no names here.
        rules.resolve_keys(&[]).map_err(SessionizerError::Definition)?;
        if self.rules.value(RuleFlag::KeyParts).is_some() {
            let what = "key-parts: the key of an event comes whole, its parts are not looked at";
            return Err(SessionizerError::Definition(what.to_owned()));
        }
        if rules.emit().events == self.event_columns.is_empty() {
            let what = "events are emitted with the columns that emit_events names, and with no others";
            return Err(SessionizerError::Definition(what.to_owned()));
        }
        Ok(rules)
    }

    /// The definition in words, the same for all that mean the same: `gap 30m, timezone UTC, agg count`.
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
