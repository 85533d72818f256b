//! Which target it is: a document at its root, made by the first delivery.

use super::layout::IDENTITY;
use super::random::random_id;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use crate::output::Sealed;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Identity {
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
    let identity: Identity = Sealed::read(&bytes).map_err(|damage| no_target(store, &damage))?;
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
    let bytes = Sealed::of(&Identity { target_id: random_id()? }).to_bytes();
    let put = store.put_new(IDENTITY, &bytes);
    match store.get(IDENTITY)? {
        Some(bytes) => Ok(bytes),
        None => Err(put.err().unwrap_or_else(|| no_target(store, "it is gone"))),
    }
}

fn no_target(store: &dyn Store, damage: &str) -> Error {
    Error::new(ErrorKind::Delivery, format!("this is no target of deliveries: {damage}"))
        .at(store.shown(IDENTITY))
        .remedy("deliver to a root of its own, or put the file back from a copy of the target")
}
