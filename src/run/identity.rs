//! Which files of a batch were ingested before, completely or up to a place. Their contents decide, before any row is read.

use super::batch_contents::{BatchContents, Elsewhere};
use super::context::Context;
use crate::error::Result;
use crate::input::{
    BatchFile, ContentEnd, ContentScan, LengthAndHash, beginnings, beginnings_of_end, nothing,
};
use crate::ledger::{FileDigest, FilePlace, MAX_BEGINNING_BYTES, RunEntry, RunId, beginning_bytes};
use crate::settings::RunSettings;
use crate::state::Checkpoint;
use std::collections::{BTreeSet, HashMap};

/// What a run does with a file of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// All of it was ingested before, or is ingested with another file of the batch.
    Known(KnownFile),
    /// There is something to ingest.
    New(NewPart),
}

/// A file with nothing to ingest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownFile {
    /// The content that was ingested.
    pub(super) digest: FileDigest,
    /// The bytes of an unfinished last row that are left for a later run.
    pub(super) unfinished_bytes: u64,
    /// Where the content was found, if the checkpoint does not know that yet.
    pub(super) place: Option<FilePlace>,
    /// The number of the longer file of the batch that begins with it, if the checkpoint does not know its content.
    pub(super) within: Option<usize>,
}

/// The part of a file to ingest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct NewPart {
    /// The number of bytes before it that were ingested.
    pub(super) known_bytes: u64,
    /// The run that ingested them.
    pub(super) known_from: Option<RunId>,
    /// The run that ingested another content under the same path, with which this file does not begin.
    pub(super) replaces: Option<RunId>,
    /// Where the whole lines end of a short file that is still being written: nothing after them identifies it.
    pub(super) lines_bytes: Option<u64>,
}

/// Identifies each of the `files` of a batch. Reads the first 64 KiB of each. Reads more only if a known file, or another file
/// of the batch, has the same beginning, and only up to its length.
///
/// # Errors
/// As [`BatchFile::digest`], and those of the checkpoint.
pub(super) fn identify(
    checkpoint: &Checkpoint,
    settings: &RunSettings,
    files: &[BatchFile],
) -> Result<Vec<Identity>> {
    let mut contents = KnownContents { checkpoint, is_growing: settings.files.growing, last_entry: None };
    let found = |file: &BatchFile| contents.found(file, settings.files.trust_mtime);
    let mut found = files.iter().map(found).collect::<Result<Vec<Found>>>()?;
    files.iter().zip(&found).filter(|(_, found)| found.trusted.is_none()).for_each(|(file, _)| file.fetch());
    look_at_longer(files, &mut found, settings.max_bytes)?;
    look_at_much_longer(files, &mut found)?;
    // A file that is trusted without reading is not read for the sake of files that it does not begin with either.
    let is_looked_at = |found: &Found| found.trusted.is_none() || !found.is_unseen;
    let looked_at = files.iter().zip(&found).filter(|(_, found)| is_looked_at(found)).map(|(file, _)| file);
    let mut batch = BatchContents::of(&looked_at.collect::<Vec<_>>(), settings.max_bytes)?;
    let mut looks = Vec::with_capacity(files.len());
    for (number, (file, found)) in files.iter().zip(&found).enumerate() {
        let is_beside_shorter = || Ok(is_looked_at(found) && batch.has_shorter_than(file)?);
        let look = match found.trusted {
            Some(digest) if !is_beside_shorter()? => Look::Trusted(digest),
            _ => contents.look(file, &batch)?,
        };
        if let Look::Read(scan, _) = &look {
            batch.add(number, scan);
        }
        looks.push(look);
    }
    let mut identities = Vec::with_capacity(files.len());
    for ((look, found), file) in looks.into_iter().zip(found).zip(files) {
        identities.push(match look {
            Look::Trusted(digest) => known(digest, 0),
            Look::Read(scan, beginnings) => {
                let identity = contents.decide(&scan, &beginnings)?;
                placed(within_batch(identity, &scan, &beginnings, &mut batch), found.run, file)?
            }
        });
    }
    Ok(identities)
}

