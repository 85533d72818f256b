//! The plan of a run, made before any row is read: the definition, the files, their columns.

use super::context::Context;
use super::file_reader::FileToRead;
use super::first_use::FirstUse;
use super::identity::{Identity, KnownFile, NewPart, identify};
use super::sources::{check_keys, check_rule_columns, source_of};
use crate::core::rules::{RuleFlag, RuleSet};
use crate::definition::{
    Definition, DefinitionRequest, FormatOptions, KeyHasher, Source, columns_text, gap_text,
};
use crate::error::{Error, ErrorKind, Result};
use crate::input::time::{TimeFormat, TimeParser};
use crate::input::{BatchFile, FileDecoder, Format, Projection};
use crate::ledger::{FileDigest, FileEntry, FilePlace, Head, RunEntry, RunKind, active_runs};
use crate::settings::RunSettings;
use std::sync::Arc;

/// The plan of a run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) kind: RunKind,
    pub(super) definition: Definition,
    pub(super) rules: Arc<RuleSet>,
    /// Whether no earlier run has decided the definition.
    pub(super) is_first: bool,
    /// The definition before any file has decided about it.
    asked: Definition,
    /// What this run decided about the definition, as text.
    pub(super) decided: Option<String>,
    pub(super) new: Vec<FileToRead>,
    /// Every file in the given order: its path, and what is known of it if nothing of it is ingested.
    pub(super) files: Vec<(String, Option<KnownFile>)>,
}

impl Plan {
    pub(super) fn make(context: &Context, settings: &RunSettings, mut files: Vec<BatchFile>) -> Result<Self> {
        let kept = decided_head(context)?.map(|head| &head.definition);
        let mut of_files = FilePlan::begin(context, settings)?;
        let asked = of_files.definition.clone();
        of_files.take_path_columns(&mut files, settings)?;
        let identities = identify(&context.checkpoint, settings, &files)?;
        let (mut new, mut reported) = (Vec::new(), Vec::new());
        for (file, identity) in files.into_iter().zip(identities) {
            let path = file.path().to_string_lossy().into_owned();
            match identity {
                Identity::New(part) => {
                    let before = of_files.options();
                    new.push(of_files.open(file, part, settings)?);
                    tell_decided(&path, &before, &of_files.options());
                    reported.push((path, None));
                }
                Identity::Known(known) => reported.push((path, Some(known))),
            }
        }
        let FilePlan { definition, .. } = of_files;
        if kept != Some(&definition) {
            check_names(&definition)?;
            check_rule_columns(&definition)?;
        }
        Ok(Self {
            kind: RunKind::Batch,
            // The files may have shown the names of the key columns.
            rules: rule_set(&definition)?,
            is_first: kept.is_none(),
            asked,
            decided: (kept != Some(&definition)).then(|| definition_text(&definition)),
            definition,
            new,
            files: reported,
        })
    }

    /// Whether a run that reads `rows` decides the definition: it read one, or a header has shown the columns.
    pub(super) fn decides(&self, rows: u64) -> bool {
        !self.is_first || rows > 0 || !self.definition.sources.iter().all(Source::is_undecided)
    }

    /// The definition after a run that has read `rows`.
    pub(super) fn definition_after(&self, rows: u64) -> &Definition {
        if self.decides(rows) { &self.definition } else { &self.asked }
    }

    /// New places of known contents.
    pub(super) fn known_places(&self) -> Vec<(FileDigest, FilePlace)> {
        let known = self.files.iter().filter_map(|(_, known)| known.as_ref());
        let place = |known: &KnownFile| known.place.filter(|place| place.stamp.is_some());
        known.filter_map(|known| Some((known.digest, place(known)?))).collect()
    }

