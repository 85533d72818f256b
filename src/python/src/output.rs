//! What a batch comes to.

use crate::state::State;
use crate::table::Table;
use pyo3::prelude::*;
use sessionize::internals::frames::FrameOutput;
use std::collections::BTreeMap;

/// What a batch comes to.
#[pyclass(frozen, get_all, module = "sessionize._core")]
pub struct Output {
    sessions: Py<Table>,
    events: Option<Py<Table>>,
    late: Py<Table>,
    rejects: Py<Table>,
    state: Py<State>,
    counts: BTreeMap<String, i64>,
    reject_reasons: BTreeMap<String, u64>,
}

impl Output {
    /// The same with the sessions of `tables` before its own.
    pub fn after<'t>(&self, py: Python<'_>, tables: impl Iterator<Item = &'t Table>) -> PyResult<Self> {
        let own = self.sessions.get();
        let sessions = Table::joined(tables, own);
        Ok(Self {
            sessions: Py::new(py, sessions)?,
            events: self.events.as_ref().map(|events| events.clone_ref(py)),
            late: self.late.clone_ref(py),
            rejects: self.rejects.clone_ref(py),
            state: self.state.clone_ref(py),
            counts: self.counts.clone(),
            reject_reasons: self.reject_reasons.clone(),
        })
    }

    pub fn of(py: Python<'_>, output: FrameOutput) -> PyResult<Self> {
        let counts = &output.counts;
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let counted = [
            ("rows_read", number(counts.rows_read)),
            ("rows_filtered", number(counts.rows_filtered)),
            ("rows_rejected", number(counts.rows_rejected())),
            ("events_accepted", number(counts.events_accepted)),
            ("events_late", number(counts.events_late)),
            ("events_duplicate", number(counts.events_duplicate)),
            ("events_completed", number(counts.events_completed)),
            ("events_retracted", number(counts.events_retracted)),
            ("events_filtered", counts.events_filtered),
            ("events_open", number(counts.events_open_after)),
            ("sessions_completed", number(counts.sessions_completed)),
            ("sessions_retracted", number(counts.sessions_retracted)),
            ("sessions_filtered", counts.sessions_filtered),
        ];
        Ok(Self {
            counts: counted.map(|(name, count)| (name.to_owned(), count)).into(),
            reject_reasons: counts.rejects.clone(),
            sessions: Py::new(py, Table::new(output.sessions))?,
            events: output.events.map(|events| Py::new(py, Table::new(events))).transpose()?,
            late: Py::new(py, Table::new(output.late))?,
            rejects: Py::new(py, Table::new(output.rejects))?,
            state: Py::new(py, State::of(output.state))?,
        })
    }
}
