//! The state between two batches.

use crate::error::exception;
use crate::table::Table;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use sessionize::internals::frames::FrameState;
use std::sync::Arc;

/// Open sessions, the watermark and the definition after some batches.
#[pyclass(frozen, module = "sessionize._core")]
pub struct State {
    pub state: Arc<FrameState>,
}

impl State {
    pub fn of(state: FrameState) -> Self {
        Self { state: Arc::new(state) }
    }
}

#[pymethods]
impl State {
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        py.detach(|| FrameState::of_export(bytes)).map(Self::of).map_err(|error| exception(&error))
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| self.state.export()).map_err(|error| exception(&error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    fn open_sessions(&self, py: Python<'_>) -> PyResult<Table> {
        py.detach(|| self.state.open_sessions()).map(Table::of_batch).map_err(|error| exception(&error))
    }

    /// The time before which events are late, in microseconds.
    #[getter]
    fn watermark_us(&self) -> Option<i64> {
        self.state.head().and_then(|head| head.watermark.time()).map(|time| time.us())
    }

    /// The number of open sessions, and that of their events and waiting ones.
    #[getter]
    fn open_counts(&self) -> (u64, u64) {
        self.state.head().map_or((0, 0), |head| (head.sessions_open, head.events_open))
    }

    /// The number of batches.
    #[getter]
    fn batches(&self) -> u64 {
        self.state.head().map_or(0, |head| head.run.number())
    }
}
