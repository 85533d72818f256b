//! What a page of figures shows: sessions, runs, and what is left out. Everything is added up as it comes, in bounded memory.

mod bins;
mod calendar;
mod left_out;
mod open;
mod overview;
mod runs;
mod sessions;
mod slot;
mod timeline;
mod users;

pub use bins::Bins;
pub use calendar::Calendar;
pub use left_out::LeftOut;
pub use open::OpenFigures;
pub use overview::{Overview, Period};
pub use runs::{RunFigures, RunPhases, RunPoint};
pub use sessions::{CountedSession, SessionFigures};
pub use slot::{Slot, SlotCounts};
