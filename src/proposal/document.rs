//! A configuration file with the proposal, and the reasons in comments.

use super::findings::Findings;
use super::histogram::histogram;
use crate::core::event::key_word;

/// The text of a configuration file with `findings` of `command`. What is only an observation is a comment.
pub fn document(findings: &Findings, command: &str) -> String {
    let mut text = Document::default();
    text.comment(&format!("Proposed by `{command}`. Check it, then run:"));
    text.comment("");
    text.comment("  sessionize run                  # the files below");
    text.comment("  sessionize run --batch FILE     # later files: they continue the open sessions");
    text.comment("");
    text.comment("Every flag of `sessionize run --help` has a key of the same name. The first run fixes columns and gap.");
    files(findings, &mut text);
    columns(findings, &mut text);
    gap(findings, &mut text);
    sessions(findings, &mut text);
    text.0
}

#[derive(Default)]
struct Document(String);

impl Document {
    fn comment(&mut self, line: &str) {
        let line = format!("# {line}");
        self.0 += line.trim_end();
        self.0.push('\n');
    }

    fn line(&mut self, parts: &[&str]) {
        self.0.extend(parts.iter().copied());
        self.0.push('\n');
    }

    fn space(&mut self) {
        self.0.push('\n');
    }

    fn key(&mut self, key: &str, value: &str) {
        self.line(&[key, " = ", &quoted(value)]);
    }
}

fn files(findings: &Findings, text: &mut Document) {
    text.space();
    let share = if findings.is_whole { "all rows" } else { "the first ones; there are more" };
    text.comment(&format!("{}: {} rows were analyzed, {share}.", findings.form, findings.rows));
    if findings.rows_rejected > 0 {
        let rejected = findings.rows_rejected;
        text.comment(&format!(
            "{rejected} of them would be rejected; `sessionize run --dry-run` says why. A run allows 1 percent:"
        ));
        text.comment("max-rejects = \"1%\"");
    }
    if findings.files.is_empty() {
        text.comment("batch = [\"FILE\"]");
    } else {
        let files: Vec<String> = findings.files.iter().map(|file| quoted(file)).collect();
        text.line(&["batch = [", &files.join(", "), "]"]);
    }
    for (key, value) in &findings.decided {
        text.key(key, value);
    }
}

fn columns(findings: &Findings, text: &mut Document) {
    text.space();
    text.comment("The columns: the key (who) and the time (when) of each event.");
    text.comment("");
    for line in &findings.table {
        text.comment(line);
    }
    text.comment("");
    text.comment(&format!("These rows have {} different keys.", findings.keys));
    for (key, value) in &findings.columns {
        text.key(key, value);
    }
    text.comment("Times without a zone are in this one:");
    text.key("timezone", "UTC");
}

fn gap(findings: &Findings, text: &mut Document) {
    text.space();
    text.comment("The gap: the longest pause inside a session. The pauses between events of one key:");
    text.comment("");
    for line in histogram(&findings.pauses) {
        text.comment(&line);
    }
    text.comment("");
    text.comment(if findings.gap.is_shown {
        "Most pauses are shorter than this gap, some are longer, and few are about as long:"
    } else {
        "These pauses show no gap; web analytics uses half an hour:"
    });
    text.key("gap", &gap_text(findings.gap.minutes));
}

fn sessions(findings: &Findings, text: &mut Document) {
    let examples = &findings.examples;
    text.space();
    text.comment(&format!("{} sessions, if no event follows; the first ones:", examples.sessions));
    text.comment("");
    text.comment("  session_start         session_end           event_count  key");
    for session in &examples.first {
        let (start, end) = (session.start.to_string(), session.end.to_string());
        text.comment(&format!(
            "  {start:20}  {end:20}  {:>11}  {}",
            session.event_count,
            key_word(&session.key)
        ));
    }
}

/// `30m`, `2h`, `90m`.
pub fn gap_text(minutes: i64) -> String {
    if minutes % 60 == 0 { format!("{}h", minutes / 60) } else { format!("{minutes}m") }
}

/// A text in TOML, whose escapes are also escapes of JSON.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_those_of_toml() {
        for text in ["day.csv", "a \"b\"\\c", "tab\tand\u{1}", "%d/%m/%Y"] {
            let document = format!("key = {}", quoted(text));
            let table = toml::de::DeTable::parse(&document).unwrap();
            let value = table.get_ref().iter().next().unwrap().1.get_ref().as_str().map(str::to_owned);
            assert_eq!(value.as_deref(), Some(text));
        }
    }

    #[test]
    fn gaps_are_in_hours_where_that_is_whole() {
        assert_eq!([gap_text(30), gap_text(60), gap_text(90)], ["30m", "1h", "90m"]);
    }
}
