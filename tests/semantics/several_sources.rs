//! Several sources in one session: the page in the docs as it stands, and the rules that it states.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the page")]

use crate::support::{Folder, SessionRow};
use std::collections::BTreeSet;
use std::fmt::Write;

const TWO_SOURCES: &str = "
gap = '30m'

[[source]]
name = 'views'
files = ['views-*']
key = 'user'
time = 'ts'

[[source]]
name = 'sales'
files = ['sales-*', 'shop/*.csv']
key = 'customer'
time = 'paid_at'
delimiter = ';'
time-format = 'epoch-s'
";

/// A folder with two sources and a first file of each.
fn shop() -> Folder {
    let folder = Folder::new();
    folder.write("sessionize.toml", TWO_SOURCES);
    folder.write("views-1.csv", "ts,user,path\n2020-01-01 10:00:00,ann,/\n");
    folder.write("sales-1.csv", "amount;customer;paid_at\n9.90;ann;1577872800\n");
    folder
}

#[track_caller]
fn expect_refused(folder: &Folder, run: &[&str], code: i32, expected: &str) {
    let finished = folder.sessionize(run).expect_code(code);
    assert_eq!(finished.stderr, format!("sessionize: {expected}\n"));
}

/// The fenced blocks of a page: the language, the name in backticks on the last line before, the content.
fn blocks(page: &str) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    let mut name = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((language.to_owned(), std::mem::take(&mut name), content.join("\n") + "\n"));
        } else if !line.is_empty() {
            name = String::from(line.trim_matches('`'));
        }
    }
    found
}

#[test]
fn the_example_of_the_page_does_what_it_says() {
    let page = std::fs::read_to_string("docs/several-sources.md").unwrap();
    let folder = Folder::new();
    let mut commands = 0;
    for (language, name, content) in blocks(&page) {
        if language != "console" {
            folder.write(&name, content);
            continue;
        }
        for shown in content.strip_prefix("$ ").unwrap().split("\n$ ") {
            let (command, output) = shown.split_once('\n').unwrap_or((shown, ""));
            let words: Vec<&str> = command.split(' ').collect();
            let reported = match words[0] {
                "sessionize" => folder.sessionize(&words[1..]).expect_code(0).stdout,
                "cat" => String::from_utf8(std::fs::read(folder.path(words[1])).unwrap()).unwrap(),
                other => panic!("the page runs {other}"),
            };
            assert_eq!(reported.trim_end(), output.trim_end(), "{command}");
            commands += 1;
        }
    }
    assert_eq!(commands, 2);
}

/// The flags that read a log of both.
const ONE_LOG: [&str; 6] = ["--gap", "30m", "--key", "user", "--time", "ts"];

/// A page view or a sale.
struct Happening {
    /// Since midnight of 2020-01-01 in UTC.
    minute: i64,
    user: String,
    is_sale: bool,
}

/// One each minute for ten hours.
fn happenings() -> Vec<Happening> {
    let mut seed = 7_u64;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let happening = |minute| Happening { minute, user: format!("user-{}", draw(40)), is_sale: draw(3) == 0 };
    (0..600).map(happening).collect()
}

/// Writes a file of each source, and one with both.
fn write_files(folder: &Folder, name: &str, happenings: &[Happening]) -> [String; 3] {
    let (mut views, mut sales) = ("ts,user,path\n".to_owned(), "amount;customer;paid_at;note\n".to_owned());
    let mut both = "ts,user\n".to_owned();
    for Happening { minute, user, is_sale } in happenings {
        let second = 1_577_836_800 + minute * 60;
        writeln!(both, "{second},{user}").unwrap();
        if *is_sale {
            // In Paris it is an hour later.
            let (hour, minute) = (1 + minute / 60, minute % 60);
            writeln!(sales, "1.00;{user};01.01.2020 {hour:02}:{minute:02};\"a;b\"").unwrap();
        } else {
            writeln!(views, "{second},{user},/").unwrap();
        }
    }
    let names = ["views", "sales", "both"].map(|kind| format!("{kind}-{name}.csv"));
    for (name, content) in names.iter().zip([views, sales, both]) {
        folder.write(name, content);
    }
    names
}

