//! The files of a batch, each of which is identified by its content.

use super::content::{Content, Hashing, SharedHash, begun_hash};
use super::extent::Extent;
use super::path_columns::PathColumns;
use super::read_at::ReadAt;
use super::stamp::path_hash;
use super::stored::{LocalFile, Stored, StoredBytes};
use crate::compression::{self, Compression};
use crate::error::{Error, ErrorKind, Result, limit_reached};
use crate::ledger::{FileDigest, FilePlace, FileStamp, beginning_bytes};
use crate::objects::Object;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use twox_hash::XxHash3_128;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// So many bytes are read at once.
pub(super) const READ_BYTES: usize = 1 << 20;

/// An open batch file.
pub struct BatchFile {
    path: PathBuf,
    stored: Arc<Stored>,
    /// xxh3-128 of its absolute path, or of its URL; `None` for a stream.
    path_hash: Option<u128>,
    /// The number of bytes at the beginning of the content that may be used to find its format and columns.
    look_bytes: u64,
    is_growing: bool,
    path_columns: PathColumns,
    hashed: SharedHash,
}

impl std::fmt::Debug for BatchFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchFile")
            .field("path", &self.path)
            .field("bytes", &self.bytes())
            .finish_non_exhaustive()
    }
}

impl BatchFile {
    /// A file that is open. The path of a stream is no place: it `has_path` if it is that of a file.
    pub(super) fn new(path: &Path, file: File, has_path: bool) -> io::Result<Self> {
        let path_hash = if has_path { Some(path_hash(path)?) } else { None };
        Ok(Self::of(path.to_owned(), path_hash, Stored::Local(LocalFile::new(file)?)))
    }

    /// What an object holds.
    pub(super) fn of_object(object: Object) -> Self {
        let path_hash = Some(xxh3_128(object.identity().as_bytes()));
        Self::of(PathBuf::from(object.url()), path_hash, Stored::Object(object))
    }

    fn of(path: PathBuf, path_hash: Option<u128>, stored: Stored) -> Self {
        Self {
            path,
            stored: Arc::new(stored),
            path_hash,
            look_bytes: u64::MAX,
            is_growing: false,
            path_columns: PathColumns::default(),
            hashed: SharedHash::default(),
        }
    }

    /// Whether it is an object of a store or a file of a web server.
    pub fn is_remote(&self) -> bool {
        matches!(*self.stored, Stored::Object(_))
    }

    /// Starts to fetch it if it is remote, so that a caller that reads several files does not wait for each in turn.
    pub fn fetch(&self) {
        self.stored.fetch();
    }

    /// The path as the user named it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes columns of the folders in its absolute path or URL; a stream has none. Their values are part of its content: two files with
    /// the same bytes in two such folders are two contents. Call it before anything is read.
    ///
    /// # Errors
    /// `ErrorKind::NoInput` if there is no current folder.
    pub fn take_path_columns(&mut self) -> Result<()> {
        self.path_columns = if self.is_remote() {
            PathColumns::of(&self.path)
        } else if self.path_hash.is_some() {
            let path = std::path::absolute(&self.path).map_err(|error| unreadable(&self.path, &error))?;
            PathColumns::of(&path)
        } else {
            PathColumns::default()
        };
        self.hashed = SharedHash::beginning_with(&self.path_columns.content());
        Ok(())
    }

    /// The columns in its path, if they were taken.
    pub const fn path_columns(&self) -> &PathColumns {
        &self.path_columns
    }

    /// The hash of its content before the first byte of it.
    pub(super) fn begun_hash(&self) -> XxHash3_128 {
        begun_hash(&self.path_columns.content())
    }

    /// Length of the stored bytes.
    pub fn bytes(&self) -> u64 {
        self.stored.bytes()
    }

    /// xxh3-128 of its absolute path; `None` for a stream.
    pub const fn path_hash(&self) -> Option<u128> {
        self.path_hash
    }

