//! The pure core: events in, completed sessions and open state out. It uses no file, clock, thread, random number or encoding.

pub mod aggregates;
pub mod event;
pub mod gap;
pub mod partition;
pub mod reducer;
pub mod rules;
pub mod session;
pub mod watermark;
