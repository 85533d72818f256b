//! Reads a batch in rounds and folds them: looks at each round when it is decoded, and hands on what its folds put out.

use super::batch_work::BatchWork;
use super::decoding::Decoding;
use super::file_reader::UnitReader;
use super::group_round::Horizons;
use super::order::Order;
use super::output_writer::OutputWriter;
use super::pipeline::Pipeline;
use super::read_stats::ReadStats;
use super::reading::Reading;
use super::schedule::{Schedule, Step};
use super::stop::Stop;
use super::stopwatch::Stopwatch;
use super::strategy::{FoldStrategy, RunContext};
use super::transaction::check_balance;
use crate::core::partition::GROUPS;

/// Reads all files and folds them with `strategy` into `parts`, one for each partition.
///
/// # Errors
/// Why this attempt ends early.
pub(super) fn fold_rounds<S: FoldStrategy>(
    run_context: RunContext<'_>,
    reading: &Reading<'_>,
    strategy: &S,
    parts: &mut [S::Part],
    writer: &OutputWriter,
    stopwatch: &mut Stopwatch,
) -> Result<ReadStats, Stop> {
    let mut stats = ReadStats::of_files(reading.files.len());
    let mut order = Order::default();
    let Reading { files, rules, progress, .. } = reading;
    let work = BatchWork::new(Decoding { files, rules, progress }, strategy, parts);
    let reader = UnitReader::new(files, reading.max_bytes);
    let pipeline = Pipeline::new(work, Schedule::new(reader, strategy.memory_bytes()));
    let (spent, folded) = pipeline.run(run_context.pool, |pipeline| {
        loop {
            reading.cancellation.check()?;
            match pipeline.next_step()? {
                Step::Decoded(units) => {
                    reading.book_round(&units, &mut stats, writer)?;
                    let reached = run_context.batch_end(&stats).close.horizon();
                    let safe_watermark =
                        order.safe_watermark(units.iter().map(|unit| &unit.batch)).min(reached);
                    pipeline.seal(units, Horizons { reached, safe_watermark }, writer.buffers(GROUPS));
                }
                Step::Folded(outputs) => writer.send_sessions(outputs)?,
                Step::End => return Ok::<(), Stop>(()),
            }
        }
    });
    stopwatch.book_both(spent.read, spent.reduce);
    folded?;
    check_balance(stats.check_lines())?;
    Ok(stats)
}
