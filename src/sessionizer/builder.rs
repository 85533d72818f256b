//! The definition of a sessionizer, in the words of the command's flags.

use super::definition::StreamDefinition;
use super::engine::Sessionizer;
use super::error::SessionizerError;
use super::saved::Saved;
use crate::core::gap::Gap;
use crate::core::rules::{RuleFlag, RuleTexts, duration};
use crate::core::watermark::EventTime;

/// A definition in the words of the command's flags.
///
/// The methods check nothing. [`SessionizerBuilder::build`] and [`SessionizerBuilder::load`] report what is wrong.
///
/// ```
/// # use sessionize::Sessionizer;
/// let wrong = Sessionizer::builder().rule("max-events", "many").build();
/// assert!(wrong.unwrap_err().to_string().contains("'many' is not a whole number from 1 on"));
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SessionizerBuilder {
    gap: String,
    watermark_delay: String,
    timezone: String,
    rules: Vec<(String, String)>,
    event_columns: Vec<String>,
}

impl Default for SessionizerBuilder {
    fn default() -> Self {
        Self {
            gap: "5m".to_owned(),
            watermark_delay: "0s".to_owned(),
            timezone: "UTC".to_owned(),
            rules: Vec::new(),
            event_columns: Vec::new(),
        }
    }
}

impl Sessionizer {
    /// Returns a builder with the defaults of the command: a gap of five minutes, no watermark delay, no rules.
    pub fn builder() -> SessionizerBuilder {
        SessionizerBuilder::default()
    }
}

impl SessionizerBuilder {
    /// Sets the longest pause between two events of a session: `30m`, `1h30m`.
    pub fn gap(self, gap: &str) -> Self {
        Self { gap: gap.to_owned(), ..self }
    }

    /// Sets how far the watermark trails the latest event: `10m`.
    pub fn watermark_delay(self, delay: &str) -> Self {
        Self { watermark_delay: delay.to_owned(), ..self }
    }

    /// Sets how long a completed session still accepts late events: `3d`. A session that changes is retracted and inserted again.
    pub fn allowed_lateness(self, lateness: &str) -> Self {
        self.rule(RuleFlag::AllowedLateness.name(), lateness)
    }

    /// Sets the time zone of midnight, by its IANA name: `Europe/Paris`. Only the split at midnight depends on it.
    pub fn timezone(self, name: &str) -> Self {
        Self { timezone: name.to_owned(), ..self }
    }

    /// Adds an aggregate of the events of a session: `count`, `sum(amount)`, `first(path)=landing_page`.
    pub fn aggregate(self, aggregate: &str) -> Self {
        self.rule(RuleFlag::Aggregate.name(), aggregate)
    }

    /// Adds a rule by the name of its flag without the dashes: `max-duration`, `start-on`, `dedup`.
    pub fn rule(mut self, flag: &str, value: &str) -> Self {
        self.rules.push((flag.to_owned(), value.to_owned()));
        self
    }

    /// Adds events to the output: each completed session holds the values that its events have in these columns.
    pub fn emit_events<'c>(mut self, columns: impl IntoIterator<Item = &'c str>) -> Self {
        self.event_columns = columns.into_iter().map(str::to_owned).collect();
        self.rule(RuleFlag::Emit.name(), "both")
    }

    /// Returns a sessionizer without open sessions.
    ///
    /// # Errors
    /// [`SessionizerError::Definition`] if the definition is not valid.
    pub fn build(self) -> Result<Sessionizer, SessionizerError> {
        let (definition, delay_us) = self.definition()?;
        Sessionizer::new(definition, delay_us, EventTime::default())
    }

    /// Returns a sessionizer that continues from the bytes of [`Sessionizer::save`]. Its watermark delay may differ from the one
    /// before; the rest of the definition must be the same. Linear in the bytes.
    ///
    /// # Errors
    /// [`SessionizerError::Definition`] if the definition is not valid. [`SessionizerError::OtherDefinition`] if the bytes were saved
    /// under another definition. [`SessionizerError::Damaged`] if the bytes are truncated or damaged, have an unknown version, or do
    /// not come from [`Sessionizer::save`].
    pub fn load(self, bytes: &[u8]) -> Result<Sessionizer, SessionizerError> {
        let (definition, delay_us) = self.definition()?;
        let saved = Saved::from_bytes(bytes).map_err(SessionizerError::Damaged)?;
        if saved.definition != definition.words() {
            return Err(SessionizerError::OtherDefinition(saved.definition, definition.words()));
        }
        let mut sessionizer = Sessionizer::new(definition, delay_us, saved.event_time)?;
        sessionizer.restore(&saved.partitions)?;
        Ok(sessionizer)
    }

    fn definition(self) -> Result<(StreamDefinition, i64), SessionizerError> {
        let rules = self.rules.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let rules = RuleTexts::collect(rules).map_err(SessionizerError::Definition)?;
        let gap = Gap::from_us(duration_us("gap", &self.gap)?);
        let delay_us = duration_us("watermark-delay", &self.watermark_delay)?;
        let definition =
            StreamDefinition { gap, timezone: self.timezone, rules, event_columns: self.event_columns };
        Ok((definition, delay_us))
    }
}

fn duration_us(name: &str, text: &str) -> Result<i64, SessionizerError> {
    let wrong = |what: String| SessionizerError::Definition(format!("{name}: {what}"));
    let duration = duration(text).map_err(wrong)?;
    i64::try_from(duration.as_micros()).map_err(|error| wrong(error.to_string()))
}
