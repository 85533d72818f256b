//! The errors of a sessionizer.

use std::fmt;

/// An error of a [`super::Sessionizer`] or its builder. Where it occurs, nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionizerError {
    /// The definition is not valid; the text says why.
    Definition(String),
    /// The event is not valid; the text says why.
    Rejected(&'static str),
    /// The state was saved under another definition: first the saved one, then the one of the builder.
    OtherDefinition(String, String),
    /// The saved bytes are truncated or damaged, have an unknown version, or are no saved state; the text says what was found.
    Damaged(String),
}

impl fmt::Display for SessionizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(what) => write!(f, "the definition is not valid: {what}"),
            Self::Rejected(what) => write!(f, "the event is rejected: {what}"),
            Self::OtherDefinition(saved, asked) => {
                write!(
                    f,
                    "the state was saved under another definition: it has {saved}, this sessionizer has {asked}"
                )
            }
            Self::Damaged(what) => write!(f, "the saved state is damaged: {what}"),
        }
    }
}

impl std::error::Error for SessionizerError {}
