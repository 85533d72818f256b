//! State and output of a program of format version 0 after one run, for the tests that migrate them.

use crate::durable::Disk;
use crate::error::Result;
use crate::output::{Output, OutputFile, OutputForm, OutputFormat, OutputKind, Staging};
use crate::state::predecessor::write_predecessor;
use std::path::Path;

const HEADER: &[u8] = b"session_id,key,session_start,session_end,duration_s,event_count,close_reason\n";

/// Writes the checkpoint to `state`, which is a folder, and its output folder to `out`.
///
/// # Errors
/// Those of the store, and of the output folder.
pub fn write(state: &Path, out: &Path) -> Result<()> {
    let (mark, stream) = write_predecessor(state)?;
    let output = Output::at(out.to_owned(), Disk::default());
    let mut staging = Staging::begin(&output, stream, mark.run)?;
    staging.open(OutputFile::whole(OutputKind::Sessions, OutputForm::plain(OutputFormat::ALL[0])), HEADER)?;
    let manifest = staging.seal(mark, 1, |manifest| manifest)?;
    output.publish(mark.run, &manifest).map(drop)
}
