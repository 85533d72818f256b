//! A model of how sessionize brings runs to the disk, checked in every world that can be reached, and the real program held to it.
//!
//! Read it in this order:
//!
//! 1. [`path`], [`disk`] and [`store`]: what is on a machine, and what a loss of power leaves of it.
//! 2. [`ledger`] and [`manifest`]: what a run leaves, with one event for each batch.
//! 3. [`step`] and [`commit`]: **the protocol**, as a list of steps; [`opening`] and [`recovery`]: what a command does first, and what it makes of
//!    the work of one that has ended early; [`backup`].
//! 4. [`process`], [`job`] and [`world`]: who does these steps. [`protocol`]: what may happen next; [`misfortune`]: kills, losses of power and older
//!    copies; [`crash`] and [`copy`]: what they leave.
//! 5. [`properties`]: what must hold in every world. [`scenarios`]: the stories that are checked. [`bug`]: mistakes that must be found.
//! 6. [`delivery`]: the same for deliveries to a database, with transactions, and to a store of objects, with conditional puts.
//! 7. [`conformance`]: traces of the real program, recorded call by call, are behaviours of the model.
//!
//! ```sh
//! cargo build && cargo test -p sessionize-model -- --nocapture
//! ```
//!
//! **What the model leaves out.** A run has one output. Losses of power take all of what is not synced, none, one change or all but one, and
//! any of them where there are at most three. Bytes are there whole or not at all. A folder that is removed and created again is the same one. In deliveries, a
//! position is found at once, and a run brings sessions but corrects none. Purges, imports and migrations are not in it.

pub mod action;
pub mod backup;
pub mod bug;
pub mod command;
pub mod commit;
pub mod conformance;
pub mod copy;
pub mod crash;
pub mod delivery;
pub mod disk;
pub mod job;
pub mod ledger;
pub mod manifest;
pub mod misfortune;
pub mod opening;
pub mod path;
pub mod process;
pub mod properties;
pub mod protocol;
pub mod recovery;
pub mod scenarios;
pub mod step;
pub mod store;
pub mod world;
