//! The disk: names and bytes, and which of them a loss of power can take away.

use crate::manifest::Content;
use crate::path::Path;
use std::collections::{BTreeMap, BTreeSet};

/// How the name of a file came to be, as long as its folder is not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// Its folder is synced.
    Synced,
    /// Created.
    New,
    /// Renamed: on the disk, the file has the old name or the new one.
    MovedFrom(Path),
}

/// A file, or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct File {
    /// What is in it.
    pub content: Content,
    /// Whether that is synced.
    pub bytes_synced: bool,
    /// Whether its name is.
    pub name: Name,
}

/// All names, as programs see them and as they are on the disk for certain. A folder that is removed and created again is the same one
/// here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Disk {
    live: BTreeMap<Path, File>,
    synced: BTreeMap<Path, File>,
}

impl Disk {
    /// What a program reads under a name.
    pub fn read(&self, path: Path) -> Option<Content> {
        self.live.get(&path).map(|file| file.content)
    }

    /// Whether anything has this name.
    pub fn has(&self, path: Path) -> bool {
        path == Path::Root || self.live.contains_key(&path)
    }

    /// All names with what programs read.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = (Path, Content)> {
        self.live.iter().map(|(path, file)| (*path, file.content))
    }

    /// The names below a folder that have nothing below them.
    pub fn leaves(&self, folder: Path) -> Vec<Path> {
        let inside = |path: &&Path| **path == folder || path.is_below(folder);
        let is_leaf = |path: &&Path| !self.live.keys().any(|other| other.folder() == **path);
        self.live.keys().filter(inside).filter(is_leaf).copied().collect()
    }

    /// Creates a file or folder, unless it is there. A folder has no bytes that could be lost.
    pub fn create(&mut self, path: Path, content: Content) {
        if self.has(path) {
            return;
        }
        let bytes_synced = content == Content::Folder;
        self.live.insert(path, File { content, bytes_synced, name: Name::New });
    }

    /// Replaces the content of a file.
    pub fn write(&mut self, path: Path, content: Content) {
        self.change(path, |file| (file.content, file.bytes_synced) = (content, false));
    }

    /// fsync of a file.
    pub fn sync_file(&mut self, path: Path) {
        self.change(path, |file| file.bytes_synced = true);
    }

    /// Changes a file under its name, and under its synced name if that is of the same file.
    fn change(&mut self, path: Path, change: impl Fn(&mut File)) {
        let Some(file) = self.live.get_mut(&path) else { return };
        change(file);
        if file.name == Name::Synced {
            self.synced.insert(path, *file);
        }
    }

    /// fsync of a folder. A rename is atomic: it is on the disk with either of its folders.
    pub fn sync_folder(&mut self, folder: Path) {
        self.synced.retain(|path, _| path.folder() != folder);
        for (path, file) in &mut self.live {
            let was_inside = matches!(file.name, Name::MovedFrom(from) if from.folder() == folder);
            if path.folder() == folder || was_inside {
                file.name = Name::Synced;
                self.synced.insert(*path, *file);
            }
        }
    }

    /// rename(2).
    pub fn rename(&mut self, from: Path, to: Path) {
        if let Some(file) = self.live.remove(&from) {
            self.live.insert(to, File { name: Name::MovedFrom(from), ..file });
        }
    }

    /// Removes a file or an empty folder.
    pub fn remove(&mut self, path: Path) {
        self.live.remove(&path);
    }

    /// The names and bytes that a loss of power may or may not take away.
    pub fn at_risk(&self) -> Vec<Risk> {
        let all: BTreeSet<Path> = self.live.keys().chain(self.synced.keys()).copied().collect();
        let differs = |path: &&Path| self.live.get(path) != self.synced.get(path);
        let names = all.iter().filter(differs).map(|path| Risk::Name(*path));
        let files =
            self.live.iter().filter(|(_, file)| !file.bytes_synced).map(|(path, _)| Risk::Bytes(*path));
        names.chain(files).collect()
    }

    /// A loss of power: of what is at risk, the changes in `survive` are on the disk.
    #[must_use]
    pub fn after_power_loss(&self, survive: &[Risk]) -> Self {
        let mut left: BTreeMap<Path, File> = BTreeMap::new();
        let all: BTreeSet<Path> = self.live.keys().chain(self.synced.keys()).copied().collect();
        let mut not_moved = Vec::new();
        for path in all {
            let (live, synced) = (self.live.get(&path), self.synced.get(&path));
            let is_new = live == synced || survive.contains(&Risk::Name(path));
            if let (false, Some(File { name: Name::MovedFrom(from), .. })) = (is_new, live) {
                not_moved.push(*from);
            }
            if let Some(file) = if is_new { live } else { synced } {
                left.insert(path, *file);
            }
        }
        // A rename is atomic: what has not its new name has its old one.
        for path in not_moved {
            if let Some(file) = self.synced.get(&path) {
                left.insert(path, *file);
            }
        }
        for (path, file) in &mut left {
            if !file.bytes_synced && !survive.contains(&Risk::Bytes(*path)) {
                file.content = Content::Garbage;
            }
            (file.bytes_synced, file.name) = (true, Name::Synced);
        }
        Self::settled(left)
    }

    /// The disk that has these names, all of them synced. What lies in a folder that is lost is lost.
    fn settled(mut left: BTreeMap<Path, File>) -> Self {
        while let Some(lost) = left
            .keys()
            .copied()
            .find(|path| path.folder() != Path::Root && !left.contains_key(&path.folder()))
        {
            left.remove(&lost);
        }
        Self { live: left.clone(), synced: left }
    }

    /// Replaces everything below a folder by what `other` has there, and syncs it: a copy is put back.
    pub fn put_back(&mut self, folder: Path, other: &Self) {
        let inside = |path: &Path| *path == folder || path.is_below(folder);
        self.live.retain(|path, _| !inside(path));
        self.live.extend(other.live.iter().filter(|(path, _)| inside(path)));
        for file in self.live.values_mut() {
            (file.bytes_synced, file.name) = (true, Name::Synced);
        }
        self.synced.clone_from(&self.live);
    }
}

/// Something that is not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// What was done to a name.
    Name(Path),
    /// The bytes of a file.
    Bytes(Path),
}
