//! What a kind of target is.

#[cfg(feature = "deliver")]
use super::follower::{Follower, Request};

/// Connects to a target.
#[cfg(feature = "deliver")]
pub(super) type Connect = fn(&Request<'_>) -> crate::error::Result<Box<dyn Follower>>;
/// Nothing connects.
#[cfg(not(feature = "deliver"))]
pub(super) type Connect = std::convert::Infallible;

/// A kind of target.
pub(super) struct Target {
    /// Its name.
    pub(super) name: &'static str,
    /// What its addresses begin with, before `://`.
    pub(super) schemes: &'static [&'static str],
    /// The statements that make its tables.
    pub(super) schema: &'static str,
    /// Connects to one; for a build that cannot, what to do about it.
    pub(super) connect: Result<Connect, &'static str>,
}
