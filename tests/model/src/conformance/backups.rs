//! Holds a trace of a backup to the model: what is copied, and that all of it is synced before it has its name.

use crate::backup::{copied_names, copy_outputs};
use crate::conformance::table::Output;
use crate::conformance::unsynced::Unsynced;
use crate::manifest::Content;
use crate::path::Path;
use crate::world::World;
use std::collections::BTreeSet;

/// What a backup to the folder `kept` has done so far.
#[derive(Debug)]
pub struct BackupTrace<'o> {
    output: &'o Output,
    copied: BTreeSet<Path>,
    unsynced: Unsynced,
    is_named: bool,
}

impl<'o> BackupTrace<'o> {
    /// Nothing yet.
    pub fn of(output: &'o Output) -> Self {
        Self { output, copied: BTreeSet::new(), unsynced: Unsynced::default(), is_named: false }
    }

    /// The backup changes the disk.
    ///
    /// # Errors
    /// If that is no step of a backup.
    pub fn accept(&mut self, change: char, path: &str, other: &str) -> Result<(), String> {
        let is_output = |path: &Path| *path == Path::Out || path.is_below(Path::Out);
        let copied = self.path(path);
        match change {
            'R' if (path, other) == ("kept.partial", "kept") => {
                self.unsynced.expect_none("the name")?;
                self.is_named = true;
            }
            'C' if copied.is_some_and(|path| is_output(&path)) && !self.has_store() => {
                return Err(format!("{path} is copied before the checkpoint"));
            }
            'C' => self.copied.extend(copied),
            'U' => self.copied.retain(|path| Some(*path) != copied),
            'W' | 'M' | 'S' => {}
            _ => return Err(format!("{change} {path} is no step of a backup")),
        }
        self.unsynced.note(change, path, other);
        Ok(())
    }

    fn has_store(&self) -> bool {
        self.copied.contains(&Path::Log(0))
    }

    /// The path in the model of what is copied.
    fn path(&self, real: &str) -> Option<Path> {
        let copy = real.strip_prefix("kept.partial/")?;
        let (part, rest) = copy.split_once('/')?;
        self.output.path(&format!("sessionize-{part}/{rest}"))
    }

    /// The backup has ended: it has the files that the model copies in this world.
    ///
    /// # Errors
    /// What is missing or too much.
    pub fn finish(&self, world: &World) -> Result<(), String> {
        self.unsynced.expect_none("the end")?;
        let backup = copied_names(world, 0).map(|backup| copy_outputs(backup, &world.disk));
        let files = backup.into_iter().flat_map(|backup| backup.files);
        let store = [Path::Log(0), Path::Conf(0)];
        let expected: BTreeSet<Path> = files
            .filter(|(_, content)| *content != Content::Folder)
            .map(|(path, _)| path)
            .chain(store)
            .collect();
        if !self.is_named {
            return Err("it has no name".to_owned());
        }
        if self.copied != expected {
            return Err(format!("it copies {:?}, the model {expected:?}", self.copied));
        }
        Ok(())
    }
}
