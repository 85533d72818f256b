//! The steps of every commit: stage, seal, commit, publish (steps 8 to 15 of `docs/durability.md`).

use crate::bug::Bug;
use crate::ledger::Entry;
use crate::manifest::{Content, Manifest};
use crate::path::{Checkpoint, Path};
use crate::step::{End, Internal, Step};

/// How a run writes its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// One file, begun before the open state is written.
    Whole,
    /// A file in the folder of a day, written after the open state.
    ByDays,
    /// None.
    Nothing,
    /// None, and nothing is staged before the open state: a rollback.
    RunOfStateAlone,
}

/// All steps of the run with this entry.
pub fn commit(stream: Checkpoint, entry: &Entry, layout: Layout, bug: Option<Bug>) -> Vec<Step> {
    let manifest = Manifest::of(stream, entry, matches!(layout, Layout::Whole | Layout::ByDays));
    let commit = vec![Step::Commit(*entry), Step::SyncLog];
    let staged = [stage(entry, layout), seal(&manifest, bug)].concat();
    let publish = publish(&manifest, layout == Layout::ByDays, bug);
    let done = vec![Step::Internal(Internal::End(End::Done))];
    match bug {
        Some(Bug::PublishedBeforeCommit) => [staged, publish, commit, done].concat(),
        Some(Bug::CommitNotSynced) => {
            [staged, commit[..1].to_vec(), publish, commit[1..].to_vec(), done].concat()
        }
        _ => [staged, commit, publish, done].concat(),
    }
}

/// The output and the open state. Nobody looks at either before the commit.
fn stage(entry: &Entry, layout: Layout) -> Vec<Step> {
    let run = entry.mark.run;
    let folder = vec![Step::Internal(Internal::MakeFolderUnsynced(Path::StagedRun(run)))];
    let state = vec![Step::WriteState(entry.mark.open), Step::SyncLog];
    let file = Path::StagedSessions(run);
    let begin = vec![Step::Create(file)];
    let end = vec![Step::Write(file, Content::Sessions(entry.completed))];
    match layout {
        Layout::Whole => [folder, begin, state, end].concat(),
        Layout::ByDays => [folder, state, begin, end].concat(),
        Layout::Nothing => [folder, state].concat(),
        Layout::RunOfStateAlone => [state, folder].concat(),
    }
}

/// The manifest is written last; then everything is synced, and the names of all.
fn seal(manifest: &Manifest, bug: Option<Bug>) -> Vec<Step> {
    let run = manifest.mark.run;
    let file = Path::StagedManifest(run);
    let mut steps = vec![Step::Create(file), Step::Write(file, Content::Manifest(*manifest))];
    if manifest.output.is_some() && bug != Some(Bug::OutputNotSynced) {
        steps.push(Step::SyncFile(Path::StagedSessions(run)));
    }
    if bug != Some(Bug::ManifestNotSynced) {
        steps.push(Step::SyncFile(file));
    }
    if bug != Some(Bug::StagedNamesNotSynced) {
        steps.push(Step::SyncFolders(vec![Path::StagedRun(run), Path::Staging, Path::Out]));
    }
    steps
}

/// Retracts what the run rolls back, moves the output into place and syncs its name; then the manifest in the same way. It can
/// be repeated after any failure.
pub fn publish(manifest: &Manifest, by_days: bool, bug: Option<Bug>) -> Vec<Step> {
    let run = manifest.mark.run;
    let internal = |step| vec![Step::Internal(step)];
    let retracted = manifest.back_to.into_iter().flat_map(|to| to + 1..run);
    let retract: Vec<Step> = retracted.map(|run| Step::Internal(Internal::Retract(run))).collect();
    let place = Path::of_sessions(run, by_days);
    let folder = manifest.output.map(|_| place.folder());
    let folders = internal(Internal::MakeFolders([Path::Manifests].into_iter().chain(folder).collect()));
    let mut output = Vec::new();
    if manifest.output.is_some() {
        output.extend(internal(Internal::Publish(Path::StagedSessions(run), place)));
    }
    if bug != Some(Bug::PublishedNamesNotSynced) {
        output.extend(folder.map(Step::SyncFolder));
    }
    let mut last = internal(Internal::Publish(Path::StagedManifest(run), Path::Manifest(run)));
    last.push(Step::SyncFolder(Path::Manifests));
    let publish = if bug == Some(Bug::ManifestBeforeOutput) { [last, output] } else { [output, last] };
    [retract, folders, publish.concat(), vec![Step::RemoveAll(Path::Staging)]].concat()
}
