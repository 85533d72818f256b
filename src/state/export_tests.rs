//! Exports, salvages and imports of a checkpoint in memory (`docs/format.md`, `docs/durability.md`).

use super::audit::StateAudit;
use super::checkpoint::Checkpoint;
use super::export::{Exported, Loss};
use super::import::{Imported, read_export};
use super::keys;
use super::sample_tests::{RUNS, STAMP, commit, counts_of, digest, empty, state, three_runs, time};
use crate::core::event::MAX_KEY_BYTES;
use crate::core::partition::PartitionId;
use crate::core::reducer::OpenCounts;
use crate::error::{ErrorKind, Result};
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind};
use crate::migrations::checkpoint::CURRENT_VERSION;
use serde_json::{Value, json};

fn export(checkpoint: &Checkpoint, loss: Loss) -> Result<(Exported, Vec<String>)> {
    let mut lines = Vec::new();
    let exported = checkpoint.export(loss, Vec::new(), |line| {
        lines.push(line);
        Ok(())
    })?;
    Ok((exported, lines))
}

fn import(lines: &[String]) -> std::result::Result<Imported, (u64, String)> {
    read_export(lines.join("\n").as_bytes())
}

/// The same store, opened as far as it can be read.
fn salvage(checkpoint: Checkpoint) -> (Checkpoint, Vec<String>) {
    Checkpoint::of_damaged_store(checkpoint.store, "memory".into()).unwrap()
}

fn expect_sound(checkpoint: &Checkpoint) {
    let StateAudit { open, findings, chunks } = checkpoint.audit_state(checkpoint.head().unwrap()).unwrap();
    assert_eq!(findings, Vec::<String>::new());
    let mut expected = OpenCounts::default();
    for row in &state() {
        expected.add(counts_of(row));
    }
    assert_eq!((open, chunks), (expected, checkpoint.head().unwrap().chunks));
    assert_eq!(checkpoint.audit_files(&checkpoint.runs().unwrap()).unwrap(), Vec::<String>::new());
}

/// The kinds of lines, each once.
fn kinds(lines: &[String]) -> Vec<String> {
    let kind = |line: &String| {
        serde_json::from_str::<Value>(line).unwrap().as_object().unwrap().keys().next().unwrap().clone()
    };
    let mut kinds: Vec<String> = lines.iter().map(kind).collect();
    kinds.dedup();
    kinds
}

#[test]
fn what_is_exported_and_imported_is_the_state_the_ledger_and_the_known_files() {
    let checkpoint = three_runs();
    expect_sound(&checkpoint);
    let (exported, lines) = export(&checkpoint, Loss::Refused).unwrap();
    let head = checkpoint.head().unwrap();
    assert_eq!(
        (exported.run, exported.runs, exported.files, exported.events),
        (RUNS, RUNS, RUNS, head.events_open)
    );
    assert_eq!(exported.losses, Vec::<String>::new());
    assert_eq!(kinds(&lines), ["export", "run", "file", "state", "end"]);

    let imported = import(&lines).unwrap();
    assert_eq!((&imported.head, Some(imported.mark)), (head, checkpoint.mark()));
    assert_eq!((imported.stream, imported.known_files), (checkpoint.stream(), head.known_files));
    assert_eq!((imported.open.keys, imported.open.events), (head.keys_open, head.events_open));

    let mut copy = empty();
    copy.continue_stream(imported.stream);
    let staged = copy.stage_import(&imported).unwrap();
    let head = Head {
        run: head.run.next(),
        generation: staged.generation,
        chunks: staged.chunks,
        state_digest: staged.digest,
        ..head.clone()
    };
    let counts = Counts::default();
    let entry = RunEntry { kind: RunKind::Import, as_of: time(9), files: Vec::new(), counts, head };
    copy.commit_import(&imported, &entry).unwrap();
    expect_sound(&copy);
    assert_eq!(copy.stream(), checkpoint.stream());
    let mut expected = checkpoint.runs().unwrap();
    expected.push(entry);
    assert_eq!(copy.runs().unwrap(), expected);
    for run in 1..=RUNS {
        let found = Some((digest(run), Some(STAMP), RunId::new(run)));
        assert_eq!(copy.found_at(run.into()).unwrap(), found);
    }
    assert_eq!(copy.found_at(9).unwrap(), None);
}

