//! Rows to sessions.

use crate::error::{exception, raised};
use crate::input::{Rounds, tick, unreadable};
use crate::output::Output;
use crate::state::State;
use crate::table::Table;
use crate::workers::workers;
use arrow_array::{RecordBatch, RecordBatchIterator};
use arrow_schema::SchemaRef;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;
use sessionize::internals::frames::{
    FrameOutput, FrameRun, FrameSettings, FrameState, FrameTable, Labels, Ordering, Taken,
};
use sessionize::internals::{Advance, Error, ErrorKind, Workers, frame_settings};
use std::ffi::OsString;
use std::sync::{Arc, Mutex, PoisonError};

/// What a run begins with.
#[derive(Clone)]
struct Beginning {
    settings: FrameSettings,
    state: Arc<FrameState>,
    workers: Arc<Workers>,
}

impl Beginning {
    fn read(words: &[OsString], state: Option<&Bound<'_, State>>, threads: Option<usize>) -> PyResult<Self> {
        let settings = frame_settings(words).map_err(|error| exception(&error))?;
        let state = match state {
            Some(state) => Arc::clone(&state.get().state),
            None => Arc::new(FrameState::empty().map_err(|error| exception(&error))?),
        };
        Ok(Self { settings, state, workers: workers(threads)? })
    }

    fn run(&self, schema: &SchemaRef, ordering: Ordering) -> PyResult<FrameRun> {
        let settings = FrameSettings { ordering, ..self.settings.clone() };
        FrameRun::begin(Arc::clone(&self.state), settings, Arc::clone(&self.workers), schema)
            .map_err(|error| exception(&error))
    }

    /// Folds all rows; `None` if they are not in the order that is expected.
    fn fold(
        &self,
        mut rounds: Rounds,
        ordering: Ordering,
        progress: Option<&Py<PyAny>>,
    ) -> PyResult<Option<FrameOutput>> {
        let mut run = self.run(&rounds.schema, ordering)?;
        loop {
            let round = rounds.next_round()?;
            if round.is_empty() {
                return run.end().map_err(|error| exception(&error));
            }
            if run.take(&round).map_err(|error| exception(&error))? == Taken::OutOfOrder {
                return Ok(None);
            }
            tick(progress, run.rows())?;
        }
    }
}

