//! The tables: made on first use, checked by their version, and widened where a run has further columns.

use super::columns::{TableColumn, listed, missing, quoted};
use super::failure::failed;
use super::versions::VERSIONS;
use crate::error::{Error, ErrorKind, Result};
use postgres::Transaction;
use std::collections::BTreeMap;

/// The names that the first version takes.
const TABLES: [&str; 5] =
    ["sessionize_versions", "sessionize_followers", "sessionize_retracted", "sessions", "events"];

pub(super) const SESSIONS: &str = "sessions";
pub(super) const RETRACTED: &str = "sessionize_retracted";
pub(super) const EVENTS: &str = "events";

/// The schema in which the tables are: the first of `search_path`.
#[derive(Debug, Clone)]
pub(super) struct Tables {
    /// For people.
    pub(super) server: String,
    pub(super) schema: String,
}

impl Tables {
    /// Finds the schema, and brings its tables to the newest version.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if there is none, if other tables have these names, or if the user may not make them.
    pub(super) fn open(server: &str, transaction: &mut Transaction<'_>) -> Result<Self> {
        let action = "look at the tables";
        let fail = |error: &postgres::Error| failed(server, action, error);
        let row =
            transaction.query_one("SELECT current_schema()::text", &[]).map_err(|error| fail(&error))?;
        let schema: Option<String> = row.get(0);
        let schema = schema.ok_or_else(|| {
            Error::new(ErrorKind::Delivery, "the search path of the user has no schema")
                .at(server)
                .remedy("add ?options=-csearch_path%3DSCHEMA to the address")
        })?;
        let tables = Self { server: server.to_owned(), schema };
        tables.lock(transaction)?;
        let version = tables.version(transaction)?;
        let newest = VERSIONS.last().map_or(0, |(version, _)| *version);
        if version > newest {
            let what = format!("the tables have version {version}, this program knows {newest}");
            return Err(Error::new(ErrorKind::Delivery, what).at(server).remedy("use a newer program"));
        }
        for (_, statements) in VERSIONS.iter().filter(|(number, _)| *number > version) {
            transaction
                .batch_execute(statements)
                .map_err(|error| failed(server, "make the tables", &error))?;
        }
        Ok(tables)
    }

    /// Waits until nobody else delivers to these tables; until the end of the transaction nobody else does.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if the server has gone.
    pub(super) fn lock(&self, transaction: &mut Transaction<'_>) -> Result<()> {
        let statement = "SELECT pg_advisory_xact_lock(hashtextextended('sessionize ' || $1, 0))";
        let locked = transaction.execute(statement, &[&self.schema]);
        locked.map(|_| ()).map_err(|error| failed(&self.server, "lock the tables", &error))
    }

    /// The version of the tables; 0 where there are none.
    fn version(&self, transaction: &mut Transaction<'_>) -> Result<i32> {
        let mut present = Vec::new();
        for table in TABLES {
            if !self.columns_of(table, transaction)?.is_empty() {
                present.push(table);
            }
        }
        if present.contains(&TABLES[0]) {
            let statement = format!("SELECT max(version) FROM {}", self.named(TABLES[0]));
            let row = transaction.query_one(&statement, &[]);
            let row = row.map_err(|error| failed(&self.server, "read the version of the tables", &error))?;
            return Ok(row.try_get::<_, Option<i32>>(0).ok().flatten().unwrap_or(0));
        }
        match present.first() {
            None => Ok(0),
            Some(table) => {
                let what = format!("schema {} has a table {table} that no delivery has made", self.schema);
                Err(Error::new(ErrorKind::Delivery, what).at(&self.server).remedy(
                    "deliver to a schema of its own: CREATE SCHEMA, and add ?options=-csearch_path%3DSCHEMA to the address",
                ))
            }
        }
    }

    /// The columns of a table with their types, in their order by name; none if it is not there.
    fn columns_of(&self, table: &str, transaction: &mut Transaction<'_>) -> Result<BTreeMap<String, String>> {
        let statement = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute \
                         JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace \
                         WHERE nspname = $1 AND relname = $2 AND attnum > 0 AND NOT attisdropped";
        let rows = transaction.query(statement, &[&self.schema, &table]);
        let rows = rows.map_err(|error| failed(&self.server, "look at the tables", &error))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Adds the columns that a table lacks.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if it has one with another type, or if the user may not add them.
    pub(super) fn widen(
        &self,
        table: &str,
        wanted: &[TableColumn],
        transaction: &mut Transaction<'_>,
    ) -> Result<()> {
        let present = self.columns_of(table, transaction)?;
        let added: Vec<String> = missing(table, wanted, &present)
            .map_err(|error| error.at(&self.server))?
            .into_iter()
            .map(|column| format!("ADD COLUMN {} {}", quoted(&column.name), column.kind))
            .collect();
        if added.is_empty() {
            return Ok(());
        }
        let statement = format!("ALTER TABLE {} {}", self.named(table), added.join(", "));
        transaction.batch_execute(&statement).map_err(|error| {
            failed(&self.server, "add columns", &error)
                .remedy(format!("let the owner of the table do it: {statement}"))
        })
    }

    /// The names of the columns of sessions, as a statement has them: those that both tables have.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if the server has gone.
    pub(super) fn session_columns(&self, transaction: &mut Transaction<'_>) -> Result<String> {
        let sessions = self.columns_of(SESSIONS, transaction)?;
        let retracted = self.columns_of(RETRACTED, transaction)?;
        let common = sessions.keys().filter(|name| retracted.contains_key(*name));
        Ok(listed(common.map(String::as_str)))
    }

    /// A table as statements name it.
    pub(super) fn named(&self, table: &str) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(table))
    }
}
