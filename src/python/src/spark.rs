//! What the tasks and the driver of `sessionize.spark` call: the core's fold over sorted rows, and the store of a root.
//!
//! Every argument and result is text, bytes, or an Arrow object that goes by the C data interface.

use arrow_array::RecordBatch;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use pyo3_arrow::{PyRecordBatch, PySchema};
use sessionize::internals::{
    Job, KeyFold, Mapper, Opening, Root, StatePiece, check_limit, decide, decide_by_files, open_batch,
    sort_names, time_us,
};
use std::path::PathBuf;
use std::sync::Mutex;

/// Adds what this file has to the extension module.
///
/// # Errors
/// If the module refuses it.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<SparkMapper>()?;
    module.add_class::<SparkFold>()?;
    module.add_class::<SparkRoot>()?;
    module.add_class::<SparkOpening>()?;
    module.add_function(wrap_pyfunction!(spark_check_limit, module)?)?;
    module.add_function(wrap_pyfunction!(spark_decide, module)?)?;
    module.add_function(wrap_pyfunction!(spark_decide_by_files, module)?)?;
    module.add_function(wrap_pyfunction!(spark_files, module)?)?;
    module.add_function(wrap_pyfunction!(spark_sorted, module)?)?;
    module.add_function(wrap_pyfunction!(spark_time_us, module)?)?;
    module.add_function(wrap_pyfunction!(spark_after, module)?)
}

/// The definition of batches with this schema, as JSON: that of `kept`, which must not differ, or a new one.
#[pyfunction]
#[pyo3(signature = (request, kept, schema))]
fn spark_decide(py: Python<'_>, request: &str, kept: Option<&str>, schema: PySchema) -> PyResult<String> {
    let schema = schema.into_inner();
    decide(request, kept, &schema).map_err(|error| raised(py, &error))
}

/// Event time and purged keys after a run, as JSON.
#[pyfunction]
fn spark_after(py: Python<'_>, job: &str) -> PyResult<String> {
    read(py, job).map(|job| job.after())
}

/// The same for files, of which the first one that has rows decides.
#[pyfunction]
#[pyo3(signature = (request, kept, paths, format))]
fn spark_decide_by_files(
    py: Python<'_>,
    request: &str,
    kept: Option<&str>,
    paths: Vec<String>,
    format: Option<&str>,
) -> PyResult<String> {
    py.detach(|| decide_by_files(request, kept, &paths, format)).map_err(|error| raised(py, &error))
}

/// The files of a batch: a URL stands for the objects that it names.
#[pyfunction]
fn spark_files(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Vec<String>> {
    let files = py.detach(|| open_batch(&paths, u64::MAX)).map_err(|error| raised(py, &error))?;
    Ok(files.iter().map(|file| file.path().to_string_lossy().into_owned()).collect())
}

/// Names in natural order.
#[pyfunction]
fn spark_sorted(mut names: Vec<String>) -> Vec<String> {
    sort_names(&mut names);
    names
}

/// A time in microseconds.
#[pyfunction]
fn spark_time_us(py: Python<'_>, text: &str) -> PyResult<i64> {
    time_us(text).map_err(|error| raised(py, &error))
}

/// Refuses a batch with more rows of a kind than an argument allows.
#[pyfunction]
fn spark_check_limit(py: Python<'_>, name: &str, limit: &str, rows: u64, all: u64) -> PyResult<()> {
    check_limit(name, limit, rows, all).map_err(|error| raised(py, &error))
}

/// A file of open state as rows for the shuffle.
#[pyclass(name = "SparkOpening", module = "sessionize._core")]
struct SparkOpening(Mutex<Opening>);

#[pymethods]
impl SparkOpening {
    #[new]
    fn new(py: Python<'_>, job: &str, file: Vec<u8>) -> PyResult<Self> {
        let opening = Opening::of(read(py, job)?, file).map_err(|error| raised(py, &error))?;
        Ok(Self(Mutex::new(opening)))
    }

    /// The next rows, or `None` at the end.
    fn next_rows<'py>(&self, py: Python<'py>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
        let rows = py.detach(|| locked(&self.0).next_rows()).map_err(|error| raised(py, &error))?;
        rows.map(|rows| tables(py, rows)).transpose()
    }
}

/// Record batches to rows for the shuffle.
#[pyclass(name = "SparkMapper", module = "sessionize._core")]
struct SparkMapper(Mutex<Mapper>);

#[pymethods]
impl SparkMapper {
    #[new]
    fn new(py: Python<'_>, job: &str, schema: PySchema) -> PyResult<Self> {
        let mapper =
            Mapper::open(&read(py, job)?, &schema.into_inner()).map_err(|error| raised(py, &error))?;
        Ok(Self(Mutex::new(mapper)))
    }

    /// Counts the rows of a batch. Returns the number and the reason of each row that becomes no event.
    fn survey(&self, py: Python<'_>, batch: PyRecordBatch) -> PyResult<Vec<(u64, &'static str)>> {
        let batch = batch.into_inner();
        py.detach(|| locked(&self.0).survey(&batch)).map_err(|error| raised(py, &error))
    }

