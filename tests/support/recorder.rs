//! What the program really does to the disk, call by call, and what a loss of power leaves of it.
//!
//! A small library in C is loaded into the program and records every change below a folder, sled's among them. From the
//! record a [`Disk`] is built that knows what is synced and what is not.

use super::Folder;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A change, in the order in which they were made.
#[derive(Debug, Clone)]
pub enum Change {
    Create(PathBuf),
    CreateFolder(PathBuf),
    Write(PathBuf, usize, Vec<u8>),
    Truncate(PathBuf, usize),
    Sync(PathBuf),
    FailedSync(PathBuf),
    Rename(PathBuf, PathBuf),
    /// The file has the second name too.
    Link(PathBuf, PathBuf),
    Remove(PathBuf),
    /// Only where reads are recorded: a file or folder was opened without a change.
    Open(PathBuf),
    /// The same: so many bytes were read.
    Read(PathBuf, usize),
}

/// The library, compiled once for all tests of a binary.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/recorder.c");
        let library =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("recorder-{}.so", std::process::id()));
        let mut compiler = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-lpthread");
        assert!(compiler.status().unwrap().success(), "the recorder needs a C compiler, as the program does");
        library
    })
}

/// Has `command`, which runs in `folder`, recorded in `log`.
pub fn record(command: &mut Command, folder: &Folder, log: &Path) {
    let root = folder.path("").canonicalize().unwrap();
    command.env("LD_PRELOAD", library()).env("RECORDER_ROOT", root).env("RECORDER_LOG", log);
}

/// Reads a record; paths are relative to `folder`.
pub fn read(log: &Path, folder: &Folder) -> Vec<Change> {
    let root = folder.path("").canonicalize().unwrap();
    let bytes = fs::read(log).unwrap_or_default();
    let mut rest = &bytes[..];
    let mut changes = Vec::new();
    while !rest.is_empty() {
        changes.push(read_one(&mut rest, &root));
    }
    changes
}

fn read_one(rest: &mut &[u8], root: &Path) -> Change {
    let what = take(rest, 1)[0];
    let path = take_path(rest, root);
    let other = take_path(rest, root);
    let offset = usize::try_from(u64::from_ne_bytes(take(rest, 8).try_into().unwrap())).unwrap();
    let length = usize::try_from(u64::from_ne_bytes(take(rest, 8).try_into().unwrap())).unwrap();
    match what {
        b'C' => Change::Create(path),
        b'M' => Change::CreateFolder(path),
        b'W' => Change::Write(path, offset, take(rest, length).to_vec()),
        b'T' => Change::Truncate(path, offset),
        b'S' => Change::Sync(path),
        b'X' => Change::FailedSync(path),
        b'R' => Change::Rename(path, other),
        b'L' => Change::Link(path, other),
        b'U' => Change::Remove(path),
        b'O' => Change::Open(path),
        b'G' => Change::Read(path, length),
        other => panic!("a change of kind {other}"),
    }
}

fn take<'b>(rest: &mut &'b [u8], count: usize) -> &'b [u8] {
    let (taken, left) = rest.split_at(count);
    *rest = left;
    taken
}

fn take_path(rest: &mut &[u8], root: &Path) -> PathBuf {
    let length = u32::from_ne_bytes(take(rest, 4).try_into().unwrap()) as usize;
    let path = Path::new(std::str::from_utf8(take(rest, length)).unwrap());
    path.strip_prefix(root).unwrap_or(Path::new("")).to_owned()
}

/// A file or a folder, by number: names come and go.
#[derive(Debug, Clone)]
enum Node {
    File { live: Vec<u8>, synced: Vec<u8>, unsynced: Vec<Unsynced> },
    Folder { live: BTreeMap<String, usize>, synced: BTreeMap<String, usize> },
}

#[derive(Debug, Clone)]
enum Unsynced {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// A disk that remembers what is synced.
#[derive(Debug, Clone)]
pub struct Disk {
    nodes: Vec<Node>,
}

/// A device sector: what is written to one at once is there or not.
const SECTOR_BYTES: usize = 512;

impl Disk {
    /// What stands in `folder`, all of it synced.
    pub fn of(folder: &Folder) -> Self {
        let mut disk = Self { nodes: Vec::new() };
        disk.load(&folder.path(""));
        disk
    }

    fn load(&mut self, path: &Path) -> usize {
        let number = self.nodes.len();
        if path.is_dir() {
            self.nodes.push(Node::Folder { live: BTreeMap::new(), synced: BTreeMap::new() });
            let mut names = BTreeMap::new();
            for entry in fs::read_dir(path).unwrap() {
                let entry = entry.unwrap();
                names.insert(entry.file_name().into_string().unwrap(), self.load(&entry.path()));
            }
            self.nodes[number] = Node::Folder { live: names.clone(), synced: names };
        } else {
            let content = fs::read(path).unwrap();
            self.nodes.push(Node::File { live: content.clone(), synced: content, unsynced: Vec::new() });
        }
        number
    }

