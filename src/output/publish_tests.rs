//! Outputs go to their places, back to where they were, and aside, whatever an earlier process has left half-way.

use super::super::listing::{Content, Fault};
use super::super::{Column, Listing, OutputForm, OutputFormat, PhasesUs, Staging};
use super::*;
use crate::core::aggregates::Kind;
use crate::durable::Disk;
use crate::ledger::{HeadMark, StreamId};
use std::collections::BTreeMap;

const BOTH: &[OutputKind] = &[OutputKind::Sessions, OutputKind::Open];

fn run(number: u64) -> RunId {
    RunId::new(number)
}

fn file_of(kind: OutputKind, format: OutputFormat) -> OutputFile {
    OutputFile::whole(kind, OutputForm::plain(format))
}

fn in_folder() -> (tempfile::TempDir, Output) {
    let folder = tempfile::tempdir().unwrap();
    let output = Output::at(folder.path().join("out"), Disk::default());
    output.create().unwrap();
    (folder, output)
}

/// Stages a run whose outputs have its number as their only row.
fn stage(output: &Output, number: u64, files: &[OutputFile], back_to: Option<u64>) -> Manifest {
    let mut staging = Staging::begin(output, StreamId::of_random([7; 16]), run(number)).unwrap();
    for &file in files {
        staging.open(file, b"number\n").unwrap();
        staging.write(file, format!("{number}\n").as_bytes(), 1).unwrap();
    }
    let mark = HeadMark { run: run(number), digest: number.into() };
    staging.seal(mark, number, |manifest| manifest.rolling_back_to(back_to.map(run))).unwrap()
}

fn stage_csv(output: &Output, number: u64, kinds: &[OutputKind], back_to: Option<u64>) -> Manifest {
    let files: Vec<_> = kinds.iter().map(|&kind| file_of(kind, OutputFormat::Csv)).collect();
    stage(output, number, &files, back_to)
}

fn publish(output: &Output, number: u64, back_to: Option<u64>) {
    let manifest = stage_csv(output, number, BOTH, back_to);
    output.publish(run(number), &manifest).unwrap();
}

/// The outputs below the folder with the number in each.
fn outputs(output: &Output) -> BTreeMap<String, String> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![output.folder().to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.strip_prefix(output.folder()).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|ending| ending != "json") {
                let text = fs::read_to_string(&path).unwrap();
                found.insert(name, text.trim_start_matches("number\n").trim_end().to_owned());
            }
        }
    }
    found
}

fn expect(output: &Output, expected: &[(&str, u64)]) {
    let expected = expected.iter().map(|&(name, number)| (name.to_owned(), number.to_string())).collect();
    assert_eq!(outputs(output), expected);
}

/// Moves a staged output into its place, as a process that died after that.
fn move_by_hand(output: &Output, number: u64, kind: OutputKind) {
    let file = file_of(kind, OutputFormat::Csv);
    let place = output.path_of(file, run(number));
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::rename(file.staged_in(&output.staging_of(run(number))), place).unwrap();
}

#[test]
fn what_is_staged_is_published_once_whatever_has_moved_before() {
    for moved in [&[][..], &[OutputKind::Sessions], &[OutputKind::Sessions, OutputKind::Open]] {
        let (_folder, output) = in_folder();
        let manifest =
            stage_csv(&output, 1, &[OutputKind::Sessions, OutputKind::Rejects, OutputKind::Open], None);
        let stages = Output::stages(&manifest);
        let places: Vec<_> =
            stages.iter().map(|(_, place)| place.as_deref().and_then(Path::to_str)).collect();
        let sessions = Some("sessions/run-00000001.csv");
        assert_eq!(places, [sessions, Some("rejects/run-00000001.csv"), Some("open/latest.csv"), None]);
        assert!(stages.iter().all(|(staged, _)| output.folder().join(staged).is_file()));
        assert!(output.has_staging() && output.has_staging_of(run(1)) && !output.has_staging_of(run(2)));
        assert_eq!(
            (output.staged_manifest(run(1)).as_ref(), output.newest_run().unwrap()),
            (Some(&manifest), None)
        );
        for &kind in moved {
            move_by_hand(&output, 1, kind);
        }
        output.check_staged(run(1), &manifest).unwrap();
        output.publish(run(1), &manifest).unwrap();
        let all = [("open/latest.csv", 1), ("rejects/run-00000001.csv", 1), ("sessions/run-00000001.csv", 1)];
        expect(&output, &all);
        assert!(!output.has_staging());
        assert_eq!(output.newest_manifest().unwrap().as_ref(), Some(&manifest));
        output.publish(run(1), &manifest).unwrap();
        expect(&output, &all);
    }
}

