//! What ends a session besides the gap, and what a session tells of its events.
//!
//! Every rule is decided in the fold, in the one order `(time, seq)`, from nothing but the key's own events: so none of
//! them depends on how events were cut into batches. `docs/semantics.md` states each with an example.
//!
//! Rules travel in three forms: as words ([`RuleTexts`]: flags, checkpoint), ready for use ([`RuleSet`]), and as what they
//! know of one key ([`RuledKey`]).

mod aggregate;
mod condition;
mod dedup;
mod demand;
mod duration;
mod event_duration;
mod flag;
mod gap_by;
mod having;
mod names;
mod order_by;
mod projected;
mod selection;
mod selection_flags;
mod session_column;
mod session_time;
mod set;
mod spec;
mod splits;
mod state;
mod texts;

pub use demand::{Demand, Unmet};
pub use duration::{duration, duration_text};
pub use flag::RuleFlag;
pub use having::FilteredSessions;
pub use names::{EVENT_COLUMNS, SIDE_COLUMNS};
pub use projected::{ProjectedColumn, ProjectedColumns};
pub use selection::RowSelection;
pub use set::{Emit, RuleSet};
pub use state::{Before, Folded, RuledKey, RuledSession};
pub use texts::RuleTexts;
