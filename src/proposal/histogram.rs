//! The pauses between events as bars of text.

use super::pauses::{CLASSES_S, Pauses};

/// The longest bar, in characters.
const BAR_CHARACTERS: usize = 40;

/// A line for each class of pauses, from the first to the last one with any: its upper end, the count, a bar.
pub fn histogram(pauses: &Pauses) -> Vec<String> {
    let counts = pauses.by_class();
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let is_filled = |count: &usize| *count > 0;
    let first = counts.iter().position(is_filled).unwrap_or(counts.len());
    let last = counts.iter().rposition(is_filled).map_or(first, |last| last + 1);
    let width = most.to_string().len();
    let line = |class: usize| {
        let count = counts[class];
        let bar = "#".repeat((count * BAR_CHARACTERS).div_ceil(most));
        format!("{:>10}  {count:>width$}  {bar}", class_name(class)).trim_end().to_owned()
    };
    (first..last).map(line).collect()
}

fn class_name(class: usize) -> String {
    match (CLASSES_S.get(class), CLASSES_S.last()) {
        (Some(&end_s), _) => format!("up to {}", length_text(end_s)),
        (None, Some(&end_s)) => format!("over {}", length_text(end_s)),
        (None, None) => String::new(),
    }
}

/// A number of the largest unit that divides it.
fn length_text(seconds: i64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let fitting = units.iter().find(|(size, _)| seconds % size == 0);
    fitting.map_or_else(String::new, |(size, unit)| format!("{}{unit}", seconds / size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_classes_are_full() {
        let lengths_us = [vec![500_000], vec![20_000_000; 4], vec![90_000_000_000]].concat();
        let lines = histogram(&Pauses { lengths_us });
        let bars: Vec<(&str, usize)> =
            lines.iter().map(|line| (line[..13].trim(), line.matches('#').count())).collect();
        assert_eq!(bars.len(), 15, "{lines:?}");
        assert_eq!((bars[0], bars[2]), (("up to 1s  1", 10), ("up to 30s  4", 40)));
        assert_eq!((bars[13].1, bars[14]), (0, ("over 1d  1", 10)));
        assert!(histogram(&Pauses::default()).is_empty());
    }
}
