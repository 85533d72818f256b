//! Text for people at a terminal. Values come from outside, and may be long, wide or hostile. Each line stays one line of
//! bounded length, and nothing in it moves the cursor. A shortened text says how much is missing; JSON reports have everything.

use indicatif::HumanCount;

/// The longest line, in characters.
pub(super) const MAX_LINE_CHARACTERS: usize = 2_000;

/// The longest list, in lines.
const LISTED_LINES: usize = 20;

/// The longest list inside a line, in characters.
const LISTED_CHARACTERS: usize = 160;

/// The widest column: one long value must not push all others out of sight.
const COLUMN_CHARACTERS: usize = 40;

/// The colour of charts, and the end of it.
const COLOUR: &str = "\u{1b}[36m";
const NO_COLOUR: &str = "\u{1b}[0m";

/// A report for people, line by line.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    is_coloured: bool,
}

impl Page {
    /// A report whose charts have colours.
    pub(super) fn coloured() -> Self {
        Self { is_coloured: true, ..Self::default() }
    }

    /// Adds a line with a chart of its own characters behind the text, which may come from outside.
    pub(super) fn chart_line(&mut self, before: &str, chart: &str) {
        self.text.push_str(one_line(before).trim_end());
        match (chart.is_empty(), self.is_coloured) {
            (true, _) => {}
            (false, false) => self.text.extend(["  ", chart]),
            (false, true) => self.text.extend(["  ", COLOUR, chart, NO_COLOUR]),
        }
        self.text.push('\n');
    }

    /// Adds a line.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        self.text.push_str(&one_line(line.as_ref()));
        self.text.push('\n');
    }

    /// Adds an empty line.
    pub(super) fn space(&mut self) {
        self.text.push('\n');
    }

    /// Adds names and values, with the values in one column.
    pub(super) fn rows(&mut self, rows: &Rows) {
        let width = rows.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in &rows.rows {
            self.line(format!("  {}  {value}", padded(name, width, false)));
        }
    }

    /// Adds a line for each of the first items, with `before` before each, and the number of the others.
    pub(super) fn list(&mut self, before: &str, items: &[String]) {
        for item in items.iter().take(LISTED_LINES) {
            self.line(format!("{before}{item}"));
        }
        if items.len() > LISTED_LINES {
            self.line(format!("{before}{}", more(items.len() - LISTED_LINES)));
        }
    }

    /// Adds a table. Headings that begin with `#` are for numbers, which are aligned to the right.
    pub(super) fn table<const N: usize>(&mut self, headings: &[&str; N], rows: &[[String; N]]) {
        if rows.is_empty() {
            return self.line("  none");
        }
        let names = headings.map(|heading| heading.trim_start_matches('#').to_owned());
        self.aligned(std::iter::once(&names).chain(rows), headings.map(|heading| heading.starts_with('#')));
    }

    /// Adds rows of values, aligned in columns.
    pub(super) fn columns<const N: usize>(&mut self, rows: &[[String; N]]) {
        self.aligned(rows.iter(), [false; N]);
    }

    fn aligned<'r, const N: usize>(
        &mut self,
        rows: impl Iterator<Item = &'r [String; N]> + Clone,
        to_the_right: [bool; N],
    ) {
        let widths: [usize; N] = std::array::from_fn(|column| {
            let width = |row: &[String; N]| row[column].chars().count();
            rows.clone().map(width).max().unwrap_or(0).min(COLUMN_CHARACTERS)
        });
        for row in rows {
            let cells = row.iter().zip(widths).zip(to_the_right);
            let padded = cells.map(|((cell, width), right)| padded(cell, width, right));
            self.line(padded.fold(String::new(), |line, cell| line + "  " + &cell).trim_end());
        }
    }

    /// The complete text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Names and values.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: Vec<(&'static str, String)>,
}

