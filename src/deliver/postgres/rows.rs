//! The rows of a step, on their way into the tables.

use super::columns::{TableColumn, is_op, listed, quoted, table_columns};
use super::copy::write_value;
use super::failure::failed;
use super::tables::{EVENTS, RETRACTED, SESSIONS, Tables};
use crate::core::aggregates::Kind;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{RunId, StreamId};
use crate::output::{OutputKind, PublishedFile, StoredValue};
use postgres::Transaction;
use postgres::types::ToSql;
use std::io::{self, Write};

/// Bytes that are gathered before they are sent.
const SEND_BYTES: usize = 256 << 10;

/// Where sessions wait that are to be inserted or retracted.
const STAGE: &str = "sessionize_stage";

const STREAM_AND_RUN: [&str; 2] = ["sessionize_stream", "sessionize_run"];

/// Changes the tables for one run of one stream.
pub(super) struct RunRows<'t, 'c> {
    pub(super) tables: &'t Tables,
    pub(super) transaction: &'t mut Transaction<'c>,
    pub(super) stream: StreamId,
    pub(super) run: RunId,
}

impl RunRows<'_, '_> {
    /// Takes back what the runs behind `to` have brought, and brings back what they have retracted of it or of earlier ones.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if the server refuses it, or has gone.
    pub(super) fn roll_back(&mut self, to: RunId) -> Result<()> {
        let columns = self.tables.session_columns(self.transaction)?;
        let [sessions, retracted, events] =
            [SESSIONS, RETRACTED, EVENTS].map(|table| self.tables.named(table));
        let to = signed(to);
        for statement in [
            format!("DELETE FROM {events} WHERE sessionize_stream = $1::text::uuid AND sessionize_run > $2"),
            format!(
                "DELETE FROM {sessions} WHERE sessionize_stream = $1::text::uuid AND sessionize_run > $2"
            ),
            format!(
                "INSERT INTO {sessions} ({columns}) SELECT {columns} FROM {retracted} \
                 WHERE sessionize_stream = $1::text::uuid AND retracted_by > $2 AND sessionize_run <= $2"
            ),
            format!("DELETE FROM {retracted} WHERE sessionize_stream = $1::text::uuid AND retracted_by > $2"),
        ] {
            self.execute("take runs back", &statement, &[&self.stream.to_string(), &to])?;
        }
        Ok(())
    }

    /// Brings the rows of a file.
    ///
    /// # Errors
    /// As [`RunRows::roll_back`], and [`ErrorKind::Checkpoint`] if the file cannot be read.
    pub(super) fn bring(&mut self, file: PublishedFile) -> Result<()> {
        let columns = table_columns(file.columns())?;
        let table = if file.kind() == OutputKind::Events { EVENTS } else { SESSIONS };
        self.tables.widen(table, &columns, self.transaction)?;
        if table == EVENTS {
            return self.copy(file, &self.tables.named(EVENTS), &columns);
        }
        self.tables.widen(RETRACTED, &columns, self.transaction)?;
        if file.columns().first().is_some_and(|first| is_op(0, first)) {
            return self.correct(file, &columns);
        }
        self.copy(file, &self.tables.named(SESSIONS), &columns)
    }

