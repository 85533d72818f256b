//! The decision at the start of every command: the table "Exactly once does not depend on sled alone" of `docs/durability.md`.

use crate::disk::Disk;
use crate::ledger::{Mark, is_active};
use crate::manifest::{Content, Manifest};
use crate::path::{Checkpoint, Path, Run};

/// What a command finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recovery {
    /// Checkpoint and output agree. What is staged was never committed.
    Discard,
    /// The same, but outputs have moved: the staged run was committed, and the store has lost that. Put them back.
    TakeBack(Manifest),
    /// The staged run is committed: publish it.
    Publish(Manifest),
    /// Refused.
    Refused(Refusal),
}

/// Why a command is refused, with exit code 74.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The checkpoint is older than the output.
    Behind,
    /// The output is older than the checkpoint, or has lost something.
    Ahead,
    /// Both are at the same run of different histories.
    Orphan,
    /// The output belongs to another checkpoint.
    Another,
    /// A file of the output is damaged.
    Damaged,
}

/// The newest published manifest.
pub fn newest(disk: &Disk) -> Result<Option<Manifest>, Refusal> {
    match disk.names().rev().find(|(path, _)| matches!(path, Path::Manifest(_))) {
        None => Ok(None),
        Some((_, Content::Manifest(manifest))) => Ok(Some(manifest)),
        Some(_) => Err(Refusal::Damaged),
    }
}

/// Compares the head of the checkpoint with the output folder.
pub fn decide(stream: Checkpoint, head: Option<Mark>, disk: &Disk) -> Recovery {
    let newest = match newest(disk) {
        Ok(newest) => newest,
        Err(why) => return Recovery::Refused(why),
    };
    if owner(disk, newest).is_some_and(|owner| owner != stream) {
        return Recovery::Refused(Refusal::Another);
    }
    let published = newest.map(|manifest| manifest.mark);
    if head == published {
        return lost_commit(stream, head, disk).map_or(Recovery::Discard, Recovery::TakeBack);
    }
    let Some(head) = head else { return Recovery::Refused(Refusal::Behind) };
    let published = published.map_or(0, |mark| mark.run);
    if let Some(Content::Manifest(staged)) = disk.read(Path::StagedManifest(head.run))
        && staged.stream == stream
        && staged.mark == head
        && published + 1 == head.run
    {
        return publish_checked(staged, disk);
    }
    Recovery::Refused(match published.cmp(&head.run) {
        std::cmp::Ordering::Less => Refusal::Ahead,
        std::cmp::Ordering::Equal => Refusal::Orphan,
        std::cmp::Ordering::Greater => Refusal::Behind,
    })
}

/// The manifest that is staged behind the head, if a process has begun to publish its run. That comes after the commit.
fn lost_commit(stream: Checkpoint, head: Option<Mark>, disk: &Disk) -> Option<Manifest> {
    let next = head.map_or(0, |head| head.run) + 1;
    let Some(Content::Manifest(staged)) = disk.read(Path::StagedManifest(next)) else { return None };
    let is_own = staged.stream == stream && staged.mark.run == next;
    (is_own && !moved_by(&staged, disk).is_empty()).then_some(staged)
}

/// What a process has moved that has begun to publish a run: from where, and to where.
pub fn moved_by(staged: &Manifest, disk: &Disk) -> Vec<(Path, Path)> {
    let run = staged.mark.run;
    let back = staged.back_to.map(|to| to + 1..run);
    let retracted = back.into_iter().flatten().filter(|run| is_active(*run, rollbacks(disk)));
    let ways = [false, true].into_iter().flat_map(|by_days| {
        let retractions = retracted
            .clone()
            .map(move |run| (Path::of_sessions(run, by_days), Path::of_retracted(run, by_days)));
        let published = staged.output.map(|_| (Path::StagedSessions(run), Path::of_sessions(run, by_days)));
        retractions.chain(published)
    });
    ways.filter(|(from, to)| disk.has(*to) && !disk.has(*from)).collect()
}

/// The published rollbacks, with the run to which each goes back.
pub fn rollbacks(disk: &Disk) -> impl Iterator<Item = (Run, Run)> {
    disk.names().filter_map(|(path, content)| match (path, content) {
        (Path::Manifest(run), Content::Manifest(manifest)) => Some((run, manifest.back_to?)),
        _ => None,
    })
}

/// The newest manifest says whose folder it is; before it, as long as anything is staged, the file of the owner.
fn owner(disk: &Disk, newest: Option<Manifest>) -> Option<Checkpoint> {
    if let Some(newest) = newest {
        return Some(newest.stream);
    }
    let staged = disk.names().find_map(|(path, content)| match (path, content) {
        (Path::StagedManifest(_), Content::Manifest(manifest)) => Some(manifest.stream),
        _ => None,
    });
    match disk.read(Path::Owner) {
        _ if !disk.has(Path::Staging) => None,
        Some(Content::Owner(owner)) => Some(owner),
        _ => staged,
    }
}

/// The staged or published output must have the digest of its manifest.
fn publish_checked(staged: Manifest, disk: &Disk) -> Recovery {
    let run = staged.mark.run;
    let places = [Path::StagedSessions(run), Path::SessionsOfDay(run), Path::Sessions(run)];
    let found = places.into_iter().find_map(|path| disk.read(path));
    match staged.output {
        Some(output) if found != Some(Content::Sessions(output)) => Recovery::Refused(Refusal::Damaged),
        _ => Recovery::Publish(staged),
    }
}
