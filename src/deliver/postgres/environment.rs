//! The environment of the command.

use crate::error::{Error, ErrorKind};

/// A variable that is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The error for an address, a variable or a file that makes no sense.
pub(super) fn mistake(what: &str) -> Error {
    Error::new(ErrorKind::Usage, what)
}