    /// The files that are ingested completely with longer ones, for the ledger; `read` are its entries of the files that were read.
    /// Not all of a file is ingested if the longer one leaves some of it for a later run.
    pub(super) fn within_longer_files(&self, read: &[FileEntry]) -> Vec<FileEntry> {
        let mut read = read.iter().map(|entry| entry.digest.bytes);
        let ingested: Vec<u64> = self
            .files
            .iter()
            .map(|(_, known)| known.as_ref().map_or_else(|| read.next(), |known| Some(known.digest.bytes)))
            .map(Option::unwrap_or_default)
            .collect();
        let entry = |(path, known): &(String, Option<KnownFile>)| {
            let &KnownFile { digest, place, within, .. } = known.as_ref()?;
            let is_whole = ingested[self.outermost(within?)] >= digest.bytes;
            let (path, known_bytes) = (path.clone(), digest.bytes);
            is_whole.then_some(FileEntry { path, digest, known_bytes, rows: 0, source: None, place })
        };
        self.files.iter().filter_map(entry).collect()
    }

    /// The number of the file with which the file `number` is ingested: its own, unless a longer one begins with it.
    fn outermost(&self, number: usize) -> usize {
        let within = self.files[number].1.as_ref().and_then(|known| known.within);
        within.map_or(number, |longer| self.outermost(longer))
    }

    /// The plan of a run of `kind` without files, which continues from `head`.
    pub(super) fn without_files(head: &Head, kind: RunKind) -> Result<Self> {
        let (definition, rules) = (head.definition.clone(), rule_set(&head.definition)?);
        let (new, files, asked) = (Vec::new(), Vec::new(), definition.clone());
        Ok(Self { kind, definition, rules, is_first: false, asked, decided: None, new, files })
    }
}

/// The definition while the files decide about it.
#[derive(Debug)]
pub(super) struct FilePlan {
    definition: Definition,
    /// Whether no earlier run has decided the definition.
    is_first: bool,
    pub(super) rules: Arc<RuleSet>,
}

impl FilePlan {
    /// The definition of a run before any of its files is open.
    pub(super) fn begin(context: &Context, settings: &RunSettings) -> Result<Self> {
        let definition = choose_definition(context, settings)?;
        check_secret(&definition, settings.key_hasher.as_ref())?;
        check_keys(&definition)?;
        let rules = rule_set(&definition)?;
        Ok(Self { definition, is_first: decided_head(context)?.is_none(), rules })
    }

    /// Makes columns of the folders in the paths of files whose sources have such. A file without a source meets its error when it
    /// is opened.
    pub(super) fn take_path_columns(
        &mut self,
        files: &mut [BatchFile],
        settings: &RunSettings,
    ) -> Result<()> {
        for file in files {
            let source = source_of(&mut self.definition, &settings.choice, file.path());
            if source.is_ok_and(|source| source.has_path_columns()) {
                file.take_path_columns()?;
            }
        }
        Ok(())
    }

    /// Finds the columns of `file`, which may decide about the definition.
    pub(super) fn open(
        &mut self,
        mut file: BatchFile,
        part: NewPart,
        settings: &RunSettings,
    ) -> Result<FileToRead> {
        let leaves_unfinished = settings.files.growing;
        if leaves_unfinished {
            file.limit_looks(part.lines_bytes.unwrap_or(u64::MAX));
        }
        let mut event_columns = self.definition.event_columns.take();
        let source = source_of(&mut self.definition, &settings.choice, file.path())?;
        let asked = settings.request.input_format(source.name.as_deref()).and_then(Format::named);
        let first_use = FirstUse::of(&file, source.name.as_deref(), settings)
            .filter(|_| self.is_first && source.is_undecided());
        if let Some(first_use) = &first_use {
            first_use.check_unnamed()?;
        }
        let mut times = time_parser(source)?;
        let mut wanted = Projection { kept: self.rules.kept(), event_columns: &mut event_columns };
        let max_bytes = settings.max_bytes;
        let decoder = FileDecoder::open(&file, asked, source, &mut times, &mut wanted, max_bytes)
            .map_err(|error| first_use.iter().fold(error, |error, first_use| first_use.explain(error)))?;
        let source = source.name.clone();
        self.definition.event_columns = event_columns;
        Ok(FileToRead { file, part, leaves_unfinished, source, decoder, times })
    }

