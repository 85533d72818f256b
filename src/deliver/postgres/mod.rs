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

use super::follower::{Follower, Request, Target};
use crate::error::Result;
use versions::VERSIONS;

/// PostgreSQL as a target.
pub(super) const TARGET: Target = Target {
    name: "PostgreSQL",
    schemes: &["postgres", "postgresql"],
    absent: if cfg!(feature = "postgres") {
        None
    } else {
        Some("install one that does by cargo install --path . --features postgres")
    },
    schema: VERSIONS[0].1,
    connect,
};

#[cfg(feature = "postgres")]
fn connect(request: &Request<'_>) -> Result<Box<dyn Follower>> {
    Ok(Box::new(follower::Postgres::connect(request)?))
}

/// Nobody gets here: the table says that this build has no such follower.
#[cfg(not(feature = "postgres"))]
fn connect(request: &Request<'_>) -> Result<Box<dyn Follower>> {
    let (address, name) = (request.address, request.name);
    log::debug!("{name} of {} cannot go to {address} ({:?})", request.stream, request.disk);
    Err(crate::error::Error::new(crate::error::ErrorKind::Usage, "this build has no such target"))
}
