//! A root as the lines of an export, which an import reads.

use crate::core::event::Timestamp;
use crate::core::watermark::Watermark;
use crate::deliver::Root;
use crate::distributed::{Commit, CommitInput, IMPORT, META_NAME, Meta, commit_name, read_state};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, FileEntry, Head, KnownFiles, RunEntry, RunId, RunKind, StreamId};
use crate::output::Sealed;
use crate::purged::{PurgedKey, PurgedKeys};
use crate::state::{
    LineKind, definition_of, end_line, export_line, file_line, head_digest, imported_head, line_kind,
    run_line, state_lines,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use xxhash_rust::xxh3::xxh3_128;

/// The lines of an export of the root at `address`.
///
/// # Errors
/// [`ErrorKind::NoInput`] if there is no root, or no run under it. [`ErrorKind::Checkpoint`] for damage. Those of the store.
pub fn lines(address: &str) -> Result<Box<dyn BufRead>> {
    let mut root = Root::open(address)?;
    let meta: Meta = document(&mut root, META_NAME)?.ok_or_else(|| no_run(&root))?;
    let mut commits = Vec::new();
    while let Some(commit) =
        document::<Commit>(&mut root, &commit_name(meta.first_run + commits.len() as u64))?
    {
        commits.push(commit);
    }
    let newest = commits.last().ok_or_else(|| no_run(&root))?;
    let mut lines = Lines::begin()?;
    let begun = before(&mut root, &commits[0], &mut lines)?;
    let plain = {
        let definition = definition_of(meta.definition.clone()).map_err(|what| damaged(&what))?;
        definition.rule_set().map_err(|what| damaged(&what))?.is_plain()
    };
    let mut head = begun.head;
    for commit in commits.iter().filter(|commit| commit.kind != IMPORT) {
        let entry = entry_of(commit, head.as_ref(), &meta)?;
        lines.write(&run_line(&entry))?;
        lines.runs += 1;
        for file in &entry.files {
            lines.write(&file_line(&file.digest, entry.head.run))?;
            lines.files += 1;
        }
        head = Some(entry.head);
    }
    for file in newest.files.iter().filter(|file| file.kind == "state") {
        let content = content(&mut root, &file.path, &file.digest)?;
        read_state(content.into(), |_, _, state| {
            let mut written = Ok(());
            let read = state_lines(state, plain, |line| {
                if written.is_ok() {
                    written = lines.write(&line);
                    lines.rows += 1;
                }
            });
            read.map_err(|what| damaged(&what)).and(written)
        })?;
    }
    warn_of_rows_without_files(&commits);
    let head = head.ok_or_else(|| no_run(&root))?;
    let first = match begun.line {
        Some(line) if commits.len() == 1 => line,
        _ => {
            let stream =
                StreamId::read(&meta.stream_id).ok_or_else(|| damaged("its stream id is no UUID"))?;
            export_line(&head, head_digest(&head), stream)
        }
    };
    lines.end(&first)
}

/// What a root has of the checkpoint that it was exported from.
#[derive(Default)]
struct Before {
    line: Option<String>,
    head: Option<Head>,
}

/// Copies what the first commit has of a ledger.
fn before(root: &mut Root, first: &Commit, lines: &mut Lines) -> Result<Before> {
    let mut before = Before::default();
    for file in first.files.iter().filter(|file| file.kind == "ledger") {
        let content = content(root, &file.path, &file.digest)?;
        for line in content.lines() {
            let line = line.map_err(|error| damaged(&error.to_string()))?;
            match line_kind(&line) {
                LineKind::Export => {
                    before.head = Some(imported_head(&line).map_err(|what| damaged(&what))?);
                    before.line = Some(line);
                }
                LineKind::Run => {
                    lines.write(&line)?;
                    lines.runs += 1;
                }
                LineKind::File => {
                    lines.write(&line)?;
                    lines.files += 1;
                }
                LineKind::Other => {}
            }
        }
    }
    Ok(before)
}

/// The command knows files by their content. It cannot know rows that came as a data frame.
fn warn_of_rows_without_files(commits: &[Commit]) {
    let without = |commit: &&Commit| commit.inputs.is_empty() && commit.counts.rows_read > 0;
    let runs: Vec<String> = commits.iter().filter(without).map(|commit| commit.run.to_string()).collect();
    if !runs.is_empty() {
        log::warn!(
            "runs {} have taken in rows that came from no file: files with these rows are new to the command, so do not give it such",
            runs.join(", ")
        );
    }
}

fn file_of(input: &CommitInput) -> Result<FileEntry> {
    let digest = FileDigest::read(&input.digest, &input.beginning)
        .ok_or_else(|| damaged(&format!("{} is not the digest of a file", input.digest)))?;
    Ok(FileEntry {
        path: input.path.clone(),
        digest,
        known_bytes: 0,
        rows: input.rows,
        source: None,
        place: None,
    })
}

/// The entry of a distributed run, after the head of the run before it.
fn entry_of(commit: &Commit, before: Option<&Head>, meta: &Meta) -> Result<RunEntry> {
    let time =
        |us: i64| Timestamp::from_us(us).ok_or_else(|| damaged(&format!("{us} microseconds is no time")));
    let watermark =
        |us: Option<i64>| us.map(time).transpose().map(|us| us.map_or(Watermark::BEGINNING, Watermark::at));
    let purged = |key: &crate::migrations::checkpoint::v1::PurgedKey| {
        time(key.until_us).map(|until| PurgedKey { hash: key.key_hash, until })
    };
    let counts = &commit.counts;
    let run = RunId::new(commit.run);
    let files = commit.inputs.iter().map(file_of).collect::<Result<Vec<_>>>()?;
    let known_before = before.map_or_else(KnownFiles::default, |head| head.known_files);
    let head = Head {
        run,
        generation: commit.run,
        chunks: 0,
        state_digest: 0,
        keys_open: counts.keys_open,
        sessions_open: counts.sessions_open,
        events_open: counts.events_open,
        oldest_open_start: counts.oldest_open_start_us.map(time).transpose()?,
        watermark: watermark(commit.event_time.watermark_us)?,
        watermark_origin: None,
        latest: commit.event_time.latest_us.map(time).transpose()?,
        accepts_from: watermark(commit.event_time.accepts_from_us)?,
        purged: commit.purged.iter().map(purged).collect::<Result<PurgedKeys>>()?,
        definition: definition_of(meta.definition.clone()).map_err(|what| damaged(&what))?,
        known_files: files.iter().fold(known_before, |known, file| known.with(file.digest, run)),
    };
    let kind = match commit.kind.as_str() {
        "finalize" => RunKind::Finalize,
        "finalize-as-of" => RunKind::FinalizeAsOf,
        _ => RunKind::Batch,
    };
    Ok(RunEntry { kind, as_of: time(commit.now_us)?, files, counts: counts.of_run(), head })
}

fn document<D: Serialize + DeserializeOwned>(root: &mut Root, name: &str) -> Result<Option<D>> {
    let Some(content) = root.get(name)? else { return Ok(None) };
    Sealed::read(&content).map(Some).map_err(|what| damaged(&what).at(root.shown(name)))
}

fn content(root: &mut Root, name: &str, digest: &str) -> Result<Vec<u8>> {
    let found = root.get(name)?.filter(|content| format!("{:032x}", xxh3_128(content)) == digest);
    found.ok_or_else(|| damaged("it is missing, or its digest does not match").at(root.shown(name)))
}

/// The lines after the first one, in a temporary file.
struct Lines {
    file: BufWriter<File>,
    runs: u64,
    files: u64,
    rows: u64,
}

impl Lines {
    fn begin() -> Result<Self> {
        let file = tempfile::tempfile().map_err(|error| unwritten(&error))?;
        Ok(Self { file: BufWriter::new(file), runs: 0, files: 0, rows: 0 })
    }

    fn write(&mut self, line: &str) -> Result<()> {
        writeln!(self.file, "{line}").map_err(|error| unwritten(&error))
    }

    fn end(mut self, first: &str) -> Result<Box<dyn BufRead>> {
        self.write(&end_line(self.runs, self.files, self.rows))?;
        let mut file = self.file.into_inner().map_err(|error| unwritten(error.error()))?;
        file.rewind().map_err(|error| unwritten(&error))?;
        let first = io::Cursor::new(format!("{first}\n").into_bytes());
        Ok(Box::new(BufReader::new(io::Read::chain(first, file))))
    }
}

fn no_run(root: &Root) -> Error {
    Error::new(ErrorKind::NoInput, "no run was committed here")
        .at(root.shown(META_NAME))
        .remedy("give the address that `run` or `export-state --parquet` has written to")
        .nothing_changed()
}

fn damaged(what: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("this root is damaged: {what}"))
        .remedy("restore it from a backup")
        .nothing_changed()
}

fn unwritten(error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, "write a temporary file in", &std::env::temp_dir(), error)
}
