//! Keys are bytes. A composite key is its parts joined by one separator byte.

/// Joins the parts of a composite key: the ASCII record separator, 0x1E.
pub const KEY_SEPARATOR: u8 = 0x1E;

/// The longest key that is accepted, in bytes: a chunk of the checkpoint must be able to hold it.
pub const MAX_KEY_BYTES: usize = 32_767;

/// The parts of a key made of `count` columns.
///
/// A key of one column is never taken apart: it may hold any byte, the separator too.
///
/// ```
/// use sessionize::event::key_parts;
/// assert_eq!(key_parts(b"shop\x1ealice", 2).collect::<Vec<_>>(), [&b"shop"[..], b"alice"]);
/// assert_eq!(key_parts(b"a\x1eb", 1).collect::<Vec<_>>(), [&b"a\x1eb"[..]]);
/// ```
pub fn key_parts(key: &[u8], count: usize) -> impl Iterator<Item = &[u8]> {
    key.splitn(count.max(1), |&byte| byte == KEY_SEPARATOR)
}