/// Changes one line of an export, from JSON to JSON.
fn edited(lines: &[String], number: usize, edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let mut lines = lines.to_vec();
    let mut value: Value = serde_json::from_str(&lines[number]).unwrap();
    edit(&mut value);
    lines[number] = value.to_string();
    lines
}

/// Without this line, and with an end that does not count it.
fn without(lines: &[String], number: usize, count: &str) -> Vec<String> {
    let last = lines.len() - 1;
    let mut left =
        edited(lines, last, |end| end["end"][count] = (end["end"][count].as_u64().unwrap() - 1).into());
    left.remove(number);
    left
}

/// What an end of a salvage says.
fn with_losses(lines: &[String]) -> Vec<String> {
    edited(lines, lines.len() - 1, |end| end["end"]["lost"] = json!(["something"]))
}

fn expect_refusals<const CASES: usize>(cases: [(Vec<String>, usize, &str); CASES]) {
    for (lines, number, refusal) in cases {
        let (line, what) = import(&lines).unwrap_err();
        let is_it = line == number as u64 && what.contains(refusal);
        assert!(is_it, "{refusal} in line {number}: {what} in line {line}");
    }
}

#[test]
fn what_is_no_whole_export_is_refused_with_its_line() {
    let (_, lines) = export(&three_runs(), Loss::Refused).unwrap();
    let (run, file) = (1, 4);
    let end = lines.len() - 1;
    let swapped = |one: usize, other: usize| {
        let mut lines = lines.clone();
        lines.swap(one, other);
        lines
    };
    let repeated = |at: usize, number: usize| {
        let mut lines = lines.clone();
        lines.insert(at, lines[number].clone());
        lines
    };
    let cases = [
        (Vec::new(), 0, "truncated"),
        (lines[..end].to_vec(), end, "truncated"),
        (lines[1..].to_vec(), 1, "begins with its export line"),
        (repeated(3, 0), 4, "one first line"),
        (
            edited(&lines, 0, |line| line["export"]["format_version"] = (CURRENT_VERSION + 1).into()),
            1,
            "newer program",
        ),
        (edited(&lines, 0, |line| line["export"]["stream_id"] = "none".into()), 1, "UUID"),
        (edited(&lines, 0, |line| line["export"]["head_digest"] = "none".into()), 1, "invalid digit"),
        (edited(&lines, end, |line| line["end"]["runs"] = 2.into()), end + 1, "expected"),
        (edited(&lines, end, |line| line["end"]["files"] = 2.into()), end + 1, "expected"),
        (edited(&lines, end, |line| line["end"]["rows"] = 2.into()), end + 1, "expected"),
        (swapped(run, run + 1), end + 1, "follow each other"),
        (
            edited(&repeated(run, run), end + 1, |line| line["end"]["runs"] = 4.into()),
            end + 2,
            "follow each other",
        ),
        (edited(&lines, run, |line| line["run"]["head"]["run"] = 0.into()), end + 1, "follow each other"),
        (edited(&lines, run + 2, |line| line["run"]["head"]["run"] = 4.into()), end + 1, "follow each other"),
        (without(&lines, run, "runs"), end, "entry of its ledger is missing"),
        (
            edited(&lines, run + 2, |line| line["run"]["head"]["generation"] = 9.into()),
            end + 1,
            "not that of its head",
        ),
        (
            edited(&lines, 0, |line| line["export"]["head"]["run"] = 4.into()),
            end + 1,
            "entry of its ledger is missing",
        ),
        (without(&lines, file, "files"), end, "known files are not"),
        (edited(&lines, file, |line| line["file"]["run"] = 2.into()), end + 1, "known files are not"),
        (edited(&lines, file, |line| line["file"]["run"] = 4.into()), file + 1, "later run"),
        (edited(&lines, file, |line| line["file"]["digest"] = "none".into()), file + 1, "digest"),
        (repeated(file, file), file + 2, "twice"),
    ];
    expect_refusals(cases);
}

