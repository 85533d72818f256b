//! What becomes of state and outputs under crashes, lost writes, full disks, damage, and commands that repair.
//!
//! Few test programs are few links: each file here has one risk, named in its first line.

mod commit_unknown;
mod cost;
mod crash_calls;
mod crash_maintenance;
mod crash_steps;
mod damage;
mod deliver_folder;
mod deliver_kills;
mod disk_full;
mod formats;
mod hostile;
mod hostile_folders;
mod kills;
mod lock;
mod looking;
mod lost_commits;
mod lost_deliveries;
mod lost_writes;
#[path = "../oracle/mod.rs"]
mod oracle;
mod prune;
mod repair;
mod repair_rules;
mod salvage;
mod signals;
mod soak;
mod state_changes;
mod state_size;
#[path = "../support/mod.rs"]
mod support;
mod temporary_space;
