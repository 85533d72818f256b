//! The command, and the names of its flags.

use pyo3::prelude::*;
use sessionize::internals::{frame_flags, main};
use std::ffi::OsString;

/// Runs the command with these words, of which the first is its name. Returns its exit code.
#[pyfunction]
pub fn command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    py.detach(|| main(&words))
}

/// The flags of a definition: the name, whether it repeats, and its help.
#[pyfunction]
pub fn flags() -> Vec<(String, bool, String)> {
    frame_flags()
}
