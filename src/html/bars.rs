//! A chart of bars, one below the other: a table whose last column shows the numbers.

use super::numbers::{count, share};
use super::text::escaped;

/// A table of counts with a bar and a share for each. `names` is the heading of its names, `counted` that of its counts.
pub(super) fn bars_chart(title: &str, names: &str, counted: &str, rows: &[(String, u64)]) -> String {
    let whole: u64 = rows.iter().map(|(_, count)| count).sum();
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let lines: String = rows.iter().map(|(name, count)| line(name, *count, most, whole)).collect();
    let [title, names, counted] = [title, names, counted].map(escaped);
    format!(
        "<figure class=\"card\"><figcaption>{title}</figcaption>\n<table class=\"bars\"><caption class=\"unseen\">{title}</caption>\n\
         <thead><tr><th scope=\"col\">{names}</th><th scope=\"col\">{counted}</th><th scope=\"col\">Share</th>\
         <td aria-hidden=\"true\"></td></tr></thead>\n<tbody>\n{lines}</tbody></table></figure>\n"
    )
}

fn line(name: &str, number: u64, most: u64, whole: u64) -> String {
    let width = u128::from(number) * 1_000 / u128::from(most);
    format!(
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td class=\"bar\" aria-hidden=\"true\">\
         <svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\"><rect width=\"{width}\" height=\"10\"/></svg></td></tr>\n",
        escaped(name),
        count(number),
        share(number, whole),
    )
}
