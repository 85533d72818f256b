//! What must hold while runs are delivered.

use crate::delivery::deliveries::Deliveries;
use crate::delivery::feed::published;
use crate::delivery::step::End;
use crate::delivery::world::World;
use crate::ledger::{Entry, Events, head};
use stateright::Property;

/// All of it.
pub fn all() -> Vec<Property<Deliveries>> {
    vec![
        Property::always("the target has what was published up to its position", |_, world| is_exact(world)),
        Property::always("no session is twice in the target", |_, world| is_disjoint(world)),
        Property::always("what a delivery has ended well with stays", |_, world| is_permanent(world)),
        Property::always("nobody is registered before the target", |_, world| is_behind(world)),
        Property::always("a delivery is refused only after a copy was put back", |_, world| is_free(world)),
        Property::eventually("every delivery comes to its end", has_ended),
        Property::sometimes("the target has everything", |_, world| has_everything(world)),
    ]
}

fn rows(world: &World) -> Option<Vec<(u8, Events)>> {
    let mut rows = world.target.rows()?;
    rows.sort_unstable();
    Some(rows)
}

/// For whoever reads at any moment.
fn is_exact(world: &World) -> bool {
    let position = world.target.position();
    let rows = rows(world);
    let has_published = |runs: &[Entry]| {
        let through = usize::from(position.run);
        through <= runs.len()
            && head(&runs[..through]) == position
            && rows == Some(published(&runs[..through]))
    };
    has_published(&world.feed.runs) || has_published(&world.other_history)
}

fn is_disjoint(world: &World) -> bool {
    let rows = world.target.rows().unwrap_or_default().into_iter().map(|(_, events)| events);
    let disjoint = |before: Events, next: Events| (!before.meets(next)).then(|| before.and(next));
    rows.into_iter().try_fold(Events::NONE, disjoint).is_some()
}

fn is_permanent(world: &World) -> bool {
    world.target.position().run >= world.acknowledged
}

fn is_behind(world: &World) -> bool {
    let registered = world.feed.registered.map_or(0, |mark| mark.run);
    world.harm.put_back || registered <= world.target.position().run
}

fn is_free(world: &World) -> bool {
    let is_refused = |ended: &Option<End>| matches!(ended, Some(End::Refused(_)));
    world.harm.put_back || !world.users.iter().any(|user| is_refused(&user.ended))
}

/// From a folder without a run, which somebody has put back, nothing can be delivered.
fn has_ended(model: &Deliveries, world: &World) -> bool {
    world.feed.runs.is_empty()
        || world
            .users
            .iter()
            .all(|user| user.done == model.deliveries || matches!(user.ended, Some(End::Refused(_))))
}

fn has_everything(world: &World) -> bool {
    let newest = head(&world.feed.runs);
    world.is_quiet() && newest.run > 2 && world.target.position() == newest
}