/// The sessions of all happenings, in batches of which each has two files of each source, or of both in one.
fn sessions_of(batches: usize, in_one_log: bool) -> BTreeSet<SessionRow> {
    let folder = Folder::new();
    if !in_one_log {
        let paris = "'%d.%m.%Y %H:%M'\ntimezone = 'Europe/Paris'";
        folder.write("sessionize.toml", TWO_SOURCES.replace("'epoch-s'", paris));
    }
    let all = happenings();
    for (number, batch) in all.chunks(all.len().div_ceil(batches)).enumerate() {
        let mut files = Vec::new();
        for (part, half) in batch.chunks(batch.len().div_ceil(2)).enumerate() {
            let [views, sales, both] = write_files(&folder, &format!("{number}-{part}"), half);
            files.extend(if in_one_log { vec![both] } else { vec![views, sales] });
        }
        let flags = if in_one_log { &ONE_LOG[..] } else { &[] };
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        // One thread meets files of both sources, one after the other.
        folder.sessionize(&[&["run", "--threads", "1"], flags, &files].concat()).expect_code(0);
    }
    folder.sessionize(&["finalize"]).expect_code(0);
    folder
        .sessions()
        .into_iter()
        .map(|session| SessionRow { close_reason: String::new(), ..session })
        .collect()
}

#[test]
fn two_sources_give_the_sessions_of_one_log_of_all_their_events() {
    let expected = sessions_of(1, true);
    assert!(expected.len() > 60, "only {} sessions", expected.len());
    for batches in [1, 2, 5] {
        assert_eq!(sessions_of(batches, false), expected, "in {batches} batches");
    }
}

