//! Tables: what a chart shows, in numbers.

use super::text::{each, escaped};

/// A table whose first column has the names of its rows, behind a line that opens it. `columns` are numbers besides the first.
pub(super) fn folded_table(label: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let label = escaped(label);
    format!(
        "<details><summary>Table: {label}</summary>\n\
         <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Table: {label}\">\n{}</div></details>\n",
        table(&label, columns, rows)
    )
}

fn table(label: &str, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let heads = each(columns, |name| format!("<th scope=\"col\">{}</th>", escaped(name)));
    let lines = each(rows, |row| {
        let Some((name, cells)) = row.split_first() else { return String::new() };
        let cells = each(cells, |cell| format!("<td>{}</td>", escaped(cell)));
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>\n", escaped(name))
    });
    format!(
        "<table><caption class=\"unseen\">{label}</caption>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{lines}</tbody></table>\n"
    )
}