#[test]
fn what_is_neither_staged_nor_in_its_place_or_differs_is_told() {
    for (damage, is_missing) in [(&b"number\n2\n"[..], false), (b"number\n1\n\n", false), (b"", true)] {
        let (_folder, output) = in_folder();
        let manifest = stage_csv(&output, 1, BOTH, None);
        let staged = file_of(OutputKind::Sessions, OutputFormat::Csv).staged_in(&output.staging_of(run(1)));
        fs::write(&staged, damage).unwrap();
        if is_missing {
            fs::remove_file(&staged).unwrap();
            let refusal = output.publish(run(1), &manifest).unwrap_err().to_string();
            assert!(refusal.contains("neither staged nor published"), "{refusal}");
            assert_eq!(output.newest_run().unwrap(), None);
        }
        output.check_staged(run(1), &manifest).unwrap_err();
    }
}

#[test]
fn a_rollback_moves_the_outputs_of_the_runs_behind_it_aside() {
    for has_manifest in [true, false] {
        let (_folder, output) = in_folder();
        publish(&output, 1, None);
        let manifest = stage_csv(&output, 2, &[OutputKind::Sessions], None);
        output.publish(run(2), &manifest).unwrap();
        // The last run has another format, which only its manifest and its names tell.
        let sessions = file_of(OutputKind::Sessions, OutputFormat::Jsonl);
        let manifest = stage(&output, 3, &[sessions, file_of(OutputKind::Open, OutputFormat::Csv)], None);
        output.publish(run(3), &manifest).unwrap();
        if !has_manifest {
            fs::write(output.manifest_path(run(3)), "damaged").unwrap();
        }
        let manifest = stage_csv(&output, 4, &[], Some(1));
        output.publish(run(4), &manifest).unwrap();
        let gone = [("retracted/sessions/run-00000002.csv", 2), ("retracted/sessions/run-00000003.jsonl", 3)];
        let view = ("retracted/open/latest.csv", 3);
        expect(&output, &[&[("sessions/run-00000001.csv", 1), view][..], &gone].concat());
        assert_eq!(output.published_runs().unwrap(), [1, 2, 3, 4].map(run));
        output.publish(run(4), &manifest).unwrap();
    }
}

#[test]
fn what_is_lost_is_not_put_back() {
    let (_folder, output) = in_folder();
    let manifest = stage_csv(&output, 1, BOTH, None);
    fs::remove_dir_all(output.staging_of(run(1))).unwrap();
    assert!(!output.take_back(&manifest, &BTreeSet::new()).unwrap());
}

#[test]
fn a_view_takes_the_place_of_the_one_before_whatever_its_form() {
    let (_folder, output) = in_folder();
    publish(&output, 1, None);
    let view = file_of(OutputKind::Open, OutputFormat::Jsonl);
    let manifest = stage(&output, 2, &[view], None);
    output.publish(run(2), &manifest).unwrap();
    expect(&output, &[("open/latest.jsonl", 2), ("sessions/run-00000001.csv", 1)]);
}

#[test]
fn what_a_lost_run_has_moved_goes_back() {
    for active in [&[1, 2][..], &[1]] {
        let (_folder, output) = in_folder();
        for number in 1..=2 {
            publish(&output, number, None);
        }
        let manifest = stage_csv(&output, 3, BOTH, Some(1));
        let active: BTreeSet<RunId> = active.iter().map(|&number| run(number)).collect();
        assert!(!output.take_back(&manifest, &active).unwrap(), "nothing has moved");
        let staged = |kind: &str| format!(".staging/run-00000003/{kind}.csv");
        let before = outputs(&output);
        output.retract(run(2)).unwrap();
        move_by_hand(&output, 3, OutputKind::Sessions);
        assert!(output.take_back(&manifest, &active).unwrap());
        assert!(!output.take_back(&manifest, &active).unwrap(), "nothing is left to do");
        if active.contains(&run(2)) {
            assert_eq!(outputs(&output), before);
            continue;
        }
        // An earlier rollback has retracted run 2: that stays.
        expect(
            &output,
            &[
                (&staged("open"), 3),
                (&staged("sessions"), 3),
                ("retracted/open/latest.csv", 2),
                ("retracted/sessions/run-00000002.csv", 2),
                ("sessions/run-00000001.csv", 1),
            ],
        );
    }
}

