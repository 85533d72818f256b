//! The follower: one transaction for each step.

use super::address::Address;
use super::entry::Entry;
use super::failure::failed;
use super::rows::RunRows;
use super::tables::Tables;
use crate::deliver::follower::{Follower, Position, Request, Step, reached};
use crate::durable::Disk;
use crate::error::Result;
use crate::ledger::HeadMark;
use postgres::{Client, Transaction};

/// A follower of one stream in one schema.
pub(super) struct Postgres {
    client: Client,
    tables: Tables,
    entry: Entry,
    disk: Disk,
}

impl Postgres {
    /// Connects to the server, and makes the tables if they are not there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Usage`] for an address that makes no sense, [`crate::error::ErrorKind::Delivery`] if the server cannot be reached or
    /// refuses the user.
    pub(super) fn connect(request: &Request<'_>) -> Result<Self> {
        let address = Address::read(request.address)?;
        let connector = address.tls.connector()?;
        let config = address.with_password()?;
        let mut client =
            config.connect(connector).map_err(|error| failed(&address.shown, "connect", &error))?;
        let mut transaction = begin(&mut client, &address.shown)?;
        let tables = Tables::open(&address.shown, &mut transaction)?;
        reached(&request.disk, "commit the tables")?;
        commit(transaction, &address.shown)?;
        let entry = Entry { name: request.name.to_owned(), stream: request.stream };
        Ok(Self { client, tables, entry, disk: request.disk.clone() })
    }
}

impl Follower for Postgres {
    fn target(&self) -> &str {
        &self.tables.server
    }

    fn position(&mut self) -> Result<Position> {
        let mut transaction = begin(&mut self.client, &self.tables.server)?;
        self.tables.lock(&mut transaction)?;
        let position = self.entry.find_or_enter(&self.tables, &mut transaction)?;
        reached(&self.disk, "commit the position")?;
        commit(transaction, &self.tables.server)?;
        Ok(position)
    }

    fn apply(&mut self, at: HeadMark, step: Step) -> Result<bool> {
        let mut transaction = begin(&mut self.client, &self.tables.server)?;
        self.tables.lock(&mut transaction)?;
        if !self.entry.advance(at, step.mark, &self.tables, &mut transaction)? {
            return Ok(false);
        }
        reached(&self.disk, "change the tables")?;
        let mut rows = RunRows {
            tables: &self.tables,
            transaction: &mut transaction,
            stream: self.entry.stream,
            run: step.mark.run,
        };
        step.back_to.map_or(Ok(()), |to| rows.roll_back(to))?;
        step.rows.into_iter().try_for_each(|file| rows.bring(file))?;
        reached(&self.disk, "commit the run")?;
        commit(transaction, &self.tables.server)?;
        reached(&self.disk, "the run is committed")?;
        Ok(true)
    }
}

fn begin<'c>(client: &'c mut Client, server: &str) -> Result<Transaction<'c>> {
    client.transaction().map_err(|error| failed(server, "begin a transaction", &error))
}

fn commit(transaction: Transaction<'_>, server: &str) -> Result<()> {
    transaction.commit().map_err(|error| failed(server, "commit", &error))
}
