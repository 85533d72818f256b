//! Items for the program, the tests and the benchmarks of this repository, besides the public core. The tests check parts whose
//! failures a whole run would hide, such as one decoder, one row of the checkpoint or one reducer. All of these are separate crates,
//! so the items must be public; they are public only here. This module is no API: it changes without notice.

pub use crate::cli::{check_configuration, command, main};
#[cfg(feature = "parquet")]
pub use crate::cli::{frame_flags, frame_settings, look_at, runs_of};
pub use crate::core::event::{Event, EventBuffer, MAX_KEY_BYTES};
pub use crate::core::gap::Gap;
pub use crate::core::partition::{KeyHash, PARTITIONS, PartitionId};
pub use crate::core::reducer::{Fold, GapReducer, KeyState, LocalFold, SessionPart, SessionParts};
pub use crate::core::rules::{Emit, ProjectedColumns, RowSelection};
pub use crate::core::session::{CompletedSession, OpenSession};
pub use crate::core::watermark::Advance;
pub use crate::definition::{ColumnRequest, DefinitionRequest, SourceRequest};
#[cfg(feature = "parquet")]
pub use crate::deliver::Root;
#[cfg(feature = "parquet")]
pub use crate::distributed::{
    FileRows, Job, KeyFold, Mapper, Opening, StatePiece, check_limit, decide, decide_by_files, time_us,
};
pub use crate::error::{Error, ErrorKind, Result};
pub use crate::fake::{FakeKeys, FakeSettings, write_pageviews};
pub use crate::input::csv::{Csv, Dialect, Schema};
pub use crate::input::time::{NotATime, TimeFormat, TimeParser};
pub use crate::input::{
    Columns, EventBatch, Extent, FileDecoder, FileUnit, Format, Intake, PathColumns, Projection, Reason,
    RowRules, SideRow, UnitDecoder, open_batch,
};
#[cfg(debug_assertions)]
pub use crate::maintenance::write_predecessor;
pub use crate::migrations::checkpoint::CURRENT_VERSION;
pub use crate::output::{Manifest, OutputFormat, OutputKind, OutputSchema};
pub use crate::purged::PurgedKeys;
pub use crate::run::{Look, Workers};
#[cfg(feature = "parquet")]
pub use crate::run::{frames, sort_names};
#[cfg(debug_assertions)]
pub use crate::state::example;
pub use crate::state::{Stored, StoredRow, read_export, recode};
