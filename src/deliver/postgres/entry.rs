//! The row of a follower: its position, which moves in the transactions that bring the rows.

use super::failure::failed;
use super::rows::signed;
use super::tables::Tables;
use crate::deliver::follower::Position;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use postgres::{Row, Transaction};

const FOLLOWERS: &str = "sessionize_followers";

/// Which follower it is.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) stream: StreamId,
}

impl Entry {
    /// The position of this follower; a new one is entered before the first run. The tables are locked.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if the name or the stream belongs to another follower.
    pub(super) fn find_or_enter(
        &self,
        tables: &Tables,
        transaction: &mut Transaction<'_>,
    ) -> Result<Position> {
        let fail =
            |error: postgres::Error| failed(&tables.server, "read the position of the follower", &error);
        let (followers, stream) = (tables.named(FOLLOWERS), self.stream.to_string());
        let find = format!(
            "SELECT name, stream_id::text, id::text, run, head_digest FROM {followers} \
             WHERE name = $1 OR stream_id = $2::text::uuid ORDER BY name = $1 DESC"
        );
        if let Some(row) = transaction.query(&find, &[&self.name, &stream]).map_err(fail)?.first() {
            self.expect_own(row, tables)?;
            return position_of(row).map_err(fail);
        }
        let enter = format!(
            "INSERT INTO {followers} (name, stream_id, run, head_digest) VALUES ($1, $2::text::uuid, 0, $3) \
             RETURNING name, stream_id::text, id::text, run, head_digest"
        );
        let row = transaction.query_one(&enter, &[&self.name, &stream, &hexadecimal(0)]).map_err(fail)?;
        position_of(&row).map_err(fail)
    }

    fn expect_own(&self, row: &Row, tables: &Tables) -> Result<()> {
        let (name, stream): (String, String) = (row.get(0), row.get(1));
        let refusal = |what: String, remedy: String| {
            Err(Error::new(ErrorKind::Delivery, what).at(&tables.server).remedy(remedy))
        };
        if name != self.name {
            return refusal(
                format!("the follower {name} delivers this stream to these tables already"),
                format!("give --name {name}, or deliver to tables of its own"),
            );
        }
        if stream != self.stream.to_string() {
            return refusal(
                format!("the follower {name} delivers another stream to these tables: {stream}"),
                "give this stream a --name of its own".to_owned(),
            );
        }
        Ok(())
    }

    /// Moves the position from `at` to `to`. `false` if it was not at `at`: then nothing is changed.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if the server refuses it, or has gone.
    pub(super) fn advance(
        &self,
        at: HeadMark,
        to: HeadMark,
        tables: &Tables,
        transaction: &mut Transaction<'_>,
    ) -> Result<bool> {
        let statement = format!(
            "UPDATE {} SET run = $1, head_digest = $2, delivered_at = now() \
             WHERE name = $3 AND stream_id = $4::text::uuid AND run = $5 AND head_digest = $6",
            tables.named(FOLLOWERS)
        );
        let (stream, before) = (self.stream.to_string(), hexadecimal(at.digest));
        let moved = transaction.execute(
            &statement,
            &[&signed(to.run), &hexadecimal(to.digest), &self.name, &stream, &signed(at.run), &before],
        );
        moved
            .map(|rows| rows == 1)
            .map_err(|error| failed(&tables.server, "move the position of the follower", &error))
    }
}

fn hexadecimal(digest: u128) -> String {
    format!("{digest:032x}")
}

/// The position in a row of the table.
fn position_of(row: &Row) -> Result<Position, postgres::Error> {
    let (target_id, run, digest): (String, i64, String) = (row.try_get(2)?, row.try_get(3)?, row.try_get(4)?);
    // A digest that is none is that of no head: no run matches it.
    let digest = u128::from_str_radix(&digest, 16).unwrap_or(u128::MAX);
    Ok(Position { target_id, mark: HeadMark { run: RunId::new(run.unsigned_abs()), digest } })
}
