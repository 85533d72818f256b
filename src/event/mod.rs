//! What happened: the key and the time of an event, in the order of arrival.

mod buffer;
mod key;
mod timestamp;

pub(crate) use buffer::unpack;
pub use buffer::{Event, EventBuffer};
pub use key::{KEY_SEPARATOR, MAX_KEY_BYTES, key_parts};
pub use timestamp::Timestamp;
