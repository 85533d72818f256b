//! The decision at the start of every command: the table "Exactly once does not depend on sled alone" of `docs/durability.md`.

use crate::disk::Disk;
use crate::ledger::Mark;
use crate::manifest::{Content, Manifest};
use crate::path::{Checkpoint, Path};

/// What a command finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recovery {
    /// Checkpoint and output agree. What is staged was never committed.
    Discard,
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
        return Recovery::Discard;
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
