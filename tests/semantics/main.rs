//! What sessions mean: scenarios, property tests against the oracle, real logs.
//!
//! Few test programs are few links: each file here has one risk, named in its first line.

mod compressed_outputs;
mod corrections;
mod csv_forms;
mod embedded_scenarios;
mod growing_files;
mod inputs;
mod kept_columns;
mod large_batch;
mod long_batches;
mod many_files;
#[path = "../oracle/mod.rs"]
mod oracle;
mod output_formats;
#[cfg(feature = "parquet")]
mod parquet;
mod partitions;
mod property_cuts;
mod property_inputs;
mod property_late;
mod property_rules;
mod real_data;
mod sample_data;
mod scenarios;
mod sessionizer;
mod several_sources;
mod spreadsheet;
#[path = "../support/mod.rs"]
mod support;
mod threads;
#[cfg(not(feature = "cloud"))]
mod without_cloud;
#[cfg(not(feature = "parquet"))]
mod without_parquet;
