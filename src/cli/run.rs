//! `sessionize run`

use super::columns::ColumnFlags;
use super::common::{CommonFlags, check_stated};
use super::configuration::SourceTable;
use super::deliver::{AfterRunFlags, DeliveryAfterRun};
use super::files::FileFlags;
use super::inbox::{Inbox, InboxFlags};
use super::outputs::OutputFlags;
use super::patterns::matching_files;
use super::rules::RuleFlags;
use super::stderr::warn;
use super::text::{run_page, runs_page};
use super::warnings::warnings;
use super::{machine, memory, progress, values};
use crate::core::event::Timestamp;
use crate::core::gap::Gap;
use crate::core::rules::RuleTexts;
use crate::core::watermark::Advance;
use crate::definition::{DefinitionRequest, SourceRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{BatchFile, open_batch, open_inbox};
use crate::report::{RunReport, Status};
use crate::run::{self, Cancellation, Context, Look, Progress, Workers};
use crate::settings::{
    CommonSettings, FileOrder, FileSettings, KeepGenerations, Limit, RunSettings, SourceChoice,
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  sessionize run --batch data/sample/day-1.csv
  sessionize run --batch logs/2020-01-01/*.csv --key user_id --time ts --gap 30m --watermark-delay 1h
  zcat access.log.gz | sessionize run --batch - --delimiter tab --time-format epoch-s
  sessionize run --each --batch logs/2019-*.csv        # a backfill, one commit for each file
  sessionize run --each --new 'incoming/**/*.csv'      # what has arrived since the last run";

/// Process a batch: write completed sessions, and keep open ones for the next run
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct RunFlags {
    /// Files of the batch, patterns such as 'in/**/*.csv', or URLs of objects, as of S3; - is standard input. gzip and zstd are read
    #[arg(long, value_name = "FILE", num_args = 0.., help_heading = BATCH)]
    batch: Vec<PathBuf>,
    /// More files of the batch
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Commit each file as its own batch, one after the other
    #[arg(long, help_heading = BATCH)]
    each: bool,
    #[command(flatten)]
    inbox: InboxFlags,
    /// Order of the files, where it matters: as given, by name with numbers as numbers, or by the time of the first event in
    /// each [default: given; name with --new]
    #[arg(long, value_enum, alias = "inbox-order", help_heading = BATCH)]
    file_order: Option<Order>,
    #[command(flatten)]
    known: FileFlags,
    /// Report what the run would do, without changing anything
    #[arg(long, help_heading = BATCH)]
    dry_run: bool,
    /// Source of all files, if there are several sources; without it, the path of each file determines its source
    #[arg(long, value_name = "NAME", help_heading = BATCH)]
    source: Option<String>,
    #[command(flatten)]
    columns: ColumnFlags,
    /// Longest pause inside a session [default: 5m]; web analytics usually uses 30m
    #[arg(long, value_name = "DUR", value_parser = values::duration_us, help_heading = SESSIONS)]
    gap: Option<i64>,
    #[command(flatten)]
    rules: RuleFlags,
    /// Distance of the watermark from the latest event, for logs that arrive out of order
    #[arg(long, value_name = "DUR", default_value = "0s", value_parser = values::duration_us, help_heading = LATE)]
    watermark_delay: i64,
    /// Declare that the data is complete up to this time, and set the watermark to it
    #[arg(long, value_name = "T", value_parser = values::time, conflicts_with = "watermark_delay", help_heading = LATE)]
    watermark: Option<Timestamp>,
    /// Reject events further in the future than this
    #[arg(long, value_name = "DUR", default_value = "5m", value_parser = values::duration_us, help_heading = LIMITS)]
    max_future: i64,
    /// Fail the run if more rows than this are rejected: a number, or a share of the rows; 0 is strict
    #[arg(long, value_name = "N|N%", default_value = "1%", help_heading = LIMITS)]
    max_rejects: Limit,
    /// What to do with late events: side writes them to a separate output, drop only counts them
    #[arg(long, value_enum, default_value = "side", help_heading = LATE)]
    late: Late,
    /// Fail the run if more events than this are late: a number, or a share of the rows
    #[arg(long, value_name = "N|N%", default_value = "5%", help_heading = LIMITS)]
    max_late: Limit,
    /// Fail the run if new files have fewer rows than this, to notice an empty or truncated file
    #[arg(long, value_name = "N", default_value = "0", help_heading = LIMITS)]
    min_rows: u64,
    /// Change the definition that the first run fixed (gap, columns, rules); no session may be open
    #[arg(long, help_heading = SESSIONS)]
    redefine: bool,
    /// Threads that parse and fold [default: all processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024), help_heading = MACHINE)]
    threads: Option<u16>,
    /// Memory for events and open sessions; beyond it, the run uses temporary files [default: a quarter of what the container, the limits of the process and the machine allow]
    #[arg(long, value_name = "SIZE", value_parser = values::size_bytes, help_heading = MACHINE)]
    memory: Option<usize>,
    /// Fail the run if the batch has more bytes than this after decompression, such as 10GiB [default: no limit]
    #[arg(long, value_name = "SIZE", value_parser = values::size_bytes, help_heading = LIMITS)]
    max_bytes: Option<usize>,
    #[command(flatten)]
    outputs: OutputFlags,
    #[command(flatten, next_help_heading = BATCH)]
    after: AfterRunFlags,
    /// How many states a rollback can return to: the states after the last N runs, or after the runs of this age, such as 7d
    #[arg(long, value_name = "N|AGE", default_value = "72", value_parser = values::keep_generations, help_heading = MACHINE)]
    keep_generations: KeepGenerations,
    #[command(flatten)]
    common: CommonFlags,
}

/// One that is ingested, and the next one, which is fetched meanwhile.
const OBJECTS_IN_TURN: usize = 2;

const BATCH: &str = "The batch";
const SESSIONS: &str = "Sessions (fixed by the first run)";
const LATE: &str = "Late events";
const LIMITS: &str = "Limits";
const MACHINE: &str = "The machine";

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Late {
    Side,
    Drop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Order {
    Given,
    Name,
    Time,
}

/// The document of `--each`.
#[derive(Debug, Serialize)]
struct EachReport {
    runs: Vec<RunReport>,
    /// Files of the inbox that changed a moment ago, and are left for the next run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files_left: Vec<String>,
}

impl RunFlags {
    /// The files of the batch.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if none is named, [`ErrorKind::NoInput`] if a folder cannot be read.
    fn files(&self) -> Result<Inbox> {
        if self.inbox.is_given() {
            return self.inbox.look();
        }
        let names: Vec<PathBuf> = self.batch.iter().chain(&self.files).cloned().collect();
        if names.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "no batch file is named").remedy(
                "name one: sessionize run --batch FILE, or the key batch of the configuration file",
            ));
        }
        Ok(Inbox { paths: matching_files(&names)?, left: Vec::new() })
    }

    /// How many of `files` are open at once. A URL may stand for many objects, each of which needs a temporary file once bytes of it are
    /// read: one by one, if they are ingested so and nobody looks for their first events before.
    fn open_files(&self, files: &[BatchFile]) -> usize {
        let objects = files.iter().filter(|file| file.is_remote()).count();
        let comes_in_turn = self.each && self.file_order != Some(Order::Time);
        files.len() - objects + if comes_in_turn { objects.min(OBJECTS_IN_TURN) } else { objects }
    }

    /// The output folder from which is to be delivered after the run, if that is asked for.
    pub(super) fn delivers_from(&self) -> Option<&Path> {
        (self.after.deliver && !self.dry_run).then(|| self.common.out())
    }

    fn settings(&self, common: &CommonSettings, sources: Vec<SourceTable>) -> Result<RunSettings> {
        if let Some(stated) = self.watermark {
            check_stated("--watermark", stated, common.as_of, self.max_future)?;
        }
        let (rules, key_hasher) = self.rules.read()?;
        Ok(RunSettings {
            request: self.request(rules, &sources),
            key_hasher,
            choice: self.choice(sources),
            file_order: match self.file_order {
                None if self.inbox.is_given() => FileOrder::Name,
                None | Some(Order::Given) => FileOrder::Given,
                Some(Order::Name) => FileOrder::Name,
                Some(Order::Time) => FileOrder::Time,
            },
            redefine: self.redefine,
            advance: self.watermark.map_or(Advance::Delay(self.watermark_delay), Advance::Stated),
            max_future_us: self.max_future,
            max_rejects: self.max_rejects,
            max_late: self.max_late,
            keep_late_rows: self.late != Late::Drop,
            min_rows: self.min_rows,
            dry_run: self.dry_run,
            files: FileSettings { each: self.each, ..self.known.settings() },
            memory_bytes: self.memory.unwrap_or_else(memory::default_bytes),
            keep_generations: self.keep_generations,
            max_bytes: self.max_bytes.map_or(u64::MAX, |bytes| bytes as u64),
            outputs: self.outputs.settings()?,
            command: Vec::new(),
        })
    }

    fn choice(&self, sources: Vec<SourceTable>) -> SourceChoice {
        match &self.source {
            Some(name) => SourceChoice::Named(name.clone()),
            None if sources.is_empty() => SourceChoice::Only,
            None => {
                let patterns = sources.into_iter().map(|source| (source.name, source.patterns));
                SourceChoice::ByPattern(patterns.collect())
            }
        }
    }

    /// The request for the sources of the configuration file. Flags set what a source leaves open.
    fn request(&self, rules: RuleTexts, sources: &[SourceTable]) -> DefinitionRequest {
        let flags = self.columns.request();
        let of_source = |source: &SourceTable| source.request.clone().or(&flags);
        let asked: Vec<SourceRequest> = sources.iter().map(of_source).collect();
        DefinitionRequest {
            gap: self.gap.map(Gap::from_us),
            sources: if asked.is_empty() { vec![flags] } else { asked },
            rules,
        }
    }
}