/// Finds the trusted files that may begin with a shorter new one, which their own bytes have to show. A new file that is too short for
/// the beginning by which the known content is found is not among those.
fn look_at_longer(files: &[BatchFile], found: &mut [Found], max_bytes: u64) -> Result<()> {
    let unseen = |found: &Found| found.trusted.filter(|_| found.is_unseen);
    let mut lengths: HashMap<(u64, u64), u64> = HashMap::new();
    for file in files.iter().zip(&*found).filter(|(_, found)| found.trusted.is_none()).map(|(file, _)| file) {
        if !found.iter().any(|found| unseen(found).is_some()) {
            return Ok(());
        }
        let beginning = file.beginning(MAX_BEGINNING_BYTES)?;
        let found_by = beginnings(&beginning);
        let is_sought =
            |digest: FileDigest| found_by.contains(&(beginning_bytes(digest.bytes), digest.beginning));
        if found.iter().filter_map(unseen).any(is_sought) {
            let is_whole = (beginning.len() as u64) < MAX_BEGINNING_BYTES;
            let length = if is_whole { beginning.len() as u64 } else { file.content_bytes(max_bytes)? };
            for by in found_by {
                lengths.entry(by).and_modify(|least| *least = length.min(*least)).or_insert(length);
            }
        }
    }
    for found in found {
        let shortest = unseen(found).and_then(|digest| {
            lengths
                .get(&(beginning_bytes(digest.bytes), digest.beginning))
                .filter(|length| **length < digest.bytes)
        });
        found.is_unseen &= shortest.is_none();
    }
    Ok(())
}

/// The same for new files that are too short for that. The checkpoint has no hash of so short a beginning, so the bytes of each longer file
/// show it: at most 64 KiB, and only if there is such a new file. An object would be a request for each known one, and is not asked.
fn look_at_much_longer(files: &[BatchFile], found: &mut [Found]) -> Result<()> {
    let is_unseen = |file: &BatchFile, found: &Found| found.is_unseen && !file.is_remote();
    if !files.iter().zip(&*found).any(|(file, found)| found.trusted.is_some() && is_unseen(file, found)) {
        return Ok(());
    }
    let mut short: BTreeSet<LengthAndHash> = BTreeSet::new();
    for (file, _) in files.iter().zip(&*found).filter(|(_, found)| found.trusted.is_none()) {
        let beginning = file.beginning(MAX_BEGINNING_BYTES)?;
        if !beginning.is_empty() && (beginning.len() as u64) < MAX_BEGINNING_BYTES {
            short.extend(ContentScan::of(file, &beginning, &[]).end.map(|end| end.whole));
        }
    }
    for (file, found) in files.iter().zip(found).filter(|(file, found)| is_unseen(file, found)) {
        let Some(digest) = found.trusted else { continue };
        let lengths: BTreeSet<u64> =
            short.iter().map(|(length, _)| *length).filter(|length| *length < digest.bytes).collect();
        let Some(&longest) = lengths.last() else { continue };
        let lengths: Vec<u64> = lengths.into_iter().collect();
        let scan = ContentScan::of(file, &file.beginning(longest)?, &lengths);
        found.is_unseen = !scan.beginnings.iter().any(|beginning| short.contains(beginning));
    }
    Ok(())
}

/// The same for files that are ingested one after the other, each by a run of its own. Of an object, only what its store says of it is
/// compared: its bytes come when it is its turn, and then its run decides. So no more than two objects are here at a time.
///
/// # Errors
/// As [`identify`].
pub(super) fn identify_in_turn(
    checkpoint: &Checkpoint,
    settings: &RunSettings,
    files: Vec<BatchFile>,
) -> Result<Vec<(BatchFile, Identity)>> {
    let contents = KnownContents { checkpoint, is_growing: settings.files.growing, last_entry: None };
    let (remote, local): (Vec<_>, Vec<_>) =
        files.into_iter().enumerate().partition(|(_, file)| file.is_remote());
    let (places, local): (Vec<usize>, Vec<BatchFile>) = local.into_iter().unzip();
    let identities = identify(checkpoint, settings, &local)?;
    let mut all: Vec<_> = places.into_iter().zip(local.into_iter().zip(identities)).collect();
    for (place, file) in remote {
        let trusted = contents.found(&file, settings.files.trust_mtime)?.trusted;
        let identity = trusted.map_or_else(|| Identity::New(NewPart::default()), |digest| known(digest, 0));
        all.push((place, (file, identity)));
    }
    all.sort_by_key(|(place, _)| *place);
    Ok(all.into_iter().map(|(_, file)| file).collect())
}

