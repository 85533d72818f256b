//! Why a sessionizer refuses something.

use std::fmt;

/// Why a definition, an event or a saved state is refused. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionizerError {
    /// The definition makes no sense.
    Definition(String),
    /// The event cannot be one.
    Rejected(&'static str),
    /// The state was saved under another definition: first that one, then the one of the builder.
    OtherDefinition(String, String),
    /// The saved bytes are none, cut or damaged, or of a version that is not known.
    Damaged(String),
}

impl fmt::Display for SessionizerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(what) => write!(f, "the definition makes no sense: {what}"),
            Self::Rejected(what) => write!(f, "this is no event: {what}"),
            Self::OtherDefinition(saved, asked) => {
                write!(
                    f,
                    "the state was saved under another definition: it has {saved}, this sessionizer {asked}"
                )
            }
            Self::Damaged(what) => write!(f, "the saved state is damaged: {what}"),
        }
    }
}

impl std::error::Error for SessionizerError {}
