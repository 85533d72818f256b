//! The versions of the tables.

/// Every version with its statements, in order. A published version is never changed: a change is a further version.
pub(super) const VERSIONS: [(i32, &str); 1] =
    [(1, include_str!("../../../migrations/warehouse/V0001__sessions.sql"))];