    /// Its place, with the stamp that shows later changes; `None` for a stream.
    ///
    /// # Errors
    /// `ErrorKind::NoInput` if it cannot be read.
    pub fn place(&self) -> Result<Option<FilePlace>> {
        let Some(path_hash) = self.path_hash else { return Ok(None) };
        let stamp = self.stored.stamp().map_err(|error| unreadable(&self.path, &error))?;
        Ok(Some(FilePlace { path_hash, stamp }))
    }

    /// Whether it is unchanged since it had this stamp. Compares name, length, times, and the bytes at both ends; if its times
    /// `are_trusted`, only name, length and modification time.
    ///
    /// # Errors
    /// `ErrorKind::NoInput` if it cannot be read.
    pub fn has_stamp(&self, stamp: FileStamp, are_trusted: bool) -> Result<bool> {
        self.stored.has_stamp(stamp, are_trusted).map_err(|error| unreadable(&self.path, &error))
    }

    /// Marks it as still being written: an unfinished row, and everything after the first `bytes`, is not used to find its format and
    /// columns.
    pub const fn limit_looks(&mut self, bytes: u64) {
        self.look_bytes = bytes;
        self.is_growing = true;
    }

    /// The part of it that is used to find its format and columns.
    pub(super) const fn look_extent(&self) -> Extent {
        Extent { known_bytes: 0, leaves_unfinished: self.is_growing }
    }

    /// The part of the content that may be used to find its format and columns.
    ///
    /// # Errors
    /// As [`BatchFile::content`].
    pub fn reader(&self) -> io::Result<io::Take<Content>> {
        Ok(self.content()?.take(self.look_bytes))
    }

    /// The stored bytes.
    #[cfg(feature = "parquet")]
    pub(super) const fn stored(&self) -> &Arc<Stored> {
        &self.stored
    }