    /// The fixed properties of formats, source by source.
    fn options(&self) -> Vec<FormatOptions> {
        self.definition.sources.iter().map(|source| source.options.clone()).collect()
    }
}

/// Logs the properties of formats that a file decided, if they are not the default.
fn tell_decided(path: &str, before: &[FormatOptions], after: &[FormatOptions]) {
    for (before, after) in before.iter().zip(after) {
        for (name, value) in unusual(after).filter(|(name, _)| before.get(name).is_none()) {
            log::warn!(
                "{path}: its first rows show {name} {value}, which is kept; give another with --{name}"
            );
        }
    }
}

/// The properties of formats that are not the default.
fn unusual(options: &FormatOptions) -> impl Iterator<Item = (&str, &str)> {
    let usual = |name: &str| Format::all_options().into_iter().find(|option| option.name == name);
    options.iter().filter(move |(name, value)| usual(name).is_none_or(|option| option.default != *value))
}

/// The head, if it decides the definition: after a rollback to before the first run, or runs that found no row, it does not.
fn decided_head(context: &Context) -> Result<Option<&Head>> {
    let Some(head) = context.checkpoint.head().filter(|head| !head.definition.is_undecided()) else {
        return Ok(None);
    };
    // Only where no event was ever accepted does the ledger have to say it.
    let has_read = head.latest.is_some() || head.keys_open > 0 || has_read(&context.checkpoint.runs()?);
    Ok(Some(head).filter(|_| has_read))
}

/// Whether a run that stands has read a row or a header, or has the state of another checkpoint.
fn has_read(runs: &[RunEntry]) -> bool {
    let active = active_runs(runs);
    runs.iter().filter(|entry| active.contains(&entry.head.run)).any(|entry| {
        let has_header = || entry.head.definition.sources.iter().any(|source| source.header == Some(true));
        let has_text = || entry.files.iter().any(|file| file.digest.bytes > 0);
        entry.counts.rows_read > 0
            || has_text() && has_header()
            || matches!(entry.kind, RunKind::Import | RunKind::Lost)
    })
}

fn choose_definition(context: &Context, settings: &RunSettings) -> Result<Definition> {
    let Some(head) = decided_head(context)? else {
        // What runs without rows were asked for still holds where this one is not asked for something else.
        let asked = context.checkpoint.head().map(|head| &head.definition);
        let asked = asked.filter(|definition| !definition.is_undecided());
        let over = |asked: &Definition| settings.request.over(asked).create();
        return Ok(asked.map_or_else(|| settings.request.create(), over));
    };
    let differences = settings.request.differences(&head.definition);
    if differences.is_empty() {
        return Ok(settings.request.complete(&head.definition));
    }
    let listed: Vec<String> = differences.iter().map(ToString::to_string).collect();
    let refuse = |what: String, remedy: &str| Error::new(ErrorKind::Definition, what).remedy(remedy);
    if !settings.redefine {
        return Err(refuse(
            format!("the checkpoint has another definition: {}", listed.join(", ")),
            "remove these flags and keys to continue with it, or close what is open with `sessionize finalize` and run with \
             --redefine",
        ));
    }
    // With rules, keys without open sessions matter too: their sessions may change, or one may begin at the same time.
    if head.keys_open > 0 {
        let what = format!("{} under the old definition ({})", still_held(head), listed.join(", "));
        return Err(refuse(what, "run `sessionize finalize` first, then rerun the command"));
    }
    Ok(settings.request.over(&head.definition).create())
}

/// Checks that a command has the secret under which the keys of `definition` are hashed.
///
/// # Errors
/// [`ErrorKind::Definition`] if it has another one or none.
pub fn check_secret(definition: &Definition, hasher: Option<&KeyHasher>) -> Result<()> {
    definition.check_key_hasher(hasher).map_err(|what| {
        Error::new(ErrorKind::Definition, what).remedy(
            "give the secret of the first run with --hash-key, or none if it had none; nothing was changed",
        )
    })
}

