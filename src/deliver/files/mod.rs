//! Delivery into files: objects of a store, or a folder. Readers go by manifests.

#[cfg(not(feature = "cloud"))]
mod absent;
mod address;
#[cfg(feature = "cloud")]
mod bucket;
#[cfg(all(test, feature = "cloud"))]
mod bucket_tests;
mod cleaning;
#[cfg(test)]
mod conformance;
mod entries;
mod entry;
mod folder;
mod follower;
mod identity;
mod layout;
#[cfg(test)]
mod memory;
mod random;
#[cfg(feature = "parquet")]
mod root;
mod sending;
mod store;
#[cfg(test)]
mod tests;

use super::follower::{Follower, Request};
use super::target::Target;
use crate::error::Result;
#[cfg(not(feature = "cloud"))]
use absent as bucket;
use address::Place;
use folder::Folder;
use follower::Files;
use store::Store;

#[cfg(feature = "parquet")]
pub use root::Root;

/// The target.
pub(super) const TARGET: Target = Target {
    kind: "files",
    name: "files",
    schemes: &["s3", "gs", "az", "file"],
    schema: "",
    connect: Ok(connect),
};

fn connect(request: &Request<'_>) -> Result<Box<dyn Follower>> {
    let (store, shown): (Box<dyn Store>, String) = match Place::of(request.address)? {
        Place::Folder(root) => {
            let shown = root.display().to_string();
            (Box::new(Folder::at(root, request.disk.clone())), shown)
        }
        Place::Bucket(url) => (bucket::open(url)?, url.trim_end_matches('/').to_owned()),
    };
    Ok(Box::new(Files::open(store, shown, request)?))
}
