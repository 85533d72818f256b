//! What may go wrong in a world.

use crate::action::Action;
use crate::disk::Risk;
use crate::path::Path;
use crate::protocol::Protocol;
use crate::store::Store;
use crate::world::World;

impl Protocol {
    /// All of it.
    pub fn misfortunes(&self, world: &World) -> Vec<Action> {
        let mut actions = self.crashes(world);
        if world.is_quiet() && world.harm.put_back < self.put_backs {
            actions.extend(self.copies(world));
            let is_complete = world.backup.as_ref().is_some_and(|backup| backup.is_complete);
            if self.restores && is_complete {
                actions.push(Action::Restore);
            }
        }
        actions
    }

    /// Kills and losses of power.
    fn crashes(&self, world: &World) -> Vec<Action> {
        if world.harm.crashes == self.crashes {
            return Vec::new();
        }
        let working = world.jobs.iter().enumerate().filter(|(_, job)| job.process.is_some());
        let kills = working.flat_map(|(number, job)| {
            let left = world.stores[usize::from(job.stream)].after_kill().len();
            (0..left).map(move |left| Action::Kill(number, left))
        });
        let has_power = world.harm.power_losses == self.power_losses;
        kills.chain(if has_power { Vec::new() } else { power_losses(world) }).collect()
    }

    /// Copies of folders that somebody makes and puts back, and a store that opens at an older commit.
    fn copies(&self, world: &World) -> Vec<Action> {
        let is_first = world.harm.put_back == 0;
        let mut actions = Vec::new();
        if self.copies && world.copy.is_some() {
            let folders = [vec![Path::State(0)], vec![Path::Out], vec![Path::State(0), Path::Out]];
            actions.extend(folders.map(Action::PutBack));
        } else if self.copies && is_first {
            actions.push(Action::Copy);
        }
        if self.older_commits && is_first && !world.stores[0].data().runs.is_empty() {
            actions.push(Action::OlderCommit(0));
        }
        actions
    }
}

/// Losses of power: any of the unsynced writes of a store, and of the unsynced names and bytes all, none, one, or all but one; any
/// of them if there are few.
fn power_losses(world: &World) -> Vec<Action> {
    let risks = world.disk.at_risk();
    let all = (1_u32 << risks.len()) - 1;
    let few = |mask: u32| risks.len() <= 3 || mask.count_ones() <= 1 || (all & !mask).count_ones() <= 1;
    let survivors = (0..=all).filter(|mask| few(*mask)).map(|mask| {
        let survives = |(number, risk): (usize, &Risk)| (mask >> number & 1 == 1).then_some(*risk);
        risks.iter().enumerate().filter_map(survives).collect::<Vec<_>>()
    });
    let writes = world.stores.iter().map(Store::at_risk).max().unwrap_or(0);
    survivors
        .flat_map(|risks| (0..=writes).map(move |writes| Action::PowerLoss(writes, risks.clone())))
        .collect()
}