/// The words of the command as given, without the path of the program.
fn words_of(words: &[OsString]) -> Vec<String> {
    let given = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    std::iter::once(env!("CARGO_PKG_NAME").to_owned()).chain(given).collect()
}

/// Runs the batches, then delivers what they have published if that is asked for.
pub(super) fn execute(
    flags: &RunFlags,
    words: &[OsString],
    sources: Vec<SourceTable>,
    delivery: Option<&DeliveryAfterRun>,
    cancellation: &Cancellation,
) -> Result<()> {
    execute_run(flags, words, sources, cancellation)?;
    let Some(delivery) = delivery else { return Ok(()) };
    let report = delivery.carry_out(cancellation)?;
    log::info!("{} is at run {}", report.target, report.run);
    Ok(())
}

fn execute_run(
    flags: &RunFlags,
    words: &[OsString],
    sources: Vec<SourceTable>,
    cancellation: &Cancellation,
) -> Result<()> {
    let common = flags.common.settings();
    let settings = RunSettings { command: words_of(words), ..flags.settings(&common, sources)? };
    if flags.each && flags.dry_run {
        return Err(Error::new(
            ErrorKind::Usage,
            "--each and --dry-run exclude each other: each run needs the state that the one before it leaves",
        )
        .remedy("try the files one by one, or as one batch"));
    }
    run::check_request(&settings.request)?;
    let Inbox { paths, left } = flags.files()?;
    machine::allow_open_files(paths.len())?;
    let open = if flags.inbox.is_given() { open_inbox } else { open_batch };
    let files = open(&paths, settings.max_bytes)?;
    machine::allow_open_files(flags.open_files(&files))?;
    let workers = Workers::start(flags.threads.map_or_else(machine::processors, usize::from))?;
    let context = if settings.dry_run {
        Look::at(&common, cancellation)?.into_context()
    } else {
        Context::open(&common, cancellation)?
    };
    let files = run::in_order(&context, &settings, files)?;
    let mut command = RunCommand { flags, settings, left, context, workers, cancellation };
    if flags.each { command.run_each(files) } else { command.run_once(files) }
}

