//! Why a row goes to a side output.

use crate::core::rules::Unmet;

/// The reason in the outputs `rejects` and `late`, and in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Fewer fields than the header or the first row.
    TooFewFields,
    /// More fields than the header or the first row.
    TooManyFields,
    /// The time is in no form that is understood.
    Time,
    /// The time has a known form, but there is no such date or time of day.
    ImpossibleTime,
    /// The time is a number that would be a time before 1990, and the other times are none: a total, or what is left of a time.
    StrayNumber,
    /// The file ends within the time of its last row.
    CutTime,
    /// Every part of the key is empty.
    EmptyKey,
    /// A part of a composite key is missing, and all are required.
    MissingKeyPart,
    /// The key is longer than [`crate::core::event::MAX_KEY_BYTES`].
    KeyTooLong,
    /// The line does not have its format.
    MalformedLine,
    /// The line is not a JSON object.
    Json,
    /// A part of the key is a number with a fraction or an exponent, a list or an object.
    KeyType,
    /// A part of a composite key contains the byte that joins the parts.
    KeySeparator,
    /// A column that an aggregate adds up or compares does not contain a number.
    NotANumber,
    /// The gap column does not contain a duration.
    NotADuration,
    /// A listed column contains bytes that are not UTF-8.
    NotUtf8,
    /// The columns that rules use are longer than the limit of an event.
    ProjectedTooLong,
    /// The event is too far in the future (rule 9).
    Future,
    /// The file ends inside a quoted field of its last line.
    UnclosedQuote,
    /// The event is before the watermark (rule 2). This is not a reject: it has its own output.
    Late,
}

impl From<Unmet> for Reason {
    fn from(unmet: Unmet) -> Self {
        match unmet {
            Unmet::NotANumber => Self::NotANumber,
            Unmet::NotADuration => Self::NotADuration,
            Unmet::NotUtf8 => Self::NotUtf8,
        }
    }
}

impl Reason {
    /// The word in outputs and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooFewFields => "too-few-fields",
            Self::TooManyFields => "too-many-fields",
            Self::Time => "time",
            Self::ImpossibleTime => "impossible-time",
            Self::StrayNumber => "stray-number",
            Self::CutTime => "cut-time",
            Self::EmptyKey => "empty-key",
            Self::MissingKeyPart => "missing-key-part",
            Self::KeyTooLong => "key-too-long",
            Self::MalformedLine => "malformed-line",
            Self::Json => "json",
            Self::KeyType => "key-type",
            Self::KeySeparator => "key-separator",
            Self::NotANumber => "not-a-number",
            Self::NotADuration => "not-a-duration",
            Self::NotUtf8 => "not-utf8",
            Self::ProjectedTooLong => "kept-columns-too-long",
            Self::Future => "future",
            Self::UnclosedQuote => "unclosed-quote",
            Self::Late => "late",
        }
    }
}