impl Rows {
    pub(super) fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.rows.push((name, value.into()));
    }

    pub(super) fn count(&mut self, name: &'static str, count: u64) {
        self.add(name, HumanCount(count).to_string());
    }

    pub(super) fn some(&mut self, name: &'static str, value: Option<&String>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// The same name for each of the first items, then the number of the others.
    pub(super) fn each(&mut self, name: &'static str, items: &[String]) {
        for item in items.iter().take(LISTED_LINES) {
            self.add(name, item);
        }
        if items.len() > LISTED_LINES {
            self.add("", more(items.len() - LISTED_LINES));
        }
    }
}

/// The first items: as many as fit, but at least one, and the number of the others.
pub(super) fn listed(items: impl ExactSizeIterator<Item = String>, separator: &str) -> String {
    let mut left = items.len();
    let mut text = String::new();
    for item in items {
        if !text.is_empty() && text.chars().count() + item.chars().count() > LISTED_CHARACTERS {
            return format!("{text} {}", more(left));
        }
        if !text.is_empty() {
            text.push_str(separator);
        }
        text.push_str(&item);
        left -= 1;
    }
    text
}

fn more(count: usize) -> String {
    format!("and {} more", HumanCount(count as u64))
}

/// A text as one line. Characters that would break it, or control the terminal, are escaped. The middle of a long text is left
/// out, because paths and advice are at the end.
pub(super) fn one_line(text: &str) -> String {
    if text.len() <= MAX_LINE_CHARACTERS && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let whole: Vec<String> = shown_within(text.chars(), MAX_LINE_CHARACTERS);
    let length = text.chars().count();
    if whole.len() == length {
        return whole.concat();
    }
    let room = MAX_LINE_CHARACTERS - " … 18446744073709551615 characters … ".len();
    let start = shown_within(text.chars(), room - room / 4);
    let mut end = shown_within(text.chars().rev(), room / 4);
    end.reverse();
    let left_out = length - start.len() - end.len();
    format!("{} … {left_out} characters … {}", start.concat(), end.concat())
}

/// The first characters that fit.
fn shown_within(characters: impl Iterator<Item = char>, mut room: usize) -> Vec<String> {
    let has_room = |shown: &String| {
        let needed = shown.chars().count();
        let has_room = needed <= room;
        room = room.saturating_sub(needed);
        has_room
    };
    characters.map(shown).take_while(has_room).collect()
}

/// Escapes characters that are invisible or control the terminal.
fn shown(character: char) -> String {
    match character {
        ' '..='~' => character.to_string(),
        // Marks that belong to the letter before them are not escaped.
        other => String::from_iter(['x', other]).escape_debug().skip(1).collect(),
    }
}

/// A formatter would panic for widths over 65,535, so this writes the spaces itself.
fn padded(cell: &str, width: usize, to_the_right: bool) -> String {
    let spaces = " ".repeat(width.saturating_sub(cell.chars().count()));
    if to_the_right { spaces + cell } else { cell.to_owned() + &spaces }
}

/// For tests of all reports: hostile values, and what must hold of a page with them.
#[cfg(test)]
pub(super) mod hostile {
    use super::{MAX_LINE_CHARACTERS, Page};

    /// Long, wide, empty, and what a terminal would obey.
    pub(in crate::cli) fn values() -> Vec<String> {
        let pieces = [
            "x",
            "東",
            "e\u{301}",
            "\u{1b}[2J",
            "\u{202e}",
            "a\r\n\t\0",
            "\u{9b}31m",
            "\u{fffd}",
            "'",
            "{}%$ ",
        ];
        let long = pieces.iter().map(|piece| piece.repeat(70_000));
        pieces.iter().map(|&piece| piece.to_owned()).chain([String::new()]).chain(long).collect()
    }

    /// Some of them, very many times.
    pub(in crate::cli) fn many() -> Vec<String> {
        let short = values().into_iter().filter(|value| value.len() < 10);
        short.collect::<Vec<_>>().into_iter().cycle().take(70_000).collect()
    }