    /// The name of its compression, found by its first bytes; `None` if it is not compressed or cannot be read.
    pub fn compression_name(&self) -> Option<&'static str> {
        let mut magic = [0; 4];
        let length = self.stored.read_at_most(&mut magic, 0).ok()?;
        Compression::of(&magic[..length]).map(Compression::name)
    }

    /// The content from its start, decompressed if its first bytes are those of gzip or zstd.
    ///
    /// # Errors
    /// The error of the read; [`BatchFile::read_error`] turns it into one for users.
    pub fn content(&self) -> io::Result<Content> {
        Ok(match self.compression()? {
            Some(compression) => {
                Content::Packed(Hashing::new(compression.unpack(self.stored_bytes())?, &self.hashed))
            }
            None => Content::Plain(Hashing::new(self.stored_bytes(), &self.hashed)),
        })
    }

    /// The same as [`BatchFile::content`], without hashing.
    pub(super) fn unhashed(&self) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self.compression()? {
            Some(compression) => compression.unpack(self.stored_bytes())?,
            None => Box::new(self.stored_bytes()),
        })
    }

    fn compression(&self) -> io::Result<Option<Compression>> {
        let mut magic = [0; 4];
        let length = self.stored.read_at_most(&mut magic, 0)?;
        Ok(Compression::of(&magic[..length]))
    }

    fn stored_bytes(&self) -> StoredBytes {
        StoredBytes::new(&self.stored)
    }

    /// The digest of the content without its last `unfinished_bytes`. Bytes that a reader has already hashed are read again only if some
    /// are left out, or if the file `may_grow` and has grown: then the hash shows whether the bytes that were read are unchanged.
    ///
    /// # Errors
    /// `ErrorKind::NoInput` if the file cannot be read, or has changed since it was opened, `ErrorKind::DataRefused` if its
    /// compressed data is damaged.
    pub fn digest(&self, unfinished_bytes: u64, may_grow: bool) -> Result<FileDigest> {
        if !self.hashed.get().is_complete {
            let mut rest = self.content().map_err(|error| self.read_error(&error))?;
            let mut buffer = vec![0; READ_BYTES];
            while rest.read(&mut buffer).map_err(|error| self.read_error(&error))? > 0 {}
        }
        let (mut hash, mut bytes) = {
            let hashed = self.hashed.get();
            (hashed.hash.finish_128(), hashed.bytes)
        };
        let has_changed = self.has_changed(bytes)?;
        if has_changed && !(may_grow && self.hash_of_first(bytes)? == Some(hash)) {
            return Err(file_changed(&self.path));
        }
        if unfinished_bytes > 0 {
            bytes = bytes.saturating_sub(unfinished_bytes);
            hash = self.hash_of_first(bytes)?.ok_or_else(|| file_changed(&self.path))?;
        }
        Ok(FileDigest { hash, bytes, beginning: xxh3_64(&self.beginning(beginning_bytes(bytes))?) })
    }

    fn has_changed(&self, content_bytes: u64) -> Result<bool> {
        let has_changed = self.stored.has_changed().map_err(|error| unreadable(&self.path, &error))?;
        let is_cut = self.compression().map_err(|error| self.read_error(&error))?.is_none()
            && content_bytes != self.bytes();
        Ok(is_cut || has_changed)
    }

    /// xxh3-128 of the first `bytes` of the content; `None` if it has fewer.
    fn hash_of_first(&self, bytes: u64) -> Result<Option<u128>> {
        let mut hash = self.begun_hash();
        let mut reader = self.unhashed().map_err(|error| self.read_error(&error))?.take(bytes);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            match reader.read(&mut buffer).map_err(|error| self.read_error(&error))? {
                0 => return Ok((reader.limit() == 0).then(|| hash.finish_128())),
                count => hash.write(&buffer[..count]),
            }
        }
    }

    /// The length of the content; if it is longer than `max_bytes`, any number above that. Costs a pass over a compressed file.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub fn content_bytes(&self, max_bytes: u64) -> Result<u64> {
        if self.compression().map_err(|error| self.read_error(&error))?.is_none() {
            return Ok(self.bytes());
        }
        let mut content = self.unhashed().map_err(|error| self.read_error(&error))?;
        let mut buffer = vec![0; READ_BYTES];
        let mut bytes = 0;
        while bytes <= max_bytes {
            match content.read(&mut buffer).map_err(|error| self.read_error(&error))? {
                0 => break,
                count => bytes += count as u64,
            }
        }
        Ok(bytes)
    }

    /// The first `bytes` of the content.
    ///
    /// # Errors
    /// As [`BatchFile::digest`].
    pub fn beginning(&self, bytes: u64) -> Result<Vec<u8>> {
        let mut beginning = Vec::new();
        let read = self.content().and_then(|content| content.take(bytes).read_to_end(&mut beginning));
        read.map_err(|error| self.read_error(&error))?;
        Ok(beginning)
    }

    /// The error for a failed read: `DataRefused` for damaged compression, `NoInput` for all else.
    pub fn read_error(&self, error: &io::Error) -> Error {
        // Whatever was made of it on the way, that is the reason.
        if let Some(failure) = self.stored.failure() {
            return failure;
        }
        match compression::damage(error) {
            Some(refusal) => refusal.at(self.path.display()).nothing_changed(),
            None => unreadable(&self.path, error),
        }
    }
}

/// The error for a file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::NoInput, format!("cannot read the batch file: {error}"))
        .at(path.display())
        .remedy(limit_reached(error).unwrap_or("check the name and its permissions"))
        .nothing_changed()
}

/// The error for a file that changed after it was opened.
pub fn file_changed(path: &Path) -> Error {
    Error::new(ErrorKind::NoInput, "the file changed while it was read")
        .at(path.display())
        .remedy("rerun the command when the file is complete")
        .nothing_changed()
}

#[cfg(test)]
mod tests {
    use super::super::opening::open;
    use super::*;
    use std::io::Write;
    use xxhash_rust::xxh3::xxh3_128;

    fn file_with(bytes: &[u8]) -> (tempfile::NamedTempFile, BatchFile) {
        let mut named = tempfile::NamedTempFile::new().unwrap();
        named.write_all(bytes).unwrap();
        let opened = open(named.path(), u64::MAX).unwrap();
        (named, opened)
    }

    fn content(file: &BatchFile) -> Vec<u8> {
        let mut content = Vec::new();
        file.reader().unwrap().read_to_end(&mut content).unwrap();
        content
    }

