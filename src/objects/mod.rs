//! Objects of stores in the cloud, and files of web servers. Nothing else knows URLs, credentials, requests and retries: the rest of
//! the program sees bytes that can be read at any place. The async runtime stays in here, on a thread of its own.

#[cfg(not(feature = "cloud"))]
mod absent;
#[cfg(feature = "cloud")]
mod bucket;
#[cfg(feature = "cloud")]
mod client;
#[cfg(feature = "cloud")]
mod connection;
#[cfg(feature = "cloud")]
mod failure;
#[cfg(feature = "cloud")]
mod fetching;
#[cfg(feature = "cloud")]
mod finding;
mod location;
#[cfg(feature = "cloud")]
mod object;
#[cfg(feature = "cloud")]
mod parts;
#[cfg(feature = "cloud")]
mod pattern;
#[cfg(feature = "cloud")]
mod queue;
#[cfg(feature = "cloud")]
mod store;
#[cfg(feature = "cloud")]
mod upload;

#[cfg(not(feature = "cloud"))]
pub use absent::{Object, Objects};
#[cfg(feature = "cloud")]
pub use bucket::Bucket;
#[cfg(feature = "cloud")]
pub use finding::Objects;
pub use location::is_url;
#[cfg(feature = "cloud")]
pub use object::Object;
