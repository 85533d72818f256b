//! Bytes and large numbers as JSON: text where that says it, so that an export can be read by people.

/// Bytes: a string where they are UTF-8, else `{"hex": "..."}`.
pub mod bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(String),
        Hex { hex: String },
    }

    /// Writes the bytes.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        let hex = || bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        match std::str::from_utf8(bytes) {
            Ok(text) => text.serialize(to),
            Err(_) => Form::Hex { hex: hex() }.serialize(to),
        }
    }

    /// Reads them.
    ///
    /// # Errors
    /// The deserializer's, or if they are no pairs of hexadecimal digits.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        match Form::deserialize(from)? {
            Form::Text(text) => Ok(text.into_bytes()),
            Form::Hex { hex } => {
                let pairs = hex.as_bytes().chunks(2);
                let byte = |pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
                let bytes: Option<Vec<u8>> = pairs.map(byte).collect();
                bytes.ok_or_else(|| serde::de::Error::custom("hex is pairs of hexadecimal digits"))
            }
        }
    }
}

/// Numbers of 128 bits, which JSON readers tend to round: 32 hexadecimal digits.
pub mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// Writes the number.
    ///
    /// # Errors
    /// The serializer's.
    pub fn serialize<S: Serializer>(number: &u128, to: S) -> Result<S::Ok, S::Error> {
        format!("{number:032x}").serialize(to)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The deserializer's, or if it is no hexadecimal number.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u128, D::Error> {
        u128::from_str_radix(&String::deserialize(from)?, 16).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExportedState;

    #[test]
    fn keys_are_text_where_they_can_be_and_come_back() {
        for (key, json) in [(&b"ann"[..], r#""ann""#), (b"\xff\x00", r#"{"hex":"ff00"}"#), (b"", r#""""#)] {
            let row = ExportedState { key: key.to_vec(), open: None, tail_us: vec![-1], ruled: None };
            let text = serde_json::to_string(&row).unwrap();
            assert_eq!(text, format!(r#"{{"key":{json},"open":null,"tail_us":[-1]}}"#));
            assert_eq!(serde_json::from_str::<ExportedState>(&text).unwrap(), row);
        }
        assert!(
            serde_json::from_str::<ExportedState>(r#"{"key":{"hex":"fg"},"open":null,"tail_us":[]}"#)
                .is_err()
        );
    }
}
