//! A job in a folder of its own, for the tests of commands: state, outputs and batches.

use super::{Cancellation, Context, FinalizeSettings, Progress, Workers, finalize, run};
use crate::core::event::Timestamp;
use crate::core::watermark::Advance;
use crate::definition::DefinitionRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::input::open_batch;
use crate::output::{OutputForm, OutputFormat};
use crate::report::RunReport;
use crate::settings::{
    CommonSettings, FileOrder, FileSettings, KeepGenerations, Limit, OutputSettings, RunSettings,
    SourceChoice,
};
use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// The first day of 2021, after all events of the tests.
const NOW_US: i64 = 1_609_459_200_000_000;

/// State, outputs and batches in one temporary folder, and how runs of them are asked for.
#[derive(Debug)]
pub(crate) struct Job {
    folder: TempDir,
    pub(crate) common: CommonSettings,
    pub(crate) settings: RunSettings,
    pub(crate) cancellation: Cancellation,
}

impl Job {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let common = CommonSettings {
            state: folder.path().join("state"),
            out: folder.path().join("out"),
            wait: Duration::ZERO,
            as_of: Timestamp::from_us(NOW_US).unwrap(),
        };
        let outputs = OutputSettings {
            form: OutputForm::plain(OutputFormat::Csv),
            spreadsheet_safe: false,
            partitions: None,
            shows_open: false,
        };
        let settings = RunSettings {
            request: DefinitionRequest::default(),
            key_hasher: None,
            file_order: FileOrder::Given,
            choice: SourceChoice::Only,
            redefine: false,
            advance: Advance::Delay(0),
            max_future_us: 0,
            max_rejects: Limit::Rows(0),
            max_late: Limit::Rows(0),
            min_rows: 0,
            keep_late_rows: true,
            dry_run: false,
            files: FileSettings::default(),
            memory_bytes: usize::MAX,
            keep_generations: KeepGenerations::Count(NonZeroU64::MAX),
            max_bytes: u64::MAX,
            outputs,
            command: Vec::new(),
        };
        Self { folder, common, settings, cancellation: Cancellation::default() }
    }

    /// A job after so many days: each completes the session of `ann` and leaves that of `bob` open.
    pub(crate) fn of_days(days: u64) -> Self {
        let job = Self::new();
        for number in 1..=days {
            job.day(number).unwrap();
        }
        job
    }

    /// Runs the batch of this day.
    pub(crate) fn day(&self, number: u64) -> Result<RunReport> {
        let rows = format!("ann,2020-01-0{number} 10:00:00\nbob,2020-01-0{number} 12:00:00\n");
        self.run(&[(&format!("{number}.csv"), &rows)])
    }

    /// Runs one batch of these files.
    pub(crate) fn run(&self, files: &[(&str, &str)]) -> Result<RunReport> {
        self.write(files);
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        self.run_again(&names)
    }

    /// Runs one batch of files that are there.
    pub(crate) fn run_again(&self, names: &[&str]) -> Result<RunReport> {
        self.run_in(&mut self.open()?, names)
    }

    /// The same in an open context.
    pub(crate) fn run_in(&self, context: &mut Context, names: &[&str]) -> Result<RunReport> {
        let paths: Vec<PathBuf> = names.iter().map(|name| self.path(name)).collect();
        let files = open_batch(&paths, self.settings.max_bytes)?;
        run(context, &self.settings, files, &Workers::start(1)?, &Progress::default())
    }

    /// Finalizes, or with `as_of` only moves the watermark.
    pub(crate) fn finalize(&self, as_of: Option<Timestamp>) -> Result<RunReport> {
        let settings = FinalizeSettings {
            as_of,
            keep_generations: self.settings.keep_generations,
            outputs: self.settings.outputs,
        };
        finalize(&mut self.open()?, settings, &Workers::start(1)?)
    }

    pub(crate) fn open(&self) -> Result<Context> {
        Context::open(&self.common, &self.cancellation)
    }

    /// The error of the next command.
    pub(crate) fn refusal(&self) -> Error {
        self.open().map(drop).unwrap_err()
    }

    /// Expects that the next command is refused for the checkpoint and its output, and says so with these words.
    pub(crate) fn expect_refused(&self, words: &str) {
        let refusal = self.refusal();
        assert_eq!(refusal.kind(), ErrorKind::Checkpoint, "{refusal}");
        assert!(refusal.to_string().contains(words), "{refusal}");
    }

    pub(crate) fn write(&self, files: &[(&str, &str)]) {
        for (name, rows) in files {
            fs::write(self.path(name), rows).unwrap();
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The path of the manifest of this run in the output folder.
    pub(crate) fn manifest(&self, run: u64) -> PathBuf {
        self.common.out.join(format!("manifests/run-{run:08}.json"))
    }

    pub(crate) fn staging(&self, run: u64) -> PathBuf {
        self.common.out.join(format!(".staging/run-{run:08}"))
    }

    pub(crate) fn sessions(&self, run: u64) -> PathBuf {
        self.common.out.join(format!("sessions/run-{run:08}.csv"))
    }

    /// Puts the outputs of the last run back into staging, as they lie there after its commit.
    pub(crate) fn unpublish(&self, run: u64) {
        let staging = self.staging(run);
        fs::create_dir_all(&staging).unwrap();
        fs::rename(self.sessions(run), staging.join("sessions.csv")).unwrap();
        fs::rename(self.manifest(run), staging.join("manifest.json")).unwrap();
    }

    /// Keeps a copy of the state or the output folder.
    pub(crate) fn keep(&self, folder: &Path, copy: &str) {
        copy_folder(folder, &self.path(copy));
    }

    /// Replaces the state or the output folder by a kept copy.
    pub(crate) fn put_back(&self, folder: &Path, copy: &str) {
        fs::remove_dir_all(folder).unwrap();
        copy_folder(&self.path(copy), folder);
    }

    /// The tables below the output folder, by their paths in it.
    pub(crate) fn outputs(&self) -> BTreeMap<String, String> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![self.common.out.clone()]);
        while let Some(folder) = folders.pop() {
            for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                let name = path.strip_prefix(&self.common.out).unwrap().to_string_lossy().into_owned();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "csv") {
                    found.insert(name, fs::read_to_string(&path).unwrap());
                }
            }
        }
        found
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::<_, std::io::Error>::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
