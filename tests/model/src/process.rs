//! A command at work: the steps that it has still to do, and what each of them does.

use crate::backup::{copied_names, copy_outputs, is_sound, steps_of_backup};
use crate::bug::Bug;
use crate::command::Command;
use crate::commit::commit;
use crate::ledger::head;
use crate::manifest::Content;
use crate::opening::{begin, open, recover};
use crate::path::{Checkpoint, Path};
use crate::step::{End, Internal, Step};
use crate::world::World;
use std::collections::BTreeSet;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// The checkpoint that it works on.
    pub stream: Checkpoint,
    /// What it was started for.
    pub command: Command,
    /// The steps that are known so far; decisions add the others.
    pub todo: Vec<Step>,
    /// Whether it holds the lock of the state folder.
    pub holds_state: bool,
    /// Whether it holds the lock of the output folder.
    pub holds_output: bool,
}

/// What decides how processes work, and never changes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// Whether outputs are divided by days.
    pub by_days: bool,
    /// A mistake in the protocol.
    pub bug: Option<Bug>,
    /// Runs without the output that a trace is held to, as bits by their numbers.
    pub without_output: u32,
}

impl Process {
    /// A command that has just been started.
    pub fn start(stream: Checkpoint, command: Command) -> Self {
        let todo = if command == Command::Backup { steps_of_backup() } else { open(stream) };
        Self { stream, command, todo, holds_state: false, holds_output: false }
    }

    /// The steps that it may do next: more than one where their order is open.
    pub fn next_steps(&self, world: &World) -> Vec<Step> {
        match self.todo.first() {
            Some(Step::SyncFolders(folders)) => {
                folders.iter().map(|folder| Step::SyncFolder(*folder)).collect()
            }
            Some(Step::RemoveAll(folder)) => {
                world.disk.leaves(*folder).into_iter().map(Step::Remove).collect()
            }
            Some(step) => vec![step.clone()],
            None => Vec::new(),
        }
    }

    /// Notes that a step is done, so that another one is next.
    fn advance(&mut self, done: &Step) {
        match (self.todo.first_mut(), done) {
            (Some(Step::SyncFolders(folders)), Step::SyncFolder(folder)) => {
                folders.retain(|other| other != folder);
                if folders.is_empty() {
                    self.todo.remove(0);
                }
            }
            (Some(Step::RemoveAll(folder)), Step::Remove(path)) if folder != path => {}
            _ => drop(self.todo.remove(0)),
        }
    }
}

impl World {
    /// Does a step of a process, and what the process decides behind it. Says how the process has ended, if it has.
    pub fn execute(&mut self, process: &mut Process, step: &Step, rules: Rules) -> Option<End> {
        process.advance(step);
        self.apply(process, step, rules);
        self.settle(process, rules)
    }

    /// The effect of a step.
    fn apply(&mut self, process: &mut Process, step: &Step, rules: Rules) {
        let store = &mut self.stores[usize::from(process.stream)];
        match step {
            Step::LockState => process.holds_state = true,
            Step::LockOutput => process.holds_output = true,
            Step::CreateFolder(path) => self.disk.create(*path, Content::Folder),
            Step::SyncFolder(path) => self.disk.sync_folder(*path),
            Step::Create(path) => self.disk.create(*path, Content::Empty),
            Step::Write(path, content) => self.disk.write(*path, *content),
            Step::SyncFile(path) => self.disk.sync_file(*path),
            Step::Rename(from, to) => self.disk.rename(*from, *to),
            Step::Remove(path) => self.disk.remove(*path),
            Step::WriteStream => store.write(|data| data.stream = Some(process.stream)),
            Step::WriteState(open) => store.write(|data| data.staged = Some(*open)),
            Step::Commit(entry) => store.commit(*entry),
            Step::SyncLog => {
                store.sync();
                self.disk.sync_file(Path::Log(process.stream));
            }
            Step::CopyCheckpoint => self.backup = copied_names(self, process.stream),
            Step::CopyOutputs => self.backup = self.backup.take().map(|copy| copy_outputs(copy, &self.disk)),
            Step::NameBackup => self.name_backup(process, rules.bug),
            Step::SyncFolders(_) | Step::RemoveAll(_) | Step::Internal(_) => {}
        }
    }

