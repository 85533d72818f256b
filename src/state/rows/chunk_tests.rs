//! Where chunks end, and keys whose pieces are not all there.

use super::chunk::{Chunk, open_chunk};
use super::encoded::EncodedPartition;
use super::pieces::for_each_piece;
use super::reader::RowReader;
use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{OpenRow, v1};
use bincode::Encode;
use xxhash_rust::xxh3::xxh3_64;

fn encoded(row: &impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(row, &mut bytes);
    bytes
}

fn row(key: &[u8]) -> OpenRow<'static> {
    OpenRow { key: key.to_vec().into(), open: None, tail_us: vec![1], ruled: None }
}

/// Keys of which the hash of the row, modulo 1024, and its length compare like this.
fn keys(compares: fn(u64, u64) -> bool) -> impl Iterator<Item = Vec<u8>> {
    let keys = (0_u32..).map(|number| format!("key {number:05}").into_bytes());
    keys.filter(move |key| {
        let bytes = encoded(&v1::StateRow { key, open: None, tail_us: vec![1] });
        compares(xxh3_64(&bytes) % 1024, bytes.len() as u64)
    })
}

fn lengths(keys: impl IntoIterator<Item = Vec<u8>>) -> Vec<usize> {
    let mut encoded = EncodedPartition::default();
    for key in keys {
        encoded.push(row(&key));
    }
    encoded.chunks().iter().map(|chunk| chunk.bytes().len()).collect()
}

/// `docs/format.md`: at 12 KiB, or from 9 KiB on after a row that marks an end.
#[test]
fn a_chunk_ends_at_twelve_kib_or_from_nine_on_behind_a_row_that_marks_an_end() {
    let ends = || keys(|hash, length| hash < length);
    let silent = || keys(|hash, length| hash >= length);
    let row_bytes = 13;
    let of_silent = lengths(silent().take(3_000));
    let (last, whole) = of_silent.split_last().unwrap();
    assert!(whole.len() > 2 && *last < 12 << 10, "{of_silent:?}");
    assert!(whole.iter().all(|bytes| (12 << 10..(12 << 10) + row_bytes).contains(bytes)), "{whole:?}");
    // So many rows come to 9 KiB, with the eight bytes before them.
    let full = (9_usize << 10).div_ceil(row_bytes);
    let begun =
        |mark: Vec<u8>| lengths(silent().take(full).chain([mark]).chain(silent().skip(full).take(10)));
    assert_eq!(begun(ends().next().unwrap()).len(), 2);
    assert_eq!(begun(silent().nth(5_000).unwrap()).len(), 1);
    assert_eq!(begun(keys(|hash, length| hash == length).next().unwrap()).len(), 1);
    let early = silent().take(full - 10).chain(ends().take(1)).chain(silent().skip(full).take(5));
    assert_eq!(lengths(early).len(), 1);
}

/// The pieces of a key under rules: three, the last of which is short.
fn pieces(key: &[u8]) -> Vec<Vec<u8>> {
    let state = v1::RuledState { open: None, before: None, tail: vec![(1, vec![7; 9_000])] };
    let mut pieces = Vec::new();
    for_each_piece(key, &encoded(&state), |piece| pieces.push(encoded(piece)));
    assert_eq!(pieces.len(), 3);
    pieces
}

/// The keys that are read from these chunks of pieces, and what is lost.
fn read(chunks: &[Vec<&Vec<u8>>]) -> (Vec<String>, Vec<String>) {
    let (mut found, mut lost) = (Vec::new(), Vec::new());
    let mut reader = RowReader::new(false);
    for pieces in chunks {
        let rows: Vec<u8> = pieces.iter().copied().flatten().copied().collect();
        let chunk = Chunk::of(&rows, u32::try_from(pieces.len()).unwrap());
        let mut visit = |row: OpenRow<'_>| {
            assert_eq!(row.events(), 1);
            found.push(String::from_utf8(row.key.to_vec()).unwrap());
            Ok(())
        };
        let mut tell = |damage: &str| {
            lost.push(damage.to_owned());
            Ok(())
        };
        let opened = open_chunk(chunk.bytes(), chunk.digest());
        assert!(reader.read(opened, &mut visit, &mut tell).unwrap());
    }
    let end = reader.end(&mut |damage| {
        lost.push(damage.to_owned());
        Ok(())
    });
    end.unwrap();
    (found, lost)
}

#[test]
fn a_key_is_read_when_all_of_its_pieces_follow_each_other_and_else_is_lost_once() {
    let [ann, bob, cat] = [&b"ann"[..], b"bob", b"cat"].map(pieces);
    let of = |chunks: &[Vec<&Vec<u8>>]| {
        let (found, lost) = read(chunks);
        (found.join(" "), lost.join("; "))
    };
    let expect = |chunks: &[Vec<&Vec<u8>>], found: &str, lost: &str| {
        assert_eq!(of(chunks), (found.to_owned(), lost.to_owned()));
    };
    let torn = |key: &str| format!("a piece of key {key} is missing");
    expect(&[ann.iter().chain(&bob).collect(), cat.iter().collect()], "ann bob cat", "");
    expect(&[vec![&ann[0]], vec![&ann[1]], ann[2..].iter().chain(&bob).collect()], "ann bob", "");
    // The last, the first and the middle one are missing, at the end of all and before others.
    expect(&[ann.iter().chain(&bob[..2]).collect()], "ann", &torn("bob"));
    expect(&[ann[..2].iter().chain(&bob).collect()], "bob", &torn("ann"));
    expect(&[ann[1..].iter().chain(&bob).collect()], "bob", &torn("ann"));
    expect(&[vec![&ann[0], &ann[2]], bob.iter().collect()], "bob", &torn("ann"));
    expect(
        &[vec![&ann[0], &bob[1], &bob[2]], cat.iter().collect()],
        "cat",
        &format!("{}; {}", torn("ann"), torn("bob")),
    );
}

#[cfg(feature = "parquet")]
#[test]
fn open_state_without_a_store_is_its_rows_or_nothing() {
    use super::{bytes_of, read, write, write_counted};
    use crate::core::gap::Gap;
    use crate::core::reducer::{GapReducer, OpenCounts};
    use crate::state::Stored;

    let reducer = || GapReducer::new(Gap::from_us(5));
    assert_eq!(write_counted(&mut reducer()), (None, OpenCounts::default()));
    assert_eq!(bytes_of(&EncodedPartition::default()), None);
    let mut one = reducer();
    one.restore_row(row(b"ann")).unwrap();
    let (bytes, counts) = write_counted(&mut one);
    assert_eq!(counts, OpenCounts::of_key(None, 1));
    assert_eq!(bytes, Some(write(&mut one)));
    let mut other = reducer();
    read(&bytes.unwrap(), &mut other).unwrap();
    assert_eq!(write(&mut other), write(&mut one));
}
