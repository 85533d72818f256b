//! Values that a spreadsheet reads as a formula, and their positions in a verbatim row.

/// Whether a spreadsheet reads `value` as a formula. A number is not one, whatever its sign.
pub(super) fn is_formula(value: &[u8]) -> bool {
    match value {
        [b'=' | b'@' | b'\t' | b'\r', ..] => true,
        [b'+' | b'-', unsigned @ ..] => !is_unsigned(unsigned),
        _ => false,
    }
}

/// Digits with at most one point.
fn is_unsigned(text: &[u8]) -> bool {
    let point = text.iter().position(|byte| *byte == b'.').unwrap_or(text.len());
    let (whole, fraction) = (&text[..point], text.get(point + 1..).unwrap_or_default());
    (whole.len() + fraction.len() > 0) && whole.iter().chain(fraction).all(u8::is_ascii_digit)
}

/// The positions in `row` where formulas begin, in order: those of its fields, and those of the cells between commas, because
/// an output is split at commas whatever the delimiter of its rows is.
pub(super) fn formulas(row: &[u8], delimiter: u8) -> Vec<usize> {
    let mut found = Vec::new();
    note_formulas(row, delimiter, &mut found);
    if delimiter != b',' {
        let of_fields = found.len();
        note_formulas(row, b',', &mut found);
        // After a tab that is a delimiter comes a field, which has been checked.
        let mut position = 0;
        found.retain(|&at| {
            position += 1;
            position <= of_fields || row[at] != delimiter
        });
        found.sort_unstable();
        found.dedup();
    }
    found
}

/// What comes before the next byte of a field.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Start,
    Plain,
    Quotes,
    /// After a quote inside quotes: the end of the quoted text, or the first of two quotes.
    Quote,
}

/// Adds the positions where formulas begin. Fields and quotes are those of the row reader.
fn note_formulas(row: &[u8], delimiter: u8, found: &mut Vec<usize>) {
    let (mut inside, mut value, mut begins_at) = (Inside::Start, Vec::new(), 0);
    let mut end = |value: &mut Vec<u8>, begins_at| {
        if is_formula(value) {
            found.push(begins_at);
        }
        value.clear();
    };
    for (at, &byte) in row.iter().enumerate() {
        inside = match (inside, byte) {
            (Inside::Start, b'"') => Inside::Quotes,
            (Inside::Quotes, b'"') => Inside::Quote,
            (Inside::Start | Inside::Plain | Inside::Quote, byte) if byte == delimiter => {
                end(&mut value, begins_at);
                Inside::Start
            }
            _ => {
                if value.is_empty() {
                    begins_at = at;
                }
                value.push(byte);
                match (inside, byte) {
                    (Inside::Quote, b'"') | (Inside::Quotes, _) => Inside::Quotes,
                    _ => Inside::Plain,
                }
            }
        };
    }
    end(&mut value, begins_at);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(row: &str, delimiter: u8) -> String {
        let mut row = row.to_owned();
        for at in formulas(row.as_bytes(), delimiter).into_iter().rev() {
            row.insert(at, '\'');
        }
        row
    }

    #[test]
    fn what_a_value_is_decides_not_what_stands_around_it() {
        for row in ["\"apple,=red\",x", "-1,+2.5,-.5", "a,,b", "\"a\"\",=b\",c", "\"\"\"=x\""] {
            assert_eq!(marked(row, b','), row);
        }
        assert_eq!(marked("-1-1,+,-1e5,--1,1", b','), "'-1-1,'+,'-1e5,'--1,1");
        assert_eq!(marked("\"\"=x,\"-1\",\"-a\"", b','), "\"\"'=x,\"-1\",\"'-a\"");
    }

    #[test]
    fn an_empty_value_behind_a_tab_is_none() {
        for row in ["a\t\tx", "\"berry\t\"\ta", "\t\t"] {
            assert_eq!(marked(row, b'\t'), row);
        }
        assert_eq!(marked("\"\tx\"\t=y", b'\t'), "\"'\tx\"\t'=y");
    }

    #[test]
    fn what_the_comma_makes_of_a_row_is_decided_too() {
        assert_eq!(marked("q;a,=1;-1", b';'), "q;a,'=1;-1");
        assert_eq!(marked("q;\"a,=1\"", b';'), "q;\"a,'=1\"");
        assert_eq!(marked("a,\t=1", b'\t'), "a,\t'=1");
    }

    proptest! {
        #[test]
        fn no_cell_that_the_csv_crate_reads_is_a_formula(row in "[=+\\-a1.,;\t\"]{0,24}", delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t')]) {
            let safe = marked(&row, delimiter);
            for cut in [delimiter, b','] {
                let cells = |row: &str| -> Vec<Vec<u8>> {
                    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(cut).from_reader(row.as_bytes());
                    reader.byte_records().flat_map(|row| row.unwrap().iter().map(<[u8]>::to_vec).collect::<Vec<_>>()).collect()
                };
                let is_left_over = |cell: &&Vec<u8>| is_formula(cell) && (cut == delimiter || cell[0] != delimiter);
                let after = cells(&safe);
                prop_assert_eq!(after.iter().find(is_left_over), None, "{}", safe);
                if delimiter == b',' {
                    let marks = cells(&row).iter().filter(|cell| is_formula(cell)).count();
                    prop_assert_eq!(safe.len() - row.len(), marks);
                }
            }
        }
    }
}
