//! Reads the bytes of a batch, and decodes them into events.
//!
//! Each input format is a folder or a file with a [`Decoder`], and a line of the table below. Nothing else names a format. The
//! format is chosen once for a file and dispatched once for a unit, so the loop over rows is compiled for each format.

#[cfg(feature = "parquet")]
pub mod arrow;
mod batch;
mod blocks;
mod columns;
mod content;
pub mod csv;
mod decoder;
mod detect;
mod event_fields;
mod extent;
mod files;
mod hashed_key;
mod intake;
pub mod jsonl;
mod lines;
mod names;
mod nearest;
mod numbers;
mod opening;
mod options;
#[cfg(feature = "parquet")]
pub mod parquet;
mod path_columns;
mod projection;
mod read_at;
mod read_error;
mod reason;
#[cfg(test)]
mod rows_read_back;
mod sample;
mod scan;
mod shown;
mod stamp;
mod stored;
pub mod time;
mod usual_names;
pub mod w3c;
pub mod weblog;

pub use batch::{EventBatch, SideRow};
pub use blocks::RowEnds;
pub use columns::Columns;
pub use content::Content;
pub use decoder::{Decoder, SideForm, Unit, Units};
pub use extent::Extent;
pub use files::{BatchFile, file_changed};
pub use intake::{Intake, RowRules};
pub use lines::LineCounts;
pub use nearest::nearest_name;
pub use opening::{open_batch, open_inbox, too_many_bytes};
pub use options::FormatOption;
pub use path_columns::PathColumns;
pub use projection::Projection;
pub use read_error::ReadError;
pub use reason::Reason;
pub use sample::Sample;
pub use scan::{ContentEnd, ContentScan, LengthAndHash, beginnings, beginnings_of_end, nothing};
pub use shown::{Naming, ShownColumns};
pub use usual_names::{key_likeness, time_likeness};

use crate::definition::{FormatOptions, Source};
use crate::error::Result;
pub use crate::objects::is_url;
use std::io::Read;
use time::TimeParser;

