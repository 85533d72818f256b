//! The tables: typed columns, further ones after a change of the definition, and tables of somebody else.

use crate::published::{delivered, expect_delivered};
use crate::server::{Database, shared};
use crate::support::Folder;
use postgres::SimpleQueryMessage;

/// What the server shows of one row.
fn row(database: &Database<'_>, statement: &str) -> Vec<Option<String>> {
    let messages = database.client().simple_query(statement).unwrap();
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 1, "{statement}");
    (0..rows[0].len()).map(|column| rows[0].get(column).map(str::to_owned)).collect()
}

const ROWS: &[u8] = b"user,ts,amount,page,ok\n\
    \"ann \"\"\\\",2020-01-01T00:00:00.5Z,1.50,\"a\"\"b\\\n\t{}\",yes\n\
    \"ann \"\"\\\",2020-01-01T00:01:00Z,123456789012345678901234567890.25,,no\n\
    \"ann \"\"\\\",2020-01-01T00:02:00Z,,NULL,no\n\
    M\xfcller,2020-01-01T00:00:00Z,,,no\n";

const AGGREGATES: &[&str] = &[
    "--agg=first(page)=first_page",
    "--agg=count(amount)=amounts",
    "--agg=sum(amount)=total",
    "--agg=distinct(page)=pages",
    "--max-distinct=1",
    "--agg=any(ok=yes)=is_ok",
    "--agg=list(page)=all_pages",
];

fn typed(form: &str) -> Folder {
    let folder = Folder::in_memory();
    folder.write("day.csv", ROWS);
    let flags = ["run", "day.csv", "--key=user", "--time=ts", form];
    folder.sessionize(&[&flags, AGGREGATES].concat()).expect_code(0);
    folder.sessionize(&["finalize", form]).expect_code(0);
    folder
}

#[test]
fn values_have_the_types_of_their_columns_whatever_the_form_of_the_output() {
    let Some(server) = shared() else { return };
    let mut forms = vec!["--output-format=csv", "--output-format=jsonl", "--output-compression=gzip"];
    forms.extend(cfg!(feature = "parquet").then_some("--output-format=parquet"));
    for form in forms {
        let database = server.database();
        database.deliver(&typed(form), &[]).expect_code(0);
        database
            .client()
            .batch_execute(&format!("ALTER DATABASE {} SET timezone = 'UTC'", database.name))
            .unwrap();
        let statement = "SELECT session_id::text, session_start::text, duration_s::text, event_count::text, close_reason, first_page, \
            amounts::text, total::text, pages::text, pages_at_least::text, is_ok::text, all_pages[1], \
            cardinality(all_pages)::text, all_pages[2] FROM sessions WHERE \"user\" = 'ann \"\\'";
        let found = row(&database, statement);
        let text = |text: &str| Some(text.to_owned());
        let expected = [
            text("2020-01-01 00:00:00.5+00"),
            text("119.5"),
            text("3"),
            text("finalize"),
            text("a\"b\\\n\t{}"),
            text("2"),
            text("123456789012345678901234567891.75"),
            text("1"),
            text("true"),
            text("true"),
            text("a\"b\\\n\t{}"),
            text("2"),
            text("NULL"),
        ];
        assert_eq!(found[1..], expected, "{form}");
        let hex = "SELECT first_page, total, is_ok::text, cardinality(all_pages)::text FROM sessions WHERE \"user\" = '{\"hex\":\"4dfc6c6c6572\"}'";
        assert_eq!(row(&database, hex), [None, None, text("false"), text("0")], "{form}");
        let types = "SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY attnum) FROM pg_attribute \
            WHERE attrelid = 'sessions'::regclass AND attnum > 8";
        let types = row(&database, types).remove(0).unwrap();
        assert_eq!(types, "text,text,bigint,numeric,bigint,boolean,boolean,text[]");
    }
}

