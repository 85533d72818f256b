use super::*;
use crate::core::event::Timestamp;
use crate::ledger::RunId;
use crate::maintenance::{rollback, verify, write_predecessor};
use crate::output::{OutputForm, OutputFormat};
use crate::run::{Cancellation, FinalizeSettings, Workers, finalize};
use crate::settings::CommonSettings;
use crate::settings::{KeepGenerations, OutputSettings};
use crate::state::predecessor::FILE;
use std::num::NonZeroU64;
use std::time::Duration;
use tempfile::TempDir;

/// State and output of a program of version 0 after one run.
fn predecessor() -> (TempDir, CommonSettings) {
    let folder = tempfile::tempdir().unwrap();
    let common = CommonSettings {
        state: folder.path().join("state"),
        out: folder.path().join("out"),
        wait: Duration::ZERO,
        as_of: Timestamp::from_us(1_000_000_000).unwrap(),
    };
    std::fs::create_dir(&common.state).unwrap();
    write_predecessor(&common.state, &common.out).unwrap();
    (folder, common)
}

fn close_all(context: &mut Context) -> String {
    let settings = FinalizeSettings {
        as_of: None,
        keep_generations: KeepGenerations::Count(NonZeroU64::MAX),
        outputs: OutputSettings {
            form: OutputForm::plain(OutputFormat::Csv),
            spreadsheet_safe: false,
            partitions: None,
            shows_open: false,
        },
    };
    let report = finalize(context, settings, &Workers::start(1).unwrap()).unwrap();
    std::fs::read_to_string(report.outputs.sessions.unwrap()).unwrap()
}

/// By hand: the session of two events and the one that waited 60 s behind it.
const SESSION: &str = "ann,1970-01-01T00:00:00Z,1970-01-01T00:02:00Z,120,3,finalize\n";

#[test]
fn an_older_checkpoint_is_read_as_it_is_and_a_copy_of_it_is_kept() {
    let (_folder, common) = predecessor();
    let mut context = Context::open(&common, &Cancellation::default()).unwrap();
    assert_eq!(context.checkpoint.stored_version().unwrap(), Some(0));
    let kept = common.state.with_file_name("state.format-0");
    assert!(kept.join("db").is_file());
    let head = context.checkpoint.head().unwrap();
    // What version 0 did not know comes from what it knew.
    assert_eq!(head.accepts_from, head.watermark);
    assert_eq!(head.events_open, 3);
    assert_eq!(context.checkpoint.run_of_file(&FILE).unwrap().map(RunId::number), Some(1));
    assert_eq!(context.checkpoint.runs().unwrap()[0].files[0].path, "old.csv");
    // The next run writes the newest version; what is older stays as it is, and fits.
    assert!(close_all(&mut context).ends_with(SESSION));
    assert_eq!(context.checkpoint.stored_version().unwrap(), Some(1));
    drop(context);
    assert_eq!(verify(&common, &Cancellation::default()).unwrap().findings, Vec::<String>::new());
    // The copy is that of the old state: with the output of that time it could still be opened.
    let old = CommonSettings { state: kept, out: common.out.with_file_name("none"), ..common };
    let refusal = Context::open(&old, &Cancellation::default()).unwrap_err().to_string();
    assert!(refusal.contains("the checkpoint is at run 1"), "{refusal}");
}

#[test]
fn a_migration_is_a_run_that_changes_nothing_but_the_version() {
    let (_folder, common) = predecessor();
    let mut context = Context::open(&common, &Cancellation::default()).unwrap();
    let before = context.checkpoint.head().cloned().unwrap();
    let report = migrate(&mut context).unwrap();
    assert_eq!((report.run, report.from, report.to), (Some(2), 0, 1));
    let after = context.checkpoint.head().cloned().unwrap();
    assert_eq!((after.generation, after.events_open), (2, before.events_open));
    drop(context);
    assert_eq!(verify(&common, &Cancellation::default()).unwrap().findings, Vec::<String>::new());
    let mut context = Context::open(&common, &Cancellation::default()).unwrap();
    assert_eq!(migrate(&mut context).unwrap().run, None);
    // The open state of the older version is still kept, and can be gone back to.
    assert!(close_all(&mut context).ends_with(SESSION));
    rollback(&mut context, 1).unwrap();
    assert_eq!(context.checkpoint.head().unwrap().events_open, 3);
    assert!(close_all(&mut context).ends_with(SESSION));
    drop(context);
    assert_eq!(verify(&common, &Cancellation::default()).unwrap().findings, Vec::<String>::new());
}
