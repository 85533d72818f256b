//! What every store has to do: one test for all of them.
#![allow(clippy::disallowed_methods, reason = "a test looks at files, and runs itself once more")]

use super::folder::Folder;
use super::memory::Memory;
use super::store::Store;
use crate::durable::Disk;

/// Contents of all sizes are the ones that were put, names are new once, and what was removed is gone.
pub(super) fn expect_store(mut open: impl FnMut() -> Box<dyn Store>) {
    let mut store = open();
    assert_eq!(store.get("a/1.json").unwrap(), None);
    assert_eq!(store.list("a/").unwrap(), [""; 0]);
    store.remove("a/1.json").unwrap();

    assert!(store.put_new("a/1.json", b"one").unwrap());
    assert!(!store.put_new("a/1.json", b"other").unwrap());
    assert!(!store.put_new("a/1.json", b"one").unwrap());
    assert_eq!(store.get("a/1.json").unwrap().as_deref(), Some(&b"one"[..]));

    let large: Vec<u8> = (0..20_000_003_u32).map(|number| (number % 251) as u8).collect();
    for (name, content) in
        [("data/x-1/b c=d/e.csv", &large[..]), ("data/x-1/empty", b""), ("data/x-2/f", b"f")]
    {
        store.upload(name, &mut &content[..], content.len() as u64).unwrap();
        assert!(store.get(name).unwrap().as_deref() == Some(content), "{name}");
    }
    let mut listed = |prefix: &str| {
        let mut names = store.list(prefix).unwrap();
        names.sort();
        names
    };
    assert_eq!(listed("data/x-1"), ["data/x-1/b c=d/e.csv", "data/x-1/empty"]);
    assert_eq!(listed("data/x"), ["data/x-1/b c=d/e.csv", "data/x-1/empty", "data/x-2/f"]);
    assert_eq!(listed("a/"), ["a/1.json"]);
    assert_eq!((listed("data/y").len(), listed("b/").len()), (0, 0));
    store.remove("data/x-1/empty").unwrap();
    store.remove("data/x-1/empty").unwrap();
    assert_eq!(store.get("data/x-1/empty").unwrap(), None);
    assert_eq!(store.list("data/x-1").unwrap(), ["data/x-1/b c=d/e.csv"]);

    // What is shorter than it should be does not become a whole file of that size.
    let short = store.upload("data/x-3/short", &mut &b"short"[..], 9_000_000);
    assert!(short.is_err() || store.get("data/x-3/short").unwrap().as_deref() == Some(b"short"));
    expect_one_winner(&mut open);
}

/// Of many who want a name at once one gets it, and everybody sees whose it is.
fn expect_one_winner(open: &mut impl FnMut() -> Box<dyn Store>) {
    let stores: Vec<_> = (0..6_u8).map(|racer| (racer, open())).collect();
    let outcomes: Vec<(bool, Vec<u8>)> = std::thread::scope(|scope| {
        let race = |(racer, mut store): (u8, Box<dyn Store>)| {
            scope.spawn(move || {
                // A conflict is an answer too.
                let won = store.put_new("race/1", &[racer; 1000]).unwrap_or(false);
                (won, store.get("race/1").unwrap().unwrap())
            })
        };
        let racers: Vec<_> = stores.into_iter().map(race).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|(won, _)| *won).count(), 1);
    assert!(outcomes.iter().all(|(_, content)| *content == outcomes[0].1 && content.len() == 1000));
}

#[test]
fn memory_is_a_store() {
    let memory = Memory::default();
    expect_store(|| Box::new(memory.clone()));
}

#[test]
fn a_folder_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("not/there/yet");
    expect_store(|| Box::new(Folder::at(root.clone(), Disk::default())));
    // Nothing is left but what was put.
    let mut store = Folder::at(root, Disk::default());
    assert_eq!(store.list("race/").unwrap(), ["race/1"]);
    assert_eq!(store.list("a/").unwrap(), ["a/1.json"]);
}

#[test]
fn a_folder_without_rights_says_so() {
    let mut store = Folder::at("/dev/null/lake".into(), Disk::default());
    let error = store.put_new("a", b"").unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::Delivery, "{error}");
    let error = store.upload("a", &mut &b""[..], 0).unwrap_err();
    assert_eq!(error.kind(), crate::error::ErrorKind::Delivery, "{error}");
}
