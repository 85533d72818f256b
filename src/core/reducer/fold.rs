//! The interface of the reducers that fold in order.

use super::close::Close;
use crate::core::event::Event;
use crate::core::session::{CompletedSession, OutOfOrder};
use crate::core::watermark::Watermark;

/// A fold of the events of one partition in the order `(time, seq)`. It passes completed sessions to `completed`.
pub trait Fold: Send {
    /// Takes one event, after all events taken before.
    ///
    /// `horizon` is a watermark that the end of the batch will reach at least. The event is folded if `horizon` has reached it,
    /// and otherwise buffered for [`Fold::advance`]. Constant time; without rules, 110 to 130 bytes for each new key of up to 46 bytes.
    ///
    /// # Errors
    /// `OutOfOrder` if a later event of the key is already folded.
    fn take(
        &mut self,
        event: Event<'_>,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder>;

    /// Folds every buffered event that `horizon` has reached, in the order `(time, seq)` (rule 4).
    ///
    /// Sorts the buffered events: O(n log n), and close to O(n) if they are nearly ordered.
    ///
    /// # Errors
    /// `OutOfOrder` if a later event of a key is already folded.
    fn advance(
        &mut self,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder>;

    /// Closes the sessions that `safe_watermark` has passed, and removes their keys. So a long ordered batch needs memory only
    /// for its open sessions, and this memory stays in the processor's cache.
    ///
    /// `safe_watermark` is an estimate: probably no event before it will come. It is at most the horizon of the last
    /// [`Fold::advance`]. If the estimate was wrong for an evicted session, the event that shows it is `OutOfOrder`. Does
    /// nothing until as many events have come as there are keys: constant time for each event.
    fn evict_expired(&mut self, safe_watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>));

    /// Releases the memory of the tombstones. After that, any event that begins a session before the last eviction is
    /// `OutOfOrder`.
    fn forget_tombstones(&mut self);

    /// Closes every session that `watermark` has passed (rule 6).
    fn close_passed(&mut self, watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>));

    /// Closes every session (rule 7). The caller must have folded all buffered events.
    fn close_all(&mut self, completed: &mut impl FnMut(CompletedSession<'_>));

    /// Closes what is complete, after everything that the horizon has reached has been folded.
    fn close(&mut self, close: Close, completed: &mut impl FnMut(CompletedSession<'_>)) {
        match close {
            Close::Passed(watermark) => self.close_passed(watermark, completed),
            Close::All => self.close_all(completed),
        }
    }

    /// Visits every open session, as it would be if no further event came. Buffered events are included. `watermark` is the
    /// watermark at the end of the run. Changes nothing.
    fn for_each_open(&mut self, watermark: Watermark, visit: &mut impl FnMut(CompletedSession<'_>));

    /// The memory in use, in bytes, that of tombstones included.
    fn memory_bytes(&self) -> usize;

    /// The memory of tombstones, in bytes, which [`Fold::forget_tombstones`] releases.
    fn tombstone_bytes(&self) -> usize;
}
