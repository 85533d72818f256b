//! What a kind of target is.

#[cfg(not(feature = "deliver"))]
use super::absent::Connect;
#[cfg(feature = "deliver")]
use super::follower::Connect;

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