    fn find(&self, path: &Path) -> usize {
        path.iter().fold(0, |folder, name| match &self.nodes[folder] {
            Node::Folder { live, .. } => live[name.to_str().unwrap()],
            Node::File { .. } => panic!("{} lies below a file", path.display()),
        })
    }

    fn names_beside(&mut self, path: &Path) -> (&mut BTreeMap<String, usize>, String) {
        let folder = self.find(path.parent().unwrap());
        match &mut self.nodes[folder] {
            Node::Folder { live, .. } => (live, path.file_name().unwrap().to_str().unwrap().to_owned()),
            Node::File { .. } => panic!("{} lies below a file", path.display()),
        }
    }

    fn add(&mut self, path: &Path, node: Node) {
        self.nodes.push(node);
        let number = self.nodes.len() - 1;
        let (names, name) = self.names_beside(path);
        names.insert(name, number);
    }

    /// Makes a change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Create(path) => {
                self.add(path, Node::File { live: vec![], synced: vec![], unsynced: vec![] });
            }
            Change::CreateFolder(path) => {
                self.add(path, Node::Folder { live: BTreeMap::new(), synced: BTreeMap::new() });
            }
            Change::Write(path, offset, data) => {
                self.change_file(path, Unsynced::Write(*offset, data.clone()));
            }
            Change::Truncate(path, length) => self.change_file(path, Unsynced::Truncate(*length)),
            Change::Sync(path) => self.sync(path),
            Change::FailedSync(_) | Change::Open(_) | Change::Read(..) => {}
            Change::Rename(from, to) => {
                let (names, name) = self.names_beside(from);
                let number = names.remove(&name).unwrap();
                let (names, name) = self.names_beside(to);
                names.insert(name, number);
            }
            Change::Link(from, to) => {
                let number = self.find(from);
                let (names, name) = self.names_beside(to);
                names.insert(name, number);
            }
            Change::Remove(path) => {
                let (names, name) = self.names_beside(path);
                names.remove(&name).unwrap();
            }
        }
    }

    fn change_file(&mut self, path: &Path, change: Unsynced) {
        let number = self.find(path);
        if let Node::File { live, unsynced, .. } = &mut self.nodes[number] {
            change.apply(live, |_| true);
            unsynced.push(change);
        }
    }

    fn sync(&mut self, path: &Path) {
        let number = self.find(path);
        match &mut self.nodes[number] {
            Node::File { live, synced, unsynced } => {
                synced.clone_from(live);
                unsynced.clear();
            }
            Node::Folder { live, synced } => synced.clone_from(live),
        }
    }

    /// Writes into `folder` what is left when everything is lost that is not synced, names as well as bytes.
    pub fn restore_synced(&self, folder: &Folder) {
        self.restore(0, &folder.path(""), &|_| false, &mut |_| false);
    }

    /// The same when all names have come to the disk, and of the unsynced bytes those sectors that `survives` picks.
    pub fn restore_partly(&self, folder: &Folder, mut survives: impl FnMut() -> bool) {
        self.restore(0, &folder.path(""), &|_| true, &mut |_| survives());
    }

    /// The same when everything has come to the disk but the names in one folder, for each folder whose names are not synced.
    pub fn restore_without_names_of_one(&self) -> Vec<Folder> {
        let is_at_risk = |node: &Node| matches!(node, Node::Folder { live, synced } if live != synced);
        let at_risk = (0..self.nodes.len()).filter(|&number| is_at_risk(&self.nodes[number]));
        let restored = |lost: usize| {
            let folder = Folder::in_memory();
            self.restore(0, &folder.path(""), &|number| number != lost, &mut |_| true);
            folder
        };
        at_risk.map(restored).collect()
    }

    /// `names` says of which folders the unsynced names survive.
    fn restore(
        &self,
        number: usize,
        path: &Path,
        names: &dyn Fn(usize) -> bool,
        survives: &mut dyn FnMut(usize) -> bool,
    ) {
        match &self.nodes[number] {
            Node::Folder { live, synced } => {
                fs::create_dir_all(path).unwrap();
                for (name, &child) in if names(number) { live } else { synced } {
                    self.restore(child, &path.join(name), names, survives);
                }
            }
            Node::File { synced, unsynced, .. } => {
                let mut content = synced.clone();
                for change in unsynced {
                    change.apply(&mut content, &mut *survives);
                }
                fs::write(path, content).unwrap();
            }
        }
    }
}

impl Unsynced {
    /// Changes a file, as far as the sectors of a write survive. The length of a file goes with its last bytes.
    fn apply(&self, content: &mut Vec<u8>, mut survives: impl FnMut(usize) -> bool) {
        match self {
            Self::Truncate(length) => {
                if survives(*length) {
                    content.resize(*length, 0);
                }
            }
            Self::Write(offset, data) => {
                let mut at = 0;
                while at < data.len() {
                    let sector_end = (offset + at) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
                    let end = data.len().min(sector_end - offset);
                    if survives(offset + at) {
                        content.resize(content.len().max(offset + end), 0);
                        content[offset + at..offset + end].copy_from_slice(&data[at..end]);
                    }
                    at = end;
                }
            }
        }
    }
}
