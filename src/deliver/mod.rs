//! Delivery: the published runs are a log, and a follower carries each of them whole into a target.
//!
//! A target is a folder or file with a follower in it, and a line of the table below: nothing else knows one by name.

mod follower;
mod log;
mod postgres;
mod session;
mod status;

pub use session::{DeliverSettings, deliver};
pub use status::{forget, status};

pub use crate::output::check_follower_name;

use crate::error::{Error, ErrorKind, Result};
use follower::Target;

/// The table of targets.
const TARGETS: &[Target] = &[postgres::TARGET];

/// The target of an address: its scheme tells which.
fn target_of(address: &str) -> Result<&'static Target> {
    let scheme = address.split_once("://").map_or("", |(scheme, _)| scheme);
    let target = TARGETS.iter().find(|target| target.schemes.contains(&scheme));
    let target = target.ok_or_else(|| {
        let known: Vec<_> = TARGETS.iter().map(|target| format!("{}://…", target.schemes[0])).collect();
        Error::new(ErrorKind::Usage, "there is no target of this kind")
            .remedy(format!("write an address such as {}", known.join(" or ")))
    })?;
    match target.absent {
        None => Ok(target),
        Some(remedy) => {
            let what = format!("this build does not deliver to {}", target.name);
            Err(Error::new(ErrorKind::Usage, what).remedy(remedy))
        }
    }
}

/// The statements that make the tables of each target, for whoever makes them by hand.
pub fn schemas() -> String {
    TARGETS.iter().map(|target| target.schema).collect()
}
