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
    let commit = [vec![Step::Commit(*entry)], synced_log(stream)].concat();
    let staged = [stage(stream, entry, layout, bug), seal(&manifest, bug)].concat();
    let publish = publish(&manifest, layout == Layout::ByDays, bug);
    let done = vec![Step::Internal(Internal::End(End::Done))];
    match bug {
        Some(Bug::PublishedBeforeCommit) => [staged, publish, commit, done].concat(),
        Some(Bug::CommitNotSynced) => {
            [staged, commit[..1].to_vec(), publish, synced_log(stream), done].concat()
        }
        _ => [staged, commit, publish, done].concat(),
    }
}

/// The store and its log's name.
pub fn synced_log(stream: Checkpoint) -> Vec<Step> {
    vec![Step::SyncLog, Step::SyncFolder(Path::State(stream))]
}

/// The output and the open state. Nobody looks at either before the commit.
fn stage(stream: Checkpoint, entry: &Entry, layout: Layout, bug: Option<Bug>) -> Vec<Step> {
    let run = entry.mark.run;
    let folders =
        [Path::Staging, Path::StagedRun(run)].map(|path| Step::Internal(Internal::MakeFolder(path)));
    let state = [vec![Step::WriteState(entry.mark.open)], synced_log(stream)].concat();
    let file = Path::StagedSessions(run);
    let begin = vec![Step::Create(file)];
    let mut end = vec![Step::Write(file, Content::Sessions(entry.completed))];
    if bug != Some(Bug::OutputNotSynced) {
        end.push(Step::SyncFile(file));
    }
    match layout {
        Layout::Whole => [folders.to_vec(), begin, state, end].concat(),
        Layout::ByDays => [folders.to_vec(), state, begin, end].concat(),
        Layout::Nothing => [folders.to_vec(), state].concat(),
        Layout::RunOfStateAlone => [state, folders.to_vec()].concat(),
    }
}

/// The manifest is written last, when the output is on the disk; then the names of both.
fn seal(manifest: &Manifest, bug: Option<Bug>) -> Vec<Step> {
    let run = manifest.mark.run;
    let file = Path::StagedManifest(run);
    let mut steps = vec![Step::Create(file), Step::Write(file, Content::Manifest(*manifest))];
    if bug != Some(Bug::ManifestNotSynced) {
        steps.push(Step::SyncFile(file));
    }
    if bug != Some(Bug::StagedNamesNotSynced) {
        steps.push(Step::SyncFolder(Path::StagedRun(run)));
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
    let mut output = Vec::new();
    if manifest.output.is_some() {
        output.extend(internal(Internal::Publish(Path::StagedSessions(run), place)));
    }
    if bug != Some(Bug::PublishedNamesNotSynced) {
        let folder = manifest.output.map(|_| place.folder());
        output.push(Step::SyncFolders(folder.into_iter().chain([Path::Out]).collect()));
    }
    let mut last = internal(Internal::Publish(Path::StagedManifest(run), Path::Manifest(run)));
    last.push(Step::SyncFolders(vec![Path::Manifests, Path::Out]));
    let publish = if bug == Some(Bug::ManifestBeforeOutput) { [last, output] } else { [output, last] };
    [retract, publish.concat(), vec![Step::RemoveAll(Path::Staging)]].concat()
}
