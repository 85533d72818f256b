//! What the reducers have in common that fold in order.

use super::close::Close;
use crate::core::event::Event;
use crate::core::session::{CompletedSession, OutOfOrder};
use crate::core::watermark::Watermark;

/// A fold of the events of one partition in the order `(time, seq)`. Completed sessions leave through `completed`.
pub trait Fold: Send {
    /// Takes one event in, behind all that came before it.
    ///
    /// `horizon` is a watermark that the end of the batch is known to reach at least. What it has reached is folded at
    /// once, the rest is buffered for [`Fold::advance`]. Constant time; without rules 40 to 60 bytes for each new key.
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
    /// Sorts the buffered events: O(n log n), close to O(n) where they are nearly ordered.
    ///
    /// # Errors
    /// `OutOfOrder` if a later event of a key is already folded.
    fn advance(
        &mut self,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder>;

    /// Closes the sessions that `safe_watermark` has passed and lets go of their keys, so that a long ordered batch needs no
    /// more memory than its open sessions, and that memory stays in the processor's cache.
    ///
    /// `safe_watermark` is a guess that no event before it is still to come, and at most the horizon of the last
    /// [`Fold::advance`]. If it was wrong for an evicted session, the event that shows it is `OutOfOrder`. Does nothing
    /// until as many events came in as there are keys: constant time for each event.
    fn evict_expired(&mut self, safe_watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>));

    /// Gives the memory back that remembers evicted sessions. What it was for, an event that comes late for one of them
    /// but for no other reason, then ends the attempt too.
    fn forget_tombstones(&mut self);

    /// Closes every session that `watermark` has passed (rule 6).
    fn close_passed(&mut self, watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>));

    /// Closes every session (rule 7). The caller has folded all that waits before.
    fn close_all(&mut self, completed: &mut impl FnMut(CompletedSession<'_>));

    /// Closes what is complete, after everything that the horizon has reached is folded.
    fn close(&mut self, close: Close, completed: &mut impl FnMut(CompletedSession<'_>)) {
        match close {
            Close::Passed(watermark) => self.close_passed(watermark, completed),
            Close::All => self.close_all(completed),
        }
    }

    /// Shows every session that is not completed yet as it would be if nothing came any more, what waits included. `watermark` is
    /// where the run leaves the watermark. Changes nothing.
    fn for_each_open(&mut self, watermark: Watermark, visit: &mut impl FnMut(CompletedSession<'_>));

    /// Memory in use, in bytes.
    fn memory_bytes(&self) -> usize;
}
