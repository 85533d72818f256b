//! Delivery: the published runs are a log, and a follower carries each of them whole into a target.
//!
//! A target is a folder or file with a follower in it, and a line of the table below: nothing else knows one by name.

#[cfg(not(feature = "deliver"))]
mod absent;
#[cfg(feature = "deliver")]
mod follower;
#[cfg(feature = "deliver")]
mod log;
mod postgres;
#[cfg(feature = "deliver")]
mod session;
mod status;
mod target;

#[cfg(not(feature = "deliver"))]
pub use absent::{DeliverSettings, deliver};
#[cfg(feature = "deliver")]
pub use session::{DeliverSettings, deliver};
pub use status::{forget, status};

pub use crate::output::check_follower_name;

use crate::error::{Error, ErrorKind, Result};
use target::{Connect, Target};

/// The table of targets.
const TARGETS: &[Target] = &[postgres::TARGET];

/// The target of an address, and how to connect to it: its scheme tells which.
fn connect_to(address: &str) -> Result<(&'static Target, Connect)> {
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    let target = TARGETS.iter().find(|target| target.schemes.contains(&scheme));
    let target = target.ok_or_else(|| {
        let known: Vec<_> = TARGETS.iter().map(|target| format!("{}://…", target.schemes[0])).collect();
        Error::new(ErrorKind::Usage, "there is no target of this kind")
            .remedy(format!("write an address such as {}", known.join(" or ")))
    })?;
    target.connect.map(|connect| (target, connect)).map_err(|remedy| {
        let what = format!("this build does not deliver to {}", target.name);
        Error::new(ErrorKind::Usage, what).remedy(remedy)
    })
}

/// The statements that make the tables of each target, for whoever makes them by hand.
pub fn schemas() -> String {
    TARGETS.iter().map(|target| target.schema).collect()
}