    #[track_caller]
    pub(in crate::cli) fn expect_harmless(page: &Page) {
        assert!(page.text().ends_with('\n'));
        for line in page.text().lines() {
            assert!(line.chars().count() <= MAX_LINE_CHARACTERS, "{} characters", line.chars().count());
            let obeyed = |character: char| {
                character.is_control()
                    || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
            };
            assert!(!line.contains(obeyed), "{line:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_the_values_are_each_is_one_harmless_line(texts in prop::collection::vec(any::<String>(), 1..40)) {
            let mut page = Page::default();
            let mut rows = Rows::default();
            for text in &texts {
                page.line(text);
                rows.add("name", text);
            }
            rows.each("each", &texts);
            page.rows(&rows);
            page.list("- ", &texts);
            page.line(listed(texts.iter().cloned(), " "));
            let cells: Vec<_> = texts.iter().map(|text| [text.clone(), "1".to_owned(), text.clone()]).collect();
            page.table(&["text", "#number", "text"], &cells);
            hostile::expect_harmless(&page);
            let listed = texts.len().min(LISTED_LINES) + usize::from(texts.len() > LISTED_LINES);
            prop_assert_eq!(page.text().matches('\n').count(), 3 * texts.len() - texts.len() + 2 * listed + 1 + 1 + texts.len());
        }
    }

    #[test]
    fn a_table_has_its_numbers_to_the_right_and_no_spaces_behind() {
        let table = |headings: &[&str; 2], rows: &[[String; 2]]| {
            let mut page = Page::default();
            page.table(headings, rows);
            page.text
        };
        let rows = [["1,000".to_owned(), "a".to_owned()], ["2".to_owned(), String::new()]];
        assert_eq!(table(&["#rows", "files"], &rows), "   rows  files\n  1,000  a\n      2\n");
        assert_eq!(table(&["#rows", "files"], &[]), "  none\n");
    }

    #[test]
    fn nothing_that_comes_from_outside_moves_the_cursor_or_hides() {
        assert_eq!(one_line("a\u{1b}[2Jb\n\u{9b}\u{202e}c\u{feff}"), r"a\u{1b}[2Jb\n\u{9b}\u{202e}c\u{feff}");
        assert_eq!(one_line(r#""it's" C:\dir"#), r#""it's" C:\dir"#);
        assert_eq!(one_line("ne\u{301}e 東京"), "ne\u{301}e 東京");
    }

    #[test]
    fn of_a_long_line_the_middle_is_left_out() {
        let line = one_line(&format!("{}{}", "a".repeat(100_000), "z".repeat(100)));
        assert_eq!(line.chars().filter(|&character| character == 'z').count(), 100);
        let left_out =
            line.chars().filter(|&character| character == 'a').count() - "characters".matches('a').count();
        assert!(line.contains(&format!(" … {} characters … ", 100_000 - left_out)), "{line}");
        assert!(line.chars().count() <= MAX_LINE_CHARACTERS);
        let longest = "ä".repeat(MAX_LINE_CHARACTERS);
        assert_eq!(one_line(&longest), longest);
    }

    #[test]
    fn a_long_list_is_cut_with_a_count() {
        let files = |count: usize| (0..count).map(|number| format!("file-{number:05}")).collect::<Vec<_>>();
        assert_eq!(listed(files(2).into_iter(), " "), "file-00000 file-00001");
        assert!(listed(files(900).into_iter(), ", ").ends_with(" and 887 more"));
        assert_eq!(listed(std::iter::once("x".repeat(200)), " "), "x".repeat(200));
        let mut page = Page::default();
        page.list("- ", &files(25));
        assert_eq!(page.text.lines().count(), 21);
        assert!(page.text.ends_with("- file-00019\n- and 5 more\n"), "{}", page.text);
    }
}
