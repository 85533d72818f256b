//! Reads conditions on rows and on sessions: each is taken, or refused in a sentence. Where all are taken, sessions come out the same whether
//! the state was saved between or not.
#![allow(clippy::expect_used, reason = "a definition that is taken once is taken again")]

use sessionize::{Pushed, Sessionizer, SessionizerBuilder, Timestamp};

/// The first line has conditions on rows, the second on sessions, parted by semicolons; then a row on each line, with values parted by
/// commas. Whether the conditions are taken.
pub fn check(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let (rows, rest) = text.split_once('\n').unwrap_or((text, ""));
    let (sessions, lines) = rest.split_once('\n').unwrap_or((rest, ""));
    let builder = Sessionizer::builder().gap("10m").aggregate("sum(amount)").aggregate("last(page)=end");
    let conditions = [("where", rows), ("having", sessions)];
    let each = conditions.iter().flat_map(|(rule, texts)| texts.split(';').map(|text| (*rule, text)));
    let builder = each
        .filter(|(_, text)| !text.is_empty())
        .fold(builder, |builder, (rule, text)| builder.rule(rule, text));
    let numbered = || lines.lines().enumerate();
    let Ok(straight) = built(&builder) else { return false };
    let mut straight = push_all(straight, numbered());
    let half = lines.lines().count() / 2;
    let saved = push_all(builder.clone().build().expect("it was built"), numbered().take(half)).save();
    let later = builder.load(&saved).expect("it was saved under this definition");
    let mut later = push_all(later, numbered().skip(half));
    let both = [&mut straight, &mut later].map(|sessionizer| {
        let completed = sessionizer.finish().expect("it is not finished yet");
        let shown = |session: sessionize::Session<'_>| {
            let values: Vec<_> = session.values().collect();
            format!("{:?} {:?} {} {values:?}", session.start, session.end, session.event_count)
        };
        completed.iter().map(shown).collect::<Vec<String>>()
    });
    assert_eq!(both[0], both[1], "{rows:?} {sessions:?}");
    true
}

fn built(builder: &SessionizerBuilder) -> Result<Sessionizer, ()> {
    builder.clone().build().map_err(|error| {
        let said = error.to_string();
        assert!(!said.is_empty() && !said.contains('\n'), "{said:?}");
    })
}

/// Each row has the key `k`, a minute of its own, and the values of its line.
fn push_all<'l>(mut sessionizer: Sessionizer, lines: impl Iterator<Item = (usize, &'l str)>) -> Sessionizer {
    let width = sessionizer.columns().len();
    for (minute, line) in lines {
        let values: Vec<&[u8]> =
            line.split(',').map(str::as_bytes).chain(std::iter::repeat(&b""[..])).take(width).collect();
        let time = i64::try_from(minute).ok().and_then(|minute| Timestamp::from_us(minute * 60_000_000));
        let time = time.expect("a time of this century");
        let pushed = sessionizer.push(b"k", time, &values);
        assert!(!matches!(pushed, Ok(Pushed::Late)), "nothing was advanced");
    }
    sessionizer
}
