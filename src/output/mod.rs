//! Outputs: encoded, staged under `.staging/`, published by rename after the commit, with a manifest for each run.
//!
//! Each format is a folder or file with an encoder in it, and a line of the table below: nothing else knows one by name.

mod counts;
mod csv;
mod listing;
mod manifest;
mod owner;
mod paths;
mod place;
mod publish;
mod published;
mod staging;
mod verify;

pub use self::csv::{RowStyle, events_header, sessions_header, write_events, write_session};
pub use counts::SessionCounts;
pub use listing::Listing;
pub use manifest::{Manifest, ManifestFile};
pub use owner::belongs_to_another;
pub use paths::{Output, OutputFile, OutputKind};
pub use staging::Staging;
pub use verify::{OutputAudit, audit_output};

use std::fs::File;

/// A format of outputs.
trait Format {
    /// Reads an output of sessions back: how many it has, and how many events are in them.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn count_sessions(file: File, key_columns: usize, is_correctable: bool) -> Result<SessionCounts, String>;
}

/// Makes [`OutputFormat`] of the table of formats.
macro_rules! formats {
    ($($name:literal $variant:ident($format:ty) ending $ending:literal;)*) => {
        /// How outputs are written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum OutputFormat { $($variant,)* }

        impl OutputFormat {
            /// All of them, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in `--output-format`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the names of its files end in, behind a dot.
            pub const fn ending(self) -> &'static str {
                match self { $(Self::$variant => $ending,)* }
            }

            fn count_sessions(
                self,
                file: File,
                key_columns: usize,
                is_correctable: bool,
            ) -> Result<SessionCounts, String> {
                match self { $(Self::$variant => <$format>::count_sessions(file, key_columns, is_correctable),)* }
            }
        }
    };
}

// The table of formats: name, encoder, ending of files.
formats! {
    "csv" Csv(csv::Csv) ending "csv";
}

impl OutputFormat {
    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }
}