#[test]
fn what_a_run_has_published_is_found_and_missed() {
    let (_folder, output) = in_folder();
    publish(&output, 1, None);
    let [sessions, view] =
        [OutputKind::Sessions, OutputKind::Open].map(|kind| file_of(kind, OutputFormat::Csv));
    assert_eq!(output.outputs_of(run(1)).unwrap(), [sessions]);
    assert_eq!(output.outputs_of(run(2)).unwrap(), []);
    assert!(output.has_view_of(run(1), view.form).unwrap());
    assert!(!output.has_view_of(run(1), OutputForm::plain(OutputFormat::Jsonl)).unwrap());
    assert_eq!(output.missing_of(run(1)), Vec::<String>::new());
    for file in [sessions, view] {
        fs::remove_file(output.path_of(file, run(1))).unwrap();
    }
    // The next run replaces a view, so it is not missed.
    assert_eq!(output.missing_of(run(1)), ["sessions/run-00000001.csv"]);
    assert!(!output.has_view_of(run(1), view.form).unwrap());
    assert_eq!(
        (output.manifest_of(run(2)).unwrap(), output.missing_of(run(2))),
        (None, vec!["manifests/run-00000002.json".to_owned()])
    );
}

#[test]
fn the_folders_of_days_are_found_for_outputs_that_have_days() {
    let (_folder, output) = in_folder();
    let names = ["session_date=2020-01-01", "session_date=2020-01-02", "session_date=soon", "2020-01-03"];
    for kind in [OutputKind::Sessions, OutputKind::Late] {
        for name in names {
            fs::create_dir_all(output.folder().join(kind.name()).join(name)).unwrap();
        }
    }
    let mut days = Output::days_below(output.folder(), OutputKind::Sessions).unwrap();
    days.sort();
    assert_eq!(
        days,
        names[..2].iter().map(|name| output.folder().join("sessions").join(name)).collect::<Vec<_>>()
    );
    assert_eq!(Output::days_below(output.folder(), OutputKind::Late).unwrap(), Vec::<PathBuf>::new());
}

#[test]
fn an_output_is_read_where_it_is_staged_else_in_its_place() {
    let (_folder, output) = in_folder();
    let sessions = file_of(OutputKind::Sessions, OutputFormat::Csv);
    let content = |number| io::read_to_string(output.open(sessions, run(number))?);
    publish(&output, 1, None);
    assert_eq!(content(1).unwrap(), "number\n1\n");
    stage_csv(&output, 2, BOTH, None);
    assert_eq!(content(2).unwrap(), "number\n2\n");
    assert_eq!(content(3).unwrap_err().kind(), io::ErrorKind::NotFound);
    // A staging folder that cannot be read hides what is staged: then what lies in the place is not known to be the newer one.
    fs::remove_dir_all(output.staging_of(run(2))).unwrap();
    fs::write(output.staging_of(run(1)), "").unwrap();
    assert_eq!(content(1).unwrap_err().kind(), io::ErrorKind::NotADirectory);
}

#[test]
fn what_is_no_folder_and_no_file_is_told_and_never_read_as_empty() {
    let (folder, output) = in_folder();
    publish(&output, 1, None);
    fs::remove_file(output.manifest_path(run(1))).unwrap();
    fs::create_dir(output.manifest_path(run(1))).unwrap();
    let refusal = output.manifest_of(run(1)).unwrap_err();
    assert_eq!(refusal.kind(), crate::error::ErrorKind::Checkpoint, "{refusal}");

    fs::remove_dir_all(output.folder().join("sessions")).unwrap();
    fs::write(output.folder().join("sessions"), "").unwrap();
    output.outputs_of(run(1)).unwrap_err();

    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let refusal = Output::at(file, Disk::default()).published_runs().unwrap_err();
    assert_eq!(refusal.kind(), crate::error::ErrorKind::Failed);
    assert!(refusal.to_string().contains("the output folder is not a folder"), "{refusal}");
}

