//! How far each registered follower is behind what is published.

use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use crate::output::{Manifest, Output, Registration};
use crate::report::{DeliverStatusReport, FollowerReport, ForgetReport};
use std::path::Path;

/// The registered followers of an output folder, as their last deliveries have left them. Asks no target.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] for a manifest or a position that is damaged.
pub fn status(out: &Path) -> Result<DeliverStatusReport> {
    let output = Output::at(out.to_owned(), Disk::default());
    let newest = output.newest_run()?;
    let followers = output.followers()?;
    // What the slowest has is what is read least.
    let slowest = output.taken_by_all()?;
    let mut manifests = Vec::new();
    for run in
        output.published_runs()?.into_iter().filter(|run| slowest.is_some_and(|slowest| *run > slowest))
    {
        manifests.extend(output.manifest_of(run)?);
    }
    let report = |follower: &Registration| {
        let is_behind = |manifest: &&Manifest| manifest.run() > follower.position.run;
        let behind = || manifests.iter().filter(is_behind);
        FollowerReport {
            name: follower.name.clone(),
            target: follower.target.clone(),
            run: follower.position.run.number(),
            runs_behind: behind().count() as u64,
            rows_behind: behind().map(Manifest::rows).sum(),
        }
    };
    Ok(DeliverStatusReport {
        run: newest.map(RunId::number),
        followers: followers.iter().map(report).collect(),
    })
}

/// Removes a follower from those that outputs are kept for. The target stays as it is.
///
/// # Errors
/// [`ErrorKind::Usage`] if there is none of this name, [`ErrorKind::Failed`] if its file cannot be removed.
pub fn forget(out: &Path, name: &str) -> Result<ForgetReport> {
    let output = Output::at(out.to_owned(), Disk::default());
    if output.forget(name)? {
        return Ok(ForgetReport { forgotten: name.to_owned() });
    }
    Err(Error::new(ErrorKind::Usage, format!("there is no follower {name} here"))
        .at(out.display())
        .remedy("`sessionize deliver --status` lists them")
        .nothing_changed())
}
