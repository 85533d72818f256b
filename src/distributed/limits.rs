//! The limits of a batch, in the words of the driver's arguments.

use crate::error::{Error, ErrorKind, Result};
use crate::settings::Limit;

/// Refuses a batch with more `rows` of a kind than the argument `name` allows: a number, or a share of `all` rows.
///
/// # Errors
/// [`ErrorKind::Usage`] if `limit` is no limit, [`ErrorKind::DataRefused`] if it is exceeded.
pub fn check_limit(name: &str, limit: &str, rows: u64, all: u64) -> Result<()> {
    let parsed: Limit = limit
        .parse()
        .map_err(|what| Error::new(ErrorKind::Usage, format!("{name}: {what}")).nothing_changed())?;
    if !parsed.is_exceeded(rows, all) {
        return Ok(());
    }
    let what = format!("{rows} of {all} rows are more than {name}={limit} allows");
    Err(Error::new(ErrorKind::DataRefused, what)
        .remedy(format!("check that these are the right files and the right root, or raise {name}"))
        .nothing_changed())
}