    /// The rows of a batch for the shuffle; none while they wait.
    fn map<'py>(&self, py: Python<'py>, batch: PyRecordBatch, seq: i64) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let batch = batch.into_inner();
        let rows = py.detach(|| locked(&self.0).map(&batch, seq)).map_err(|error| raised(py, &error))?;
        tables(py, rows)
    }

    /// The rows that have waited.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let rows = py.detach(|| locked(&self.0).finish()).map_err(|error| raised(py, &error))?;
        tables(py, rows)
    }

    /// What was read so far, as JSON.
    fn counts(&self) -> String {
        locked(&self.0).counts()
    }
}

/// The fold of sorted rows.
#[pyclass(name = "SparkFold", module = "sessionize._core")]
struct SparkFold(Mutex<KeyFold>);

/// The bytes of the files of sessions and events that are to be written now, and those of the files of open state, each with the number
/// of keys in the file if it ends there.
type Pending<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Vec<(Bound<'py, PyBytes>, Option<u64>)>);

#[pymethods]
impl SparkFold {
    #[new]
    fn new(py: Python<'_>, job: &str) -> PyResult<Self> {
        let fold = KeyFold::new(read(py, job)?).map_err(|error| raised(py, &error))?;
        Ok(Self(Mutex::new(fold)))
    }

    /// Takes the next rows.
    fn take<'py>(&self, py: Python<'py>, batch: PyRecordBatch) -> PyResult<Pending<'py>> {
        let batch = batch.into_inner();
        py.detach(|| locked(&self.0).take(&batch)).map_err(|error| raised(py, &error))?;
        Ok(self.pending(py))
    }

    /// Ends all files.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Pending<'py>> {
        py.detach(|| locked(&self.0).finish()).map_err(|error| raised(py, &error))?;
        Ok(self.pending(py))
    }

    /// The rows of sessions and events so far.
    fn rows(&self) -> (u64, u64) {
        let mut fold = locked(&self.0);
        (fold.sessions().rows(), fold.events().rows())
    }

    /// What was folded, as JSON.
    fn counts(&self) -> String {
        locked(&self.0).counts()
    }
}

impl SparkFold {
    fn pending<'py>(&self, py: Python<'py>) -> Pending<'py> {
        let mut fold = locked(&self.0);
        let [sessions, events] = [fold.sessions().take_bytes(), fold.events().take_bytes()];
        let piece = |piece: StatePiece| (PyBytes::new(py, &piece.bytes), piece.ends_with_keys);
        let state = fold.take_state().into_iter().map(piece).collect();
        (PyBytes::new(py, &sessions), PyBytes::new(py, &events), state)
    }
}

/// Names with contents below an address. No content is ever replaced.
#[pyclass(name = "SparkRoot", module = "sessionize._core")]
struct SparkRoot(Mutex<Root>);

#[pymethods]
impl SparkRoot {
    #[new]
    fn new(py: Python<'_>, address: &str) -> PyResult<Self> {
        Root::open(address).map(|root| Self(Mutex::new(root))).map_err(|error| raised(py, &error))
    }

    /// A name as people see it.
    fn shown(&self, name: &str) -> String {
        locked(&self.0).shown(name)
    }

    /// Puts `content` under a name, unless something has it: `True` only if this call has done it.
    fn put_new(&self, py: Python<'_>, name: &str, content: &[u8]) -> PyResult<bool> {
        py.detach(|| locked(&self.0).put_new(name, content)).map_err(|error| raised(py, &error))
    }

    /// What stands under a name, or `None`.
    fn get<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let content = py.detach(|| locked(&self.0).get(name)).map_err(|error| raised(py, &error))?;
        Ok(content.map(|content| PyBytes::new(py, &content)))
    }

    /// Puts a file of this machine under a name that nobody else uses.
    fn upload(&self, py: Python<'_>, name: &str, file: PathBuf) -> PyResult<()> {
        py.detach(|| locked(&self.0).upload(name, &file)).map_err(|error| raised(py, &error))
    }

    /// The names that begin with `prefix`.
    fn list(&self, py: Python<'_>, prefix: &str) -> PyResult<Vec<String>> {
        py.detach(|| locked(&self.0).list(prefix)).map_err(|error| raised(py, &error))
    }

    /// Removes what stands under a name.
    fn remove(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        py.detach(|| locked(&self.0).remove(name)).map_err(|error| raised(py, &error))
    }
}

pub fn read(py: Python<'_>, job: &str) -> PyResult<Job> {
    Job::read(job).map_err(|error| raised(py, &error))
}

fn tables(py: Python<'_>, batches: Vec<RecordBatch>) -> PyResult<Vec<Bound<'_, PyAny>>> {
    batches.into_iter().map(|batch| PyRecordBatch::new(batch).into_pyarrow(py)).collect()
}

pub fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The exception for `error`, with the exit code that the command has for it.
pub fn raised(py: Python<'_>, error: &sessionize::internals::Error) -> PyErr {
    let raised = crate::error::raised("SparkError", error.to_string());
    // The text is what matters; without its code the error is one of the program.
    let _ = raised.value(py).setattr("code", error.kind().exit_code());
    raised
}
