//! What a checkpoint says of its runs, files and generations, and of damage to them.

use super::checkpoint::Checkpoint;
use super::codec::{definition_digest, encode_head};
use super::faulty_tests::{Failure, FaultyStore};
use super::probe::{StoredRow, recode};
use super::sample_tests::{RUNS, commit, digest, empty, row, state, three_runs, time};
use super::seen::Seen;
use super::{example, frame, keys};
use crate::core::event::MAX_KEY_BYTES;
use crate::core::partition::{KeyHash, PartitionId};
use crate::definition::{Definition, DefinitionRequest};
use crate::error::ErrorKind;
use crate::ledger::{Head, RunId};
use crate::migrations::checkpoint::v1::OpenSession;
use crate::migrations::checkpoint::{CURRENT_VERSION, OpenRow};
use xxhash_rust::xxh3::xxh3_128;

/// The chunks that the store of a checkpoint has.
fn stored_chunks(checkpoint: &Checkpoint) -> usize {
    let of_generation =
        |generation| checkpoint.store.keys(keys::below(&keys::generation(generation))).unwrap();
    (1..=9).map(|generation| of_generation(generation).len()).sum()
}

fn expect_state_of(checkpoint: &Checkpoint, run: u64) {
    let head = checkpoint.run_entry(RunId::new(run)).unwrap().unwrap().head;
    let audit = checkpoint.audit_state(&head).unwrap();
    assert_eq!(audit.findings, Vec::<String>::new(), "run {run}");
    assert_eq!(audit.open.events, head.events_open);
}

#[test]
fn each_run_has_its_entry_its_generation_and_its_clock() {
    let checkpoint = three_runs();
    assert_eq!(checkpoint.generations().unwrap(), (1..=RUNS).collect());
    let runs = checkpoint.runs().unwrap();
    for (number, entry) in (1..).zip(&runs) {
        assert_eq!(checkpoint.run_entry(RunId::new(number)).unwrap().as_ref(), Some(entry));
        assert_eq!(checkpoint.clock_of_generation(number).unwrap(), Some(entry.as_of));
        assert_eq!(checkpoint.generation_from(number).unwrap(), Some(number));
        assert!(checkpoint.has_generation(number).unwrap());
        expect_state_of(&checkpoint, number);
    }
    assert_eq!(checkpoint.run_entry(RunId::new(RUNS + 1)).unwrap(), None);
    assert_eq!(checkpoint.generation_from(RUNS + 1).unwrap(), None);
    assert!(!checkpoint.has_generation(RUNS + 1).unwrap());
    assert_eq!(checkpoint.stored_version().unwrap(), Some(CURRENT_VERSION));
    assert_eq!((empty().generations().unwrap().len(), empty().clock_of_generation(1).unwrap()), (0, None));
    assert_eq!(empty().stored_version().unwrap(), None);
}

/// The rows of a chunk are needed as long as one list names it, and no longer.
#[test]
fn a_generation_goes_with_the_chunks_that_no_other_names() {
    let one = three_runs();
    // Run 1 has one key, run 2 three more partitions, run 3 the same and many others.
    one.drop_generations_before(3).unwrap();
    assert_eq!(one.generations().unwrap(), [3].into());
    expect_state_of(&one, 3);
    assert_eq!(stored_chunks(&one), stored_chunks(&three_runs()));

    let middle = three_runs();
    middle.drop_generations(2..3).unwrap();
    assert_eq!(middle.generations().unwrap(), [1, 3].into());
    expect_state_of(&middle, 1);
    expect_state_of(&middle, 3);

    // What the head names stays, whatever is asked for.
    let all = three_runs();
    all.drop_generations(0..100).unwrap();
    assert_eq!(all.generations().unwrap(), [3].into());
    expect_state_of(&all, 3);

    // A state in which nothing is as it was: its chunks are its own.
    let mut other = three_runs();
    let before = stored_chunks(&other);
    commit(&mut other, &[row(b"ann", 9, [])]);
    assert_eq!(stored_chunks(&other), before + 1);
    other.drop_generations_before(4).unwrap();
    assert_eq!((stored_chunks(&other), other.generations().unwrap()), (1, [4].into()));
    expect_state_of(&other, 4);
}

