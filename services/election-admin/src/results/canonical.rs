//! Canonical JSON: exactly one text for each value, so that its hash is meaningful.
//!
//! Keys are sorted by their UTF-8 bytes, there is no white space, strings escape only what is necessary, and
//! numbers are whole.

use serde::Serialize;
use serde_json::{Value, to_string, to_value};
use sha2::{Digest, Sha256};

/// Why there is no canonical text.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// The value cannot be written as JSON at all.
    #[error("it cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A number with a fraction or an exponent, which can be written in many ways.
    #[error("{0} is no whole number")]
    NotWhole(String),
}

/// The canonical text of a value.
///
/// # Errors
/// If the value holds a number that is not whole, or cannot be written as JSON.
pub fn text(value: &impl Serialize) -> Result<String, CanonicalError> {
    let mut text = String::new();
    write(&to_value(value)?, &mut text)?;
    Ok(text)
}

/// The SHA-256 of a text.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

fn write(value: &Value, text: &mut String) -> Result<(), CanonicalError> {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => text.push_str(&to_string(value)?),
        Value::Number(number) => {
            let digits = number.to_string();
            let unsigned = digits.strip_prefix('-').unwrap_or(&digits);
            if !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
                return Err(CanonicalError::NotWhole(digits));
            }
            text.push_str(&digits);
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(fields) => {
            // Whether the map is already sorted depends on a feature that any crate may turn on.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| name.as_str());
            text.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&to_string(name)?);
                text.push(':');
                write(value, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_nothing_is_between_them() {
        let value = json!({"b": [1, null, true], "a": {"z": "é\"\n", "Z": -7}, "ä": {}, "c": []});
        assert_eq!(
            text(&value).unwrap(),
            r#"{"a":{"Z":-7,"z":"é\"\n"},"b":[1,null,true],"c":[],"ä":{}}"#
        );
    }

    #[test]
    fn a_number_that_can_be_written_in_many_ways_is_refused() {
        for json in ["1.0", "[0.5]", r#"{"a":1e3}"#] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert!(
                matches!(text(&value), Err(CanonicalError::NotWhole(_))),
                "{json}"
            );
        }
    }

    #[test]
    fn the_hash_is_sha_256() {
        assert_eq!(
            service_kit::hex::hex(&sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
