//! Takes the place of deliveries in a build that has no target.

use super::connect_to;
use super::target::Connect;
use crate::error::Result;
use crate::report::DeliverReport;
use crate::run::Cancellation;
use std::path::PathBuf;

/// What to deliver, and where to: nothing.
#[derive(Debug)]
pub struct DeliverSettings(Connect);

impl DeliverSettings {
    /// Refuses each address.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`].
    pub fn new(_out: PathBuf, to: &str, _name: Option<String>) -> Result<Self> {
        connect_to(to).map(|(_, connect)| Self(connect))
    }
}

/// Nobody can call it.
///
/// # Errors
/// None.
pub fn deliver(settings: &DeliverSettings, _cancellation: &Cancellation) -> Result<DeliverReport> {
    match settings.0 {}
}
