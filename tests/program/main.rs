//! The command line, reports, documentation and the structure of the code.
//!
//! Few test programs are few links: each file here has one risk, named in its first line.

mod architecture;
mod circles;
mod config;
mod core_alone;
mod dry_run;
mod ecosystem;
mod exit_codes;
mod explain;
mod first_columns;
mod first_use;
mod format_document;
mod fuzz_corpus;
mod inbox;
mod inspect_charts;
mod operations;
mod paths;
mod public_items;
mod readme;
mod report_json;
mod report_page;
mod scheduling;
mod seams;
mod status;
#[path = "../support/mod.rs"]
mod support;
mod usage;
mod versus;
