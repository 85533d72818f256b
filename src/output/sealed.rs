//! The documents of output folders and of targets: JSON that says its version first and its checksum last.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// The version of each of them.
const FORMAT_VERSION: u32 = 1;

/// What stands behind the 16 digits of a checksum.
const END: &[u8] = b"\"\n}\n";
const DIGITS: usize = 16;

/// A document with its version and its checksum: the xxh3-64 of the whole file with an empty checksum, in hexadecimal.
#[derive(Debug, Serialize)]
pub struct Sealed<'d, T> {
    format_version: u32,
    #[serde(flatten)]
    document: &'d T,
    checksum: &'static str,
}

/// What every version begins with.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

impl<'d, T: Serialize + DeserializeOwned> Sealed<'d, T> {
    /// Seals a document.
    pub const fn of(document: &'d T) -> Self {
        Self { format_version: FORMAT_VERSION, document, checksum: "" }
    }

    /// The content of its file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        let checksum = format!("{:016x}", xxh3_64(&bytes));
        let place = bytes.len().saturating_sub(END.len());
        bytes.splice(place..place, checksum.into_bytes());
        bytes
    }

    /// The document in the content of a file. Fields that it does not know are passed over, but the checksum covers them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<T, String> {
        let version: Version = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if version.format_version > FORMAT_VERSION {
            return Err(format!(
                "it has format version {}; this program reads up to version {FORMAT_VERSION}: use a newer program",
                version.format_version
            ));
        }
        if !is_sealed(bytes) {
            return Err("its checksum does not match".to_owned());
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

fn is_sealed(bytes: &[u8]) -> bool {
    let sealed = bytes.strip_suffix(END).and_then(|text| text.split_last_chunk::<DIGITS>());
    sealed.is_some_and(|(before, checksum)| {
        format!("{:016x}", xxh3_64(&[before, END].concat())).as_bytes() == checksum
    })
}

/// How documents write the id of a stream.
pub mod stream_text {
    use crate::ledger::StreamId;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(id: &StreamId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<StreamId, D::Error> {
        let text = String::deserialize(from)?;
        StreamId::read(&text).ok_or_else(|| D::Error::custom("its stream id is not a UUID"))
    }
}

/// How documents write a digest: 32 hexadecimal digits.
pub mod digest_text {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub fn serialize<S: Serializer>(digest: &u128, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{digest:032x}"))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        let text = String::deserialize(from)?;
        u128::from_str_radix(&text, 16).map_err(|_| D::Error::custom("its head digest is not hexadecimal"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        text: String,
    }

    fn sealed(text: &str) -> String {
        text.replace("CHECKSUM", &format!("{:016x}", xxh3_64(text.replace("CHECKSUM", "").as_bytes())))
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let note = Note { text: "ä \"checksum\": \"".to_owned() };
        let bytes = Sealed::of(&note).to_bytes();
        assert_eq!(Sealed::read(&bytes), Ok(note));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(Sealed::<Note>::read(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(Sealed::<Note>::read(&bytes[..length]).is_err(), "cut to {length}");
        }
    }

    #[test]
    fn a_document_may_gain_fields_and_a_newer_version_is_refused() {
        let document = sealed(
            "{\n  \"format_version\": 1,\n  \"text\": \"a\",\n  \"new\": [2],\n  \"checksum\": \"CHECKSUM\"\n}\n",
        );
        assert_eq!(Sealed::read(document.as_bytes()), Ok(Note { text: "a".to_owned() }));
        let newer = document.replace("\"format_version\": 1", "\"format_version\": 2");
        assert!(Sealed::<Note>::read(newer.as_bytes()).unwrap_err().contains("format version 2"));
    }
}
