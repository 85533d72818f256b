//! Whether what the real program has done is something that the model does.

pub mod follower;
pub mod label;
pub mod table;
