//! How processes end that do not end by themselves.

use crate::disk::Risk;
use crate::path::Path;
use crate::store::Store;
use crate::world::World;

impl World {
    /// The process of a job is killed; so many of the writes in its memory have come to the file.
    pub fn kill(&mut self, number: usize, writes: usize) {
        self.harm.crashes += 1;
        let process = self.jobs[number].process.take();
        if process.is_some_and(|process| process.holds_state) {
            let of = usize::from(self.jobs[number].stream);
            self.stores[of] = self.stores[of].after_kill().swap_remove(writes);
        }
        self.drop_half_backup();
    }

    /// What is left of a backup that was interrupted has no name, and the next one removes it.
    fn drop_half_backup(&mut self) {
        self.backup = self.backup.take().filter(|backup| backup.is_complete);
    }

    /// All processes end, and the disks have what survives.
    pub fn lose_power(&mut self, writes: usize, survive: &[Risk]) {
        self.harm.crashes += 1;
        self.harm.power_losses += 1;
        self.disk = self.disk.after_power_loss(survive);
        for (stream, store) in (0..).zip(&mut self.stores) {
            *store = store.after_power_loss(writes);
            // A store without its files is a new one.
            if !self.disk.has(Path::Log(stream)) || !self.disk.has(Path::Conf(stream)) {
                *store = Store::default();
            }
        }
        self.jobs.iter_mut().for_each(|job| job.process = None);
        self.drop_half_backup();
    }
}
