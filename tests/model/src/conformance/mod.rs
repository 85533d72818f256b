//! Whether what the real program has done is something that the model does.

pub mod backups;
pub mod deliveries;
pub mod follower;
pub mod label;
pub mod place;
pub mod table;
pub mod unsynced;