#[test]
fn known_files_are_found_by_their_beginnings_and_held_against_the_ledger() {
    let checkpoint = three_runs();
    // The contents have 101 to 103 bytes, so they are found by 64.
    assert_eq!(checkpoint.lengths_beginning(64, 7).unwrap(), [101, 102, 103]);
    assert_eq!(checkpoint.lengths_beginning(64, 8).unwrap(), Vec::<u64>::new());
    assert_eq!(checkpoint.lengths_beginning(32, 7).unwrap(), Vec::<u64>::new());
    let runs = checkpoint.runs().unwrap();
    let findings = |change: &dyn Fn(&Checkpoint)| {
        let checkpoint = three_runs();
        change(&checkpoint);
        checkpoint.audit_files(&runs).unwrap().join("; ")
    };
    let file = keys::file(&digest(2));
    assert_eq!(findings(&|_| ()), "");
    let found = findings(&|checkpoint| checkpoint.store.remove(vec![file.clone()]).unwrap());
    assert_eq!(found, format!("file {} of run 2 is not known: it would be ingested again", digest(2)));
    let found = findings(&|checkpoint| checkpoint.store.put(&file, &3_u64.to_be_bytes()).unwrap());
    assert_eq!(found, format!("file {} is not recorded in run 2", digest(2)));
    let found = findings(&|checkpoint| checkpoint.store.put(&keys::file(&digest(9)), &[0; 8]).unwrap());
    assert_eq!(found, "a known file belongs to no active run");
}

#[test]
fn damaged_entries_are_named_for_people() {
    let checkpoint = three_runs();
    checkpoint.store.put(&keys::run_part(RunId::new(2), 0), b"damaged").unwrap();
    let error = checkpoint.runs().unwrap_err().to_string();
    assert!(error.contains("the ledger entry of run 2 of the checkpoint is damaged"), "{error}");
    let partition = PartitionId::of_number(200);
    assert_eq!(keys::chunk_name(&keys::chunk(7, partition, 3)), "chunk 3 of partition 200 of the open state");
    assert_eq!(keys::list_part_name(&keys::list_part(7, 5)), "part 5 of the list of the open state");
    assert_eq!(keys::run_name(b"run/"), "the ledger entry of an unknown run");
}

#[test]
fn a_head_of_a_newer_version_is_not_damaged() {
    let newer = || {
        let checkpoint = three_runs();
        checkpoint.store.put(keys::HEAD, &frame::of_version(CURRENT_VERSION + 1, b"")).unwrap();
        checkpoint.store
    };
    let opened = Checkpoint::of_store(newer(), "memory".into()).map(|_| ());
    let salvaged = Checkpoint::of_damaged_store(newer(), "memory".into()).map(|_| ());
    for error in [opened.unwrap_err(), salvaged.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Checkpoint);
        let text = error.to_string();
        assert!(
            text.contains("version 2; this program reads up to version 1; use a newer program"),
            "{text}"
        );
    }
}

#[test]
fn a_found_commit_is_kept_by_a_sync() {
    let store = FaultyStore::default();
    let checkpoint = Checkpoint::of_store(Box::new(store.clone()), "memory".into()).unwrap();
    checkpoint.keep_commit().unwrap();
    store.fail_next(Failure::Sync);
    checkpoint.keep_commit().unwrap_err();
}

/// Files with the same digest have sessions with the same meaning.
#[test]
fn the_digest_of_a_definition_is_that_of_its_bytes_in_the_head() {
    let default = DefinitionRequest::default().create();
    let longer = Definition { gap: crate::core::gap::Gap::from_us(7), ..default.clone() };
    for definition in [&default, &longer] {
        let head = encode_head(&Head { definition: definition.clone(), ..Head::before_all() });
        let digest = definition_digest(definition);
        assert!((0..head.len()).any(|at| xxh3_128(&head[at..]) == digest));
    }
    assert_ne!(definition_digest(&default), definition_digest(&longer));
}