#[test]
fn an_export_with_a_row_that_cannot_be_is_refused_with_its_line() {
    let (_, lines) = export(&three_runs(), Loss::Refused).unwrap();
    let state = lines.iter().position(|line| line.starts_with("{\"state\"")).unwrap();
    let end = lines.len() - 1;
    let key = |bytes: usize| edited(&lines, state, |line| line["state"]["key"] = "k".repeat(bytes).into());
    let cases = [
        (without(&lines, state, "rows"), end, "its head says"),
        (key(0), state + 1, "bytes"),
        (key(MAX_KEY_BYTES + 1), state + 1, "bytes"),
        (
            edited(&lines, state, |line| line["state"]["tail_us"] = json!([i64::MAX])),
            state + 1,
            "is not a time",
        ),
        (
            edited(&lines, state, |line| line["state"]["open"]["last_us"] = i64::MIN.into()),
            state + 1,
            "is not a time",
        ),
    ];
    expect_refusals(cases);
}

/// Who invents a number of runs must not make the program fill its memory.
#[test]
fn a_salvage_may_lack_lines_but_not_any_number_of_them() {
    let (_, lines) = export(&three_runs(), Loss::Refused).unwrap();
    for (lines, runs) in [
        (without(&lines, 1, "runs"), 3),
        (without(&lines, 4, "files"), 3),
        (without(&lines, 8, "rows"), 3),
        (edited(&lines, 0, |line| line["export"]["head"]["run"] = 5.into()), 5),
    ] {
        import(&lines).unwrap_err();
        let imported = import(&with_losses(&lines)).unwrap();
        let mut checkpoint = empty();
        let staged = checkpoint.stage_import(&imported).unwrap();
        let head = Head {
            run: imported.head.run.next(),
            generation: staged.generation,
            chunks: staged.chunks,
            state_digest: staged.digest,
            known_files: imported.known_files,
            ..imported.head.clone()
        };
        let entry = RunEntry {
            kind: RunKind::Import,
            as_of: time(9),
            files: Vec::new(),
            counts: Counts::default(),
            head,
        };
        checkpoint.commit_import(&imported, &entry).unwrap();
        assert_eq!(checkpoint.runs().unwrap().len(), runs + 1);
    }
    let of_runs =
        |runs: u64| with_losses(&edited(&lines, 0, |line| line["export"]["head"]["run"] = runs.into()));
    assert_eq!(import(&of_runs(100_003)).unwrap().head.run, RunId::new(100_003));
    assert!(import(&of_runs(100_004)).unwrap_err().1.contains("100001 entries"));
}

/// What is taken away, what a refused loss says, the losses that an accepted one tells, and what is left: runs, files and rows.
type Salvage = (fn(&Checkpoint), &'static str, &'static [&'static str], (u64, u64, u64));

fn remove(checkpoint: &Checkpoint, key: Vec<u8>) {
    checkpoint.store.remove(vec![key]).unwrap();
}

#[test]
fn a_salvage_says_what_is_lost_and_an_export_that_may_lose_nothing_is_refused() {
    let rows = export(&three_runs(), Loss::Refused).unwrap().1.len() as u64 - 8;
    let cases: [Salvage; 6] = [
        (|_| (), "", &[], (3, 3, rows)),
        (
            |checkpoint| remove(checkpoint, keys::run_part(RunId::new(2), 0)),
            "the ledger entry of run 2 of the checkpoint is damaged: it is missing",
            &["the ledger entry of run 2 of the checkpoint is damaged: it is missing"],
            (2, 3, rows),
        ),
        (
            |checkpoint| checkpoint.store.put(&keys::run_part(RunId::new(2), 0), b"damaged").unwrap(),
            "the ledger entry of run 2 of the checkpoint is damaged: it is truncated",
            &["the ledger entry of run 2 of the checkpoint is damaged: it is truncated"],
            (2, 3, rows),
        ),
        // The ledger has the file.
        (
            |checkpoint| remove(checkpoint, keys::file(&digest(2))),
            "the list of known files of the checkpoint is damaged: 3 files found, 3 expected",
            &[],
            (3, 3, rows),
        ),
        (
            |checkpoint| {
                remove(checkpoint, keys::file(&digest(2)));
                remove(checkpoint, keys::run_part(RunId::new(2), 0));
            },
            "the ledger entry of run 2",
            &[
                "the ledger entry of run 2 of the checkpoint is damaged: it is missing",
                "the list of known files of the checkpoint is damaged: 2 files found, 3 expected",
            ],
            (2, 2, rows),
        ),
        (
            |checkpoint| {
                let of_state = checkpoint.store.keys(keys::below(&keys::generation(1))).unwrap();
                checkpoint.store.remove(of_state).unwrap();
            },
            "the open state of the checkpoint is damaged",
            &[
                "of the open state of the checkpoint is damaged: it is missing",
                "chunks that can be read",
                "its head says",
            ],
            (3, 3, rows - 1),
        ),
    ];
    for (number, case) in cases.into_iter().enumerate() {
        expect_salvage(number, case);
    }
}

fn expect_salvage(number: usize, (damage, refusal, losses, left): Salvage) {
    let checkpoint = three_runs();
    damage(&checkpoint);
    match export(&checkpoint, Loss::Refused) {
        Ok(_) => assert_eq!(refusal, "", "{number}"),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Checkpoint);
            assert!(!refusal.is_empty() && error.to_string().contains(refusal), "{number}: {error}");
        }
    }
    let (exported, lines) = export(&checkpoint, Loss::Accepted).unwrap();
    let found = exported.losses;
    assert_eq!(found.len(), losses.len(), "{number}: {found:?}");
    for (found, expected) in found.iter().zip(losses) {
        assert!(found.contains(expected), "{number}: {found}");
    }
    let end: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
    let written = ["runs", "files", "rows"].map(|count| end["end"][count].as_u64().unwrap());
    assert_eq!(written, [left.0, left.1, left.2], "{number}");
    assert_eq!((exported.runs, exported.files), (left.0, left.1), "{number}");
    assert_eq!(end["end"].get("lost").is_some(), !losses.is_empty(), "{number}");
    // It can be read, and lacks nothing that it does not say.
    import(&lines).unwrap();
}

