//! Reads a configuration file: either it is taken, or its mistake is said in words, with the line.

use sessionize::internals::check_configuration;

thread_local! {
    /// All flags of all verbs take longer to make than a short file takes to read.
    static COMMAND: clap::Command = sessionize::internals::command();
}

/// All bytes are one file. Whether it is accepted.
pub fn check(data: &[u8]) -> bool {
    let lines = data.split(|&byte| byte == b'\n').count();
    let Err(error) = COMMAND.with(|command| check_configuration(command, data)) else { return true };
    let text = error.to_string();
    let line = text.strip_prefix("sessionize.toml:").and_then(|rest| rest.split(':').next()?.parse().ok());
    assert!(line.is_some_and(|line: usize| (1..=lines).contains(&line)), "{text}");
    false
}
