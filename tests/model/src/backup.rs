//! Backup: a copy of both folders that locks nothing, while other commands work.

use crate::disk::Disk;
use crate::ledger::{head, is_active};
use crate::manifest::{Content, Manifest};
use crate::path::{Checkpoint, Path};
use crate::recovery::{Recovery, decide};
use crate::step::{End, Internal, Step};
use crate::store::Data;
use crate::world::World;
use std::collections::BTreeMap;

/// A copy, or what there is of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Backup {
    /// The store.
    pub data: Data,
    /// The names to copy; staged outputs may be found in their later places.
    names: Vec<Path>,
    /// The files.
    pub files: BTreeMap<Path, Content>,
    /// Whether it has its name.
    pub is_complete: bool,
}

/// The steps of the command.
pub fn steps_of_backup() -> Vec<Step> {
    let end = Step::Internal(Internal::End(End::Done));
    vec![Step::CopyCheckpoint, Step::CopyOutputs, Step::NameBackup, end]
}

/// The checkpoint and what may be written again, from one moment; the names of the rest. What is staged counts only if its run is
/// committed.
pub fn copied_names(world: &World, stream: Checkpoint) -> Option<Backup> {
    let data = world.stores[usize::from(stream)].data().clone();
    let mark = data.runs.last().map(|entry| entry.mark);
    let is_unpublished = matches!(decide(stream, mark, &world.disk), Recovery::Publish(_));
    let wanted = |path: &Path| is_unpublished || !(*path == Path::Staging || path.is_below(Path::Staging));
    let in_output = |path: &Path| *path == Path::Out || path.is_below(Path::Out);
    let names: Vec<Path> =
        world.disk.names().map(|(path, _)| path).filter(in_output).filter(wanted).collect();
    let replaced = names.iter().copied().filter(|path| matches!(path, Path::StagedManifest(_)));
    let files = replaced.filter_map(|path| Some((path, world.disk.read(path)?))).collect();
    Some(Backup { data, names, files, is_complete: false })
}

/// Copies what has these names by now.
pub fn copy_outputs(mut backup: Backup, disk: &Disk) -> Backup {
    for &name in &backup.names {
        let later = match name {
            Path::StagedSessions(run) => vec![name, Path::Sessions(run), Path::SessionsOfDay(run)],
            _ => vec![name],
        };
        let found = later.into_iter().find_map(|path| Some((path, disk.read(path)?)));
        if let Some((path, content)) = found {
            backup.files.entry(path).or_insert(content);
        }
    }
    backup
}

/// Whether a copy has all outputs of its active runs, and its two parts are in step.
pub fn is_sound(backup: &Backup) -> bool {
    let disk = backup.disk();
    let stream = backup.data.stream.unwrap_or_default();
    let mark = backup.data.runs.last().map(|_| head(&backup.data.runs));
    let in_step = !matches!(decide(stream, mark, &disk), Recovery::Refused(_));
    in_step && missing(&backup.data, &disk).is_none()
}

impl Backup {
    /// The output folder of the copy.
    pub fn disk(&self) -> Disk {
        let mut disk = Disk::default();
        for (&path, &content) in &self.files {
            let folders = std::iter::successors(Some(path.folder()), |folder| Some(folder.folder()));
            folders
                .take_while(|folder| *folder != Path::Root)
                .for_each(|folder| disk.create(folder, Content::Folder));
            disk.create(path, content);
        }
        disk
    }
}

/// A run that is active and published, and whose output is not there as it was.
pub fn missing(data: &Data, disk: &Disk) -> Option<Manifest> {
    let rollbacks = || data.runs.iter().filter_map(|entry| Some((entry.mark.run, entry.back_to?)));
    let manifests = disk.names().filter_map(|(path, content)| match (path, content) {
        (Path::Manifest(_), Content::Manifest(manifest)) => Some(manifest),
        _ => None,
    });
    let mut active = manifests.filter(|manifest| is_active(manifest.mark.run, rollbacks()));
    active.find(|manifest| {
        let places = [false, true].map(|by_days| disk.read(Path::of_sessions(manifest.mark.run, by_days)));
        manifest.output.is_some_and(|output| !places.contains(&Some(Content::Sessions(output))))
    })
}
