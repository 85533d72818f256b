//! Names that nobody else has.

use crate::error::{Error, ErrorKind, Result};
use uuid::Builder;

/// A random UUID.
///
/// # Errors
/// [`ErrorKind::Failed`] if the system has no random numbers.
pub(super) fn random_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Failed, format!("the system gives no random numbers: {error}"))
            .nothing_changed()
    })?;
    Ok(Builder::from_random_bytes(bytes).into_uuid().to_string())
}