#[test]
fn events_are_rows_of_their_own() {
    let Some(server) = shared() else { return };
    let folder = Folder::in_memory();
    folder.write(
        "day.csv",
        "user,ts,User Agent\nann,2020-01-01T00:00:00Z,\"a\tb\"\nann,2020-01-01T00:01:00Z,\n",
    );
    folder.sessionize(&["run", "day.csv", "--emit=events"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let database = server.database();
    let report = database.deliver(&folder, &["--report=json"]).expect_code(0).json();
    assert_eq!((&report["session_rows"], &report["event_rows"]), (&0.into(), &2.into()));
    let statement = "SELECT string_agg(event_number || coalesce(\"User Agent\", '-') || ts, ' ' ORDER BY event_number) FROM events";
    let expected = "1a\tb2020-01-01T00:00:00Z 2-2020-01-01T00:01:00Z";
    assert_eq!(row(&database, statement), [Some(expected.to_owned())]);
}

#[test]
fn a_changed_definition_adds_its_columns() {
    let Some(server) = shared() else { return };
    let folder = Folder::in_memory();
    let database = server.database();
    folder.write("day-1.csv", "user,ts,v\nann,2020-01-01T00:00:00Z,1\n");
    folder.sessionize(&["run", "day-1.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    database.deliver(&folder, &[]).expect_code(0);
    folder.write("day-2.csv", "user,ts,v\nann,2020-01-02T00:00:00Z,2\n");
    folder.sessionize(&["run", "day-2.csv", "--redefine", "--agg=sum(v)=total"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &folder);
    assert!(delivered(&database).values().any(|line| line.contains("total=2")));
    folder.write("day-3.csv", "user,ts,v\nann,2020-01-03T00:00:00Z,2\n");
    folder.sessionize(&["run", "day-3.csv", "--redefine", "--agg=first(v)=total"]).expect_code(0);
    let refused = database.deliver(&folder, &[]).expect_code(69);
    let what = "column total of table sessions has type numeric, and what is to be delivered has type text";
    assert!(refused.stderr.contains(what), "{}", refused.stderr);
    database.client().batch_execute("ALTER TABLE sessions RENAME total TO total_v; ALTER TABLE sessionize_retracted RENAME total TO total_v").unwrap();
    database.deliver(&folder, &[]).expect_code(0);
}

#[test]
fn a_table_of_somebody_else_is_left_alone() {
    let Some(server) = shared() else { return };
    let folder = Folder::in_memory();
    folder.write("day.csv", "user,ts\nann,2020-01-01T00:00:00Z\n");
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let database = server.database();
    database.client().batch_execute("CREATE TABLE sessions (id int)").unwrap();
    let refused = database.deliver(&folder, &[]).expect_code(69);
    let what = "schema public has a table sessions that no delivery has made";
    assert!(refused.stderr.contains(what) && refused.stderr.contains("search_path"), "{}", refused.stderr);
    database.client().batch_execute("CREATE SCHEMA web").unwrap();
    let address = format!("{}&options=-csearch_path%3Dweb", database.address());
    folder.sessionize(&["deliver", "--to", &address]).expect_code(0);
    assert_eq!(row(&database, "SELECT count(*) FROM web.sessions"), [Some("1".to_owned())]);
    assert_eq!(row(&database, "SELECT count(*) FROM sessions"), [Some("0".to_owned())]);
}

#[test]
fn tables_of_a_newer_program_are_refused_and_tables_made_by_hand_are_taken() {
    let Some(server) = shared() else { return };
    let folder = Folder::in_memory();
    folder.write("day.csv", "user,ts\nann,2020-01-01T00:00:00Z\n");
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let database = server.database();
    let statements = folder.sessionize(&["deliver", "--schema"]).expect_code(0).stdout;
    database.client().batch_execute(&statements).unwrap();
    database.deliver(&folder, &[]).expect_code(0);
    expect_delivered(&database, &folder);
    database.client().batch_execute("INSERT INTO sessionize_versions VALUES (99)").unwrap();
    let refused = database.deliver(&folder, &[]).expect_code(69);
    assert!(refused.stderr.contains("the tables have version 99"), "{}", refused.stderr);
}