#[test]
fn a_file_belongs_to_the_first_source_that_fits() {
    let folder = shop();
    folder.write("shop/views-1.csv", "ts,user,path\n2020-01-01 10:00:01,ann,/\n");
    folder.write("shop/1.csv", "amount;customer;paid_at\n9.90;ann;1577872802\n");
    let files = ["views-1.csv", "shop/views-1.csv", "./shop/../shop/1.csv", "shop/1.csv"];
    folder.sessionize(&["run", files[0], files[1], files[3]]).expect_code(0);
    let refusal = "./shop/../shop/1.csv: no source has a pattern that matches this file: views (views-*), sales \
                   (sales-*, shop/*.csv); fix the pattern, or name the source with --source";
    folder.write("shop/1.csv", "amount;customer;paid_at\n9.90;ann;1577872803\n");
    expect_refused(&folder, &["run", files[2]], 2, refusal);
    folder.sessionize(&["run", "--source", "sales", files[2]]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(folder.sessions().iter().map(|session| session.events).collect::<Vec<_>>(), [4]);
}

#[test]
fn a_run_without_patterns_must_say_the_source() {
    let folder = shop();
    folder.sessionize(&["run", "views-1.csv"]).expect_code(0);
    let without = ["run", "--config", "/dev/null", "sales-1.csv"];
    let refusal = "sales-1.csv: this file matches several sources: views, sales; name one with --source, or use the \
                   configuration file with their patterns";
    expect_refused(&folder, &without, 2, refusal);
    let unknown = [&without[..], &["--source", "sale"]].concat();
    let refusal =
        "sales-1.csv: there is no source sale: there are views, sales; name one of them with --source";
    expect_refused(&folder, &unknown, 2, refusal);
    folder.sessionize(&[&without[..], &["--source", "sales"]].concat()).expect_code(0);
    let input = b"amount;customer;paid_at\n9.90;bob;1577872801\n";
    folder.sessionize_with_input(&["run", "--source", "sales", "-"], input).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(folder.sessions().iter().map(|session| session.events).sum::<u64>(), 3);
}

#[test]
fn another_list_of_sources_or_another_column_is_another_definition() {
    let folder = shop();
    folder.sessionize(&["run", "views-1.csv", "sales-1.csv"]).expect_code(0);
    let way_on = "remove these flags and keys to continue with it, or close what is open with `sessionize finalize` \
                  and run with --redefine";
    let refused = |file: &str, differences: &str| {
        folder.write("sessionize.toml", file);
        folder.write("views-2.csv", "ts,user,path\n2020-01-01 10:10:00,ann,/\n");
        let expected = format!("the checkpoint has another definition: {differences}; {way_on}");
        expect_refused(&folder, &["run", "views-2.csv"], 78, &expected);
    };
    refused(
        &TWO_SOURCES.replace("'customer'", "'buyer'").replace("'epoch-s'", "'auto'"),
        "source sales: key is customer, the run asks for buyer, source sales: time-format is epoch-s, the run asks \
         for auto",
    );
    refused(
        &TWO_SOURCES.replace("'sales'", "'orders'"),
        "list of sources is views + sales, the run asks for views + orders",
    );
    let third = format!("{TWO_SOURCES}\n[[source]]\nname = 'mail'\nfiles = 'mail*'\n");
    refused(&third, "list of sources is views + sales, the run asks for views + sales + mail");
    // Where files lie is no part of it.
    folder.write("sessionize.toml", TWO_SOURCES.replace("views-*", "*iews-2*"));
    folder.sessionize(&["run", "views-2.csv"]).expect_code(0);
    // The remedy of the error.
    folder.write("sessionize.toml", third);
    folder.write("views-3.csv", "ts,user,path\n2020-01-01 10:20:00,ann,/\n");
    folder.sessionize(&["finalize"]).expect_code(0);
    folder.sessionize(&["run", "--redefine", "views-3.csv"]).expect_code(0);
    let report = folder.sessionize(&["inspect", "--report", "json"]).expect_code(0).json();
    let sources = report["definition"]["sources"].as_array().unwrap();
    let names: Vec<&str> = sources.iter().map(|source| source["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["views", "sales", "mail"]);
}

#[test]
fn columns_are_found_by_name_in_each_source_for_itself() {
    let folder = shop();
    folder.sessionize(&["run", "sales-1.csv", "views-1.csv"]).expect_code(0);
    folder.write("sales-2.csv", "paid_at;amount;customer\n1577872860;1.00;ann\n");
    folder.write("views-2.csv", "user,path,ts\nann,/,2020-01-01 10:02:00\n");
    folder.sessionize(&["run", "sales-2.csv", "views-2.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let sessions = folder.sessions();
    assert_eq!((sessions.len(), sessions[0].events, sessions[0].duration_s.as_str()), (1, 4, "120"));
}

#[test]
fn the_first_source_names_the_key_whichever_file_comes_first() {
    let folder = shop();
    folder.sessionize(&["run", "sales-1.csv"]).expect_code(0);
    let header =
        String::from_utf8(std::fs::read(folder.path(&crate::support::output_name("sessions", 1))).unwrap());
    assert!(header.unwrap().starts_with("session_id,user,session_start,"));
}

#[test]
fn rows_that_are_set_aside_have_no_header_in_common() {
    let folder = shop();
    folder.write("views-1.csv", "ts,user,path\n2020-01-01 10:00:00,ann,/\nnever,ann,/\n");
    folder.write("sales-1.csv", "amount;customer;paid_at\n9.90;;1577872800\n9.90;ann;1577872800\n");
    folder.sessionize(&["run", "--max-rejects", "2", "views-1.csv", "sales-1.csv"]).expect_code(0);
    let rejects = std::fs::read(folder.path(&crate::support::output_name("rejects", 1))).unwrap();
    let expected =
        "file,line,reason,row\nviews-1.csv,3,time,never,ann,/\nsales-1.csv,2,empty-key,9.90;;1577872800\n";
    assert_eq!(String::from_utf8(rejects).unwrap(), expected);
}

#[test]
fn what_a_table_leaves_out_the_top_of_the_file_or_a_flag_may_say() {
    let folder = Folder::new();
    let file = "time = 'at'\n[[source]]\nname = 'a'\nfiles = 'a*'\n[[source]]\nname = 'b'\nfiles = 'b*'\ntimezone = 'UTC'\n";
    folder.write("sessionize.toml", file);
    folder.write("a.csv", "who,at\nann,2020-01-01 01:00:00\n");
    folder.write("b.csv", "who,at\nann,2020-01-01 00:00:00\n");
    let refusal =
        "sessionize.toml:8: --timezone is given, but a source has its own timezone; change it there";
    expect_refused(&folder, &["run", "--timezone", "Europe/Paris", "a.csv"], 2, refusal);
    folder.write("sessionize.toml", file.replace("time =", "timezone = 'Europe/Paris'\ntime ="));
    folder.sessionize(&["run", "--key", "who", "a.csv", "b.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let sessions = folder.sessions();
    assert_eq!((sessions.len(), sessions[0].duration_s.as_str()), (1, "0"));
}

#[test]
fn keys_of_all_sources_have_as_many_parts() {
    let folder = shop();
    folder.write("sessionize.toml", TWO_SOURCES.replace("'customer'", "['customer', 'shop']"));
    let refusal = "the key of source sales has 2 columns, that of the first source 1: no event of one could ever meet \
                   one of the other; give both as many";
    expect_refused(&folder, &["run", "views-1.csv"], 2, refusal);
}

#[test]
fn each_file_of_a_backfill_finds_its_source() {
    let folder = shop();
    folder
        .sessionize(&["run", "--each", "--watermark-delay", "1h", "views-1.csv", "sales-1.csv"])
        .expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(folder.sessions()[0].events, 2);
}

#[test]
fn reports_and_ledger_tell_the_source_of_each_file() {
    let folder = shop();
    let files = ["sales-1.csv", "views-1.csv"];
    let sources = |of: &serde_json::Value| -> Vec<(String, String)> {
        let text = |file: &serde_json::Value, name: &str| file[name].as_str().unwrap_or("none").to_owned();
        of.as_array().unwrap().iter().map(|file| (text(file, "path"), text(file, "source"))).collect()
    };
    let expected = [("sales-1.csv", "sales"), ("views-1.csv", "views")]
        .map(|(path, source)| (path.to_owned(), source.to_owned()));
    let run = folder.sessionize(&["run", "--report", "json", files[0], files[1]]).expect_code(0).json();
    assert_eq!(sources(&run["files"]), expected);
    let inspected = folder.sessionize(&["inspect", "--runs", "--report", "json"]).expect_code(0).json();
    assert_eq!(sources(&inspected["ledger"][0]["files"]), expected);
    let shown = folder.sessionize(&["inspect", "--runs"]).expect_code(0).stdout;
    assert!(shown.contains("sales-1.csv (sales) views-1.csv (views)\n"), "{shown}");
}

#[test]
fn a_file_of_a_source_without_a_name_has_none_in_the_report() {
    let folder = Folder::new();
    folder.write("1.csv", "ann,2020-01-01 00:00:00\n");
    let run = folder.sessionize(&["run", "--report", "json", "1.csv"]).expect_code(0).json();
    assert!(run["files"][0].get("source").is_none(), "{run}");
}

#[test]
fn mistakes_in_a_table_are_said_with_their_line() {
    let folder = Folder::new();
    let refused = |file: &str, expected: &str| {
        folder.write("sessionize.toml", file);
        expect_refused(&folder, &["config"], 2, &format!("sessionize.toml:{expected}"));
    };
    let table = "[[source]]\nname = 'a'\nfiles = '*'\n";
    refused(&format!("{table}kee = '1'\n"), "4: there is no key kee; did you mean key?");
    refused(&format!("{table}time_zone = 'UTC'\n"), "4: there is no key time_zone; did you mean timezone?");
    refused("\n[[source]]\nfiles = '*'\n", "2: this source has no name");
    refused("[[source]]\nname = 'a'\n", "1: this source has no files");
    refused(&format!("{table}{table}"), "4: two sources are named a; give each its own name");
    let delimiter =
        "invalid value ',,' for '--delimiter <CHAR>': the delimiter is one ASCII character, or tab";
    refused(&format!("{table}delimiter = ',,'\n"), &format!("4: {delimiter}"));
    refused(
        "[[source]]\nname = 'a'\nfiles = ['*', 'a[']\n",
        "3: files: a[ is not a pattern: invalid range pattern",
    );
    refused("[source]\nname = 'a'\n", "1: write a source in double brackets: [[source]]");
    let empty = "a value is required for '--name <NAME>' but none was supplied";
    refused("[[source]]\nname = ''\nfiles = '*'\n", &format!("2: {empty}"));
}

/// Two sources with columns of their own, and a file of each: `page` is the third column of `a` and the first of `b`.
fn two_layouts(rules: &str) -> Folder {
    let folder = Folder::new();
    let source =
        |name: &str| format!("[[source]]\nname = '{name}'\nfiles = '{name}*'\nkey = 'user'\ntime = 'ts'\n");
    folder.write("sessionize.toml", format!("gap = '30m'\n{rules}\n{}{}", source("a"), source("b")));
    folder.write("a1.csv", "user,ts,page\nann,2020-01-01 00:00:00,/a\n");
    folder.write("b1.csv", "page,user,ts\n/b,ann,2020-01-01 00:01:00\n");
    folder
}

#[test]
fn a_column_that_no_source_has_is_refused_once_all_have_shown_theirs() {
    let refusal = "a rule uses column pgae, but no source has a column of that name; check its spelling against the headers; \
                   nothing was changed";
    let folder = two_layouts("agg = ['list(pgae)']");
    expect_refused(&folder, &["run", "a1.csv", "b1.csv"], 65, refusal);
    // As long as a source has shown nothing it may be the one.
    folder.sessionize(&["run", "a1.csv"]).expect_code(0);
    expect_refused(&folder, &["run", "b1.csv"], 65, refusal);
    folder.write("b2.csv", "pgae,user,ts\n/b,ann,2020-01-01 00:01:00\n");
    folder.sessionize(&["run", "b2.csv"]).expect_code(0);
}

#[test]
fn a_number_that_means_two_columns_is_refused() {
    let folder = two_layouts("agg = ['list(3)']");
    let refusal = "a rule uses column 3, which is page in source a and ts in source b; give the column by its name; \
                   nothing was changed";
    expect_refused(&folder, &["run", "a1.csv", "b1.csv"], 65, refusal);
    folder.write("b2.csv", "user,ts,page\nann,2020-01-01 00:01:00,/b\n");
    folder.sessionize(&["run", "a1.csv", "b2.csv"]).expect_code(0);
}

#[test]
fn a_file_must_have_a_column_that_its_source_had() {
    let folder = two_layouts("split-on = ['page']");
    folder.write("a2.csv", "user,ts\nann,2020-01-01 00:02:00\n");
    folder.sessionize(&["run", "a2.csv", "b1.csv"]).expect_code(0);
    folder.sessionize(&["run", "a1.csv", "--max-late", "9"]).expect_code(0);
    folder.write("a3.csv", "user,ts\nann,2020-01-01 00:03:00\n");
    let reported = folder.sessionize(&["run", "a3.csv"]).expect_code(65).stderr;
    assert!(reported.contains("a3.csv: there is no column page: its columns are user, ts"), "{reported}");
}

#[test]
fn a_column_named_source_is_refused_where_a_rule_asks_for_the_source() {
    let file = "user,ts,source\nann,2020-01-01 00:00:00,letter\n";
    let asking = two_layouts("agg = ['list(source)']");
    asking.write("a2.csv", file);
    let refusal = "a2.csv: a rule uses source, the name of the source of each event, and this file has a column of that name; \
                   rename the column in its header, or give it by its number; nothing was changed";
    expect_refused(&asking, &["run", "a2.csv"], 65, refusal);
    // By number it is the column, in the first file as in the next; without a rule about it, it is nobody's.
    for (rules, reported) in [("agg = ['list(3)']", ",\"[\"\"letter\"\",\"\"letter\"\"]\"\n"), ("", ",gap\n")]
    {
        let folder = two_layouts(rules);
        folder.write("a2.csv", file);
        folder.write("a3.csv", file.replace("00:00:00", "00:10:00"));
        folder.write("a4.csv", file.replace("ann,2020-01-01 00", "bob,2020-01-01 09"));
        for name in ["a2.csv", "a3.csv", "a4.csv"] {
            folder.sessionize(&["run", name]).expect_code(0);
        }
        let sessions =
            std::fs::read_to_string(folder.path(&crate::support::output_name("sessions", 3))).unwrap();
        assert!(sessions.ends_with(reported), "{sessions}");
    }
}
