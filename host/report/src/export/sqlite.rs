//! All tables as one `SQLite` database.

use std::path::Path;

use genomenas_data::error::Result;
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Statement, params_from_iter};

use super::cell::{Cell, Kind};
use super::database::{self, Marked};
use super::details::RunDetails;
use super::rows::each;
use super::schema::{SCHEMA_VERSION, Table};
use crate::model::{Comparison, RunSummary};

/// Writes all tables to `path`.
pub(super) fn write(path: &Path, comparison: &Comparison, details: &dyn Fn(&RunSummary) -> RunDetails) -> Result<()> {
    let failed = database::failed(path);
    database::write(path, Marked::Export, SCHEMA_VERSION, |database| {
        let mut statements: Vec<(Table, Statement<'_>)> = Vec::new();
        for table in Table::ALL {
            database.execute_batch(&created(table)).map_err(&failed)?;
            let places = vec!["?"; table.columns().len()].join(", ");
            let insert = format!("INSERT INTO {} VALUES ({places})", table.name());
            statements.push((table, database.prepare(&insert).map_err(&failed)?));
        }
        each(&Table::ALL, comparison, details, &mut |table, row| {
            let statement = statements.iter_mut().find(|(of, _)| *of == table);
            statement.map_or(Ok(0), |(_, insert)| insert.execute(params_from_iter(row)).map_err(&failed)).map(|_| ())
        })?;
        drop(statements);
        database.execute_batch(INDICES).map_err(&failed)
    })
}

/// What is looked up: rows of a run.
const INDICES: &str = "CREATE INDEX trials_run ON trials (run); CREATE INDEX epochs_run ON epochs (run);
CREATE INDEX options_run ON options (run); CREATE INDEX scores_run ON scores (run);
CREATE INDEX decisions_run ON decisions (run)";

/// What creates a table.
fn created(table: Table) -> String {
    let columns = table.columns().into_iter().map(|column| {
        let kind = match column.kind {
            Kind::Text => "TEXT",
            Kind::Integer => "INTEGER",
            Kind::Number => "REAL",
            // SQLite has no other: 0 or 1.
            Kind::Flag => "BOOLEAN",
        };
        let key = match (table, column.name) {
            (Table::Entries, "entry") | (Table::Runs, "run") => " PRIMARY KEY",
            (Table::Runs, "entry") => " REFERENCES entries (entry)",
            (_, "run") => " REFERENCES runs (run)",
            _ => "",
        };
        format!("{} {kind}{key}", column.name)
    });
    format!("CREATE TABLE {} ({})", table.name(), columns.collect::<Vec<_>>().join(", "))
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Number(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Self::Flag(flag) => ToSqlOutput::Owned(Value::Integer((*flag).into())),
        })
    }
}
