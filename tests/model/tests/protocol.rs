//! The protocol holds in all worlds that can be reached, and each mistake in it is found.
#![allow(missing_docs, reason = "a test program")]
#![allow(
    clippy::print_stdout,
    clippy::panic,
    reason = "the figures of docs/trust.md; a test that cannot go on ends"
)]

use sessionize_model::bug::Bug;
use sessionize_model::delivery::deliveries::Deliveries;
use sessionize_model::protocol::Protocol;
use sessionize_model::{delivery, scenarios};
use stateright::{Checker, HasDiscoveries, Model};
use std::fmt::Debug;
use std::hash::Hash;

/// What is checked.
trait Story:
    Model<
        State: Clone + Hash + Debug + PartialEq + Send + Sync + 'static,
        Action: Clone + Debug + PartialEq + Send + Sync,
    > + Send
    + Sync
    + 'static
{
}

impl Story for Protocol {}
impl Story for Deliveries {}

/// Visits all states of these stories.
fn check<S: Story>(stories: Vec<(&'static str, S)>) {
    let mut states = 0;
    for (name, story) in stories {
        let checker = story.checker().threads(2).spawn_bfs().join();
        let (count, depth) = (checker.unique_state_count(), checker.max_depth());
        println!("{name}: {count} states, paths of up to {depth} steps");
        states += count;
        checker.assert_properties();
    }
    println!("{states} states");
}

/// The first of these stories with a mistake in which a property fails, and which one.
fn found<S: Story>(mut stories: impl Iterator<Item = (&'static str, S)>) -> Option<String> {
    stories.find_map(|(name, story)| {
        let checker = story.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
        let failed =
            |property: &&str| checker.discovery_classification(property).to_string() == "counterexample";
        let (property, path) = checker.discoveries().into_iter().find(|(property, _)| failed(property))?;
        Some(format!("{name}, after {} steps: not so that {property}", path.into_actions().len()))
    })
}

#[test]
fn every_property_holds_in_every_world() {
    check(scenarios::all());
}

#[test]
fn every_property_of_deliveries_holds_in_every_world() {
    check(delivery::scenarios::all());
}

#[test]
fn each_mistake_is_found() {
    for bug in Bug::ALL {
        let found = found(scenarios::with_bug(bug));
        println!("{bug:?}: {}", found.unwrap_or_else(|| panic!("{bug:?} was not found")));
    }
}

#[test]
fn each_mistake_in_deliveries_is_found() {
    for bug in delivery::bug::Bug::ALL {
        let found = found(delivery::scenarios::with_bug(bug));
        println!("{bug:?}: {}", found.unwrap_or_else(|| panic!("{bug:?} was not found")));
    }
}
