//! Batches from object stores and web servers, against a real server of the S3 protocol on this machine, and a proxy before it
//! that makes everything go wrong that can.
//!
//! The server is `moto_server`, of Python. Where it is missing, these tests say so and end: pip install 'moto[server]'; PYTHON names
//! the interpreter.

mod azure;
mod changes;
mod deliver;
mod errors;
mod faults;
mod google;
mod inbox;
mod moto;
#[path = "../oracle/mod.rs"]
mod oracle;
#[cfg(feature = "parquet")]
mod parquet;
mod proxy;
#[cfg(feature = "parquet")]
mod reading;
mod recipes;
mod servers;
mod sessions;
mod store;
#[path = "../support/mod.rs"]
mod support;
mod urls;
