//! The rules that end a session besides the gap, and the aggregates of its events.
//!
//! The fold decides every rule in the one order `(time, seq)`, only from the events of the key. So no rule depends on how the
//! events are cut into batches. `docs/semantics.md` states each rule with an example.
//!
//! Rules have three forms: text ([`RuleTexts`]: flags, checkpoint), compiled ([`RuleSet`]), and the state of one key
//! ([`RuledKey`]).

mod accumulators;
mod aggregate;
mod condition;
mod dedup;
mod demand;
mod duration;
mod event_duration;
mod flag;
mod gap_by;
mod hash_key;
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
pub use flag::{NO_RULE, RuleFlag};
pub use hash_key::FINGERPRINT_PREFIX;
pub use having::FilteredSessions;
pub use names::{EVENT_COLUMNS, SIDE_COLUMNS};
pub use projected::{ProjectedColumn, ProjectedColumns};
pub use selection::RowSelection;
pub use set::{Emit, RuleSet};
pub use state::{Before, Folded, RuledKey, RuledSession};
pub use texts::RuleTexts;