/// Folds a table: as its rows come, and if these are out of order once more, sorted.
#[pyfunction]
#[pyo3(signature = (rows, words, state=None, ordered=None, threads=None, progress=None))]
pub fn fold(
    py: Python<'_>,
    rows: AnyRecordBatch,
    words: Vec<OsString>,
    state: Option<Bound<'_, State>>,
    ordered: Option<bool>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Output> {
    let beginning = Beginning::read(&words, state.as_ref(), threads)?;
    let reader = rows.into_reader()?;
    let output = py.detach(|| -> PyResult<FrameOutput> {
        let schema = reader.schema();
        let batches: Vec<RecordBatch> =
            reader.collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
        let rounds = || {
            let batches = batches.clone().into_iter().map(Ok);
            Rounds::of(Box::new(RecordBatchIterator::new(batches, Arc::clone(&schema))))
        };
        let orderings: &[Ordering] = match ordered {
            None => &[Ordering::ByKey, Ordering::Unknown],
            Some(true) => &[Ordering::ByKey],
            Some(false) => &[Ordering::Unknown],
        };
        for ordering in orderings {
            if let Some(output) = beginning.fold(rounds(), *ordering, progress.as_ref())? {
                return Ok(output);
            }
        }
        Err(out_of_order())
    })?;
    Output::of(py, output)
}

/// Closes what is open in a state.
#[pyfunction]
#[pyo3(signature = (state, threads=None))]
pub fn close(py: Python<'_>, state: &Bound<'_, State>, threads: Option<usize>) -> PyResult<Output> {
    let Beginning { mut settings, state, workers } = Beginning::read(&[], Some(state), threads)?;
    settings.advance = Advance::Finalize;
    settings.ordering = Ordering::Unknown;
    let output = py.detach(|| FrameRun::without_rows(state, settings, workers)?.end());
    let output = output.map_err(|error| exception(&error))?.ok_or_else(out_of_order)?;
    Output::of(py, output)
}

/// The columns `session_id` and `event_number` for the rows of a table.
#[pyfunction]
#[pyo3(signature = (rows, words, threads=None, progress=None))]
pub fn label(
    py: Python<'_>,
    rows: AnyRecordBatch,
    words: Vec<OsString>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Table> {
    let Beginning { settings, workers, .. } = Beginning::read(&words, None, threads)?;
    let reader = rows.into_reader()?;
    let mut interrupted = None;
    let labelled = py.detach(|| {
        let schema = reader.schema();
        let batches: Vec<RecordBatch> =
            reader.collect::<Result<_, _>>().map_err(|error| unreadable(&error))?;
        let labelled = Labels::new(settings).of(&schema, &batches, &workers, |rows| {
            tick(progress.as_ref(), rows).map_err(|error| {
                interrupted = Some(error);
                Error::new(ErrorKind::Failed, "interrupted")
            })
        });
        labelled.map_err(|error| interrupted.take().unwrap_or_else(|| exception(&error)))
    })?;
    Ok(Table::new(labelled))
}

/// A run that takes a stream piece by piece.
#[pyclass(frozen, module = "sessionize._core")]
pub struct Fold {
    run: Mutex<Option<(FrameRun, Rounds)>>,
}

#[pymethods]
impl Fold {
    #[new]
    #[pyo3(signature = (rows, words, state=None, ordered=true, threads=None))]
    fn new(
        py: Python<'_>,
        rows: AnyRecordBatch,
        words: Vec<OsString>,
        state: Option<Bound<'_, State>>,
        ordered: bool,
        threads: Option<usize>,
    ) -> PyResult<Self> {
        let beginning = Beginning::read(&words, state.as_ref(), threads)?;
        let rounds = Rounds::of(rows.into_reader()?);
        let ordering = if ordered { Ordering::ByKey } else { Ordering::Unknown };
        let run = py.detach(|| beginning.run(&rounds.schema, ordering))?;
        Ok(Self { run: Mutex::new(Some((run, rounds))) })
    }

    /// Reads on until sessions are complete, and returns a table of them; at the end, what the whole stream came to.
    fn next(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Py<PyAny>> {
        let step = py.detach(|| self.step(progress.as_ref()))?;
        match step {
            Step::Sessions(table) => Ok(Py::new(py, Table::new(table))?.into_any()),
            Step::End(output) => Ok(Py::new(py, Output::of(py, *output)?)?.into_any()),
        }
    }
}

/// The result of a whole stream, with the sessions that came before its end.
#[pyfunction]
pub fn joined(py: Python<'_>, tables: Vec<Bound<'_, Table>>, last: &Bound<'_, Output>) -> PyResult<Output> {
    last.get().after(py, tables.iter().map(Bound::get))
}

/// A step of a stream.
enum Step {
    Sessions(FrameTable),
    End(Box<FrameOutput>),
}

impl Fold {
    fn step(&self, progress: Option<&Py<PyAny>>) -> PyResult<Step> {
        let mut kept = self.run.lock().unwrap_or_else(PoisonError::into_inner);
        // After an error, the stream has ended.
        let (mut run, mut rounds) =
            kept.take().ok_or_else(|| raised("UsageError", "the stream has ended".to_owned()))?;
        loop {
            let round = rounds.next_round()?;
            if round.is_empty() {
                let output = run.end().map_err(|error| exception(&error))?.ok_or_else(out_of_order)?;
                return Ok(Step::End(Box::new(output)));
            }
            if run.take(&round).map_err(|error| exception(&error))? == Taken::OutOfOrder {
                return Err(out_of_order());
            }
            tick(progress, run.rows())?;
            let batches = run.take_sessions();
            if !batches.is_empty() {
                let schema = run.session_schema();
                *kept = Some((run, rounds));
                return Ok(Step::Sessions(FrameTable { schema, batches }));
            }
        }
    }
}

fn out_of_order() -> PyErr {
    let what = "an event comes before one of the same key that is folded already; sort the rows by time, raise \
                watermark_delay above the disorder, or say ordered=False, which keeps all events in memory";
    raised("OrderError", what.to_owned())
}
