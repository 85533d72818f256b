//! A file of a batch that a task of `sessionize.spark` reads by itself, without the engine.

use crate::spark::{locked, raised, read};
use arrow_array::RecordBatch;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3_arrow::PyRecordBatch;
use sessionize::internals::{Error, ErrorKind, FileRows, Result as CoreResult};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, sync_channel};

/// Record batches that wait for the engine.
const BATCHES_AHEAD: usize = 2;

/// A file of a batch.
#[pyclass(name = "SparkFile", module = "sessionize._core")]
pub struct SparkFile(Mutex<Option<FileRows>>);

#[pymethods]
impl SparkFile {
    #[new]
    #[pyo3(signature = (job, path, format))]
    fn new(py: Python<'_>, job: &str, path: &str, format: Option<&str>) -> PyResult<Self> {
        let job = read(py, job)?;
        let file = py.detach(|| FileRows::open(job, path, format)).map_err(|error| raised(py, &error))?;
        Ok(Self(Mutex::new(Some(file))))
    }

    /// Counts its rows, and calls `sink` with those that become no events. Returns what it has found, as JSON.
    fn survey(&self, py: Python<'_>, known: &str, sink: &Bound<'_, PyAny>) -> PyResult<String> {
        let (sink, mut interrupted) = (sink.clone().unbind(), None);
        let pass = |batch: RecordBatch| {
            Python::attach(|py| sink.call1(py, (PyRecordBatch::new(batch).into_pyarrow(py)?,))).map(drop)
        };
        let found = py.detach(|| {
            let file = locked(&self.0);
            file.as_ref().ok_or_else(read_before)?.survey(known, |batch| {
                pass(batch).map_err(|error| {
                    interrupted = Some(error);
                    Error::new(ErrorKind::Failed, "interrupted")
                })
            })
        });
        found.map_err(|error| interrupted.unwrap_or_else(|| raised(py, &error)))
    }

    /// The number of the longest of these contents that is shorter than it and with which it begins.
    fn begins_with(&self, py: Python<'_>, contents: &str) -> PyResult<Option<u64>> {
        let found = py.detach(|| locked(&self.0).as_ref().ok_or_else(read_before)?.begins_with(contents));
        found.map_err(|error| raised(py, &error))
    }

    /// Its rows for the shuffle; it is the file of this number. It can be called once.
    fn rows(&self, py: Python<'_>, number: u32) -> PyResult<SparkRows> {
        let file = locked(&self.0).take().ok_or_else(read_before).map_err(|error| raised(py, &error))?;
        let (sender, batches) = sync_channel(BATCHES_AHEAD);
        let decode = move || {
            let stopped = |_| Error::new(ErrorKind::Failed, "the engine has stopped this task");
            let end = file.rows(number, |batch| sender.send(Ok(Some(batch))).map_err(stopped));
            // Without a receiver, nobody is there to hear of the end.
            let _ = sender.send(end.map(|()| None));
        };
        std::thread::Builder::new().spawn(decode)?;
        Ok(SparkRows(Mutex::new(batches)))
    }
}

/// Record batches of rows, which a thread decodes.
#[pyclass(module = "sessionize._core")]
struct SparkRows(Mutex<Receiver<CoreResult<Option<RecordBatch>>>>);

#[pymethods]
impl SparkRows {
    fn __iter__(rows: PyRef<'_, Self>) -> PyRef<'_, Self> {
        rows
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let next = py.detach(|| locked(&self.0).recv());
        let next = next.map_err(|_| PyRuntimeError::new_err("the thread that reads a file has ended"))?;
        let batch = next.map_err(|error| raised(py, &error))?;
        batch.map(|batch| PyRecordBatch::new(batch).into_pyarrow(py)).transpose()
    }
}

fn read_before() -> Error {
    Error::new(ErrorKind::Failed, "this file was read before")
}
