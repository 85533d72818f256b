//! An export that is taken apart and put together again is the same.

use super::apart::{
    Apart, KeyState, LineKind, Taken, end_line, export_line, file_line, imported_head, line_kind, run_line,
    state_lines,
};
use super::export::Loss;
use super::sample_tests::{RUNS, counts_of, digest, state, three_runs};
use crate::core::reducer::OpenCounts;
use crate::error::ErrorKind;
use crate::ledger::RunId;

fn lines_of(bytes: &[u8]) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    state_lines(bytes, true, |line| lines.push(line))?;
    Ok(lines)
}

#[test]
fn an_export_that_is_taken_apart_and_put_together_again_is_the_same() {
    let checkpoint = three_runs();
    let mut lines = Vec::new();
    let take = |line: String| {
        lines.push(line);
        Ok(())
    };
    checkpoint.export(Loss::Refused, Vec::new(), take).unwrap();
    let mut apart = Apart::default();
    let (mut others, mut keys): (Vec<String>, Vec<KeyState>) = (Vec::new(), Vec::new());
    for line in &lines {
        match apart.take(line.clone()).unwrap() {
            Taken::Other(other) => others.push(other),
            Taken::State(complete) => keys.extend(complete),
        }
    }
    keys.extend(apart.end());
    assert!(apart.end().is_none(), "nothing is left");

    let rows: Vec<String> = keys.iter().flat_map(|key| lines_of(&key.bytes).unwrap()).collect();
    let head = checkpoint.head().unwrap();
    let mut again = vec![export_line(head, checkpoint.mark().unwrap(), checkpoint.stream())];
    again.extend(checkpoint.runs().unwrap().iter().map(run_line));
    again.extend((1..=RUNS).map(|run| file_line(&digest(run), RunId::new(run))));
    again.extend(rows.iter().cloned());
    again.push(end_line(RUNS, RUNS, rows.len() as u64));
    assert!(again == lines);
    let kinds: Vec<_> = others.iter().map(|line| line_kind(line)).collect();
    let (run, file) = (LineKind::Run, LineKind::File);
    assert_eq!(kinds, [LineKind::Export, run, run, run, file, file, file, LineKind::Other]);
    assert_eq!((line_kind(&rows[0]), line_kind("no line")), (LineKind::Other, LineKind::Other));
    assert_eq!(imported_head(&lines[0]).as_ref(), Ok(head));
    imported_head(&lines[1]).unwrap_err();
    imported_head("no line").unwrap_err();
    assert_eq!(apart.take("no line".to_owned()).unwrap_err().kind(), ErrorKind::Failed);

    let mut expected: Vec<_> = state().iter().map(|row| (row.key.to_vec(), counts_of(row))).collect();
    let of_key = |key: &KeyState| (key.key.clone(), OpenCounts::of_key(key.open_start, key.events));
    let mut found: Vec<_> = keys.iter().map(of_key).collect();
    expected.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    found.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    assert!(found == expected, "each key once, with its start and its events");

    let cut = &keys[0].bytes[..keys[0].bytes.len() - 1];
    assert!(lines_of(cut).unwrap_err().contains("checksum"));
    assert!(state_lines(&keys[0].bytes, false, |_| ()).is_err(), "they are no rows under rules");
}