/// Begins to fetch `file`, which a later run is about to take in, if it is an object that the checkpoint does not know.
///
/// # Errors
/// Those of the checkpoint.
pub fn fetch_ahead(context: &Context, settings: &RunSettings, file: &BatchFile) -> Result<()> {
    if file.is_remote() {
        let contents = KnownContents { checkpoint: &context.checkpoint, is_growing: false, last_entry: None };
        if contents.found(file, settings.files.trust_mtime)?.trusted.is_none() {
            file.fetch();
        }
    }
    Ok(())
}

/// The same for a new file that may be a part of another file of the batch.
fn within_batch(
    identity: Identity,
    scan: &ContentScan,
    beginnings: &Beginnings,
    batch: &mut BatchContents,
) -> Identity {
    let Some(end) = scan.end.as_ref().filter(|_| matches!(identity, Identity::New(_))) else {
        return identity;
    };
    let digest = beginnings.digest(end.whole);
    match batch.holds_elsewhere(end.whole) {
        None => identity,
        Some(Elsewhere::Before) => known(digest, 0),
        Some(Elsewhere::Within(longer)) => {
            Identity::Known(KnownFile { digest, unfinished_bytes: 0, place: None, within: Some(longer) })
        }
    }
}

const fn known(digest: FileDigest, unfinished_bytes: u64) -> Identity {
    Identity::Known(KnownFile { digest, unfinished_bytes, place: None, within: None })
}

/// Adds what the path of `file` shows, if the content of run `found` was last found there.
fn placed(mut identity: Identity, found: Option<RunId>, file: &BatchFile) -> Result<Identity> {
    match &mut identity {
        Identity::Known(known) if known.unfinished_bytes == 0 => known.place = file.place()?,
        Identity::New(part) if part.known_bytes == 0 => part.replaces = found,
        _ => {}
    }
    Ok(identity)
}

/// What the checkpoint says of the path of a file.
#[derive(Debug, Default)]
struct Found {
    /// The content of the file, if it is the one that was found there.
    trusted: Option<FileDigest>,
    /// Whether no byte of it was looked at for that.
    is_unseen: bool,
    /// The run that took in what was found there last.
    run: Option<RunId>,
}

/// What a look at a file has shown.
#[derive(Debug)]
enum Look {
    /// It is the file whose content this was.
    Trusted(FileDigest),
    /// What it begins with.
    Read(ContentScan, Beginnings),
}

/// The contents that the checkpoint knows.
#[derive(Debug)]
struct KnownContents<'c> {
    checkpoint: &'c Checkpoint,
    is_growing: bool,
    /// The entry of the ledger that was asked for last.
    last_entry: Option<RunEntry>,
}

