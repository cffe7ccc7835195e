//! A voter, and the two things that identify one.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::civil::Date;
use uuid::Uuid;

/// A voter's GUID: sent to the voter, who keeps it secret. Never shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Guid([u8; 16]);

/// The text is not a GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a GUID: 32 hexadecimal digits, with or without hyphens, are expected")]
pub struct NotAGuid;

impl Guid {
    /// An unpredictable GUID (a version 4 UUID).
    pub fn random() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }

    /// Of 16 bytes in network order.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, in network order.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// As PostgreSQL stores it.
    pub fn to_uuid(self) -> Uuid {
        Uuid::from_bytes(self.0)
    }
}

impl From<Uuid> for Guid {
    fn from(uuid: Uuid) -> Self {
        Self(uuid.into_bytes())
    }
}

impl FromStr for Guid {
    type Err = NotAGuid;

    fn from_str(text: &str) -> Result<Self, NotAGuid> {
        Uuid::try_parse(text).map(Self::from).map_err(|_| NotAGuid)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// A personal identity number: exactly 11 decimal digits. Never shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PersonalId([u8; 11]);

/// The text is not a personal identity number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a personal_id: exactly 11 digits are expected")]
pub struct NotAPersonalId;

impl PersonalId {
    /// The 11 digits.
    pub fn as_str(&self) -> &str {
        #[expect(clippy::expect_used, reason = "only ASCII digits get in")]
        str::from_utf8(&self.0).expect("digits")
    }
}

impl PersonalId {
    /// The last 11 digits of a number, with zeros in front.
    pub fn from_number(mut number: u64) -> Self {
        let mut digits = [b'0'; 11];
        for digit in digits.iter_mut().rev() {
            *digit = b"0123456789"[(number % 10) as usize];
            number /= 10;
        }
        Self(digits)
    }
}

impl FromStr for PersonalId {
    type Err = NotAPersonalId;

    fn from_str(text: &str) -> Result<Self, NotAPersonalId> {
        let digits: [u8; 11] = text.as_bytes().try_into().map_err(|_| NotAPersonalId)?;
        if digits.iter().all(u8::is_ascii_digit) {
            Ok(Self(digits))
        } else {
            Err(NotAPersonalId)
        }
    }
}

impl fmt::Debug for PersonalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// One row of the roll, without its number.
#[derive(Clone, Debug)]
pub struct Voter {
    /// The voter's personal number.
    pub personal_id: PersonalId,
    /// The voter's secret for the election.
    pub guid: Guid,
    /// First name.
    pub first_name: Cow<'static, str>,
    /// Last name.
    pub last_name: Cow<'static, str>,
    /// Date of birth.
    pub birth_date: Date,
    /// Gender, as in the register.
    pub gender: Cow<'static, str>,
    /// Region of residence.
    pub region: Cow<'static, str>,
    /// Constituency; 0 if there is only one.
    pub district: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_parse_strictly_and_never_show() {
        let guid: Guid = "28f8a8e0-f4c7-4e3f-93fb-2f95c53bfe4b".parse().unwrap();
        assert_eq!(Ok(guid), "28F8A8E0F4C74E3F93FB2F95C53BFE4B".parse());
        assert_eq!(Err(NotAGuid), "28f8a8e0".parse::<Guid>());
        assert_eq!(format!("{guid:?}"), "<redacted>");

        let personal_id: PersonalId = "01019947044".parse().unwrap();
        assert_eq!(personal_id.as_str(), "01019947044");
        assert_eq!(format!("{personal_id:?}"), "<redacted>");
        assert_eq!(PersonalId::from_number(1_019_947_044), personal_id);
        for wrong in [
            "",
            "0101994704",
            "010199470440",
            "0101994704x",
            "０１０１９９４７０４",
        ] {
            assert_eq!(Err(NotAPersonalId), wrong.parse::<PersonalId>());
        }
    }
}
