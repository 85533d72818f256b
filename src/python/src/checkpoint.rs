//! A checkpoint on the disk, to look at.

use crate::error::exception;
use crate::table::Table;
use pyo3::prelude::*;
use sessionize::internals::{Look, Result, look_at, runs_of};
use std::path::PathBuf;

/// A checkpoint of the command, and its outputs. Every look shows the last commit; nothing is locked or changed.
#[pyclass(frozen, module = "sessionize._core")]
pub struct Checkpoint {
    state: PathBuf,
    out: PathBuf,
}

impl Checkpoint {
    fn look<T: Send>(&self, py: Python<'_>, at: impl FnOnce(&Look) -> Result<T> + Send) -> PyResult<T> {
        let look = || look_at(self.state.clone(), self.out.clone()).and_then(|look| at(&look));
        py.detach(look).map_err(|error| exception(&error))
    }
}

#[pymethods]
impl Checkpoint {
    #[new]
    const fn new(state: PathBuf, out: PathBuf) -> Self {
        Self { state, out }
    }

    fn open_sessions(&self, py: Python<'_>) -> PyResult<Table> {
        self.look(py, Look::open_sessions).map(Table::of_batch)
    }

    fn sessions(&self, py: Python<'_>) -> PyResult<Table> {
        self.look(py, Look::published_sessions).map(Table::of_batch)
    }

    /// The report of `inspect --runs`, as JSON.
    fn runs(&self, py: Python<'_>) -> PyResult<String> {
        self.look(py, runs_of)
    }
}
