//! Data files that no manifest names: those of deliveries that have ended, or that another one was faster than.
//!
//! Every data file is under the number of the step that it was sent for. Once that step is taken, all files of others below the
//! number are of no use for ever; before that they may be on their way. So no clock and no age is needed to tell them apart.

use super::entries::{entry_of, newest};
use super::entry::Entry;
use super::folder::PARTIAL;
use super::layout::{IDENTITY, StreamNames};
use super::store::Store;
use crate::error::Result;
use std::collections::BTreeMap;

/// Removes what others have sent for the step that `taken` is. A store that does not do it keeps more files than it needs, and no
/// more: the delivery goes on.
pub(super) fn clean_step(store: &mut dyn Store, names: StreamNames, taken: &Entry) {
    let sent = store.list(&names.data_of_step(taken.number));
    if let Err(error) = sent.and_then(|sent| remove_others(store, names, taken, sent)) {
        log::warn!("files that no manifest names are still in the target: {error}");
    }
}

/// Removes all data files of the stream that no manifest names and none ever will, and says how many. Lists all data files, and
/// reads all manifests.
///
/// # Errors
/// [`crate::error::ErrorKind::Delivery`] if the store gives no answer, or a manifest is damaged.
pub(super) fn clean_all(store: &mut dyn Store, names: StreamNames) -> Result<u64> {
    let mut sent = BTreeMap::<u64, Vec<String>>::new();
    for name in store.list(&names.data())? {
        if let Some(number) = names.step_of(&name) {
            sent.entry(number).or_default().push(name);
        }
    }
    let last = newest(store, names)?.map_or(0, |entry| entry.number);
    let mut removed = 0;
    for (number, sent) in sent.into_iter().filter(|(number, _)| *number <= last) {
        if let Some(taken) = entry_of(store, names, number)? {
            removed += remove_others(store, names, &taken, sent)?;
        }
    }
    Ok(removed + clean_partial(store, names)?)
}

/// Removes manifests that were never linked to their names. Whoever is about to do that writes another one.
fn clean_partial(store: &mut dyn Store, names: StreamNames) -> Result<u64> {
    let mut partial = store.list(&names.entries())?;
    partial.extend(store.list(&format!("{IDENTITY}."))?);
    partial.retain(|name| name.ends_with(PARTIAL));
    remove_all(store, &partial)
}

fn remove_others(
    store: &mut dyn Store,
    names: StreamNames,
    taken: &Entry,
    mut sent: Vec<String>,
) -> Result<u64> {
    let kept = names.data_of_attempt(taken.number, &taken.attempt);
    sent.retain(|name| !name.starts_with(&kept));
    remove_all(store, &sent)
}

fn remove_all(store: &mut dyn Store, names: &[String]) -> Result<u64> {
    names.iter().try_for_each(|name| store.remove(name))?;
    Ok(names.len() as u64)
}
