//! The golden bytes of version 1.

use super::*;

fn hex<T: Encode>(row: &T) -> String {
    let bytes = bincode::encode_to_vec(row, bincode::config::standard()).unwrap();
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn head() -> Head {
    Head {
        run: 3,
        generation: 300,
        chunks: 2,
        state_digest: 5,
        keys_open: 4,
        sessions_open: 3,
        events_open: 9,
        oldest_open_start_us: Some(1),
        watermark_us: Some(-1),
        watermark_origin: Some(WatermarkOrigin {
            run: 2,
            place: Some(Place { file: b"a.csv".to_vec(), line: 7 }),
        }),
        latest_us: None,
        accepts_from_us: Some(2),
        purged: vec![PurgedKey { key_hash: 1 << 32, until_us: 3 }],
        known_files: 11,
        known_files_sum: 12,
        definition: Definition {
            gap_us: 300_000_000,
            sources: vec![Source {
                name: Some("web".into()),
                key: vec![Column { position: Some(0), name: Some("user".into()) }],
                time: vec![Column { position: Some(1), name: None }],
                header: Some(true),
                options: vec![("delimiter".into(), ",".into())],
                time_format: "auto".into(),
                timezone: "UTC".into(),
                kept: vec![Column { position: None, name: None }],
            }],
            rules: vec![("agg".into(), vec!["count".into()])],
            event_columns: Some(vec!["u".into()]),
        },
    }
}

// Worked out by hand from the bincode specification: integers below 251 are one byte, 0xfb announces two bytes,
// 0xfc four, 0xfd eight; signed ones are zigzag; an option is 0 or 1 and its value; a length stands before bytes and lists.
const HEAD: &str = concat!(
    "03",
    "fb2c01",
    "02",
    "05",
    "04",
    "03",
    "09",
    "0102",
    "0101",
    "0102",
    "0105",
    "612e637376",
    "07",
    "00",
    "0104",
    "01fd000000000100000006",
    "0b",
    "0c",
    "fc0046c323",
    "01",
    "0103776562",
    "01",
    "0100",
    "010475736572",
    "01",
    "0101",
    "00",
    "0101",
    "01",
    "0964656c696d69746572",
    "012c",
    "046175746f",
    "03555443",
    "010000",
    "0103616767",
    "0105636f756e74",
    "01010175",
);

#[test]
fn golden_head() {
    assert_eq!(hex(&head()), HEAD);
}

#[test]
fn golden_list() {
    let one = NamedChunk {
        partition: 255,
        generation: 300,
        number: 2,
        digest: 1 << 64,
        bytes: 300,
        is_change: true,
        changes_after: 1,
    };
    let other = NamedChunk {
        partition: 0,
        generation: 7,
        number: 0,
        digest: 9,
        bytes: 8,
        is_change: false,
        changes_after: 0,
    };
    // A byte is itself, whatever its value; 0xfe announces sixteen bytes.
    let first = ["00", "07", "00", "09", "08", "00", "00"].concat();
    let second =
        ["ff", "fb2c01", "02", "fe", "00000000000000000100000000000000", "fb2c01", "01", "01"].concat();
    assert_eq!(hex(&ListPart { chunks: vec![other, one] }), ["02", &first, &second].concat());
}

#[test]
fn golden_run() {
    let row = RunRow {
        kind: RunKind::FinalizeAsOf,
        as_of_us: 2,
        files: vec![FileRow {
            path: "b".into(),
            hash: 1,
            bytes: 2,
            beginning: 16,
            known_bytes: 17,
            rows: 3,
            source: Some("w".into()),
            place: Some(FilePlace {
                path_hash: 18,
                stamp: Some(FileStamp::File {
                    bytes: 19,
                    modified_ns: -20,
                    changed_ns: 21,
                    inode: 22,
                    ends: 23,
                }),
            }),
        }],
        counts: Counts {
            rows_read: 1,
            events_accepted: 2,
            events_late: 3,
            rejects: vec![("time".into(), 4)],
            sessions_completed: 5,
            events_completed: 6,
            events_open_before: 7,
            events_open_after: 8,
            events_removed: 9,
            events_duplicate: 10,
            sessions_retracted: 11,
            events_retracted: 12,
            rows_filtered: 13,
            sessions_filtered: 14,
            events_filtered: -15,
        },
        head: head(),
    };
    let expected = [
        "02",
        "04",
        "01",
        "0162",
        "01",
        "02",
        "10",
        "11",
        "03",
        "010177",
        // A variant is its number.
        "0112",
        "01",
        "00",
        "13272a1617",
        "010203",
        "01",
        "0474696d6504",
        "05060708090a0b0c",
        "0d1c1d",
        HEAD,
    ];
    assert_eq!(hex(&row), expected.concat());
}

#[test]
fn golden_kinds() {
    assert_eq!(hex(&RunKind::Rollback { to: 4 }), "0304");
    assert_eq!(hex(&RunKind::Lost), "07");
    assert_eq!(hex(&RunKind::AcceptMissing { outputs: vec!["a".into(), String::new()] }), "0802016100");
}

#[test]
fn golden_state() {
    let row = StateRow {
        key: b"ab",
        open: Some(OpenSession { start_us: 0, last_us: 1, events: 2 }),
        tail_us: vec![3, 4],
    };
    assert_eq!(hex(&row), ["026162", "01", "000202", "02", "0608"].concat());
}

#[test]
fn golden_ruled_state() {
    let row = RuledRow { key: b"ab", number: 3, part: b"c", more: true };
    assert_eq!(hex(&row), ["026162", "03", "0163", "01"].concat());
    let state = RuledState {
        open: Some(RuledSession {
            open: OpenSession { start_us: 0, last_us: 1, events: 2 },
            ordinal: 3,
            end_us: 5,
            reach_us: 4,
            splits: vec![Vec::new(), vec![b"a".to_vec()]],
            accumulators: vec![vec![b"1.5".to_vec()], Vec::new(), vec![b"+".to_vec(), b"d".to_vec()]],
            identities: vec![9],
            rows: vec![b"r".to_vec()],
        }),
        before: Some(Before { start_us: -1, ordinal: 0, end_us: 1, identities: vec![8] }),
        tail: vec![(6, b"p".to_vec())],
    };
    let expected = [
        "01",
        "000202",
        "03",
        "0a",
        "08",
        "02",
        "00",
        "010161",
        "03",
        "0103312e35",
        "00",
        "02012b0164",
        "0109",
        "010172",
        "01",
        "01",
        "00",
        "02",
        "0108",
        "01",
        "0c0170",
    ];
    assert_eq!(hex(&state), expected.concat());
    let text = serde_json::to_string(&state).unwrap();
    assert!(text.contains(r#""accumulators":[["1.5"],[],["+","d"]]"#), "{text}");
    assert!(text.contains(r#""identities":["00000000000000000000000000000009"],"rows":["r"]"#), "{text}");
    assert!(text.ends_with(r#""tail":[[6,"p"]]}"#), "{text}");
    assert_eq!(serde_json::from_str::<RuledState>(&text).unwrap(), state);
}

#[test]
fn golden_path_of_an_object() {
    let stamp = Some(FileStamp::Object { bytes: 300, e_tag: 4 });
    let row = PathRow { hash: 1, bytes: 2, beginning: 3, stamp };
    assert_eq!(hex(&row), ["01", "02", "03", "01", "01", "fb2c01", "04"].concat());
}
