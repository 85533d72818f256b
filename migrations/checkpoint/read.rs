//! Bytes of any released version as rows of the newest one: each is read as what it is, and handed up version by version.

#[cfg(any(test, debug_assertions))]
use super::v0;
use super::{CURRENT_VERSION, v1};
use bincode::{BorrowDecode, Decode, Encode};

/// The longest chunk of open state.
pub const MAX_CHUNK_BYTES: usize = 56 << 10;

/// Rows come from our own encoder; a length beyond this is damage, not data.
const MAX_ROW_BYTES: usize = 1 << 30;

/// An entry of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRun {
    /// The entry.
    pub row: v1::RunRow,
    /// Its head as the checkpoint had it, in the version of the entry: manifests have the digest of that.
    pub head: Vec<u8>,
}

/// Reads a head.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn head(version: u32, row: &[u8]) -> Result<v1::Head, String> {
    match version {
        #[cfg(any(test, debug_assertions))]
        v0::VERSION => whole::<v0::Head>(row).map(Into::into),
        v1::VERSION => whole(row),
        _ => Err(unknown(version)),
    }
}

/// Reads an entry of the ledger.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn run(version: u32, row: &[u8]) -> Result<StoredRun, String> {
    match version {
        #[cfg(any(test, debug_assertions))]
        v0::VERSION => {
            whole::<v0::RunRow>(row).map(|row| StoredRun { head: encoded(&row.head), row: row.into() })
        }
        v1::VERSION => whole::<v1::RunRow>(row).map(|row| StoredRun { head: encoded(&row.head), row }),
        _ => Err(unknown(version)),
    }
}

/// Reads what was found under a path.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn path(version: u32, row: &[u8]) -> Result<v1::PathRow, String> {
    match version {
        v1::VERSION => whole(row),
        _ => Err(unknown(version)),
    }
}

/// Reads a part of the list of a generation.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn list_part(version: u32, row: &[u8]) -> Result<v1::ListPart, String> {
    match version {
        #[cfg(any(test, debug_assertions))]
        v0::VERSION => whole(row),
        v1::VERSION => whole(row),
        _ => Err(unknown(version)),
    }
}

/// Reads the row at the start of `rows`, and its length.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn state_row(version: u32, rows: &[u8]) -> Result<(v1::StateRow<'_>, usize), String> {
    match version {
        #[cfg(any(test, debug_assertions))]
        v0::VERSION => first::<v0::StateRow<'_>>(rows).map(|(row, used)| (row.into(), used)),
        v1::VERSION => first(rows),
        _ => Err(unknown(version)),
    }
}

/// Reads the row at the start of `rows`, and its length, where there are rules.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn ruled_row(version: u32, rows: &[u8]) -> Result<(v1::RuledRow<'_>, usize), String> {
    match version {
        v1::VERSION => first(rows),
        _ => Err(unknown(version)),
    }
}

/// Reads what the pieces of a key are together.
///
/// # Errors
/// What is wrong with the bytes, in words.
pub fn ruled_state(version: u32, bytes: &[u8]) -> Result<v1::RuledState, String> {
    match version {
        v1::VERSION => whole(bytes),
        _ => Err(unknown(version)),
    }
}

/// Appends a row of the newest version.
///
/// Encoding plain data into memory cannot fail; if it did, the row would be cut and its checksum would tell at the next
/// open, so there is nothing better to do here than to assert it.
pub fn encode_into<T: Encode>(row: &T, bytes: &mut Vec<u8>) {
    let encoded = bincode::encode_into_std_write(row, bytes, bincode::config::standard());
    debug_assert!(encoded.is_ok());
}

fn encoded<T: Encode>(row: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(row, &mut bytes);
    bytes
}

fn whole<T: Decode<()>>(row: &[u8]) -> Result<T, String> {
    let config = bincode::config::standard().with_limit::<MAX_ROW_BYTES>();
    let (value, used) = bincode::decode_from_slice(row, config).map_err(|error| error.to_string())?;
    if used == row.len() { Ok(value) } else { Err("it has bytes after its end".to_owned()) }
}

fn first<'r, T: BorrowDecode<'r, ()>>(rows: &'r [u8]) -> Result<(T, usize), String> {
    let config = bincode::config::standard().with_limit::<MAX_CHUNK_BYTES>();
    bincode::borrow_decode_from_slice(rows, config).map_err(|error| error.to_string())
}

fn unknown(version: u32) -> String {
    if version > CURRENT_VERSION {
        format!(
            "it has format version {version}; this program reads up to version {CURRENT_VERSION}: use a newer program"
        )
    } else {
        format!("there is no format version {version}")
    }
}
