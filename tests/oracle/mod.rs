//! The oracle: the sessions of a set of events, by brute force, from the sentences of `docs/semantics.md` alone.
//!
//! It knows nothing of batches, watermarks and partitions, and shares no code with the program.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

pub mod rules;
pub mod specification;

use std::collections::BTreeMap;
use uuid::{Uuid, uuid};

const NAMESPACE: Uuid = uuid!("f3400e8f-3a70-5ca7-8b74-ca43764d47a9");

/// A session as the oracle knows it: id, key, times of its first and last event in microseconds, number of events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OracleSession {
    pub key: Vec<u8>,
    pub start_us: i64,
    pub end_us: i64,
    pub events: u64,
    pub id: Uuid,
}

/// The gap partition of `events` (key, time): a session goes on while the next event of its key comes at most `gap_us`
/// after the one before it (rule 5). Sorted by key and start.
pub fn sessions(events: &[(Vec<u8>, i64)], gap_us: i64) -> Vec<OracleSession> {
    let mut times: BTreeMap<&[u8], Vec<i64>> = BTreeMap::new();
    for (key, us) in events {
        times.entry(key).or_default().push(*us);
    }
    let mut sessions = Vec::new();
    for (key, mut times) in times {
        times.sort_unstable();
        for session in times.chunk_by(|one, next| next - one <= gap_us) {
            let (start_us, end_us) = (session[0], session[session.len() - 1]);
            let (events, id) = (session.len() as u64, session_id(key, start_us));
            sessions.push(OracleSession { key: key.to_vec(), start_us, end_us, events, id });
        }
    }
    sessions
}

/// The id of the session of `key` that begins at `start_us` (rule 8); ordinals other than 0 come from split rules only.
pub fn session_id(key: &[u8], start_us: i64) -> Uuid {
    session_id_with(key, start_us, 0)
}

/// The same where `ordinal` sessions of the key began at that instant before.
pub fn session_id_with(key: &[u8], start_us: i64, ordinal: u32) -> Uuid {
    let start = chrono::DateTime::from_timestamp_micros(start_us).unwrap().format("%Y-%m-%dT%H:%M:%S%.6fZ");
    Uuid::new_v5(&NAMESPACE, &[key, format!("\x1f{start}\x1f{ordinal}").as_bytes()].concat())
}

/// Microseconds of an RFC 3339 time, as they stand in outputs.
pub fn us(rfc3339: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(rfc3339).unwrap().timestamp_micros()
}
