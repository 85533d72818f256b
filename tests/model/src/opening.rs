//! The steps at the start of every writing command: locks, the store, the owner, recovery (steps 2 to 7 of `docs/durability.md`).

use crate::bug::Bug;
use crate::commit::publish;
use crate::disk::Disk;
use crate::ledger::Mark;
use crate::manifest::{Content, Manifest};
use crate::path::{Checkpoint, Path};
use crate::recovery::{Recovery, Refusal, decide, moved_by};
use crate::step::{End, Internal, Step};
use crate::store::Data;
use std::collections::BTreeSet;

/// Up to the open store.
pub fn open(stream: Checkpoint) -> Vec<Step> {
    let folder = Step::Internal(Internal::MakeFolderUnsynced(Path::State(stream)));
    vec![folder, Step::LockState, Step::Internal(Internal::Open)]
}

/// Before the first commit, the store and all names above it are brought to the disk, and the output folder is created.
pub fn begin(stream: Checkpoint, data: &Data) -> Vec<Step> {
    let decide = vec![Step::LockOutput, Step::Internal(Internal::Decide)];
    if !data.runs.is_empty() {
        return decide;
    }
    let store = vec![Step::WriteStream, Step::SyncLog, Step::SyncFile(Path::Conf(stream))];
    let names = vec![Step::SyncFolder(Path::State(stream)), Step::SyncFolder(Path::Root)];
    let out = vec![Step::Internal(Internal::MakeFolderUnsynced(Path::Out))];
    [store, names, out, decide].concat()
}

/// What an earlier command has left to do; then the command itself. The process that has ended may have had no time for its syncs: what is
/// found is only in memory, until it is synced here.
pub fn recover(
    stream: Checkpoint,
    head: Option<Mark>,
    disk: &Disk,
    by_days: bool,
    bug: Option<Bug>,
) -> Vec<Step> {
    let is_new = head.is_none();
    let then = match decide_with(bug, stream, head, disk) {
        Recovery::Refused(why) => return vec![Step::Internal(Internal::End(End::Refused(why)))],
        Recovery::Publish(manifest) if bug != Some(Bug::CommittedRunDiscarded) => {
            let commit =
                if bug == Some(Bug::FoundCommitNotSynced) { Vec::new() } else { vec![Step::SyncLog] };
            let folders = folders_of(&manifest, by_days);
            [commit, sync_found(folders, disk, bug), publish(&manifest, by_days, bug)].concat()
        }
        Recovery::TakeBack(manifest) if bug != Some(Bug::LostCommitNotTakenBack) => {
            let found = sync_found(folders_of(&manifest, by_days), disk, bug);
            [found, take_back(&manifest, disk), vec![Step::RemoveAll(Path::Staging)]].concat()
        }
        Recovery::Publish(_) | Recovery::TakeBack(_) | Recovery::Discard if disk.has(Path::Staging) => {
            [sync_found(vec![Path::Manifests], disk, bug), vec![Step::RemoveAll(Path::Staging)]].concat()
        }
        Recovery::Publish(_) | Recovery::TakeBack(_) | Recovery::Discard => Vec::new(),
    };
    [claim(stream, is_new, disk), then, vec![Step::Internal(Internal::Plan)]].concat()
}

/// Moves back what a process has moved whose commit is lost. The store has what was before, and so have readers again.
fn take_back(manifest: &Manifest, disk: &Disk) -> Vec<Step> {
    let moved = moved_by(manifest, disk);
    let folders: BTreeSet<Path> = moved.iter().flat_map(|(from, to)| [from.folder(), to.folder()]).collect();
    let renames = moved.into_iter().map(|(from, to)| Step::Rename(to, from));
    renames.chain([Step::SyncFolders(folders.into_iter().collect())]).collect()
}

/// The folders between which a run moves something.
fn folders_of(manifest: &Manifest, by_days: bool) -> Vec<Path> {
    let run = manifest.mark.run;
    let output = manifest.output.map(|_| Path::of_sessions(run, by_days).folder());
    let moved = [Path::of_sessions(run, by_days), Path::of_retracted(run, by_days)].map(Path::folder);
    let retracted = manifest.back_to.map(|_| moved).into_iter().flatten();
    output.into_iter().chain(retracted).chain([Path::Manifests]).collect()
}

/// Syncs these folders as far as they are there, and those above them.
fn sync_found(folders: Vec<Path>, disk: &Disk, bug: Option<Bug>) -> Vec<Step> {
    if bug == Some(Bug::FoundNamesNotSynced) {
        return Vec::new();
    }
    let above = |folder: Path| std::iter::successors(Some(folder), |folder| Some(folder.folder()));
    let up_to_out =
        folders.into_iter().flat_map(|folder| above(folder).take_while(|folder| *folder != Path::Root));
    let found: BTreeSet<Path> = up_to_out.filter(|folder| disk.has(*folder)).collect();
    vec![Step::SyncFolders(found.into_iter().collect())]
}

/// Makes this stream the owner of the folder before anything is staged in it.
fn claim(stream: Checkpoint, is_new: bool, disk: &Disk) -> Vec<Step> {
    if !is_new && disk.read(Path::Owner) == Some(Content::Owner(stream)) {
        return Vec::new();
    }
    let (partial, place) = (Path::OwnerPartial, Path::Owner);
    let mut steps = if disk.has(partial) { vec![Step::Remove(partial)] } else { Vec::new() };
    steps.extend([
        Step::Create(partial),
        Step::Write(partial, Content::Owner(stream)),
        Step::SyncFile(partial),
    ]);
    steps.extend([Step::Rename(partial, place), Step::SyncFolder(Path::Out)]);
    if is_new {
        steps.push(Step::SyncFolder(Path::Root));
    }
    steps
}

/// The decision, or a wrong one.
fn decide_with(bug: Option<Bug>, stream: Checkpoint, head: Option<Mark>, disk: &Disk) -> Recovery {
    let decided = decide(stream, head, disk);
    let staged = || {
        disk.names().find_map(|(path, content)| match (path, content) {
            (Path::StagedManifest(_), Content::Manifest(manifest)) => Some(Recovery::Publish(manifest)),
            _ => None,
        })
    };
    match (bug, decided) {
        (
            Some(Bug::HeadNotCompared),
            Recovery::Refused(Refusal::Behind | Refusal::Ahead | Refusal::Orphan),
        )
        | (Some(Bug::DigestNotCompared), Recovery::Refused(Refusal::Orphan))
        | (Some(Bug::OwnerNotChecked), Recovery::Refused(Refusal::Another)) => Recovery::Discard,
        (Some(Bug::UncommittedRunPublished), Recovery::Discard) => staged().unwrap_or(decided),
        _ => decided,
    }
}
