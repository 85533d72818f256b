//! Everything that is written to be read by a later version of the program.

pub mod checkpoint;