#[test]
fn what_is_known_to_be_missing_is_among_the_losses() {
    let mut last = String::new();
    let missing = vec!["outputs that were staged".to_owned()];
    let take = |line: String| {
        last = line;
        Ok(())
    };
    let exported = three_runs().export(Loss::Accepted, missing.clone(), take).unwrap();
    assert_eq!(exported.losses, missing);
    assert_eq!(serde_json::from_str::<Value>(&last).unwrap()["end"]["lost"], json!(missing));
}

#[test]
fn without_its_head_a_checkpoint_is_that_of_its_last_entry_and_what_came_after_is_said() {
    let sound = salvage(three_runs());
    assert_eq!(sound.1, Vec::<String>::new());

    let checkpoint = three_runs();
    let (head, mark, stream) = (checkpoint.head().cloned(), checkpoint.mark(), checkpoint.stream());
    checkpoint.store.remove(vec![keys::HEAD.to_vec()]).unwrap();
    let (found, findings) = salvage(checkpoint);
    assert_eq!((found.head(), found.mark(), found.stream()), (head.as_ref(), mark, stream));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].contains("the head of the checkpoint is damaged: it is missing"), "{findings:?}");
    expect_sound(&found);

    // The files of the last run are known of, or its entry: both show that it was there.
    for also in [keys::file(&digest(3)), keys::run_part(RunId::new(3), 0)] {
        let checkpoint = three_runs();
        checkpoint.store.put(&keys::run_part(RunId::new(3), 0), b"damaged").unwrap();
        checkpoint.store.remove(vec![keys::HEAD.to_vec(), also]).unwrap();
        let (found, findings) = salvage(checkpoint);
        assert_eq!(found.head().map(|head| head.run), Some(RunId::new(2)));
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[1].starts_with("the runs after run 2, up to run 3: "), "{findings:?}");
        let (exported, lines) = export(&found, Loss::Accepted).unwrap();
        assert_eq!((exported.run, exported.runs, exported.files), (2, 2, 2));
        assert_eq!(exported.losses, Vec::<String>::new());
        import(&lines).unwrap();
    }

    // A head as it was a run before.
    let mut checkpoint = empty();
    checkpoint.keep_stream().unwrap();
    commit(&mut checkpoint, &state());
    let old = checkpoint.store.get(keys::HEAD).unwrap().unwrap();
    commit(&mut checkpoint, &state());
    checkpoint.store.put(keys::HEAD, &old).unwrap();
    let (found, findings) = salvage(checkpoint);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let (exported, _) = export(&found, Loss::Refused).unwrap();
    assert_eq!((exported.run, exported.runs, exported.files), (1, 1, 1));
}