#[test]
fn a_view_is_what_its_manifest_says_or_what_is_wrong_with_it_is_told() {
    let (_folder, output) = in_folder();
    let manifest = stage_csv(&output, 1, BOTH, None);
    let (view, listed) = manifest.outputs().find(|(file, _)| file.kind == OutputKind::Open).unwrap();
    let checked = |unpublished| Listing::of(&output, unpublished).unwrap().check_view(view, listed);
    // Staged, as its run has been committed and nothing has moved yet; then in its place.
    checked(Some(&manifest)).unwrap();
    assert!(matches!(checked(None), Err(Fault::Gone)));
    output.publish(run(1), &manifest).unwrap();
    checked(None).unwrap();
    let place = output.path_of(view, run(1));
    for (changed, what) in [
        (&b"number\n2\n"[..], "its digest is not that of its manifest"),
        (b"number\n1\n\n", "it has 10 bytes, its manifest says 9"),
    ] {
        fs::write(&place, changed).unwrap();
        assert!(matches!(checked(None), Err(Fault::Wrong(said)) if said == what), "{what}");
    }
    fs::remove_file(&place).unwrap();
    fs::create_dir(&place).unwrap();
    assert!(matches!(checked(None), Err(Fault::Wrong(said)) if said.starts_with("it cannot be read")));
    fs::remove_dir(&place).unwrap();
    assert!(matches!(checked(None), Err(Fault::Gone)));
    let published: Vec<_> = Listing::of(&output, None).unwrap().published;
    assert_eq!(published, [(file_of(OutputKind::Sessions, OutputFormat::Csv), run(1))]);
}

#[test]
fn the_content_of_a_long_file_is_all_of_it() {
    let long: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[1]).collect();
    let listed = |bytes: &[u8]| ManifestFile {
        path: "sessions/run-00000001.csv".into(),
        rows: 1,
        bytes: bytes.len() as u64,
        digest: format!("{:032x}", xxh3_128(bytes)),
    };
    Content::of(&long[..]).unwrap().check(&listed(&long)).unwrap();
    Content::of(&long[..]).unwrap().check(&listed(&long[1..])).unwrap_err();
}

#[test]
fn a_manifest_says_what_its_run_has_written() {
    let (_folder, output) = in_folder();
    let stream = StreamId::of_random([7; 16]);
    let mut staging = Staging::begin(&output, stream, run(2)).unwrap();
    for (kind, rows) in
        [(OutputKind::Sessions, [2, 3]), (OutputKind::Events, [7, 0]), (OutputKind::Open, [90, 1])]
    {
        let file = file_of(kind, OutputFormat::Csv);
        staging.open(file, b"number\n").unwrap();
        for count in rows {
            staging.write(file, b"2\n", count).unwrap();
        }
    }
    let columns = vec![Column { name: "number".into(), kind: Kind::Text, required: true }];
    staging.describe(OutputKind::Sessions, columns.clone());
    let phases = PhasesUs { open: 1, read: 2, reduce: 3, stage: 4 };
    let mark = HeadMark { run: run(2), digest: 9 };
    let manifest = staging.seal(mark, 1, |manifest| manifest.timed(phases)).unwrap();
    let manifest = Manifest::from_bytes(&manifest.to_bytes()).unwrap();
    assert_eq!((manifest.rows(), manifest.rows_of(OutputKind::Sessions)), (12, Some(5)));
    assert_eq!((manifest.rows_of(OutputKind::Open), manifest.rows_of(OutputKind::Late)), (Some(91), None));
    assert_eq!(manifest.columns_of(OutputKind::Sessions), Some(&columns[..]));
    assert_eq!(manifest.columns_of(OutputKind::Events), None);
    assert_eq!((manifest.phases_us(), manifest.rolled_back_to()), (Some(phases), None));
    assert_eq!(manifest.clone().rolling_back_to(Some(run(1))).rolled_back_to(), Some(run(1)));
    assert!(manifest.has(OutputKind::Events) && !manifest.has(OutputKind::Rejects));
    assert!(manifest.lists("events/run-00000002.csv") && !manifest.lists("events/run-00000001.csv"));
    assert_eq!(manifest.patterns_of(OutputKind::Events), ["events/run-00000002.csv"]);
    assert_eq!(manifest.patterns_of(OutputKind::Rejects), Vec::<String>::new());
}