/// Makes the enums over all formats of the table of formats.
macro_rules! formats {
    ($($module:ident $variant:ident($decoder:ty) $(with feature $feature:tt)?;)*) => {
        /// An input format.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "each has its documentation in its module")]
        pub enum Format { $($(#[cfg(feature = $feature)])? $variant,)* }

        impl Format {
            /// All of them, in the order in which a file is tried.
            pub const ALL: &'static [Self] = &[$($(#[cfg(feature = $feature)])? Self::$variant,)*];

            /// The names of those that this build lacks.
            pub const ABSENT: &'static [&'static str] =
                &[$($(#[cfg(not(feature = $feature))] stringify!($module),)?)*];

            /// The name in `--input-format`.
            pub const fn name(self) -> &'static str {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant => stringify!($module),)* }
            }

            /// The properties that its files may have.
            pub const fn options(self) -> &'static [FormatOption] {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant => <$decoder>::OPTIONS,)* }
            }

            fn is_text(self) -> bool {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant => <$decoder>::IS_TEXT,)* }
            }

            fn fits(self, beginning: &[u8], options: &FormatOptions) -> bool {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant => <$decoder>::fits(beginning, options),)* }
            }
        }

        /// The decoder of one file.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each has its documentation in its module")]
        pub enum FileDecoder { $($(#[cfg(feature = $feature)])? $variant($decoder),)* }

        impl FileDecoder {
            /// Looks at `file`, which is of the format `asked`, or shows its format by its content. See [`Decoder::open`].
            ///
            /// # Errors
            /// [`crate::error::ErrorKind::NoInput`] if the file cannot be read, [`crate::error::ErrorKind::DataRefused`]
            /// if it is of no kind that can be read, or lacks a column.
            pub fn open(
                file: &BatchFile,
                asked: Option<Format>,
                source: &mut Source,
                times: &mut TimeParser,
                projection: &mut Projection<'_>,
                max_bytes: u64,
            ) -> Result<Self> {
                let format = asked.map_or_else(|| Format::of(file, &source.options), Ok)?;
                if format.is_text() {
                    detect::check_text(file)?;
                }
                Ok(match format {
                    $($(#[cfg(feature = $feature)])? Format::$variant => Self::$variant(Decoder::open(file, source, times, projection, max_bytes)?),)*
                })
            }

            /// The format of `file`, and the columns that it shows. See [`Decoder::columns`].
            ///
            /// # Errors
            /// As [`FileDecoder::open`], columns aside.
            pub fn columns(
                file: &BatchFile,
                asked: Option<Format>,
                source: &Source,
            ) -> Result<(Format, ShownColumns)> {
                let format = asked.map_or_else(|| Format::of(file, &source.options), Ok)?;
                if format.is_text() {
                    detect::check_text(file)?;
                }
                let columns = match format {
                    $($(#[cfg(feature = $feature)])? Format::$variant => <$decoder as Decoder>::columns(file, source)?,)*
                };
                Ok((format, columns))
            }

            /// Cuts `content` into units, up to the end of `extent`.
            pub fn units<R: Read>(&self, content: R, extent: Extent) -> FileUnits<'_, R> {
                match self {
                    $($(#[cfg(feature = $feature)])? Self::$variant(decoder) => {
                        FileUnits::$variant(decoder, decoder.units(content).within(extent))
                    })*
                }
            }

            /// What a row of the file is that goes to a side output.
            pub fn side_form(&self) -> SideForm<'_> {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(decoder) => decoder.side_form(),)* }
            }
        }

        /// The units of one file, in order.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each has its documentation in its module")]
        pub enum FileUnits<'f, R: Read> {
            $($(#[cfg(feature = $feature)])? $variant(&'f $decoder, <$decoder as Decoder>::Units<R>),)*
        }

        impl<'f, R: Read> FileUnits<'f, R> {
            /// The next unit, in the memory of `recycled`; `None` at the end.
            ///
            /// # Errors
            /// [`ReadError`]; nothing can be had after it.
            pub fn next(&mut self, recycled: Vec<u8>) -> Result<Option<FileUnit<'f>>, ReadError> {
                match self {
                    $($(#[cfg(feature = $feature)])? Self::$variant(decoder, units) => {
                        Ok(units.next(recycled)?.map(|unit| FileUnit::$variant(decoder, unit)))
                    })*
                }
            }
        }

        /// A part of one file, with its decoder.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each has its documentation in its module")]
        pub enum FileUnit<'f> { $($(#[cfg(feature = $feature)])? $variant(&'f $decoder, <$decoder as Decoder>::Unit),)* }

        impl FileUnit<'_> {
            /// How many bytes it has, decompressed.
            pub fn byte_count(&self) -> u64 {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(_, unit) => unit.byte_count(),)* }
            }

            /// How many lines it has, if its rows were taken in before.
            pub fn known_lines(&self) -> Option<u64> {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(_, unit) => unit.known_lines(),)* }
            }

            /// How many bytes of a row without an end stand behind it and are left.
            pub fn unfinished_bytes(&self) -> u64 {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(_, unit) => unit.unfinished_bytes(),)* }
            }

            /// Gives its memory back for a further unit.
            pub fn into_memory(self) -> Vec<u8> {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant(_, unit) => unit.into_memory(),)* }
            }
        }

        /// What one thread needs to decode the units of one file.
        #[derive(Debug)]
        pub struct UnitDecoder {
            intake: Intake,
            $($(#[cfg(feature = $feature)])? $module: <$decoder as Decoder>::Scratch,)*
        }

        impl UnitDecoder {
            /// A decoder whose rows are taken in by `intake`.
            pub fn new(intake: Intake) -> Self {
                Self { intake, $($(#[cfg(feature = $feature)])? $module: Default::default(),)* }
            }

            /// The rows of a sample so far.
            fn sampled(&self) -> &[Vec<Vec<u8>>] {
                self.intake.sampled()
            }

            /// The rows of a sample.
            fn into_sampled(self) -> Vec<Vec<Vec<u8>>> {
                self.intake.into_sampled()
            }

            /// Replaces the content of `batch` with what the rows of `unit` come to.
            ///
            /// # Errors
            /// [`ReadError`], its line counted in the unit, if the unit cannot be read: then nothing of `batch` counts.
            pub fn decode(&mut self, unit: &FileUnit<'_>, batch: &mut EventBatch) -> Result<(), ReadError> {
                batch.clear();
                if let Some(lines) = unit.known_lines() {
                    batch.lines = LineCounts::known(lines);
                    return Ok(());
                }
                match unit {
                    $($(#[cfg(feature = $feature)])? FileUnit::$variant(decoder, unit) => {
                        decoder.decode(unit, &mut self.intake, &mut self.$module, batch)
                    })*
                }
            }
        }
    };
}

// The table of formats: module, variant, decoder; behind them a feature without which there is none. A file is of the first
// one that fits it.
formats! {
    parquet Parquet(parquet::Parquet) with feature "parquet";
    jsonl JsonLines(jsonl::JsonLines);
    w3c W3c(w3c::W3c);
    weblog WebLog(weblog::WebLog);
    csv Csv(csv::Csv);
}

impl Format {
    /// The format with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.name() == name)
    }

    /// The properties of all formats, each once.
    pub fn all_options() -> Vec<&'static FormatOption> {
        let mut all: Vec<&FormatOption> = Vec::new();
        for option in Self::ALL.iter().flat_map(|format| format.options()) {
            if all.iter().all(|other| other.name != option.name) {
                all.push(option);
            }
        }
        all
    }

    /// The format that the content of `file` shows, for a source with these `options`.
    fn of(file: &BatchFile, options: &FormatOptions) -> Result<Self> {
        let beginning = detect::beginning(file)?;
        // CSV fits whatever no other format does.
        Ok(Self::ALL.iter().copied().find(|format| format.fits(&beginning, options)).unwrap_or(Self::Csv))
    }
}
