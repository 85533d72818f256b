//! What must hold in every world, and what must be reached so that this says something.

use crate::backup::missing;
use crate::job::Job;
use crate::ledger::{Events, head, is_active};
use crate::manifest::{Content, Manifest};
use crate::path::Path;
use crate::protocol::Protocol;
use crate::recovery::{Recovery, Refusal, decide, rollbacks};
use crate::step::End;
use crate::world::World;
use stateright::Property;

/// All of them.
pub fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always("no session is lost", |_, world| done(world).all(|job| is_complete(world, job))),
        Property::always("no session is doubled", |_, world| is_disjoint(world)),
        Property::always("a published file never changes", |_, world| is_unchanged(world)),
        Property::always("what ended with exit code 0 stays", |_, world| is_permanent(world)),
        Property::always("what is rolled back stays retracted", |_, world| is_retracted(world)),
        Property::always("no file without a manifest stays in its place", |_, world| is_listed(world)),
        Property::always("after a crash, every command works", |_, world| is_never_stuck(world)),
        Property::eventually("every job comes to its end", has_ended),
        Property::sometimes("jobs end well", all_done),
        Property::sometimes("a committed run waits to be published", |_, world| waits(world)),
    ]
}

fn done(world: &World) -> impl Iterator<Item = &Job> {
    world.jobs.iter().filter(|job| job.ended == Some(End::Done) && job.process.is_none())
}

/// The published manifests of runs that no published rollback takes back.
pub fn active(world: &World) -> Vec<Manifest> {
    let manifests: Vec<Manifest> = world
        .disk
        .names()
        .filter_map(|(path, content)| match (path, content) {
            (Path::Manifest(_), Content::Manifest(manifest)) => Some(manifest),
            _ => None,
        })
        .collect();
    let rollbacks = || manifests.iter().filter_map(|manifest| Some((manifest.mark.run, manifest.back_to?)));
    manifests.iter().filter(|manifest| is_active(manifest.mark.run, rollbacks())).copied().collect()
}

fn published(world: &World) -> Events {
    active(world).iter().filter_map(|manifest| manifest.output).fold(Events::NONE, Events::and)
}

/// When a command has ended well and nobody else is at work, each known event is open or published, and so is all that was
/// acknowledged.
fn is_complete(world: &World, job: &Job) -> bool {
    let head = head(&world.stores[usize::from(job.stream)].data().runs);
    let is_publisher = world.publisher().is_none_or(|stream| stream == job.stream);
    if !world.is_quiet() || !is_publisher || waits(world) {
        return true;
    }
    let found = head.open.and(published(world));
    found == head.known && !head.open.meets(published(world))
}

/// No event is in two sessions that readers count.
fn is_disjoint(world: &World) -> bool {
    let outputs = active(world).into_iter().filter_map(|manifest| manifest.output);
    outputs
        .into_iter()
        .try_fold(Events::NONE, |before, next| (!before.meets(next)).then(|| before.and(next)))
        .is_some()
}

/// What readers have seen under a name is what has that name.
fn is_unchanged(world: &World) -> bool {
    world.disk.names().all(|(path, content)| match (path, content) {
        (Path::Sessions(run) | Path::SessionsOfDay(run), content) => {
            world.seen.get(&run).is_none_or(|seen| content == Content::Sessions(*seen))
        }
        (Path::Manifest(run), Content::Manifest(manifest)) => {
            manifest.output.is_none_or(|output| world.seen.get(&run) == Some(&output))
        }
        (Path::Manifest(_), _) => false,
        _ => true,
    })
}

/// Nothing that was acknowledged is forgotten, and what manifests name is there: for whoever looks while nobody is at work.
fn is_permanent(world: &World) -> bool {
    if !world.is_quiet() {
        return true;
    }
    (0..).zip(&world.stores).all(|(stream, store)| {
        let known = head(&store.data().runs).known;
        // Somebody has exchanged a folder, and the next command says so or puts it right.
        let is_noticed = world.harm.out_of_step
            && matches!(standing(world, stream), Recovery::Refused(_) | Recovery::TakeBack(_));
        let is_publisher = world.publisher().is_none_or(|publisher| publisher == stream);
        let is_whole = !is_publisher || missing(store.data(), &world.disk).is_none();
        is_noticed || (world.acknowledged[usize::from(stream)].are_among(known) && is_whole)
    })
}

/// Once the manifest of a rollback is published, no output of a run that it takes back is in its place, for whoever reads all files.
fn is_retracted(world: &World) -> bool {
    world.harm.out_of_step
        || world.disk.names().all(|(path, _)| match path {
            Path::Sessions(run) | Path::SessionsOfDay(run) => is_active(run, rollbacks(&world.disk)),
            _ => true,
        })
}

/// While nobody is at work and nothing is left to do, each output in its place has a manifest, for whoever reads all files.
fn is_listed(world: &World) -> bool {
    let is_settled = |stream| standing(world, stream) == Recovery::Discard;
    let owner = world.publisher().filter(|owner| usize::from(*owner) < world.stores.len());
    !world.is_quiet()
        || !owner.is_some_and(is_settled)
        || world.disk.names().all(|(path, _)| match path {
            Path::Sessions(run) | Path::SessionsOfDay(run) => world.disk.has(Path::Manifest(run)),
            _ => true,
        })
}

fn standing(world: &World, stream: u8) -> Recovery {
    let mark = world.stores[usize::from(stream)].data().runs.last().map(|entry| entry.mark);
    decide(stream, mark, &world.disk)
}

/// Only somebody who puts back one folder without the other is refused, and a second checkpoint in the same output folder.
fn is_never_stuck(world: &World) -> bool {
    world.jobs.iter().all(|job| match job.ended {
        Some(End::Refused(Refusal::Another)) => world.stores.len() > 1 || world.harm.out_of_step,
        Some(End::Refused(_)) => world.harm.out_of_step,
        _ => true,
    })
}

fn has_ended(model: &Protocol, world: &World) -> bool {
    let is_refused = |job: &Job| matches!(job.ended, Some(End::Refused(_)));
    model.jobs.iter().zip(&world.jobs).all(|((_, plan), job)| job.next == plan.len() || is_refused(job))
}

fn all_done(model: &Protocol, world: &World) -> bool {
    let is_done = |((_, plan), job): (&(u8, Vec<_>), &Job)| job.next == plan.len();
    let mut jobs = model.jobs.iter().zip(&world.jobs);
    // Of two checkpoints with one output folder, one is refused.
    if world.stores.len() > 1 { has_ended(model, world) && jobs.any(is_done) } else { jobs.all(is_done) }
}

/// A run is committed, and its manifest is not published yet.
pub fn waits(world: &World) -> bool {
    (0..).zip(&world.stores).any(|(stream, _)| matches!(standing(world, stream), Recovery::Publish(_)))
}
