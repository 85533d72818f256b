//! What a kind of target is.

use super::follower::{Follower, Request};

/// Connects to a target.
pub(super) type Connect = fn(&Request<'_>) -> crate::error::Result<Box<dyn Follower>>;

/// A kind of target.
pub(super) struct Target {
    /// The name of its followers that have no other one.
    pub(super) kind: &'static str,
    /// Its name, for people.
    pub(super) name: &'static str,
    /// What its addresses begin with, before `://`.
    pub(super) schemes: &'static [&'static str],
    /// The statements that make its tables.
    pub(super) schema: &'static str,
    /// Connects to one; for a build that cannot, what to do about it.
    pub(super) connect: Result<Connect, &'static str>,
}