    /// A copy that is not sound is made again: something has moved meanwhile.
    fn name_backup(&mut self, process: &mut Process, bug: Option<Bug>) {
        let is_sound = self.backup.as_ref().is_some_and(is_sound);
        match self.backup.as_mut() {
            Some(backup) if is_sound || bug == Some(Bug::BackupNotVerified) => backup.is_complete = true,
            _ => process.todo = steps_of_backup(),
        }
    }

    /// Takes the decisions of a process until its next step is one that others can see.
    pub fn settle(&mut self, process: &mut Process, rules: Rules) -> Option<End> {
        while let Some(Step::Internal(_)) = process.todo.first() {
            let Step::Internal(decision) = process.todo.remove(0) else { break };
            if let Internal::End(end) = decision {
                return Some(end);
            }
            let follows = self.decide(process, &decision, rules);
            process.todo.splice(0..0, follows);
        }
        None
    }

    /// The steps that follow from a decision.
    fn decide(&mut self, process: &Process, decision: &Internal, rules: Rules) -> Vec<Step> {
        let stream = process.stream;
        match decision {
            Internal::Open => {
                self.disk.create(Path::Conf(stream), Content::Store);
                self.disk.create(Path::Log(stream), Content::Store);
                begin(stream, self.stores[usize::from(stream)].data())
            }
            Internal::Decide => {
                let runs = &self.stores[usize::from(stream)].data().runs;
                let mark = runs.last().map(|_| head(runs));
                recover(stream, mark, &self.disk, rules.by_days, rules.bug)
            }
            Internal::Plan => {
                let entry = process.command.entry(self.stores[usize::from(stream)].data(), rules.bug);
                entry.map_or(vec![Step::Internal(Internal::End(End::Done))], |entry| {
                    let is_silent = rules.without_output >> entry.mark.run & 1 == 1;
                    let layout = process.command.layout(rules.by_days, is_silent);
                    commit(stream, &entry, layout, rules.bug)
                })
            }
            Internal::MakeFolder(path) => self.make_folder(*path),
            Internal::MakeFolderUnsynced(path) => self.make_folder_unsynced(*path),
            Internal::MakeFolders(paths) => self.make_folders(paths),
            Internal::Publish(staged, place) => self.move_into_place(*staged, *place),
            Internal::Retract(run) => self.retract(*run, rules.by_days),
            Internal::End(_) => Vec::new(),
        }
    }

    /// A folder that is there already is not synced again: nobody knows whether its name is on the disk.
    fn make_folder(&self, path: Path) -> Vec<Step> {
        if self.disk.has(path) {
            return Vec::new();
        }
        let above = Step::Internal(Internal::MakeFolder(path.folder()));
        vec![above, Step::CreateFolder(path), Step::SyncFolder(path.folder())]
    }

    fn make_folder_unsynced(&self, path: Path) -> Vec<Step> {
        if self.disk.has(path) {
            return Vec::new();
        }
        vec![Step::Internal(Internal::MakeFolderUnsynced(path.folder())), Step::CreateFolder(path)]
    }

    fn make_folders(&self, paths: &[Path]) -> Vec<Step> {
        let above = |path: Path| std::iter::successors(Some(path), |path| Some(path.folder()));
        let missing: BTreeSet<Path> =
            paths.iter().flat_map(|path| above(*path).take_while(|path| !self.disk.has(*path))).collect();
        let folders: BTreeSet<Path> = missing.into_iter().map(Path::folder).collect();
        let mut steps: Vec<Step> =
            paths.iter().map(|path| Step::Internal(Internal::MakeFolderUnsynced(*path))).collect();
        if !folders.is_empty() {
            steps.push(Step::SyncFolders(folders.into_iter().collect()));
        }
        steps
    }

    fn move_into_place(&self, staged: Path, place: Path) -> Vec<Step> {
        if !self.disk.has(staged) {
            return Vec::new();
        }
        vec![Step::Rename(staged, place)]
    }

    fn retract(&self, run: u8, by_days: bool) -> Vec<Step> {
        let (from, to) = (Path::of_sessions(run, by_days), Path::of_retracted(run, by_days));
        if !self.disk.has(from) {
            return Vec::new();
        }
        let folders = [from.folder(), to.folder(), Path::RetractedFolder, Path::Out];
        let syncs = folders.map(Step::SyncFolder);
        let moved = vec![Step::Internal(Internal::MakeFolder(to.folder())), Step::Rename(from, to)];
        [moved, syncs.to_vec()].concat()
    }
}
