//! Which target it is: a document at its root, made by the first delivery.

use super::layout::IDENTITY;
use super::random::random_id;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

const FORMAT_VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Identity {
    format_version: u32,
    target_id: String,
}

/// The id of the target, which is made if it has none. Holds that the store does what everything here rests on: it puts nothing in
/// the place of something else.
///
/// # Errors
/// [`ErrorKind::Delivery`] if the store gives no answer, or cannot be a target.
pub(super) fn target_id(store: &mut dyn Store) -> Result<String> {
    let bytes = match store.get(IDENTITY)? {
        Some(bytes) => bytes,
        None => make(store)?,
    };
    let identity: Identity =
        serde_json::from_slice(&bytes).map_err(|error| no_target(store, &error.to_string()))?;
    if identity.format_version > FORMAT_VERSION {
        let what =
            format!("it has format version {}, this program knows {FORMAT_VERSION}", identity.format_version);
        return Err(no_target(store, &what));
    }
    if store.put_new(IDENTITY, &bytes)? {
        return Err(Error::new(
            ErrorKind::Delivery,
            "this store replaces a file that was to be put only if it is new",
        )
        .at(store.shown(IDENTITY))
        .remedy(
            "two deliveries could not be told apart there: use a store that knows If-None-Match on PUT",
        ));
    }
    Ok(identity.target_id)
}

/// Two may make it at once: the one that stands there counts.
fn make(store: &mut dyn Store) -> Result<Vec<u8>> {
    let identity = Identity { format_version: FORMAT_VERSION, target_id: random_id()? };
    let bytes = serde_json::to_vec_pretty(&identity).unwrap_or_default();
    let put = store.put_new(IDENTITY, &bytes);
    match store.get(IDENTITY)? {
        Some(bytes) => Ok(bytes),
        None => Err(put.err().unwrap_or_else(|| no_target(store, "it was put, and is not there"))),
    }
}

fn no_target(store: &dyn Store, damage: &str) -> Error {
    Error::new(ErrorKind::Delivery, format!("this is no target of deliveries: {damage}"))
        .at(store.shown(IDENTITY))
        .remedy("deliver to a root of its own, or put the file back from a copy of the target")
}