impl KnownContents<'_> {
    fn found(&self, file: &BatchFile, trusts_mtime: bool) -> Result<Found> {
        let last = match file.path_hash() {
            Some(path_hash) => self.checkpoint.found_at(path_hash)?,
            None => None,
        };
        let Some((digest, stamp, run)) = last else { return Ok(Found::default()) };
        let Some(stamp) = stamp else { return Ok(Found { run: Some(run), ..Found::default() }) };
        let trusted = file.has_stamp(stamp, trusts_mtime)?.then_some(digest);
        Ok(Found { trusted, is_unseen: trusts_mtime || stamp.is_sure(), run: Some(run) })
    }

    fn look(&self, file: &BatchFile, batch: &BatchContents) -> Result<Look> {
        let beginning = file.beginning(MAX_BEGINNING_BYTES)?;
        let is_whole = (beginning.len() as u64) < MAX_BEGINNING_BYTES;
        let mut found_by = beginnings(&beginning);
        if is_whole {
            found_by.extend(beginnings_of_end(&beginning));
        }
        let lengths = self.lengths(&found_by, batch)?;
        let scan = if is_whole {
            ContentScan::of(file, &beginning, &lengths)
        } else if lengths.is_empty() {
            ContentScan::default()
        } else {
            ContentScan::of_file(file, &lengths, self.is_growing)?
        };
        Ok(Look::Read(scan, Beginnings(found_by)))
    }

    /// The lengths of all contents that a file may begin with which has these beginnings, ascending.
    fn lengths(&self, found_by: &[(u64, u64)], batch: &BatchContents) -> Result<Vec<u64>> {
        let mut lengths = BTreeSet::new();
        for &(bytes, hash) in found_by {
            lengths.extend(self.checkpoint.lengths_beginning(bytes, hash)?);
            lengths.extend(batch.lengths_beginning(bytes, hash));
        }
        Ok(lengths.into_iter().collect())
    }

    fn decide(&mut self, scan: &ContentScan, beginnings: &Beginnings) -> Result<Identity> {
        if let Some(end) = &scan.end {
            for &content in std::iter::once(&end.whole).chain(&end.ended) {
                let digest = beginnings.digest(content);
                if self.checkpoint.run_of_file(&digest)?.is_some() {
                    return Ok(known(digest, 0));
                }
            }
        }
        let lines_bytes = scan.end.as_ref().filter(|_| self.is_growing).map(|end| end.lines_bytes);
        let part = NewPart { lines_bytes, ..NewPart::default() };
        let Some((content, run)) = self.longest_known(scan, beginnings)? else {
            return Ok(match &scan.end {
                Some(end) if lines_bytes == Some(0) && end.whole.0 > 0 => known(nothing(), end.whole.0),
                _ => Identity::New(part),
            });
        };
        let left = scan.end.as_ref().and_then(|end| self.left_behind(end, content));
        Ok(match (left, self.has_no_rows(run, content)) {
            // An unfinished row is left, whatever comes before it.
            (Some(unfinished_bytes), has_no_rows) if unfinished_bytes > 0 || !has_no_rows => {
                known(beginnings.digest(content), unfinished_bytes)
            }
            (_, true) => Identity::New(part),
            _ => Identity::New(NewPart { known_bytes: content.0, known_from: Some(run), ..part }),
        })
    }

    /// The longest content that was taken in and stands at the beginning of a file, and the run.
    fn longest_known(
        &self,
        scan: &ContentScan,
        beginnings: &Beginnings,
    ) -> Result<Option<(LengthAndHash, RunId)>> {
        for &content in scan.beginnings.iter().rev() {
            if let Some(run) = self.checkpoint.run_of_file(&beginnings.digest(content))? {
                return Ok(Some((content, run)));
            }
        }
        Ok(None)
    }

    /// Whether `run` took in a content without rows, such as a header: nothing would be taken in twice.
    fn has_no_rows(&mut self, run: RunId, content: LengthAndHash) -> bool {
        if self.last_entry.as_ref().is_none_or(|entry| entry.head.run != run) {
            // What is damaged says nothing: then it may have had rows.
            self.last_entry = self.checkpoint.run_entry(run).ok().flatten();
        }
        self.last_entry.as_ref().is_some_and(|entry| entry.has_no_rows_in(content))
    }

    /// How many bytes stand behind a known content up to the `end` of the file, if they hold no row that would be taken in.
    fn left_behind(&self, end: &ContentEnd, content: LengthAndHash) -> Option<u64> {
        let (known, all) = (content.0, end.whole.0);
        if end.text_bytes <= known {
            return Some(0);
        }
        (self.is_growing && end.lines_bytes == known).then_some(all - known)
    }
}

/// The beginnings that the contents are found by which a file begins with: length and xxh3-64.
#[derive(Debug)]
struct Beginnings(Vec<(u64, u64)>);

impl Beginnings {
    fn digest(&self, (bytes, hash): LengthAndHash) -> FileDigest {
        let of_length = beginning_bytes(bytes);
        let beginning = self.0.iter().find(|(bytes, _)| *bytes == of_length);
        FileDigest { hash, bytes, beginning: beginning.map_or(0, |(_, hash)| *hash) }
    }
}
