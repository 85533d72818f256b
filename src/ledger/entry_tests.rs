//! What the ledger says of files and runs, by itself.

use super::{Counts, FileDigest, FileEntry, FileStamp, Head, KnownFiles, RunEntry, RunId, RunKind};
use crate::core::event::Timestamp;
use crate::core::watermark::{EventTime, Watermark};

const CONTENT: FileDigest = FileDigest { hash: 0xAB << 120 | 0xC, bytes: 70, beginning: 0xD };

fn entry(kind: RunKind, rows: u64, known_bytes: u64) -> RunEntry {
    let file = |digest: FileDigest, rows| FileEntry {
        path: String::new(),
        digest,
        known_bytes,
        rows,
        source: None,
        place: None,
    };
    let another = FileDigest { hash: 1, ..CONTENT };
    let files = vec![file(another, 5), file(CONTENT, rows)];
    RunEntry { kind, as_of: Timestamp::MIN, files, counts: Counts::default(), head: Head::before_all() }
}

#[test]
fn a_digest_is_read_as_it_is_written_and_no_other_way() {
    let written = "xxh3-128:ab00000000000000000000000000000c:70";
    assert_eq!(CONTENT.to_string(), written);
    assert_eq!(FileDigest::read(written, "000000000000000d"), Some(CONTENT));
    for (digest, beginning) in [
        ("ab00000000000000000000000000000c:70", "d"),
        ("xxh3-128:ab00000000000000000000000000000c", "d"),
        ("xxh3-128:ab0000000000000000000000000000ox:70", "d"),
        ("xxh3-128:ab00000000000000000000000000000c:70 bytes", "d"),
        (written, "no number"),
    ] {
        assert_eq!(FileDigest::read(digest, beginning), None, "{digest} {beginning}");
    }
}

/// The formula is part of the format.
#[test]
fn the_sum_of_known_files_is_that_of_the_format() {
    let one = KnownFiles::default().with(CONTENT, RunId::new(3));
    assert_eq!(one, KnownFiles { count: 1, sum: CONTENT.hash.wrapping_add(70 + 0xD).wrapping_mul(7) });
    let full = FileDigest { hash: u128::MAX, bytes: 2, beginning: 3 };
    let two = one.with(full, RunId::new(10));
    assert_eq!(two, KnownFiles { count: 2, sum: one.sum.wrapping_add(4 * 21) }, "modulo 2 to the 128");
}

#[test]
fn only_an_object_is_known_by_its_stamp_alone() {
    let file = FileStamp::File { bytes: 1, modified_ns: 2, changed_ns: 3, inode: 4, ends: 5 };
    assert_eq!((file.is_sure(), FileStamp::Object { bytes: 1, e_tag: 2 }.is_sure()), (false, true));
}

/// A content has no rows if its run has read all of it and found none: of a content that has grown, the rows before count too.
#[test]
fn what_a_run_found_in_a_content_is_known_of_its_own_files() {
    let content = (CONTENT.bytes, CONTENT.hash);
    assert!(entry(RunKind::Batch, 0, 0).has_no_rows_in(content));
    assert!(!entry(RunKind::Batch, 1, 0).has_no_rows_in(content), "it has rows");
    assert!(!entry(RunKind::Batch, 0, 20).has_no_rows_in(content), "it had rows before");
    assert!(!entry(RunKind::Lost, 0, 0).has_no_rows_in(content), "nobody knows");
    assert!(!entry(RunKind::Batch, 0, 0).has_no_rows_in((CONTENT.bytes + 1, CONTENT.hash)));
}

#[test]
fn kinds_of_runs_have_the_names_of_their_commands() {
    let kinds = [
        (RunKind::Batch, "batch"),
        (RunKind::Finalize, "finalize"),
        (RunKind::FinalizeAsOf, "finalize --as-of"),
        (RunKind::Rollback { to: RunId::new(1) }, "rollback"),
        (RunKind::Purge, "purge"),
        (RunKind::Import, "import-state"),
        (RunKind::Migrate, "migrate"),
        (RunKind::Lost, "lost"),
        (RunKind::AcceptMissing { outputs: Vec::new() }, "accept-missing"),
    ];
    for (kind, name) in kinds {
        assert_eq!(kind.name(), name);
    }
}

#[test]
fn the_event_time_of_a_head_is_its_watermark_its_limit_and_its_latest_event() {
    let [accepts_from, watermark, latest] = [1, 2, 3].map(|us| Timestamp::from_us(us).unwrap());
    let head = Head {
        watermark: Watermark::at(watermark),
        accepts_from: Watermark::at(accepts_from),
        latest: Some(latest),
        ..Head::before_all()
    };
    let expected = EventTime {
        watermark: Watermark::at(watermark),
        accepts_from: Watermark::at(accepts_from),
        latest: Some(latest),
    };
    assert_eq!(head.event_time(), expected);
    assert_eq!(Head::before_all().event_time(), EventTime::default());
}

#[test]
fn runs_are_numbered_from_one_and_sort_in_folders_as_they_follow() {
    let (first, second) = (RunId::BEFORE_ALL.next(), RunId::BEFORE_ALL.next().next());
    assert_eq!((first.number(), second.number()), (1, 2));
    assert_eq!([first.to_string(), RunId::new(123_456_789).to_string()], ["run-00000001", "run-123456789"]);
}
