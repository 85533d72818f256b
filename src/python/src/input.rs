//! Rows from Python: batches in memory, or a stream.

use crate::error::raised;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use pyo3::prelude::*;
use sessionize::internals::frames::ROUND_ROWS;

/// Batches in rounds: as many rows as are decoded while those before them are folded.
pub struct Rounds {
    pub schema: SchemaRef,
    reader: Box<dyn RecordBatchReader + Send>,
    /// What is left of the last batch.
    rest: Option<RecordBatch>,
}

impl Rounds {
    pub fn of(reader: Box<dyn RecordBatchReader + Send>) -> Self {
        Self { schema: reader.schema(), reader, rest: None }
    }

    /// The next round; nothing at the end.
    pub fn next_round(&mut self) -> PyResult<Vec<RecordBatch>> {
        let (mut round, mut rows) = (Vec::new(), 0);
        while rows < ROUND_ROWS {
            let Some(batch) = self.next_batch()? else { break };
            let taken = batch.num_rows().min(ROUND_ROWS - rows);
            self.rest = (taken < batch.num_rows()).then(|| batch.slice(taken, batch.num_rows() - taken));
            rows += taken;
            round.push(batch.slice(0, taken));
        }
        Ok(round)
    }

    fn next_batch(&mut self) -> PyResult<Option<RecordBatch>> {
        match self.rest.take() {
            Some(rest) => Ok(Some(rest)),
            None => loop {
                match self.reader.next().transpose().map_err(|error| unreadable(&error))? {
                    Some(batch) if batch.num_rows() == 0 => {}
                    batch => return Ok(batch),
                }
            },
        }
    }
}

/// The exception for rows that cannot be read.
pub fn unreadable(error: &ArrowError) -> PyErr {
    raised("DataError", format!("the rows cannot be read: {error}"))
}

/// Lets Python handle signals, and calls `progress` with the rows so far.
pub fn tick(progress: Option<&Py<PyAny>>, rows: u64) -> PyResult<()> {
    Python::attach(|py| {
        py.check_signals()?;
        progress.map_or(Ok(()), |progress| progress.call1(py, (rows,)).map(|_| ()))
    })
}
