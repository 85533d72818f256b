//! The text of a scenario file, taken apart. `README.md` beside it describes the form.

/// One scenario: steps that share a folder.
#[derive(Debug)]
pub struct Scenario {
    pub title: String,
    pub steps: Vec<Step>,
}

/// A command with its input and what is expected of it.
#[derive(Debug)]
pub struct Step {
    pub line: usize,
    pub words: Vec<String>,
    pub input: Vec<u8>,
    pub expected: Vec<String>,
}

impl Step {
    /// Expected lines that begin with `word`, without it, sorted.
    pub fn all(&self, word: &str) -> Vec<String> {
        let mut found: Vec<String> = self
            .expected
            .iter()
            .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
            .map(str::to_owned)
            .collect();
        found.sort();
        found
    }

    /// The one expected line that begins with `word`.
    pub fn one(&self, word: &str) -> Option<String> {
        self.all(word).pop()
    }

    /// Expected fields of the report: path and value.
    pub fn facts(&self) -> Vec<(&str, &str)> {
        self.expected
            .iter()
            .filter_map(|line| line.split_once(" = "))
            .filter(|(name, _)| !name.contains(' '))
            .collect()
    }

    /// Whether every expected line has a known form.
    pub fn unknown_lines(&self) -> Vec<&String> {
        const WORDS: [&str; 13] = [
            "session",
            "id",
            "late",
            "reject",
            "open",
            "exit",
            "header",
            "stdout",
            "stderr",
            "event",
            "latest",
            "column",
            "published",
        ];
        let is_fact = |line: &str| line.split_once(" = ").is_some_and(|(name, _)| !name.contains(' '));
        let begins = |line: &str| line.split(' ').next().is_some_and(|word| WORDS.contains(&word));
        self.expected.iter().filter(|line| !is_fact(line) && !begins(line)).collect()
    }
}

/// Reads a scenario file.
pub fn read(text: &str) -> Vec<Scenario> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line)).peekable();
    while let Some((line, text)) = lines.next() {
        if let Some(title) = text.strip_prefix("=== ") {
            scenarios.push(Scenario { title: title.to_owned(), steps: Vec::new() });
            continue;
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let scenario = scenarios.last_mut().unwrap_or_else(|| panic!("line {line}: a step before any ==="));
        let mut step = Step { line, words: words(text), input: Vec::new(), expected: Vec::new() };
        loop {
            match lines.next() {
                Some((_, "----")) => break,
                Some((_, input)) => add_input(input, &mut step.input),
                None => panic!("line {line}: no ---- behind the input"),
            }
        }
        while let Some((_, expected)) = lines.next_if(|(_, line)| !line.is_empty()) {
            step.expected.push(expected.to_owned());
        }
        scenario.steps.push(step);
    }
    scenarios
}

/// Words between spaces; double quotes keep spaces inside a word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (number, part) in text.split('"').enumerate() {
        if number % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn add_input(line: &str, input: &mut Vec<u8>) {
    let mut rest = line;
    while let Some((before, escape)) = rest.split_once('\\') {
        input.extend_from_slice(before.as_bytes());
        let (byte, length) = match escape.as_bytes() {
            [] => return,
            [b'n', ..] => (b'\n', 1),
            [b'r', ..] => (b'\r', 1),
            [b't', ..] => (b'\t', 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', ..] => (u8::from_str_radix(&escape[1..3], 16).unwrap(), 3),
            _ => panic!("there is no escape \\{escape}"),
        };
        input.push(byte);
        rest = &escape[length..];
    }
    input.extend_from_slice(rest.as_bytes());
    input.push(b'\n');
}

/// Bytes of an output in the form of the scenario files.
pub fn escape(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                control if control.is_control() => text += &hexadecimal(u32::from(control)),
                other => text.push(other),
            }
        }
        text.extend(chunk.invalid().iter().map(|&byte| hexadecimal(u32::from(byte))));
    }
    text
}

fn hexadecimal(value: u32) -> String {
    format!("\\x{value:02X}")
}
