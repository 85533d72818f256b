//! The steps of a stream in a target: which is the newest, and how the next one gets there once.
#![expect(clippy::disallowed_methods, reason = "waits for a store that is overloaded")]

use super::entry::Entry;
use super::layout::StreamNames;
use super::store::Store;
use crate::error::{Error, ErrorKind, Result};
use std::time::Duration;

/// How often a step is tried that the store neither takes nor has. Each time the store has tried for long already.
const TRIES: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The step with this number; `None` if nobody has taken it.
///
/// # Errors
/// [`ErrorKind::Delivery`] if the store gives no answer, or what stands there is damaged.
pub(super) fn entry_of(store: &mut dyn Store, names: StreamNames, number: u64) -> Result<Option<Entry>> {
    let name = names.entry(number);
    let Some(bytes) = store.get(&name)? else { return Ok(None) };
    Entry::from_bytes(&bytes, names.0, number).map(Some).map_err(|damage| {
        Error::new(ErrorKind::Delivery, format!("this manifest of the target cannot be trusted: {damage}"))
            .at(store.shown(&name))
            .remedy("put it back from a copy of the target, or deliver to a new target under another --name")
    })
}

/// The newest step; `None` if there is none. Steps have numbers without holes, so some twenty questions find it among thousands;
/// no listing is asked, which may be behind.
///
/// # Errors
/// As [`entry_of`].
pub(super) fn newest(store: &mut dyn Store, names: StreamNames) -> Result<Option<Entry>> {
    let (mut newest, mut there, mut stride) = (None, 0, 1);
    while let Some(found) = entry_of(store, names, there + stride)? {
        there = found.number;
        newest = Some(found);
        stride *= 2;
    }
    let mut absent = there + stride;
    while absent - there > 1 {
        let middle = there + (absent - there) / 2;
        match entry_of(store, names, middle)? {
            Some(found) => {
                there = middle;
                newest = Some(found);
            }
            None => absent = middle,
        }
    }
    Ok(newest)
}

/// Puts a step in its place. `false` if another one has it.
///
/// # Errors
/// [`ErrorKind::Delivery`] if the store does not take it, or does not say whether it has. Then it may still appear.
pub(super) fn append(store: &mut dyn Store, names: StreamNames, entry: &Entry) -> Result<bool> {
    let (name, bytes) = (names.entry(entry.number), entry.to_bytes());
    let mut pause = FIRST_PAUSE;
    let mut last = None;
    for _ in 0..TRIES {
        let put = store.put_new(&name, &bytes);
        if let Ok(true) = put {
            return Ok(true);
        }
        // A condition that failed, a conflict that put nothing and an answer that was lost look alike: what stands there tells.
        if let Some(found) = entry_of(store, names, entry.number)? {
            return Ok(found.attempt == entry.attempt);
        }
        last = put.err().or(last);
        std::thread::sleep(pause);
        pause *= 2;
    }
    Err(last.unwrap_or_else(|| {
        Error::new(
            ErrorKind::Delivery,
            "the store refuses this manifest as one that is there, and does not have it",
        )
        .at(store.shown(&name))
        .remedy("rerun the command: it goes on where the target is, and delivers nothing twice")
    }))
}
