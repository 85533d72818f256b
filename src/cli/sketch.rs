//! Small charts of text.

use super::page::Page;
use indicatif::HumanCount;

/// The longest bar.
const BAR_CHARACTERS: u64 = 32;

/// The longest row of sparks; more values share them.
const MAX_SPARKS: usize = 60;

const EIGHTHS: [char; 7] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const SPARKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Adds a line for each count: its name, the count, a bar. What is zero has no bar, and all else has one.
pub(super) fn add_bars(page: &mut Page, title: &str, counts: impl Iterator<Item = (&'static str, u64)>) {
    let counts: Vec<(&str, u64)> = counts.collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
    let width = counts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let digits = HumanCount(most).to_string().len();
    page.line(format!("  {title}"));
    for (name, count) in counts {
        let number = HumanCount(count).to_string();
        page.chart_line(&format!("    {name:width$}  {number:>digits$}"), &bar(count, most));
    }
}

/// A bar that is as long beside the longest one as `count` beside `most`, to the eighth of a character.
fn bar(count: u64, most: u64) -> String {
    if count == 0 {
        return String::new();
    }
    let scaled = u128::from(count) * u128::from(BAR_CHARACTERS * 8) / u128::from(most.max(1));
    let eighths = usize::try_from(scaled).unwrap_or(0).max(1);
    let part = eighths.checked_rem(8).and_then(|rest| EIGHTHS.get(rest.checked_sub(1)?));
    "█".repeat(eighths / 8) + &part.map_or_else(String::new, char::to_string)
}

/// Adds a row of sparks, one for each value, with the last and the highest value behind it. If there are more than fit, the highest of
/// some neighbours is shown.
pub(super) fn add_sparks(page: &mut Page, name: &str, values: &[u64]) {
    let (Some(last), Some(most)) = (values.last(), values.iter().max()) else { return };
    let group = values.len().div_ceil(MAX_SPARKS);
    let sparks: String =
        values.chunks(group).map(|values| spark(values.iter().copied().max().unwrap_or(0), *most)).collect();
    page.chart_line(&format!("  {name}: last {}, highest {}", HumanCount(*last), HumanCount(*most)), &sparks);
}

/// Nothing is a dot.
fn spark(value: u64, most: u64) -> char {
    if value == 0 {
        return '·';
    }
    let step = (u128::from(value) * 8).div_ceil(u128::from(most.max(1)));
    SPARKS[usize::try_from(step).unwrap_or(8).clamp(1, 8) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_counts_to_the_eighth() {
        assert_eq!([bar(0, 5), bar(1, 1_000_000), bar(0, 0)], ["", "▏", ""]);
        assert_eq!(bar(u64::MAX, u64::MAX), "█".repeat(32));
        assert_eq!(bar(1, 2), "█".repeat(16));
        assert_eq!(bar(3, 64), "█▌");
    }

    #[test]
    fn sparks_fit_a_line_and_show_the_highest_of_neighbours() {
        let sparks = |values: &[u64]| {
            let mut page = Page::default();
            add_sparks(&mut page, "open", values);
            page.text().to_owned()
        };
        assert_eq!(sparks(&[0, 1, 4, 8]), "  open: last 8, highest 8  ·▁▄█\n");
        let mut many = vec![1; 1_000];
        many[500] = 8_000;
        let text = sparks(&many);
        assert_eq!((text.matches('█').count(), text.matches('▁').count()), (1, 58));
        assert_eq!(sparks(&[]), "");
    }

    #[test]
    fn colours_are_around_a_chart_only() {
        let mut page = Page::coloured();
        page.line("a\u{1b}[31m");
        page.chart_line("  before", "██");
        page.chart_line("  nothing", "");
        assert_eq!(page.text(), "a\\u{1b}[31m\n  before  \u{1b}[36m██\u{1b}[0m\n  nothing\n");
    }
}
