//! Rows that are written in any dialect are read as they were, however the file is cut into blocks and the rows into files.

use super::*;
use crate::core::event::Values;
use crate::core::rules::Demand;
use crate::input::RowRules;
use crate::input::columns::{Columns, ProjectedField};
use crate::input::decoder::Units;
use crate::input::lines::LineCounts;
use crate::input::path_columns::PathColumns;
use crate::input::time::TimeFormat;
use proptest::prelude::*;
use proptest::sample::Index;

/// What a row says beside its time, and how it is written.
#[derive(Debug, Clone)]
struct Written {
    key: String,
    title: String,
    /// Whether its fields are in quotes also where they need none, and quotes are doubled also where they could be escaped.
    quoted: bool,
    doubled: bool,
    /// What stands before it.
    before: Vec<Between>,
}

/// A line that is no row.
#[derive(Debug, Clone)]
enum Between {
    Blank,
    Comment(String),
}

impl Written {
    fn field(&self, text: &str, dialect: Dialect, is_first: bool) -> String {
        let delimiter = char::from(dialect.delimiter);
        let needs_quotes = text.starts_with('"')
            || text.contains(['\n', '\r', delimiter])
            || (is_first && text.starts_with('#'));
        if !self.quoted && !needs_quotes {
            return text.to_owned();
        }
        let text = if dialect.escapes { text.replace('\\', "\\\\") } else { text.to_owned() };
        let quote = if dialect.escapes && !self.doubled { "\\\"" } else { "\"\"" };
        format!("\"{}\"", text.replace('"', quote))
    }

    /// Appends it to `file`, with what stands before it.
    fn write(&self, dialect: Dialect, line_end: &str, file: &mut String, counts: &mut LineCounts) {
        for between in &self.before {
            match between {
                Between::Blank => counts.blank += 1,
                Between::Comment(text) if dialect.comment.is_some() => {
                    file.push('#');
                    file.push_str(text);
                    counts.comment += 1;
                }
                Between::Comment(_) => continue,
            }
            file.push_str(line_end);
        }
        let delimiter = char::from(dialect.delimiter).to_string();
        let (key, title) = (self.field(&self.key, dialect, true), self.field(&self.title, dialect, false));
        counts.continuation += (key.matches('\n').count() + title.matches('\n').count()) as u64;
        file.push_str(&[&key, "2020-01-01", &title].join(&delimiter));
        file.push_str(line_end);
    }
}

fn text() -> impl Strategy<Value = String> {
    "[ax,;|\t\"\\\\#\n ]{0,6}"
}

fn written() -> impl Strategy<Value = Written> {
    let between = prop_oneof![Just(Between::Blank), "[a,\"\\\\#]{0,4}".prop_map(Between::Comment)];
    let before = proptest::collection::vec(between, 0..3);
    ("[a\"\\\\#]{0,3}k", text(), any::<bool>(), any::<bool>(), before)
        .prop_map(|(key, title, quoted, doubled, before)| Written { key, title, quoted, doubled, before })
}

fn dialect() -> impl Strategy<Value = Dialect> {
    let delimiter = prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')];
    let comment = prop_oneof![Just(None), Just(Some(b'#'))];
    (delimiter, any::<bool>(), comment).prop_map(|(delimiter, escapes, comment)| Dialect {
        delimiter,
        escapes,
        comment,
    })
}

/// A decoder of files with a key, a time and a title that is kept.
fn decoder(dialect: Dialect, skip_lines: u64, header: bool) -> Csv {
    let kept = vec![ProjectedField::Field(2, Demand::default())];
    let columns = Columns { key: vec![0], time: vec![1], kept, ..Columns::default() };
    Csv { dialect, skip_lines, schema: Some(Schema { columns, fields: 3, header, ..Schema::default() }) }
}

type KeyAndTitle = (Vec<u8>, Vec<u8>);

/// Keys and titles in `file`, and the accounts of its lines.
fn read(csv: &Csv, file: &[u8], block_bytes: usize) -> (Vec<KeyAndTitle>, LineCounts) {
    let mut intake = Intake::new(
        TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC),
        &PathColumns::default(),
        RowRules::unlimited(),
    );
    let mut units = csv.units(file).with_blocks_of(block_bytes);
    let (mut found, mut lines) = (Vec::new(), LineCounts::default());
    while let Some(block) = units.next(Vec::new()).unwrap() {
        let mut batch = EventBatch::default();
        csv.decode(&block, &mut intake, &mut Separators::default(), &mut batch).unwrap();
        assert_eq!(batch.lines.check(batch.rows), Ok(()));
        assert_eq!(batch.rows, batch.accepted, "{:?}", String::from_utf8_lossy(block.bytes()));
        lines.add(batch.lines);
        for event in batch.events() {
            found.push((event.key.to_vec(), Values::of(event.payload).get(0).to_vec()));
        }
    }
    found.sort();
    (found, lines)
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        rows in proptest::collection::vec(written(), 0..8),
        dialect in dialect(),
        titles in proptest::collection::vec("[a,\"#\\\\]{0,5}", 0..3),
        header: bool,
        returns: bool,
        cut: Index,
        block_bytes in 1_usize..60,
    ) {
        let line_end = if returns { "\r\n" } else { "\n" };
        let csv = decoder(dialect, titles.len() as u64, header);
        let (one, other) = rows.split_at(cut.index(rows.len() + 1));
        for rows in [one, other] {
            let mut counts = LineCounts { skipped: titles.len() as u64, ..LineCounts::default() };
            let mut file: String = titles.iter().flat_map(|title| [title, line_end]).collect();
            if header {
                let delimiter = char::from(dialect.delimiter).to_string();
                file.push_str(&["user", "ts", "title"].join(&delimiter));
                file.push_str(line_end);
                counts.header = 1;
            }
            for row in rows {
                row.write(dialect, line_end, &mut file, &mut counts);
            }
            counts.lines = file.matches('\n').count() as u64;
            let mut expected: Vec<KeyAndTitle> =
                rows.iter().map(|row| (row.key.clone().into_bytes(), row.title.clone().into_bytes())).collect();
            expected.sort();
            prop_assert_eq!(read(&csv, file.as_bytes(), block_bytes), (expected, counts), "{}", file);
        }
    }
}
