//! The bytes of a file at any place, for several readers side by side.

use crate::input::files::BatchFile;
use crate::input::read_at::ReadAt;
use crate::input::stored::Stored;
use bytes::Bytes;
use parquet::errors::{ParquetError, Result};
use parquet::file::reader::{ChunkReader, Length};
use std::io::{self, BufReader, Read};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

/// A reader of one file. The file has one offset for all of its readers, so each read states its place.
#[derive(Debug, Clone)]
pub(super) struct StoredFile {
    file: Arc<Stored>,
    length: u64,
    /// The first read that has failed: the library might make something else of it, or nothing.
    failure: Arc<Mutex<Option<io::Error>>>,
}

/// Why nothing could be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// The file cannot be read.
    Read(io::Error),
    /// Its content makes no sense.
    Damage(String),
}

impl StoredFile {
    pub(super) fn of(file: &BatchFile) -> Self {
        Self { file: Arc::clone(file.stored()), length: file.bytes(), failure: Arc::default() }
    }

    /// What the library makes of the file, whose damage may well lead it into a panic.
    ///
    /// # Errors
    /// [`Failure`]; a read that has failed is one whatever the library says.
    pub(super) fn read<T>(&self, read: impl FnOnce(Self) -> Result<T>) -> std::result::Result<T, Failure> {
        let reader = Self { failure: Arc::default(), ..self.clone() };
        let failure = Arc::clone(&reader.failure);
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(|| read(reader)));
        if let Some(error) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(Failure::Read(error));
        }
        match outcome {
            Ok(outcome) => outcome.map_err(|error| Failure::Damage(error.to_string())),
            Err(_) => Err(Failure::Damage("its parts contradict each other".to_owned())),
        }
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let reported = io::Error::from(error.kind());
                    let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                    failure.get_or_insert(error);
                    return Err(reported);
                }
                read => return read,
            }
        }
    }
}

impl Length for StoredFile {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for StoredFile {
    type T = BufReader<ReadFrom>;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        Ok(BufReader::new(ReadFrom { stored: self.clone(), offset: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let left = usize::try_from(self.length.saturating_sub(start)).unwrap_or(usize::MAX);
        if length > left {
            let what = format!("{length} bytes should follow its byte {start}, and {left} do");
            return Err(ParquetError::EOF(what));
        }
        let mut bytes = vec![0; length];
        ReadFrom { stored: self.clone(), offset: start }.read_exact(&mut bytes)?;
        Ok(bytes.into())
    }
}

/// Reads a file from a place on.
#[derive(Debug)]
pub(super) struct ReadFrom {
    stored: StoredFile,
    offset: u64,
}

impl Read for ReadFrom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stored.read_at(buffer, self.offset)?;
        self.offset += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, clippy::panic, reason = "files and panics of tests")]

    use super::*;
    use crate::input::stored::LocalFile;
    use std::fs::File;

    fn stored(file: File, length: u64) -> StoredFile {
        let file = Arc::new(Stored::Local(LocalFile::new(file).unwrap()));
        StoredFile { file, length, failure: Arc::default() }
    }

    #[test]
    fn a_read_that_fails_is_a_failure_whatever_is_made_of_it() {
        let named = tempfile::NamedTempFile::new().unwrap();
        let unreadable = stored(File::options().write(true).open(named.path()).unwrap(), 100);
        let swallowed = unreadable.read(|reader| {
            assert!(reader.get_bytes(0, 10).is_err());
            Ok(())
        });
        assert!(matches!(swallowed, Err(Failure::Read(error)) if error.raw_os_error() == Some(9)));
        let reported = unreadable.read(|reader| Ok(reader.get_read(0)?.read_exact(&mut [0; 4])?));
        assert!(matches!(reported, Err(Failure::Read(_))));
        assert!(unreadable.read(|_| Ok(())).is_ok());
    }

    #[test]
    fn what_is_not_there_and_what_panics_is_damage() {
        let file = stored(tempfile::tempfile().unwrap(), 100);
        let missing = |length| file.read(|reader| reader.get_bytes(90, length).map(|_| ()));
        assert!(matches!(missing(10), Err(Failure::Damage(_))));
        let Err(Failure::Damage(damage)) = missing(usize::MAX) else { panic!("it has no such bytes") };
        assert!(damage.contains("should follow its byte 90, and 10 do"), "{damage}");
        let panics = file.read(|_| -> Result<()> { panic!("as the library does") });
        assert!(
            matches!(panics, Err(Failure::Damage(damage)) if damage == "its parts contradict each other")
        );
    }

    #[test]
    fn readers_of_one_file_do_not_move_each_other() {
        use std::io::Write;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&(0..=255).collect::<Vec<u8>>()).unwrap();
        let stored = stored(file, 256);
        let (mut low, mut high) = (stored.get_read(0).unwrap(), stored.get_read(128).unwrap());
        for expected in 0..100_u8 {
            let mut bytes = [0; 2];
            low.read_exact(&mut bytes[..1]).unwrap();
            high.read_exact(&mut bytes[1..]).unwrap();
            assert_eq!(bytes, [expected, expected + 128]);
        }
    }
}
