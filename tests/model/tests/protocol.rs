//! The protocol holds in all worlds that can be reached, and each mistake in it is found.
#![allow(missing_docs, reason = "a test program")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the figures of docs/trust.md; a test that cannot go on ends"
)]

use sessionize_model::bug::Bug;
use sessionize_model::scenarios;
use stateright::{Checker, HasDiscoveries, Model};

#[test]
fn every_property_holds_in_every_world() {
    let mut worlds = 0;
    for (name, protocol) in scenarios::all() {
        let checker = protocol.checker().threads(2).spawn_bfs().join();
        println!(
            "{name}: {} states, paths of up to {} steps",
            checker.unique_state_count(),
            checker.max_depth()
        );
        worlds += checker.unique_state_count();
        checker.assert_properties();
    }
    println!("{worlds} states");
}

#[test]
fn each_mistake_is_found() {
    for bug in Bug::ALL {
        let found = scenarios::with_bug(bug).find_map(|(name, protocol)| {
            let checker =
                protocol.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
            let failed =
                |property: &&str| checker.discovery_classification(property).to_string() == "counterexample";
            let discoveries = checker.discoveries();
            let (property, path) = discoveries.into_iter().find(|(property, _)| failed(property))?;
            Some(format!("{name}, after {} steps: not so that {property}", path.into_actions().len()))
        });
        println!("{bug:?}: {}", found.unwrap_or_else(|| panic!("{bug:?} was not found")));
    }
}
