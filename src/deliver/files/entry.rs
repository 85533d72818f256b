//! The manifest of a step in the target: what readers go by.

use crate::ledger::{HeadMark, RunId, StreamId};
use crate::output::{Column, Sealed, digest_text, stream_text};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A data file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EntryFile {
    /// Its name below the root.
    pub(super) path: String,
    /// `sessions` or `events`.
    pub(super) kind: String,
    /// `csv`, `jsonl` or `parquet`.
    pub(super) format: String,
    /// The rows without the header.
    pub(super) rows: u64,
    /// The length in bytes.
    pub(super) bytes: u64,
    /// xxh3-128 of the bytes, in hexadecimal.
    pub(super) digest: String,
}

/// A step of one stream: a run, or a rollback with the runs that it takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(with = "stream_text")]
    stream_id: StreamId,
    /// Its place among the steps of the stream, from 1.
    pub(super) number: u64,
    /// A UUID of whoever has written it: of two who want this place, it tells who has it.
    pub(super) attempt: String,
    /// The name of the follower that has written it.
    follower: String,
    run: u64,
    #[serde(with = "digest_text")]
    head_digest: u128,
    /// The run behind which everything before is taken back.
    rolled_back_to: Option<u64>,
    pub(super) files: Vec<EntryFile>,
    /// The columns of the files, by the names of their kinds.
    pub(super) columns: BTreeMap<String, Vec<Column>>,
}

impl Entry {
    /// A step to `mark` without files.
    pub(super) fn new(
        stream: StreamId,
        number: u64,
        attempt: String,
        follower: &str,
        mark: HeadMark,
        back_to: Option<RunId>,
    ) -> Self {
        Self {
            stream_id: stream,
            number,
            attempt,
            follower: follower.to_owned(),
            run: mark.run.number(),
            head_digest: mark.digest,
            rolled_back_to: back_to.map(RunId::number),
            files: Vec::new(),
            columns: BTreeMap::new(),
        }
    }

    /// Where the target is after it.
    pub(super) const fn mark(&self) -> HeadMark {
        HeadMark { run: RunId::new(self.run), digest: self.head_digest }
    }

    /// The content of its file.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        Sealed::of(self).to_bytes()
    }

    /// Parses what stands as step `number` of `stream`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn from_bytes(bytes: &[u8], stream: StreamId, number: u64) -> Result<Self, String> {
        let entry: Self = Sealed::read(bytes)?;
        if entry.stream_id != stream || entry.number != number {
            return Err("it speaks of another step than its file name".to_owned());
        }
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    const GOLDEN: &str = r#"{
  "format_version": 1,
  "stream_id": "07070707-0707-4707-8707-070707070707",
  "number": 3,
  "attempt": "0808",
  "follower": "lake",
  "run": 7,
  "head_digest": "000000000000000000000000000000ff",
  "rolled_back_to": null,
  "files": [
    {
      "path": "runs/x/sessions/run-00000007.csv",
      "kind": "sessions",
      "format": "csv",
      "rows": 2,
      "bytes": 300,
      "digest": "00"
    }
  ],
  "columns": {},
  "checksum": "CHECKSUM"
}
"#;

    fn stream() -> StreamId {
        StreamId::of_random([7; 16])
    }

    fn entry() -> Entry {
        let mark = HeadMark { run: RunId::new(7), digest: 255 };
        let file = EntryFile {
            path: "runs/x/sessions/run-00000007.csv".into(),
            kind: "sessions".into(),
            format: "csv".into(),
            rows: 2,
            bytes: 300,
            digest: "00".into(),
        };
        Entry { files: vec![file], ..Entry::new(stream(), 3, "0808".into(), "lake", mark, None) }
    }

    #[test]
    fn golden_bytes() {
        let checksum = format!("{:016x}", xxh3_64(GOLDEN.replace("CHECKSUM", "").as_bytes()));
        let golden = GOLDEN.replace("CHECKSUM", &checksum);
        assert_eq!(String::from_utf8(entry().to_bytes()).unwrap(), golden);
        assert_eq!(Entry::from_bytes(golden.as_bytes(), stream(), 3), Ok(entry()));
    }

    #[test]
    fn another_step_is_refused() {
        let bytes = entry().to_bytes();
        assert_eq!(Entry::from_bytes(&bytes, stream(), 3), Ok(entry()));
        assert!(Entry::from_bytes(&bytes, stream(), 4).is_err());
        assert!(Entry::from_bytes(&bytes, StreamId::of_random([8; 16]), 3).is_err());
        assert!(Entry::from_bytes(&bytes[..50], stream(), 3).is_err());
    }
}
