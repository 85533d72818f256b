//! The hidden switches that turn off those of a configuration file.

use super::keys;
use clap::{Arg, ArgAction, Command};

/// Adds to each switch of each verb the hidden switch that turns it off: a file may have turned it on.
pub(in crate::cli) fn with_negations(root: Command) -> Command {
    root.mut_subcommands(|verb| {
        let is_switch = |flag: &&Arg| matches!(flag.get_action(), ArgAction::SetTrue);
        let switches: Vec<String> =
            keys::flags(&verb).filter(is_switch).filter_map(Arg::get_long).map(str::to_owned).collect();
        switches.iter().fold(verb, |verb, switch| with_negation(verb, switch))
    })
}

fn with_negation(verb: Command, switch: &str) -> Command {
    let negation = negation(switch);
    let Some(id) = keys::flag(&verb, switch).map(|flag| flag.get_id().clone()) else { return verb };
    let taking_back = Arg::new(negation.clone())
        .long(negation.clone())
        .hide(true)
        .action(ArgAction::SetTrue)
        .overrides_with(id.clone());
    // All of them in turn: a flag that is changed alone would move to the end of the help.
    let overridden =
        verb.mut_args(|flag| if *flag.get_id() == id { flag.overrides_with(negation.clone()) } else { flag });
    overridden.arg(taking_back)
}

/// The switch that turns off `switch`.
pub(super) fn negation(switch: &str) -> String {
    format!("no-{switch}")
}
