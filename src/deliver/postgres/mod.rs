//! PostgreSQL. Without the feature `postgres` its addresses are known, and nothing is delivered to them.

#[cfg(feature = "postgres")]
mod address;
#[cfg(feature = "postgres")]
mod columns;
#[cfg(feature = "postgres")]
mod copy;
#[cfg(feature = "postgres")]
mod entry;
#[cfg(feature = "postgres")]
mod environment;
#[cfg(feature = "postgres")]
mod failure;
#[cfg(feature = "postgres")]
mod follower;
#[cfg(feature = "postgres")]
mod password;
#[cfg(feature = "postgres")]
mod rows;
#[cfg(feature = "postgres")]
mod tables;
#[cfg(feature = "postgres")]
mod tls;
mod versions;

use super::target::{Connect, Target};
use versions::VERSIONS;

/// PostgreSQL as a target.
pub(super) const TARGET: Target = Target {
    kind: "postgres",
    name: "PostgreSQL",
    schemes: &["postgres", "postgresql"],
    schema: VERSIONS[0].1,
    connect: CONNECT,
};

#[cfg(feature = "postgres")]
const CONNECT: Result<Connect, &str> = Ok(|request| Ok(Box::new(follower::Postgres::connect(request)?)));
#[cfg(not(feature = "postgres"))]
const CONNECT: Result<Connect, &str> =
    Err("install one that does by cargo install --path . --features postgres");
