//! The effective settings, and the origin of each.

use super::Invocation;
use super::defaults::is_given;
use super::document::{Document, Table, Value};
use super::keys;
use crate::cli::page::{Page, listed};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction};
use serde::Serialize;

/// The settings of one verb.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct EffectiveReport {
    verb: String,
    /// The configuration file, if there is one.
    file: Option<String>,
    settings: Vec<EffectiveSetting>,
    /// The `[[source]]` tables, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<EffectiveSource>,
}

#[derive(Debug, Serialize)]
struct EffectiveSetting {
    key: String,
    /// `None` if the flag has no value.
    value: Option<EffectiveValue>,
    from: Origin,
    /// File and line, if it comes from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum EffectiveValue {
    Switch(bool),
    One(String),
    Many(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Origin {
    Flag,
    File,
    Default,
}

#[derive(Debug, Serialize)]
struct EffectiveSource {
    place: String,
    settings: Vec<EffectiveSetting>,
}

/// The settings that `invocation` would have.
pub(in crate::cli) fn effective(invocation: &Invocation) -> EffectiveReport {
    let document = invocation.document.as_ref();
    let flags = keys::flags(&invocation.verb).chain(keys::flags(&invocation.root));
    let sources = document.filter(|_| invocation.verb.get_name() == "run").map_or_else(Vec::new, of_sources);
    EffectiveReport {
        verb: invocation.verb.get_name().to_owned(),
        file: document.map(|document| document.path.display().to_string()),
        settings: flags.map(|flag| of_flag(invocation, flag)).collect(),
        sources,
    }
}

fn of_flag(invocation: &Invocation, flag: &Arg) -> EffectiveSetting {
    let key = flag.get_long().unwrap_or_default().to_owned();
    let verb = invocation.verb.get_name();
    let matches = invocation.matches.subcommand_matches(verb).unwrap_or(&invocation.matches);
    let id = flag.get_id().as_str();
    let known = matches.ids().any(|known| known.as_str() == id);
    let source = if known { matches.value_source(id) } else { None };
    let raw: Vec<String> = match flag.get_action() {
        ArgAction::Count => vec![matches.get_count(id).to_string()],
        _ if known => matches
            .get_raw(id)
            .into_iter()
            .flatten()
            .map(|value| value.to_string_lossy().into_owned())
            .collect(),
        _ => Vec::new(),
    };
    let negated = super::defaults::verb_negation(&invocation.verb, &key)
        .is_some_and(|negation| is_given(&invocation.given, negation));
    let line = invocation.defaults.get(&key).map(|default| default.line);
    let place = |line| invocation.document.as_ref().map(|document: &Document| document.place(line));
    let (from, place) = match (source, line) {
        (Some(ValueSource::CommandLine), _) => (Origin::Flag, None),
        _ if negated => (Origin::Flag, None),
        (Some(_), Some(line)) => (Origin::File, place(line)),
        _ => (Origin::Default, None),
    };
    EffectiveSetting { key, value: value_of(flag, raw), from, place }
}

fn value_of(flag: &Arg, mut raw: Vec<String>) -> Option<EffectiveValue> {
    match flag.get_action() {
        ArgAction::SetTrue => Some(EffectiveValue::Switch(raw.iter().any(|value| value == "true"))),
        ArgAction::Append if !raw.is_empty() => Some(EffectiveValue::Many(raw)),
        _ => raw.pop().or_else(|| told_default(flag)).map(EffectiveValue::One),
    }
}

/// The default in the help text, if the flag itself has none because the checkpoint or the machine determines it.
fn told_default(flag: &Arg) -> Option<String> {
    let help = flag.get_help()?.to_string();
    let (_, default) = help.split_once("[default: ")?;
    Some(default.split([';', ']']).next()?.to_owned())
}

fn of_sources(document: &Document) -> Vec<EffectiveSource> {
    let of_table = |table: &Table| EffectiveSource {
        place: document.place(table.line),
        settings: table
            .settings
            .iter()
            .map(|setting| EffectiveSetting {
                key: setting.key.clone(),
                value: Some(match &setting.value {
                    Value::Switch(value) => EffectiveValue::Switch(*value),
                    Value::One(value) => EffectiveValue::One(value.clone()),
                    Value::Many(values) => EffectiveValue::Many(values.clone()),
                }),
                from: Origin::File,
                place: Some(document.place(setting.line)),
            })
            .collect(),
    };
    document.sources.iter().map(of_table).collect()
}

/// The report for people: one line for each setting.
pub(in crate::cli) fn effective_page(report: &EffectiveReport) -> Page {
    let mut page = Page::default();
    page.line(match &report.file {
        Some(file) => format!("{} with {file}", report.verb),
        None => format!("{} without a configuration file", report.verb),
    });
    add_settings(&report.settings, &mut page);
    for source in &report.sources {
        page.space();
        page.line(format!("source ({})", source.place));
        add_settings(&source.settings, &mut page);
    }
    page
}

fn add_settings(settings: &[EffectiveSetting], page: &mut Page) {
    let row = |setting: &EffectiveSetting| [setting.key.clone(), value_text(setting), origin_text(setting)];
    page.columns(&settings.iter().map(row).collect::<Vec<_>>());
}

fn value_text(setting: &EffectiveSetting) -> String {
    match &setting.value {
        None => "-".to_owned(),
        Some(EffectiveValue::Switch(value)) => value.to_string(),
        Some(EffectiveValue::One(value)) => value.clone(),
        Some(EffectiveValue::Many(values)) => listed(values.iter().cloned(), " "),
    }
}

fn origin_text(setting: &EffectiveSetting) -> String {
    match (setting.from, &setting.place) {
        (Origin::Flag, _) => "flag".to_owned(),
        (Origin::File, Some(place)) => place.clone(),
        (Origin::File | Origin::Default, _) => "default".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::page::hostile::{expect_harmless, many, values};

    #[test]
    fn settings_of_hostile_values_are_told_in_harmless_lines() {
        let page = |text: &str, many: Vec<String>| {
            let setting = |value| EffectiveSetting {
                key: text.to_owned(),
                value: Some(value),
                from: Origin::File,
                place: Some(text.to_owned()),
            };
            let settings = || {
                vec![
                    setting(EffectiveValue::One(text.to_owned())),
                    setting(EffectiveValue::Many(many.clone())),
                ]
            };
            effective_page(&EffectiveReport {
                verb: text.to_owned(),
                file: Some(text.to_owned()),
                settings: settings(),
                sources: vec![EffectiveSource { place: text.to_owned(), settings: settings() }],
            })
        };
        for text in values() {
            expect_harmless(&page(&text, vec![text.clone(); 100]));
        }
        expect_harmless(&page("", many()));
    }
}
