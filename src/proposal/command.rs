//! A command to paste into a shell.

use crate::core::event::key_word;

/// The command of these `words` with `flags`, by name and value, instead of those with the same names. `without` names further
/// flags to drop.
pub fn command_with(words: &[String], flags: &[(&str, String)], without: &[&str]) -> String {
    let is_replaced = |name: &str| flags.iter().any(|(flag, _)| *flag == name) || without.contains(&name);
    let mut kept: Vec<&str> = Vec::new();
    let mut rest = words.iter().map(String::as_str);
    let mut files: Vec<&str> = Vec::new();
    while let Some(word) = rest.next() {
        let name = word.strip_prefix("--").map(|flag| flag.split('=').next().unwrap_or(flag));
        match name {
            // After two dashes there are no flags.
            Some("") => files.extend(std::iter::once(word).chain(rest.by_ref())),
            Some(name) if is_replaced(name) => _ = if word.contains('=') { None } else { rest.next() },
            _ => kept.push(word),
        }
    }
    let new = flags.iter().map(|(name, value)| format!("--{name} {}", key_word(value.as_bytes())));
    let old = |words: &[&str]| words.iter().map(|word| key_word(word.as_bytes())).collect::<Vec<_>>();
    old(&kept).into_iter().chain(new).chain(old(&files)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &str) -> String {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        let flags = [("key", "user id".to_owned()), ("time", "ts".to_owned())];
        command_with(&words, &flags, &["time-format"])
    }

    #[test]
    fn flags_stand_in_the_place_of_those_of_the_same_name() {
        let expected = "sessionize run day.csv --gap 30m --key 'user id' --time ts";
        for words in [
            "sessionize run day.csv --gap 30m",
            "sessionize run --key usr day.csv --time=x --gap 30m",
            "sessionize run day.csv --time-format %s --gap 30m --key=usr",
        ] {
            assert_eq!(command(words), expected, "{words}");
        }
        assert_eq!(command("sessionize run -- --key"), "sessionize run --key 'user id' --time ts -- --key");
    }
}
