//! A table that any library takes that speaks Arrow.

use arrow_array::{ArrayRef, RecordBatch, StructArray};
use arrow_schema::{ArrowError, DataType, Field, FieldRef};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use pyo3_arrow::ffi::{ArrayIterator, to_stream_pycapsule};
use sessionize::internals::frames::FrameTable;
use std::sync::Arc;

/// A table in the memory of Arrow. Polars, pandas, pyarrow and DuckDB take it without a copy.
#[pyclass(frozen, module = "sessionize")]
pub struct Table {
    table: FrameTable,
}

impl Table {
    pub const fn new(table: FrameTable) -> Self {
        Self { table }
    }

    /// The rows of `tables`, then those of `last`.
    pub fn joined<'t>(tables: impl Iterator<Item = &'t Self>, last: &Self) -> Self {
        let mut batches: Vec<RecordBatch> = tables.flat_map(|table| table.table.batches.clone()).collect();
        batches.extend_from_slice(&last.table.batches);
        Self { table: FrameTable { schema: last.table.schema.clone(), batches } }
    }

    pub fn of_batch(batch: RecordBatch) -> Self {
        Self { table: FrameTable { schema: batch.schema(), batches: vec![batch] } }
    }
}

#[pymethods]
impl Table {
    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.table.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __len__(&self) -> usize {
        self.table.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn __repr__(&self) -> String {
        format!("<sessionize.Table: {} rows of {}>", self.__len__(), self.column_names().join(", "))
    }

    /// The table as a stream of Arrow.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyCapsule>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let fields = self.table.schema.fields().clone();
        let field = Field::new("", DataType::Struct(fields), false)
            .with_metadata(self.table.schema.metadata().clone());
        let field: FieldRef = Arc::new(field);
        let array = |batch: RecordBatch| Ok::<_, ArrowError>(Arc::new(StructArray::from(batch)) as ArrayRef);
        let arrays = self.table.batches.clone().into_iter().map(array);
        Ok(to_stream_pycapsule(py, Box::new(ArrayIterator::new(arrays, field)), requested_schema)?)
    }
}
