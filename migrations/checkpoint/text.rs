//! Bytes and large numbers as JSON: text where that says it, so that an export can be read by people.
//!
//! Each module is the `with` of a field of a row.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A string where the bytes are UTF-8, else `{"hex": "..."}`.
struct Bytes(Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Form {
    Text(String),
    Hex { hex: String },
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let hex = || self.0.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        match std::str::from_utf8(&self.0) {
            Ok(text) => text.serialize(to),
            Err(_) => Form::Hex { hex: hex() }.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(Self(text.into_bytes())),
            Form::Hex { hex } => {
                let pairs = hex.as_bytes().chunks(2);
                let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
                let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
                bytes.map(Self).ok_or_else(|| D::Error::custom("hex is pairs of hexadecimal digits"))
            }
        }
    }
}

/// 32 hexadecimal digits: JSON readers tend to round numbers of 128 bits.
struct Hexadecimal(u128);

impl Serialize for Hexadecimal {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        format!("{:032x}", self.0).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Hexadecimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        u128::from_str_radix(&String::deserialize(from)?, 16).map(Self).map_err(D::Error::custom)
    }
}

/// Bytes.
pub mod bytes {
    use super::{Bytes, Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        Bytes(bytes.to_vec()).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>, T: From<Vec<u8>>>(from: D) -> Result<T, D::Error> {
        Bytes::deserialize(from).map(|bytes| bytes.0.into())
    }
}

/// Several pieces of bytes.
pub mod pieces {
    use super::{Bytes, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(pieces: &[Vec<u8>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(pieces.iter().map(|bytes| Bytes(bytes.clone())))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<u8>>, D::Error> {
        Ok(Vec::<Bytes>::deserialize(from)?.into_iter().map(|bytes| bytes.0).collect())
    }
}

/// Several states, each of several pieces of bytes.
pub mod states {
    use super::{Bytes, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(states: &[Vec<Vec<u8>>], to: S) -> Result<S::Ok, S::Error> {
        let pieces = |state: &Vec<Vec<u8>>| -> Vec<Bytes> { state.iter().cloned().map(Bytes).collect() };
        to.collect_seq(states.iter().map(pieces))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Vec<Vec<u8>>>, D::Error> {
        let states = Vec::<Vec<Bytes>>::deserialize(from)?;
        Ok(states.into_iter().map(|state| state.into_iter().map(|bytes| bytes.0).collect()).collect())
    }
}

/// Times in microseconds, each with the bytes of its event.
pub mod tail {
    use super::{Bytes, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(tail: &[(i64, Vec<u8>)], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(tail.iter().map(|(us, bytes)| (us, Bytes(bytes.clone()))))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(i64, Vec<u8>)>, D::Error> {
        Ok(Vec::<(i64, Bytes)>::deserialize(from)?.into_iter().map(|(us, bytes)| (us, bytes.0)).collect())
    }
}

/// A number of 128 bits.
pub mod hexadecimal {
    use super::{Deserialize, Deserializer, Hexadecimal, Serialize, Serializer};

    pub fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        Hexadecimal(*number).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        Hexadecimal::deserialize(from).map(|number| number.0)
    }
}

/// A number of 64 bits, as 16 hexadecimal digits.
pub mod hexadecimal_64 {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's way of calling it")]
    pub fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        format!("{number:016x}").serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        u64::from_str_radix(&String::deserialize(from)?, 16).map_err(D::Error::custom)
    }
}

/// Several numbers of 128 bits.
pub mod hexadecimals {
    use super::{Deserialize, Deserializer, Hexadecimal, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[u128], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(numbers.iter().map(|&number| Hexadecimal(number)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u128>, D::Error> {
        Ok(Vec::<Hexadecimal>::deserialize(from)?.into_iter().map(|number| number.0).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::OpenRow;

    #[test]
    fn keys_are_text_where_they_can_be_and_come_back() {
        for (key, json) in [(&b"ann"[..], r#""ann""#), (b"\xff\x00", r#"{"hex":"ff00"}"#), (b"", r#""""#)] {
            let row = OpenRow { key: key.into(), open: None, tail_us: vec![-1], ruled: None };
            let text = serde_json::to_string(&row).unwrap();
            assert_eq!(text, format!(r#"{{"key":{json},"open":null,"tail_us":[-1]}}"#));
            assert_eq!(serde_json::from_str::<OpenRow<'_>>(&text).unwrap(), row);
        }
        assert!(
            serde_json::from_str::<OpenRow<'_>>(r#"{"key":{"hex":"fg"},"open":null,"tail_us":[]}"#).is_err()
        );
    }
}
