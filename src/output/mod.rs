//! Outputs: staged under `.staging/`, published by rename after the commit, with a manifest for each run.

mod aggregate;
mod audit;
mod formula;
mod manifest;
mod owner;
mod paths;
mod publish;
mod retract;
mod session_csv;
mod stage;

pub use audit::{Listing, OutputAudit, audit_output};
pub use manifest::{Manifest, ManifestFile};
pub use owner::belongs_to_another;
pub use publish::Output;
pub use session_csv::{RowStyle, events_header, sessions_header, write_events, write_field, write_session};
pub use stage::{OutputKind, Staging};
