//! Delivery: the published runs are a log, and a follower carries each of them whole into a target.
//!
//! A target is a folder or file with a follower in it, and a line of the table below: nothing else knows one by name.

mod files;
mod follower;
mod log;
mod postgres;
mod session;
mod status;
mod target;

#[cfg(feature = "parquet")]
pub use files::Root;
pub use session::{DeliverSettings, clean, deliver};
pub use status::{forget, status};

pub use crate::output::check_follower_name;

use crate::error::{Error, ErrorKind, Result};
use target::{Connect, Target};

/// The table of targets.
const TARGETS: &[Target] = &[postgres::TARGET, files::TARGET];

/// The target of an address, and how to connect to it: its scheme tells which.
fn connect_to(address: &str) -> Result<(&'static Target, Connect)> {
    let scheme = scheme_of(address).to_ascii_lowercase();
    let target = TARGETS.iter().find(|target| target.schemes.contains(&scheme.as_str()));
    let target = target.ok_or_else(|| {
        let schemes = TARGETS.iter().flat_map(|target| target.schemes);
        let known: Vec<_> = schemes.map(|scheme| format!("{scheme}://")).collect();
        Error::new(ErrorKind::Usage, "there is no target of this kind").remedy(format!(
            "an address begins with {}; that of a folder also with / or ./",
            known.join(", ")
        ))
    })?;
    target.connect.map(|connect| (target, connect)).map_err(|remedy| {
        let what = format!("this build does not deliver to {}", target.name);
        Error::new(ErrorKind::Usage, what).remedy(remedy)
    })
}

/// The scheme of an address. A path is that of a folder, if it looks like nothing else.
fn scheme_of(address: &str) -> &str {
    match address.split_once("://") {
        Some((scheme, _)) => scheme,
        None if ["/", "./", "../"].iter().any(|begin| address.starts_with(begin)) => "file",
        None => "",
    }
}

/// The statements that make the tables of each target, for whoever makes them by hand.
pub fn schemas() -> String {
    TARGETS.iter().map(|target| target.schema).collect()
}
