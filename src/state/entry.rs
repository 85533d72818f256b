//! Ledger entries, cut into parts by bytes like open state: the entry of a run with thousands of files is too long for a store.

use super::store::Entry;
use super::{codec, keys};
use crate::ledger::RunEntry;

/// The longest part of an entry.
const PART_BYTES: usize = 12 << 10;

/// The keys and values under which `entry` is stored. It is framed before the cut, so a lost part breaks the checksum.
pub(super) fn parts_of(entry: &RunEntry) -> impl Iterator<Item = Entry> {
    let frame = codec::encode_run(entry);
    let parts: Vec<_> = frame.chunks(PART_BYTES).map(<[u8]>::to_vec).collect();
    let run = entry.head.run;
    (0..).zip(parts).map(move |(number, part)| (keys::run_part(run, number), part))
}