#[test]
fn each_kind_of_row_is_written_as_it_was_read() {
    let kinds = [StoredRow::Head, StoredRow::Run, StoredRow::OpenSessions, StoredRow::RuledSessions];
    let rows = kinds.map(|kind| (kind, example(kind).unwrap()));
    for (kind, bytes) in &rows {
        assert_eq!(recode(*kind, bytes).as_ref(), Ok(bytes), "{kind:?}");
        recode(*kind, &bytes[..bytes.len() - 1]).unwrap_err();
    }
    // The run and the generation are 300: a marker, and two bytes.
    assert!(rows[0].1.starts_with(&[251, 44, 1, 251, 44, 1]), "{:?}", rows[0].1);
    assert!(rows[2].1.starts_with(&[2, 0, 0, 0]), "two keys");
    assert!(rows[3].1.starts_with(&[2, 0, 0, 0]), "two keys of one piece each");
}

#[test]
fn a_row_that_no_run_could_have_written_is_told() {
    let head = three_runs().head().unwrap().clone();
    // After this head the watermark is 100, and the latest event 10,000.
    let with = |open: (i64, i64, u64), tail_us: &[i64]| {
        let (start_us, last_us, events) = open;
        OpenRow { open: Some(OpenSession { start_us, last_us, events }), ..row(b"ann", 0, tail_us.to_vec()) }
    };
    let cases: [(&[OpenRow<'static>], &str); 16] = [
        (&state()[..1], ""),
        (&[with((5, 100, 2), &[101, 101, 10_000])], ""),
        (&[row(b"ann", 0, [101])], ""),
        (&[with((5, 7, 2), &[101]), row(b"ann", 0, [101, 102])], ""),
        (&[row(&vec![7; MAX_KEY_BYTES], 1, [])], ""),
        (&[row(&vec![7; MAX_KEY_BYTES + 1], 1, [])], "its length"),
        (&[row(b"", 1, [])], "its length"),
        (&[row(b"ann", 0, [])], "nothing is open"),
        (&[with((5, 7, 0), &[101])], "no events"),
        (&[with((7, 5, 2), &[])], "ends before it begins"),
        (&[with((5, 101, 2), &[])], "beyond the watermark"),
        (&[with((5, 7, 2), &[102, 101])], "out of order"),
        (&[with((5, 7, 2), &[102]), row(b"ann", 0, [101])], "out of order"),
        (&[row(b"ann", 0, [100])], "the watermark has passed"),
        (&[row(b"ann", 0, [10_001])], "after the latest"),
        (&[row(b"ann", 1, []), row(b"ann", 1, [])], "occurs twice"),
    ];
    for (rows, expected) in cases {
        let partition = KeyHash::of(&rows[0].key).partition();
        let mut seen = Seen::default();
        let mut found = Vec::new();
        for row in rows {
            found.extend(seen.check(row, partition, &head));
            seen.take(row);
        }
        let is_it = if expected.is_empty() {
            found.is_empty()
        } else {
            found.len() == 1 && found[0].contains(expected)
        };
        assert!(is_it, "{expected}: {found:?}");
        let elsewhere = PartitionId::of_number(partition.number().wrapping_add(1));
        let found = Seen::default().check(&rows[0], elsewhere, &head).unwrap();
        assert!(found.contains("wrong partition") || found.contains("its length"), "{found}");
    }
    let mut seen = Seen::default();
    let same: Vec<_> = (0..)
        .map(|number| row(format!("{number}").as_bytes(), 1, []))
        .filter(|row| KeyHash::of(&row.key).partition().number() == 3)
        .take(2)
        .collect();
    seen.take(&same[0]);
    seen.take(&same[1]);
    let partition = PartitionId::of_number(3);
    assert!(seen.check(&same[0], partition, &head).unwrap().contains("occurs twice"), "after another key");
    assert_eq!(time(100), head.watermark.time().unwrap());
}
