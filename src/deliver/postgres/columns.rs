//! Columns of outputs as columns of tables.

use crate::core::aggregates::Kind;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Column, second_names};
use std::collections::BTreeMap;

/// The longest name that PostgreSQL keeps, in bytes.
const MAX_NAME: usize = 63;

/// Names that each table has already, of ours or of PostgreSQL's.
const RESERVED: [&str; 8] =
    ["sessionize_stream", "sessionize_run", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"];

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) kind: &'static str,
}

/// What a column of an output says its row does; no table has it.
const OP: &str = "op";

/// The columns of a table for those of an output.
///
/// # Errors
/// [`ErrorKind::Delivery`] if one has a name that no such column can have.
pub(super) fn table_columns(columns: &[Column]) -> Result<Vec<TableColumn>> {
    let mut found = Vec::new();
    for (number, (column, second)) in columns.iter().zip(second_names(columns)).enumerate() {
        if is_op(number, column) {
            continue;
        }
        found.push(TableColumn { name: column.name.clone(), kind: kind_of(column) });
        // A decimal number needs no second column here: it keeps all its digits.
        if let Some(name) = second.filter(|_| column.kind == Kind::BoundedInt) {
            found.push(TableColumn { name, kind: "boolean" });
        }
    }
    found.iter().try_for_each(|column| expect_name(&column.name)).map(|()| found)
}

/// Whether a column says what its row does: the first one, which no column of the input can be, since it is required.
pub(super) fn is_op(number: usize, column: &Column) -> bool {
    number == 0 && column.required && column.name == OP
}

fn kind_of(column: &Column) -> &'static str {
    match column.kind {
        Kind::Text if column.required && column.name == "session_id" => "uuid",
        Kind::Text => "text",
        Kind::Int | Kind::BoundedInt => "bigint",
        Kind::Float => "double precision",
        Kind::Timestamp => "timestamp with time zone",
        Kind::Decimal => "numeric",
        Kind::Bool => "boolean",
        Kind::List => "text[]",
    }
}

fn expect_name(name: &str) -> Result<()> {
    let what = if name.len() > MAX_NAME {
        format!("column {name} has a longer name than the 63 bytes that PostgreSQL allows")
    } else if RESERVED.contains(&name) || name.is_empty() || name.contains('\0') {
        format!("no table of PostgreSQL can have a further column '{name}'")
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Delivery, what).remedy(
        "give the column of the input another name, or the aggregate one by --agg FUNCTION(COL)=NAME",
    ))
}

/// The columns that a table with `present` lacks.
///
/// # Errors
/// [`ErrorKind::Delivery`] if it has one of them with another type.
pub(super) fn missing<'c>(
    table: &str,
    wanted: &'c [TableColumn],
    present: &BTreeMap<String, String>,
) -> Result<Vec<&'c TableColumn>> {
    let mut found = Vec::new();
    for column in wanted {
        match present.get(&column.name) {
            None => found.push(column),
            Some(kind) if kind == column.kind => {}
            Some(kind) => {
                let TableColumn { name, kind: wanted } = column;
                let what = format!(
                    "column {name} of table {table} has type {kind}, and what is to be delivered has type {wanted}"
                );
                return Err(Error::new(ErrorKind::Delivery, what)
                    .remedy("rename the column of the table, or give the aggregate another name by --agg FUNCTION(COL)=NAME"));
            }
        }
    }
    Ok(found)
}

/// A name as it stands in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names as they stand in a statement, with commas between them.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(quoted).collect::<Vec<_>>().join(", ")
}