#[test]
fn without_a_run_there_is_nothing_to_export_and_no_other_entry() {
    assert_eq!(export(&empty(), Loss::Accepted).unwrap_err().kind(), ErrorKind::Failed);
    let open = |checkpoint: Checkpoint| Checkpoint::of_store(checkpoint.store, "memory".into());
    // A first run may have died between its steps.
    let checkpoint = empty();
    checkpoint.keep_stream().unwrap();
    checkpoint.store.put(&keys::list_part(1, 0), b"").unwrap();
    checkpoint.store.put(&keys::chunk(1, PartitionId::of_number(3), 0), b"").unwrap();
    let stream = checkpoint.stream();
    let checkpoint = open(checkpoint).unwrap();
    assert_eq!((checkpoint.stream(), checkpoint.head()), (stream, None));
    for key in [keys::run_part(RunId::new(1), 0), keys::file(&digest(1)), keys::list_part(2, 0)] {
        let checkpoint = empty();
        checkpoint.store.put(&key, b"").unwrap();
        let error = open(checkpoint).unwrap_err();
        assert!(
            error.to_string().contains("the head of the checkpoint is damaged: it is missing"),
            "{error}"
        );
    }
    // A file more or less would be taken in twice, or never.
    let checkpoint = three_runs();
    checkpoint.store.remove(vec![keys::file(&digest(2))]).unwrap();
    let error = open(checkpoint).unwrap_err();
    assert!(error.to_string().contains("2 files found, 3 expected"), "{error}");
}

/// Open as it would be opened from a disk.
#[cfg(feature = "parquet")]
fn reopened(checkpoint: Checkpoint) -> Checkpoint {
    Checkpoint::of_store(checkpoint.store, "memory".into()).unwrap()
}

#[cfg(feature = "parquet")]
#[test]
fn what_is_restored_is_what_was_exported_and_no_run_more() {
    let checkpoint = three_runs();
    let (_, lines) = export(&checkpoint, Loss::Refused).unwrap();
    let state = lines.iter().position(|line| line.starts_with("{\"state\"")).unwrap();
    // So many rows that the state has fewer chunks.
    let fewer = (0..30).fold(lines.clone(), |lines, _| without(&lines, state, "rows"));
    let lossy = with_losses(&fewer);
    for (lines, is_whole) in
        [(&lines, true), (&with_losses(&without(&lines, 4, "files")), true), (&lossy, false)]
    {
        let imported = import(lines).unwrap();
        let mut restored = empty();
        restored.keep_stream().unwrap();
        restored.restore(&imported).unwrap();
        let restored = reopened(restored);
        let head = restored.head().unwrap();
        assert_eq!((head.run, head.generation), (RunId::new(RUNS), 1));
        assert_eq!(head.known_files, imported.known_files);
        let (runs, expected) = (restored.runs().unwrap(), checkpoint.runs().unwrap());
        assert_eq!(runs[..2], expected[..2]);
        assert_eq!((&runs[2].head, &runs[2].files), (head, &expected[2].files));
        let audit = restored.audit_state(head).unwrap();
        assert_eq!(audit.findings.is_empty(), is_whole, "{:?}", audit.findings);
        assert_eq!(audit.open.events, imported.open.events);
        assert_eq!(restored.found_at(3).unwrap(), Some((digest(3), Some(STAMP), RunId::new(3))));
    }
}

#[cfg(feature = "parquet")]
#[test]
fn a_copy_in_memory_goes_on_by_itself() {
    let checkpoint = three_runs();
    let mut copy = checkpoint.copy_in_memory().unwrap();
    assert_eq!(
        (copy.head(), copy.mark(), copy.stream()),
        (checkpoint.head(), checkpoint.mark(), checkpoint.stream())
    );
    let mut reducer = crate::core::reducer::GapReducer::new(crate::core::gap::Gap::from_us(5));
    let ann = crate::core::partition::KeyHash::of(b"ann").partition();
    copy.load_partition(ann, &mut reducer).unwrap();
    assert_eq!(super::rows::write_counted(&mut reducer).1.events, 3);
    commit(&mut copy, &[]);
    expect_sound(&checkpoint);
    assert_eq!(reopened(copy).runs().unwrap().len(), 4);
    assert_eq!(checkpoint.runs().unwrap().len(), 3);
}