    fn digest_of(content: &[u8]) -> FileDigest {
        let length = usize::try_from(beginning_bytes(content.len() as u64)).unwrap();
        let beginning = &content[..length];
        FileDigest { hash: xxh3_128(content), bytes: content.len() as u64, beginning: xxh3_64(beginning) }
    }

    #[test]
    fn the_digest_is_that_of_the_content_however_it_was_read() {
        let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
        let (_named, file) = file_with(&bytes);
        file.reader().unwrap().read_exact(&mut [0; 1_000]).unwrap();
        assert_eq!(content(&file), bytes);
        assert_eq!(file.digest(0, false).unwrap(), digest_of(&bytes));
        assert_eq!(file.digest(0, false).unwrap(), digest_of(&bytes));
        for stored in [bytes.clone(), zstd::encode_all(&bytes[..], 1).unwrap()] {
            let (_named, unread) = file_with(&stored);
            assert_eq!(unread.digest(0, false).unwrap(), digest_of(&bytes));
            assert_eq!(unread.digest(7, false).unwrap(), digest_of(&bytes[..2_999_993]));
        }
    }

    #[test]
    fn gzip_of_several_members_and_zstd_are_read_through() {
        let gzip = |text: &[u8]| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        };
        let two = [gzip(b"a,1\n"), gzip(b"b,2\n")].concat();
        let padded = [&two[..], &[0; 5_000]].concat();
        let frame = zstd::encode_all(&b"a,1\nb,2\n"[..], 1).unwrap();
        let skipped = [&b"\x50\x2A\x4D\x18\x04\0\0\0\x01\x02\x03\x04"[..], &frame].concat();
        for stored in [two.clone(), padded, frame, skipped] {
            let (_named, file) = file_with(&stored);
            assert_eq!(content(&file), b"a,1\nb,2\n");
            assert_eq!(file.digest(0, false).unwrap(), digest_of(b"a,1\nb,2\n"));
        }
        let (_named, file) = file_with(&[&two[..], b"\0\0garbage"].concat());
        assert!(file.reader().unwrap().read_to_end(&mut Vec::new()).is_err());
        assert_eq!(file.digest(0, false).unwrap_err().kind(), ErrorKind::DataRefused);
    }

    #[test]
    fn a_file_that_grew_is_refused_unless_it_may_grow() {
        let (mut named, file) = file_with(b"a,1\n");
        named.write_all(b"b,2\n").unwrap();
        assert_eq!(file.digest(0, false).unwrap_err().kind(), ErrorKind::NoInput);
        assert_eq!(file.digest(0, true).unwrap(), digest_of(b"a,1\n"));
        named.as_file_mut().set_len(3).unwrap();
        assert_eq!(file.digest(0, true).unwrap_err().kind(), ErrorKind::NoInput);
    }

    #[test]
    fn a_stamp_is_of_one_file_and_shows_a_change_of_its_ends() {
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let (mut named, fresh) = file_with(&b"x".repeat(300_000));
        assert_eq!(fresh.place().unwrap().unwrap().stamp, None, "it may change again at the same time");
        named.as_file_mut().set_modified(old).unwrap();
        let opened = || open(named.path(), u64::MAX).unwrap();
        let stamp = opened().place().unwrap().unwrap().stamp.unwrap();
        assert!(opened().has_stamp(stamp, false).unwrap() && opened().has_stamp(stamp, true).unwrap());
        let FileStamp::File { bytes, modified_ns, changed_ns, inode, ends } = stamp else {
            panic!("{stamp:?}")
        };
        let other = |ends, changed_ns| FileStamp::File { bytes, modified_ns, changed_ns, inode, ends };
        for unlike in [other(ends + 1, changed_ns), other(ends, changed_ns + 1)] {
            assert!(!opened().has_stamp(unlike, false).unwrap() && opened().has_stamp(unlike, true).unwrap());
        }
        let (other_file, _) = file_with(&b"x".repeat(300_000));
        other_file.as_file().set_modified(old).unwrap();
        assert!(!open(other_file.path(), u64::MAX).unwrap().has_stamp(stamp, true).unwrap());
    }
}
