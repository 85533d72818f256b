//! Outputs: encoded, staged in `.staging/`, and published by rename after the commit, with a manifest for each run.
//!
//! Each format is a folder or file with an encoder, and a line of the table below. Nothing else names a format.

#[cfg(feature = "parquet")]
mod arrow;
mod columns;
mod counts;
mod csv;
mod encode;
mod followers;
mod following;
mod form;
mod jsonl;
mod kind;
mod listing;
mod manifest;
mod owner;
mod parquet;
mod partitions;
mod paths;
mod place;
mod pruned;
mod publish;
mod published;
mod schema;
mod sealed;
mod seconds;
mod shuffle;
mod side;
mod staging;
mod stored_file;
mod taking_back;
mod untaken;
mod verify;

#[cfg(feature = "parquet")]
pub use arrow::{RecordBuilder, StoredRows};
pub use columns::Column;
#[cfg(feature = "postgres")]
pub use columns::second_names;
pub use counts::SessionCounts;
pub use encode::{EncodeFile, Origin};
pub use followers::{Registration, check_follower_name};
pub use following::{PublishedFile, StoredValue, TakeRow};
pub use form::OutputForm;
pub use kind::OutputKind;
pub use listing::Listing;
pub use manifest::{Manifest, ManifestFile, PhasesUs};
pub use owner::belongs_to_another;
pub use partitions::{DatePartitions, OutputDate};
pub use paths::{Output, OutputFile};
pub use pruned::{Prunable, PrunedRuns};
pub use schema::OutputSchema;
pub use sealed::{Sealed, digest_text, stream_text};
pub use side::SideRow;
pub use staging::Staging;
pub use untaken::{RowForm, UntakenRow};
pub use verify::audit_output;

use crate::core::session::SessionBatch;
use encode::Encode;
use std::io;
use stored_file::StoredFile;

/// Generates [`OutputFormat`] and [`Encoder`] from the table of formats.
macro_rules! formats {
    ($($name:literal $variant:ident($encoder:ty) ending $ending:literal;)*) => {
        /// How outputs are written.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum OutputFormat { $($variant,)* }

        /// The encoder of a run. The format is chosen once for a batch of sessions, not for each session.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each has its documentation in its file")]
        pub enum Encoder { $($variant($encoder),)* }

        impl OutputFormat {
            /// All formats, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in `--output-format`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The extension of its files.
            pub const fn ending(self) -> &'static str {
                match self { $(Self::$variant => $ending,)* }
            }

            /// Whether it compresses the parts of its files itself.
            pub const fn compresses_itself(self) -> bool {
                match self { $(Self::$variant => <$encoder>::COMPRESSES_ITSELF,)* }
            }

            /// Why this build cannot write it, and what to do about it; `None` if it can.
            pub const fn absent(self) -> Option<&'static str> {
                match self { $(Self::$variant => <$encoder>::ABSENT,)* }
            }

            /// The encoder for outputs with these columns. `spreadsheet_safe`: in a format for spreadsheets, no value may look
            /// like a formula.
            pub fn encoder(self, schema: OutputSchema, spreadsheet_safe: bool) -> Encoder {
                match self { $(Self::$variant => Encoder::$variant(Encode::new(schema, spreadsheet_safe)),)* }
            }

            /// The format in which rows of this form stand in side outputs.
            fn of_rows(form: RowForm<'_>) -> Self {
                $(if <$encoder>::takes(form) {
                    return Self::$variant;
                })*
                Self::ALL[0]
            }

            fn side_row(self, untaken: &UntakenRow<'_>, spreadsheet_safe: bool) -> (Vec<u8>, Vec<u8>) {
                match self { $(Self::$variant => <$encoder>::side_row(untaken, spreadsheet_safe),)* }
            }

            fn count_sessions(self, file: StoredFile, schema: &OutputSchema) -> Result<Option<SessionCounts>, String> {
                match self { $(Self::$variant => <$encoder>::count_sessions(file, schema),)* }
            }

            fn read_rows(self, file: StoredFile, columns: &[Column], take: TakeRow<'_>) -> Result<(), following::RowError> {
                match self { $(Self::$variant => <$encoder as following::ReadRows>::read_rows(file, columns, take),)* }
            }
        }

        impl Encoder {
            /// The bytes before the rows of an output.
            pub fn header(&self, kind: OutputKind) -> Vec<u8> {
                match self { $(Self::$variant(encoder) => encoder.header(kind),)* }
            }

            /// Makes a file of encoded rows.
            ///
            /// # Errors
            /// If no file can have these columns.
            pub fn file(&self, kind: OutputKind, origin: Origin) -> io::Result<Box<dyn EncodeFile>> {
                match self { $(Self::$variant(encoder) => encoder.file(kind, origin),)* }
            }

            /// Appends the rows of `sessions` to `out`: one for each session, or one for each of their events. Costs a SHA-1 and
            /// a copy of the values for each session.
            pub fn encode(&self, kind: OutputKind, sessions: &SessionBatch, out: &mut Vec<u8>) {
                match self { $(Self::$variant(encoder) => encoder.encode(kind, sessions, out),)* }
            }
        }
    };
}

// The table of formats: name, encoder, extension.
formats! {
    "csv" Csv(csv::Csv) ending "csv";
    "jsonl" Jsonl(jsonl::Jsonl) ending "jsonl";
    "parquet" Parquet(parquet::Parquet) ending "parquet";
}

impl OutputFormat {
    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }
}
