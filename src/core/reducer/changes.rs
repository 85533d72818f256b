//! What became of the keys of a table since they were restored: whoever stores their state again writes only what has changed.

use super::table_key::TableKey;

/// Of the keys that were restored, one in so many may go before it is not worth while to remember them.
const STORED_PER_GONE: usize = 4;

/// The marks of a key in a table. They fit the byte beside its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    const KEPT: u8 = 1;
    const IS_STORED: u8 = 2;
    const CHANGED: u8 = 4;

    /// Those of a new key.
    pub(super) const NEW: Self = Self(Self::CHANGED);
    /// Those of a key that is as it was stored.
    pub(super) const STORED: Self = Self(Self::IS_STORED);

    #[inline]
    pub(super) const fn set_changed(&mut self) {
        self.0 |= Self::CHANGED;
    }

    /// The next removal of keys keeps this one.
    pub(super) const fn keep(&mut self) {
        self.0 |= Self::KEPT;
    }

    pub(super) const fn take_kept(&mut self) -> bool {
        let is_kept = self.0 & Self::KEPT != 0;
        self.0 &= !Self::KEPT;
        is_kept
    }

    const fn is_stored(self) -> bool {
        self.0 & Self::IS_STORED != 0
    }

    /// What became of a key; `None` if it was not stored and has nothing open.
    pub(super) const fn fate(self, has_open: bool) -> Option<Fate> {
        match (self.0 & Self::CHANGED != 0, has_open) {
            (false, true) => Some(Fate::Unchanged),
            (true, true) => Some(Fate::Changed),
            // A stored key has something open unless it has changed.
            (_, false) => {
                if self.is_stored() {
                    Some(Fate::Gone)
                } else {
                    None
                }
            }
        }
    }
}

/// What became of a key since it was restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Nothing.
    Unchanged,
    /// It is new, or its open state may be another one.
    Changed,
    /// Nothing of it is open any more.
    Gone,
}

/// The keys that were restored and have left the table.
#[derive(Debug, Default)]
pub(super) struct GoneKeys {
    keys: Vec<TableKey>,
    /// The bytes of long ones.
    long_bytes: usize,
    /// The number of keys that were restored.
    stored: usize,
    are_too_many: bool,
}

impl GoneKeys {
    /// Counts a key with these marks that is restored. It may come in several pieces.
    pub(super) const fn count_stored(&mut self, marks: Marks) {
        if !marks.is_stored() {
            self.stored += 1;
        }
    }

    /// A key with these marks leaves the table.
    pub(super) fn add(&mut self, marks: Marks, key: &TableKey) {
        if !marks.is_stored() || self.are_too_many {
            return;
        }
        if self.keys.len() >= self.stored / STORED_PER_GONE {
            *self = Self { are_too_many: true, ..Self::default() };
            return;
        }
        let key = TableKey::of(key.bytes());
        self.long_bytes += key.bytes_elsewhere();
        self.keys.push(key);
    }

    /// The keys; `None` if there were too many.
    pub(super) fn keys(&self) -> Option<impl Iterator<Item = &[u8]>> {
        (!self.are_too_many).then(|| self.keys.iter().map(TableKey::bytes))
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.keys.capacity() * size_of::<TableKey>() + self.long_bytes
    }
}
