//! A key in a table, next to its state.

/// Keys up to this length stay in the table. A UUID has 36 characters.
const INLINE_BYTES: usize = 46;

/// The bytes of a key. Few keys are long, and those are elsewhere.
#[derive(Debug)]
pub(super) enum TableKey {
    Short { length: u8, bytes: [u8; INLINE_BYTES] },
    Long(Box<[u8]>),
}

impl TableKey {
    pub(super) fn of(key: &[u8]) -> Self {
        let mut bytes = [0; INLINE_BYTES];
        match (bytes.get_mut(..key.len()), u8::try_from(key.len())) {
            (Some(place), Ok(length)) => {
                place.copy_from_slice(key);
                Self::Short { length, bytes }
            }
            _ => Self::Long(key.into()),
        }
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(bytes) => bytes,
        }
    }

    #[inline]
    pub(super) fn is(&self, key: &[u8]) -> bool {
        is_same(self.bytes(), key)
    }

    /// The memory that it needs besides its own.
    pub(super) fn bytes_elsewhere(&self) -> usize {
        match self {
            Self::Short { .. } => 0,
            Self::Long(bytes) => bytes.len(),
        }
    }
}

/// Whether two keys are equal. Most keys are short: a call would cost more than the comparison of two pieces that may overlap.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match one.len() {
            4..=8 => have_same_ends::<4>(one, other),
            9..=16 => have_same_ends::<8>(one, other),
            17..=32 => have_same_ends::<16>(one, other),
            33..=64 => have_same_ends::<32>(one, other),
            _ => one == other,
        }
}

/// Whether the first and the last `N` bytes are equal. Both are compared, so that there is only one outcome to guess.
#[inline]
fn have_same_ends<const N: usize>(one: &[u8], other: &[u8]) -> bool {
    (one.first_chunk::<N>() == other.first_chunk()) & (one.last_chunk::<N>() == other.last_chunk())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_every_length_come_back_and_differ_by_any_byte() {
        for length in 0..100 {
            let key: Vec<u8> = (0..length).collect();
            let kept = TableKey::of(&key);
            assert_eq!(kept.bytes(), key);
            let is_long = key.len() > INLINE_BYTES;
            assert_eq!(kept.bytes_elsewhere(), if is_long { key.len() } else { 0 });
            assert!(kept.is(&key) && !kept.is(&[&key[..], b"x"].concat()));
            for at in 0..key.len() {
                let mut other = key.clone();
                other[at] ^= 1;
                assert!(!kept.is(&other), "{length} {at}");
            }
        }
    }
}