/// Checks the requested rules against each other, before anything is opened.
///
/// # Errors
/// [`ErrorKind::Usage`] if they exclude each other, whatever the files and the checkpoint are.
pub fn check_request(request: &DefinitionRequest) -> Result<()> {
    request.rules.check_none_is_alone().map_err(do_not_go_together)?;
    rule_set(&request.create())?;
    request.rules.check_names(&[]).map_err(names_clash)
}

/// Checks that the columns of an output have different names. The names of the key columns are known when a file has shown
/// them.
pub(super) fn check_names(definition: &Definition) -> Result<()> {
    let key_names = definition.key_names();
    let event_columns = definition.event_columns.as_deref().unwrap_or_default();
    definition.rules.check_file_names(&key_names, event_columns).map_err(|what| {
        Error::new(ErrorKind::DataRefused, what)
            .remedy("give the column another name in the header of the files; nothing was changed")
    })?;
    definition.rules.check_names(&key_names).map_err(names_clash)
}

fn names_clash(what: String) -> Error {
    Error::new(ErrorKind::Usage, what).remedy("give it another name, as in --agg \"sum(amount)=paid\"")
}

/// What the checkpoint has that a change of the definition would affect.
fn still_held(head: &Head) -> String {
    let one_or_many = |count: u64, noun: &str| {
        if count == 1 { format!("1 {noun} is still open") } else { format!("{count} {noun}s are still open") }
    };
    let of_keys = if head.keys_open == 1 { "1 key".to_owned() } else { format!("{} keys", head.keys_open) };
    match head.events_open {
        0 if head.definition.rules.value(RuleFlag::AllowedLateness).is_some() => {
            format!("completed sessions of {of_keys} can still change")
        }
        0 => format!("an event may still come at the time at which sessions of {of_keys} ended"),
        events => one_or_many(events, "event"),
    }
}

/// The compiled rules of `definition`.
pub(crate) fn rule_set(definition: &Definition) -> Result<Arc<RuleSet>> {
    definition.rule_set().map(Arc::new).map_err(do_not_go_together)
}

fn do_not_go_together(what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Usage, format!("these rules exclude each other: {what}"))
        .remedy("leave one of them out")
}

/// A definition in the report of the run.
pub(super) fn definition_text(definition: &Definition) -> String {
    let sources: Vec<String> = definition.sources.iter().map(source_text).collect();
    let rules =
        definition.rules.iter().map(|(flag, values)| format!(", {} {}", flag.name(), values.join(" ")));
    format!("gap {}, {}{}", gap_text(definition.gap), sources.join("; "), rules.collect::<String>())
}

fn source_text(source: &Source) -> String {
    let header = match source.header {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not seen yet",
    };
    let name = source.name.as_ref().map_or_else(String::new, |name| format!("source {name}: "));
    let time = columns_text(&source.time);
    let zone = if source.timezone == "UTC" { String::new() } else { format!(" ({})", source.timezone) };
    let options = unusual(&source.options).map(|(name, value)| format!(", {name} {value}"));
    format!(
        "{name}key {}, time {time}{zone}, header {header}{}",
        columns_text(&source.key),
        options.collect::<String>()
    )
}

/// The parser for the times of `source`. Its format was checked when it was given.
pub fn time_parser(source: &Source) -> Result<TimeParser> {
    let format: TimeFormat =
        source.time_format.parse().map_err(|error: String| Error::new(ErrorKind::Usage, error))?;
    let zone: chrono_tz::Tz = source.timezone.parse().map_err(|_| {
        Error::new(ErrorKind::Usage, format!("there is no time zone named {}", source.timezone))
            .remedy("give an IANA name such as Europe/Paris")
    })?;
    Ok(TimeParser::new(&format, zone))
}
