//! The types that rules require of projected columns.

use super::duration::{duration_in_column, event_duration_us};
use crate::core::aggregates::is_number;

/// The types that rules require of the values of a projected column. Any other value rejects its row. An empty value is a
/// missing one and passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// A number.
    pub number: bool,
    /// A duration in this form.
    pub duration: Option<DurationForm>,
    /// UTF-8.
    pub text: bool,
    /// Any value; numbers are compared as numbers.
    pub compared: bool,
}

/// How a duration is written. If a column must satisfy two forms, the later one is the narrower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DurationForm {
    /// The duration of an event: seconds with any fraction, or a duration as in a flag.
    OfEvent,
    /// The gap of an event: whole seconds, or a duration as in a flag.
    OfGap,
}

impl DurationForm {
    fn fits(self, value: &[u8]) -> bool {
        match self {
            Self::OfEvent => event_duration_us(value).is_some(),
            Self::OfGap => duration_in_column(value).is_some(),
        }
    }
}

/// The type that a value does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// A number.
    NotANumber,
    /// A duration.
    NotADuration,
    /// UTF-8.
    NotUtf8,
}

impl Demand {
    /// Whether the spelling of a number matters.
    pub const fn reads_numbers(self) -> bool {
        self.number || self.duration.is_some() || self.compared
    }

    /// Checks a value.
    ///
    /// # Errors
    /// The type that the value does not have.
    pub fn check(self, value: &[u8]) -> Result<(), Unmet> {
        if value.is_empty() {
            Ok(())
        } else if self.number && !is_number(value) {
            Err(Unmet::NotANumber)
        } else if self.duration.is_some_and(|form| !form.fits(value)) {
            Err(Unmet::NotADuration)
        } else if self.text && std::str::from_utf8(value).is_err() {
            Err(Unmet::NotUtf8)
        } else {
            Ok(())
        }
    }
}

impl Unmet {
    /// The reason as text.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotANumber => "a rule needs a number, but the value is not one",
            Self::NotADuration => "a rule needs a duration, but the value is not one",
            Self::NotUtf8 => "a rule needs a text, but the value is not UTF-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_demanded_nothing_of() {
        let demand = Demand { number: true, duration: Some(DurationForm::OfGap), text: true, compared: true };
        assert_eq!(demand.check(b""), Ok(()));
        assert_eq!(demand.check(b"90"), Ok(()));
        assert_eq!(demand.check(b"-1"), Err(Unmet::NotADuration));
        assert_eq!(demand.check(b"5m"), Err(Unmet::NotANumber));
        assert_eq!(Demand::default().check(b"anything\xFF"), Ok(()));
        let text = Demand { text: true, ..Demand::default() };
        assert_eq!((text.check(b"a\xFF"), text.check("ä".as_bytes())), (Err(Unmet::NotUtf8), Ok(())));
    }

    #[test]
    fn the_spelling_of_a_number_matters_to_whoever_reads_or_compares_numbers() {
        let (duration, none) = (Some(DurationForm::OfEvent), Demand::default());
        assert!(!none.reads_numbers() && !Demand { text: true, ..none }.reads_numbers());
        for of in
            [Demand { number: true, ..none }, Demand { duration, ..none }, Demand { compared: true, ..none }]
        {
            assert!(of.reads_numbers(), "{of:?}");
        }
    }

    #[test]
    fn the_reason_names_the_type() {
        for (unmet, word) in
            [(Unmet::NotANumber, "number"), (Unmet::NotADuration, "duration"), (Unmet::NotUtf8, "UTF-8")]
        {
            assert!(unmet.words().contains(word));
        }
    }
}