/// A command that is about to ingest its batches.
struct RunCommand<'f> {
    flags: &'f RunFlags,
    settings: RunSettings,
    /// The files of the inbox that are left for the next run.
    left: Vec<String>,
    context: Context,
    workers: Workers,
    cancellation: &'f Cancellation,
}

impl RunCommand<'_> {
    fn run_once(&mut self, files: Vec<BatchFile>) -> Result<()> {
        let mut report = self.run(files)?;
        report.files_left = std::mem::take(&mut self.left);
        if self.flags.inbox.is_given() {
            report.files.retain(|file| file.status != "known");
        }
        self.warn_of(std::slice::from_ref(&report));
        self.flags.common.print(self.cancellation, &report, run_page)
    }

    fn run_each(&mut self, files: Vec<BatchFile>) -> Result<()> {
        let mut each = EachReport { runs: Vec::new(), files_left: std::mem::take(&mut self.left) };
        let mut outcome = Ok(());
        let files = if self.flags.inbox.is_given() {
            run::only_new(&self.context, &self.settings, files)?
        } else {
            files
        };
        let mut files = files.into_iter().peekable();
        while let Some(file) = files.next() {
            let next = files.peek().map(|next| self.fetch_ahead(&file, next));
            match next.unwrap_or(Ok(())).and_then(|()| self.run(vec![file])) {
                // What an object holds is known only now: one with a known content is as little news as a file that was left out before.
                Ok(report) if self.flags.inbox.is_given() && report.status == Status::NothingToDo => {}
                Ok(report) => each.runs.push(report),
                Err(error) => {
                    outcome = Err(error);
                    break;
                }
            }
        }
        self.warn_of(&each.runs);
        // What was committed before an error stays committed, so the report includes it.
        let printed =
            self.flags.common.print(self.cancellation, &each, |each| runs_page(&each.runs, &each.files_left));
        outcome.and(printed)
    }

    /// Lets the next object come while this one is taken in.
    fn fetch_ahead(&self, file: &BatchFile, next: &BatchFile) -> Result<()> {
        run::fetch_ahead(&self.context, &self.settings, file)?;
        run::fetch_ahead(&self.context, &self.settings, next)
    }

    fn run(&mut self, files: Vec<BatchFile>) -> Result<RunReport> {
        let bytes = files.iter().map(BatchFile::bytes).sum();
        let progress = Progress::default();
        let bar = progress::bar(&progress, bytes, self.flags.common.report.quiet);
        let report = run::run(&mut self.context, &self.settings, files, &self.workers, &progress);
        bar.finish_and_clear();
        report
    }

    fn warn_of(&self, runs: &[RunReport]) {
        for warning in warnings(runs, &self.settings) {
            warn(&warning);
        }
    }
}
