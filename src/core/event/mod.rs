//! Events: key, time, payload, and the place in the file, in the order of arrival.

mod buffer;
mod key;
mod payload;
mod place;
mod short;
mod timestamp;

pub(crate) use buffer::unpack;
pub use buffer::{Event, EventBuffer};
pub use key::{KEY_SEPARATOR, MAX_KEY_BYTES, key_parts, key_word};
pub use payload::{Values, push_value, push_values};
pub use place::Place;
pub(crate) use short::{padded, push_piece};
pub use timestamp::{DateText, TimeText, Timestamp};
