//! Copies a state to a new generation: for rollback, purge, migration, and to record missing outputs.

use super::audit::against_head;
use super::checkpoint::Checkpoint;
#[cfg(feature = "parquet")]
use super::keys;
use super::list::StateList;
use super::reader::StateReader;
use super::rows::{Counting, EncodedPartition};
use super::seen::Seen;
#[cfg(feature = "parquet")]
use super::store::Changes;
use super::writer::StagedState;
use crate::core::partition::PartitionId;
use crate::core::reducer::OpenCounts;
use crate::error::Result;
use crate::ledger::Head;
use crate::migrations::checkpoint::OpenRow;

impl Checkpoint {
    /// A copy of all of it in memory, which changes apart from this one.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if this one cannot be read.
    #[cfg(feature = "parquet")]
    pub fn copy_in_memory(&self) -> Result<Self> {
        let copy = Self::begin_in_memory(&self.folder)?;
        let puts = self.store.scan(keys::all()).collect::<Result<_>>()?;
        copy.store.commit(Changes { puts, ..Changes::default() })?;
        let (head, list) = (self.head.clone(), self.list.clone());
        Ok(Self { head, mark: self.mark, stream: self.stream, list, ..copy })
    }

    /// Writes the state that `head` describes again under a new generation, without the keys that `leave` names.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if any of it is damaged. [`crate::error::ErrorKind::Failed`] if the store cannot
    /// be written.
    pub fn copy_state(
        &self,
        head: &Head,
        leave: impl Fn(&[u8]) -> bool,
    ) -> Result<(StagedState, OpenCounts)> {
        let mut writer = self.stage_state()?;
        let (mut copied, mut all, mut chunks) = (OpenCounts::default(), OpenCounts::default(), 0);
        let list = StateList::of_head(&*self.store, head, &self.folder)?;
        let (state, counting) = (StateReader::new(self, &list, head), Counting::of(head));
        for partition in PartitionId::all() {
            let mut encoded = EncodedPartition::default();
            let mut seen = Seen::default();
            let visit = |row: OpenRow<'_>| {
                let counts = counting.count(&row, seen.goes_on(&row));
                all.add(counts);
                seen.take(&row);
                if !leave(&row.key) {
                    encoded.open.add(counts);
                    encoded.push(row);
                }
                Ok(())
            };
            chunks += state.visit(partition, visit, Err)?;
            copied.add(encoded.open);
            writer.put(partition, &encoded)?;
        }
        if let Some(finding) = against_head(chunks, all, &list, head).first() {
            return Err(self.damaged("the open state", finding));
        }
        Ok((writer.finish()?, copied))
    }
}
