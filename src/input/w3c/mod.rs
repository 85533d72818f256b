//! The extended log file format of the W3C, as `CloudFront` and IIS write it: lines that begin with `#` say what the others hold.

mod directive;
mod layout;
mod schema;
mod units;
mod values;

pub use units::{LogUnit, LogUnits};
pub use values::Values;

use super::batch::EventBatch;
use super::decoder::Decoder;
use super::detect;
use super::files::BatchFile;
use super::intake::{Intake, Row};
use super::projection::Projection;
use super::read_error::ReadError;
use super::reason::Reason;
use super::shown::{Naming, ShownColumns};
use super::time::TimeParser;
use crate::definition::{ColumnRequest, FormatOptions, Source};
use crate::error::Result;
use directive::Directive;
use layout::Layout;
use schema::Schema;
use std::cmp::Ordering;
use std::io::Read;
use std::sync::Arc;

/// The columns of the time.
const TIME: [&str; 2] = ["date", "time"];

/// The decoder of one log.
#[derive(Debug)]
pub struct W3c {
    /// `None` for a file without rows.
    schema: Option<Arc<Schema>>,
}

impl Decoder for W3c {
    type Unit = LogUnit;
    type Units<R: Read> = LogUnits<R>;
    type Scratch = Values;

    /// The first line that is not blank is a directive.
    fn fits(beginning: &[u8], _options: &FormatOptions) -> bool {
        detect::whole_lines(beginning).next().is_some_and(directive::is_known)
    }

    /// The fields have names, because another file may have them in another order.
    fn columns(file: &BatchFile, _source: &Source) -> Result<ShownColumns> {
        let names = schema::first_names(file, u64::MAX)?.unwrap_or_default();
        Ok(ShownColumns { names, naming: Naming::Names, times: Vec::new() })
    }

    fn open(
        file: &BatchFile,
        source: &mut Source,
        _times: &mut TimeParser,
        projection: &mut Projection<'_>,
        max_bytes: u64,
    ) -> Result<Self> {
        source.fill_open(&[], &TIME.map(|name| ColumnRequest::Name(name.to_owned())));
        let schema = Schema::read(file, source, projection, max_bytes)?;
        Ok(Self { schema: schema.map(Arc::new) })
    }

    fn units<R: Read>(&self, content: R) -> Self::Units<R> {
        LogUnits::new(content, self.schema.clone())
    }

    fn decode(
        &self,
        unit: &LogUnit,
        intake: &mut Intake,
        values: &mut Values,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError> {
        batch.lines.lines = unit.block.lines;
        let mut layouts = unit.layouts.iter();
        let mut layout = layouts.next().and_then(Option::as_deref);
        for row in unit.block.rows() {
            if row.is_blank() {
                batch.lines.blank += 1;
                continue;
            }
            match (Directive::of(row.bytes), &self.schema, layout) {
                (Some(Directive::Fields(_)), ..) => {
                    batch.lines.header += 1;
                    layout = layouts.next().and_then(Option::as_deref);
                }
                (Some(Directive::Other), ..) => batch.lines.comment += 1,
                (None, Some(schema), Some(layout)) => decode_row(row, schema, layout, intake, values, batch),
                // No more bytes were looked at than the run may read: it ends before it is done with them.
                (None, ..) => batch.reject(row, Reason::TooManyFields),
            }
        }
        Ok(())
    }
}

fn decode_row(
    row: Row<'_>,
    schema: &Schema,
    layout: &Layout,
    intake: &mut Intake,
    values: &mut Values,
    batch: &mut EventBatch,
) {
    match values.read(row.bytes, layout).cmp(&layout.fields) {
        Ordering::Less => batch.reject(row, Reason::TooFewFields),
        Ordering::Greater => batch.reject(row, Reason::TooManyFields),
        Ordering::Equal => {
            let field = |position: usize| values.get(row.bytes, layout.places[position]);
            intake.take(row, &schema.columns, field, batch);
        }
    }
}

#[cfg(test)]
mod tests;
