//! Deliveries: the published runs as a log, carried into a target step by step.
//!
//! 1. [`feed`]: what is published, and [`log`]: in which steps a target gets there.
//! 2. [`database`] and [`objects`]: the two kinds of a [`target`], with transactions and with conditional puts.
//! 3. [`step`] and [`deliverer`]: **the protocol**. [`world`] and [`work`]: what each step does.
//! 4. [`deliveries`]: what may happen next, kills, lost answers, prunes and older copies among it. [`properties`], [`scenarios`] and [`bug`] are what
//!    they are for runs.

pub mod action;
pub mod bug;
pub mod database;
pub mod deliverer;
pub mod deliveries;
pub mod feed;
pub mod log;
pub mod objects;
pub mod properties;
pub mod scenarios;
pub mod step;
pub mod target;
pub mod work;
pub mod world;
