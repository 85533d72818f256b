//! A chart of columns: one for each piece of time, or for each run.

use super::text::{each, escaped};

/// Above so many columns, no space is between them.
const SPACED_COLUMNS: usize = 120;

/// The height of a chart in its own units.
const HEIGHT: u64 = 1_000;

/// A column: its name, its height, and the text of its height.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) value: u64,
    pub(super) text: String,
}

/// How heights are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    /// The top of the axis, if this is the highest column.
    pub(super) top: fn(u64) -> u64,
    /// The text of a height.
    pub(super) text: fn(u64) -> String,
}

/// A chart of columns under its name. The highest column is named in words, for those who do not see it.
pub(super) fn columns_chart(name: &str, columns: &[Column], axis: Axis) -> String {
    let most = columns.iter().max_by_key(|column| column.value);
    let highest = most.map_or(0, |column| column.value);
    let top = (axis.top)(highest);
    let summary = match most {
        Some(most) if most.value > 0 => format!("highest {} ({})", most.text, most.name),
        _ => "none".to_owned(),
    };
    let label = format!("{name}, {} columns, {summary}", columns.len());
    let rects: String =
        columns.iter().enumerate().map(|(place, column)| rect(place, column, columns.len(), top)).collect();
    let width = columns.len() * 10;
    format!(
        "<div class=\"chart\"><h3>{} <span class=\"faint\">{}</span></h3>\n\
         <div class=\"plot\"><div class=\"axis\" aria-hidden=\"true\"><span>{}</span><span>0</span></div>\n\
         <svg role=\"img\" aria-label=\"{}\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\">\n\
         <path class=\"rule\" d=\"M0 0H{width}M0 {}H{width}M0 {HEIGHT}H{width}\"/>\n{rects}</svg>\n\
         <div class=\"dates\" aria-hidden=\"true\">{}</div></div></div>\n",
        escaped(name),
        escaped(&summary),
        escaped(&(axis.text)(top)),
        escaped(&label),
        HEIGHT / 2,
        names(columns),
    )
}

/// A column that is not zero is always seen.
fn rect(place: usize, column: &Column, columns: usize, top: u64) -> String {
    if column.value == 0 {
        return String::new();
    }
    let scaled = u128::from(column.value) * u128::from(HEIGHT) / u128::from(top.max(1));
    let height = u64::try_from(scaled).unwrap_or(HEIGHT).clamp(8, HEIGHT);
    let (before, width) = if columns > SPACED_COLUMNS { (0, 10) } else { (1, 8) };
    format!(
        "<rect x=\"{}\" y=\"{}\" width=\"{width}\" height=\"{height}\"><title>{}: {}</title></rect>\n",
        place * 10 + before,
        HEIGHT - height,
        escaped(&column.name),
        escaped(&column.text),
    )
}

/// The names of the first column, one in the middle, and the last.
fn names(columns: &[Column]) -> String {
    let places = match columns.len() {
        0 => vec![],
        1 => vec![0],
        2..=4 => vec![0, columns.len() - 1],
        many => vec![0, (many - 1) / 2, many - 1],
    };
    each(places, |place| format!("<span>{}</span>", escaped(&columns[place].name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, value: u64) -> Column {
        Column { name: name.to_owned(), value, text: value.to_string() }
    }

    #[test]
    fn a_small_column_is_seen_and_an_empty_one_is_not() {
        let columns = [column("a", 0), column("b<", 1), column("c", 5_000)];
        let chart =
            columns_chart("Sessions", &columns, Axis { top: |most| most, text: |top| top.to_string() });
        assert_eq!(chart.matches("<rect").count(), 2);
        assert!(
            chart
                .contains("<rect x=\"11\" y=\"992\" width=\"8\" height=\"8\"><title>b&lt;: 1</title></rect>"),
            "{chart}"
        );
        assert!(chart.contains("<rect x=\"21\" y=\"0\" width=\"8\" height=\"1000\">"), "{chart}");
        assert!(chart.contains("aria-label=\"Sessions, 3 columns, highest 5000 (c)\""), "{chart}");
        assert!(chart.contains("viewBox=\"0 0 30 1000\""), "{chart}");
    }
}
