//! Open state in memory.

use crate::core::event::Timestamp;
use crate::core::partition::PartitionId;
use crate::core::reducer::{OpenCounts, PartitionReducer, SessionFold};
use crate::core::session::SessionBatch;
use crate::core::watermark::EventTime;
use crate::definition::{Definition, DefinitionRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind, WatermarkOrigin};
use crate::output::{OutputKind, OutputSchema, RecordBuilder};
use crate::run::plan::rule_set;
use crate::state::{Checkpoint, EncodedPartition, Loss, read_export};
use arrow_array::RecordBatch;
use std::path::Path;

/// The name of a state in errors.
const NAME: &str = "the state";

/// Open sessions, the watermark and the definition after some batches. It never changes: a batch makes a new one.
#[derive(Debug)]
pub struct FrameState {
    checkpoint: Checkpoint,
}

/// A batch that has ended.
pub(super) struct EndedBatch {
    pub(super) kind: RunKind,
    pub(super) as_of: Timestamp,
    pub(super) definition: Definition,
    pub(super) event_time: EventTime,
    /// Except what is open before and after it.
    pub(super) counts: Counts,
}

impl FrameState {
    /// The state before the first batch.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the system gives no random bytes for its id.
    pub fn empty() -> Result<Self> {
        Ok(Self { checkpoint: Checkpoint::begin_in_memory(Path::new(NAME))? })
    }

    /// The state that [`FrameState::export`], or the command `export-state`, has written.
    ///
    /// # Errors
    /// [`ErrorKind::DataRefused`] if it is not complete.
    pub fn of_export(bytes: &[u8]) -> Result<Self> {
        let refused = |(line, what): (u64, String)| {
            Error::new(
                ErrorKind::DataRefused,
                format!("these bytes are no complete state: line {line}: {what}"),
            )
            .remedy("give the bytes that to_bytes or `sessionize export-state` wrote")
        };
        let imported = read_export(bytes).map_err(refused)?;
        let mut checkpoint = Checkpoint::begin_in_memory(Path::new(NAME))?;
        checkpoint.continue_stream(imported.stream);
        checkpoint.restore(&imported)?;
        Ok(Self { checkpoint })
    }

    /// The state as lines of JSON, which the command `import-state` reads.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] before the first batch.
    pub fn export(&self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.checkpoint.export(Loss::Refused, Vec::new(), |line| {
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            Ok(())
        })?;
        Ok(bytes)
    }

    /// The head; `None` before the first batch.
    pub fn head(&self) -> Option<&Head> {
        self.checkpoint.head()
    }

    /// The open sessions, as they would be if no further event came, in the form of completed ones.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the state is damaged.
    pub fn open_sessions(&self) -> Result<RecordBatch> {
        open_sessions(&self.checkpoint)
    }

    /// The definition of the next batch: that of the state, or the requested one.
    ///
    /// # Errors
    /// [`ErrorKind::Definition`] if the request is another one.
    pub(super) fn definition(&self, request: &DefinitionRequest) -> Result<Definition> {
        let Some(head) = self.head() else { return Ok(request.create()) };
        let differences = request.differences(&head.definition);
        if differences.is_empty() {
            return Ok(request.complete(&head.definition));
        }
        let listed: Vec<String> = differences.iter().map(ToString::to_string).collect();
        Err(Error::new(
            ErrorKind::Definition,
            format!("the state has another definition: {}", listed.join(", ")),
        )
        .remedy("leave these arguments out to go on with it, or begin without a state"))
    }

    pub(super) fn event_time(&self) -> EventTime {
        self.head().map_or_else(EventTime::default, Head::event_time)
    }

    pub(super) fn load(&self, partition: PartitionId, reducer: &mut PartitionReducer) -> Result<()> {
        self.checkpoint.load_partition(partition, reducer)
    }

    /// The state after a batch that leaves `open`, the partitions in order.
    pub(super) fn after(
        &self,
        batch: EndedBatch,
        open: impl Iterator<Item = (PartitionId, EncodedPartition)>,
    ) -> Result<(Self, Counts)> {
        let mut checkpoint = self.checkpoint.copy_in_memory()?;
        let mut totals = OpenCounts::default();
        let mut writer = checkpoint.stage_state()?;
        for (partition, encoded) in open {
            totals.add(encoded.open);
            writer.put(partition, &encoded)?;
        }
        let staged = writer.finish()?;
        let before = self.head();
        let counts = Counts {
            events_open_before: before.map_or(0, |head| head.events_open),
            events_open_after: totals.events,
            ..batch.counts
        };
        counts.check_identity().map_err(|what| Error::new(ErrorKind::Failed, what).nothing_changed())?;
        let run = before.map_or(RunId::new(1), |head| head.run.next());
        let EventTime { watermark, accepts_from, latest } = batch.event_time;
        let origin = WatermarkOrigin { run, place: None };
        let is_later = before.is_none_or(|head| head.watermark < watermark);
        let head = Head {
            run,
            generation: staged.generation,
            chunks: staged.chunks,
            state_digest: staged.digest,
            keys_open: totals.keys,
            sessions_open: totals.sessions,
            events_open: totals.events,
            oldest_open_start: totals.oldest_start,
            watermark,
            watermark_origin: if is_later {
                Some(origin)
            } else {
                before.and_then(|head| head.watermark_origin.clone())
            },
            latest,
            accepts_from,
            purged: before.map(|head| head.purged.needed_from(accepts_from)).unwrap_or_default(),
            known_files: before.map(|head| head.known_files).unwrap_or_default(),
            definition: batch.definition,
        };
        let entry = RunEntry {
            kind: batch.kind,
            as_of: batch.as_of,
            files: Vec::new(),
            counts: counts.clone(),
            head,
        };
        checkpoint.commit(&entry)?;
        checkpoint.drop_generations_before(entry.head.generation)?;
        Ok((Self { checkpoint }, counts))
    }

    pub(super) fn purged(&self) -> crate::purged::PurgedKeys {
        self.head().map(|head| head.purged.clone()).unwrap_or_default()
    }
}

/// The open sessions of a checkpoint with a head.
pub(super) fn open_sessions(checkpoint: &Checkpoint) -> Result<RecordBatch> {
    let none = || Error::new(ErrorKind::Failed, "no batch has decided the columns of sessions");
    let head = checkpoint.head().filter(|head| !head.definition.is_undecided()).ok_or_else(none)?;
    let rules = rule_set(&head.definition)?;
    let schema = OutputSchema::of(&head.definition, &rules);
    let fold = SessionFold::new(head.definition.gap, rules, head.event_time());
    let mut builder = RecordBuilder::new(&schema, OutputKind::Open);
    let mut open = SessionBatch::default();
    for partition in PartitionId::all() {
        let mut reducer = fold.reducer();
        checkpoint.load_partition(partition, &mut reducer)?;
        open.clear();
        reducer.show_open(head.watermark, &mut open);
        builder.push(&open)?;
    }
    builder.finish()
}