    /// Sessions that say what they do: first all that are retracted go, then all that are inserted come.
    fn correct(&mut self, file: PublishedFile, columns: &[TableColumn]) -> Result<()> {
        let [sessions, retracted] = [SESSIONS, RETRACTED].map(|table| self.tables.named(table));
        let stage = format!(
            "CREATE TEMPORARY TABLE {STAGE} ON COMMIT DROP AS SELECT * FROM {sessions} WITH NO DATA; \
             ALTER TABLE {STAGE} ADD COLUMN sessionize_op text"
        );
        self.transaction
            .batch_execute(&stage)
            .map_err(|error| failed(&self.tables.server, "make a temporary table", &error))?;
        self.copy(file, STAGE, columns)?;
        let of_both = self.tables.session_columns(self.transaction)?;
        let staged =
            listed(STREAM_AND_RUN.into_iter().chain(columns.iter().map(|column| column.name.as_str())));
        let is_retracted = "sessionize_stream = $1::text::uuid AND session_id IN \
                            (SELECT session_id FROM sessionize_stage WHERE sessionize_op = 'retract')";
        let stream = self.stream.to_string();
        let run = signed(self.run);
        let keep = format!(
            "INSERT INTO {retracted} ({of_both}, retracted_by) SELECT {of_both}, $2 FROM {sessions} WHERE {is_retracted}"
        );
        self.execute("retract sessions", &keep, &[&stream, &run])?;
        self.execute(
            "retract sessions",
            &format!("DELETE FROM {sessions} WHERE {is_retracted}"),
            &[&stream],
        )?;
        let insert = format!(
            "INSERT INTO {sessions} ({staged}) SELECT {staged} FROM {STAGE} WHERE sessionize_op = 'insert'"
        );
        self.execute("insert sessions", &insert, &[])?;
        self.execute("make a temporary table", &format!("DROP TABLE {STAGE}"), &[])
    }

    fn execute(&mut self, action: &str, statement: &str, values: &[&(dyn ToSql + Sync)]) -> Result<()> {
        let done = self.transaction.execute(statement, values);
        done.map(|_| ()).map_err(|error| failed(&self.tables.server, action, &error))
    }

    /// Copies the rows of a file into a table.
    fn copy(&mut self, file: PublishedFile, table: &str, columns: &[TableColumn]) -> Result<()> {
        let of_output = file.columns().to_vec();
        let is_op: Vec<bool> =
            of_output.iter().enumerate().map(|(number, column)| is_op(number, column)).collect();
        let op = is_op.contains(&true).then(|| quoted("sessionize_op"));
        let names =
            listed(STREAM_AND_RUN.into_iter().chain(columns.iter().map(|column| column.name.as_str())));
        let names: Vec<String> = op.into_iter().chain([names]).collect();
        let statement = format!("COPY {table} ({}) FROM STDIN", names.join(", "));
        let server = &self.tables.server;
        let mut writer =
            self.transaction.copy_in(&statement).map_err(|error| failed(server, "copy rows", &error))?;
        let fixed = format!("{}\t{}", self.stream, self.run.number());
        let mut buffer = Vec::with_capacity(SEND_BYTES * 2);
        file.rows(&mut |row: &[StoredValue]| {
            if let Some((StoredValue::Text(op), _)) = row.iter().zip(&is_op).find(|(_, is_op)| **is_op) {
                buffer.extend_from_slice(op);
                buffer.push(b'\t');
            }
            buffer.extend_from_slice(fixed.as_bytes());
            for ((value, column), is_op) in row.iter().zip(&of_output).zip(&is_op) {
                if !is_op {
                    buffer.push(b'\t');
                    write_value(value, column.kind == Kind::BoundedInt, &mut buffer);
                }
            }
            buffer.push(b'\n');
            if buffer.len() >= SEND_BYTES {
                writer.write_all(&buffer).map_err(|error| unsent(server, &error))?;
                buffer.clear();
            }
            Ok(())
        })?;
        writer.write_all(&buffer).map_err(|error| unsent(server, &error))?;
        writer.finish().map(|_| ()).map_err(|error| failed(server, "copy rows", &error))
    }
}

/// The driver's error comes as one of the system.
fn unsent(server: &str, error: &io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<postgres::Error>()) {
        Some(error) => failed(server, "copy rows", error),
        None => Error::new(ErrorKind::Delivery, format!("cannot copy rows: {error}")).at(server),
    }
}

/// The number of a run as the tables have it.
pub(super) fn signed(run: RunId) -> i64 {
    i64::try_from(run.number()).unwrap_or(i64::MAX)
}
