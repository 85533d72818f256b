//! Compressed files: those that are read are recognized by their first bytes, whatever their name.

use crate::error::{Error, ErrorKind};
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, BufRead, Read, Write};

const BUFFER_BYTES: usize = 1 << 20;

/// The level of compressed outputs, for both libraries. Half of a row of sessions is random, and higher levels look for what is not
/// there: 3 of zstd takes twice the time for as many bytes, 6 of gzip four times for 7 to 16 % fewer.
const LEVEL: u32 = 1;

/// The message of the zstd library for a frame that needs a dictionary.
const NEEDS_DICTIONARY: &str = "Dictionary mismatch";

/// The compression of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Compression {
    /// One member or several.
    Gzip,
    /// One frame or several.
    Zstd,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Gzip, Self::Zstd];

    /// The compression of a file that begins with `bytes`.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            // Parallel compressors such as pzstd write a frame that is to be skipped before each frame.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// The one with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|compression| compression.name() == name)
    }

    /// The extension of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Zstd => "zst",
        }
    }

    /// A reader of the decompressed content of `stored`.
    ///
    /// # Errors
    /// If the library returns no reader.
    pub fn unpack(self, stored: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => {
                let buffered = io::BufReader::with_capacity(BUFFER_BYTES, stored);
                Box::new(GzipMembers { member: Some(GzDecoder::new(buffered)) })
            }
            Self::Zstd => Box::new(zstd::Decoder::new(stored)?),
        })
    }

    /// A compressor, at the level [`LEVEL`]. The same content becomes the same bytes, however it is divided into writes.
    ///
    /// # Errors
    /// If the library returns none.
    pub fn compressor(self) -> io::Result<Compressor> {
        Ok(match self {
            Self::Gzip => Compressor::Gzip(GzEncoder::new(Vec::new(), flate2::Compression::new(LEVEL))),
            Self::Zstd => Compressor::Zstd(zstd::Encoder::new(Vec::new(), LEVEL.cast_signed())?),
        })
    }
}

/// Compresses content into one member or frame.
pub enum Compressor {
    /// As `gzip` does, without name and time.
    Gzip(GzEncoder<Vec<u8>>),
    /// As `zstd` does.
    Zstd(zstd::Encoder<'static, Vec<u8>>),
}

impl Compressor {
    /// Takes content, and returns the bytes that are ready since the last call.
    ///
    /// # Errors
    /// If the library fails.
    pub fn take(&mut self, content: &[u8]) -> io::Result<&[u8]> {
        self.ready().clear();
        match self {
            Self::Gzip(encoder) => encoder.write_all(content)?,
            Self::Zstd(encoder) => encoder.write_all(content)?,
        }
        Ok(self.ready())
    }

    /// Returns the bytes behind all others.
    ///
    /// # Errors
    /// If the library fails.
    pub fn finish(&mut self) -> io::Result<&[u8]> {
        self.ready().clear();
        match self {
            Self::Gzip(encoder) => encoder.try_finish()?,
            Self::Zstd(encoder) => encoder.do_finish()?,
        }
        Ok(self.ready())
    }

    fn ready(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Gzip(encoder) => encoder.get_mut(),
            Self::Zstd(encoder) => encoder.get_mut(),
        }
    }
}

/// The content of all members of a gzip file, one after the other. Zeros after a member are padding, as on tapes.
struct GzipMembers<R> {
    /// `None` at the end.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.member = match self.member.take() {
                Some(member) => next_member(member.into_inner())?,
                None => None,
            };
        }
        Ok(0)
    }
}

fn next_member<R: BufRead>(mut stored: R) -> io::Result<Option<GzDecoder<R>>> {
    loop {
        let bytes = stored.fill_buf()?;
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        match (bytes.len(), bytes.len() - zeros) {
            (0, _) => return Ok(None),
            (_, 0) => stored.consume(zeros),
            _ => {
                stored.consume(zeros);
                return Ok(Some(GzDecoder::new(stored)));
            }
        }
    }
}

/// The refusal of a file whose compressed data caused `error`; `None` if the data is not at fault.
pub fn damage(error: &io::Error) -> Option<Error> {
    use io::ErrorKind as Io;
    match error.kind() {
        // The zstd library has one kind for all its errors: other.
        Io::Other if error.to_string().contains(NEEDS_DICTIONARY) => {
            let what = "the compressed data needs a dictionary, which sessionize does not have";
            let error = Error::new(ErrorKind::DataRefused, what);
            Some(error.remedy("decompress it with its dictionary first: zstd -d -D DICTIONARY"))
        }
        Io::InvalidInput | Io::InvalidData | Io::UnexpectedEof | Io::Other => {
            let what = format!("the compressed data is damaged: {error}");
            Some(Error::new(ErrorKind::DataRefused, what).remedy("fetch the file again"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_dictionary_is_told_from_damage_and_neither_from_a_failed_read() {
        let said = |error: io::Error| damage(&error).map(|refusal| refusal.to_string());
        let needs = said(io::Error::other(NEEDS_DICTIONARY)).unwrap();
        assert!(needs.contains("needs a dictionary"), "{needs}");
        for damaged in [io::Error::other("Unknown frame descriptor"), io::ErrorKind::UnexpectedEof.into()] {
            let told = said(damaged).unwrap();
            assert!(told.contains("is damaged") && !told.contains("dictionary"), "{told}");
        }
        assert_eq!(said(io::ErrorKind::PermissionDenied.into()), None);
    }
}
