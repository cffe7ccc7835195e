//! E-mail addresses.

use std::fmt;

use service_kit::body::is_storable;

/// An e-mail address, `local@domain.tld`, exactly as given. Addresses that differ in case are different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parses `text` as an address, if it is one: a local part of letters, digits and what RFC 5322 allows
    /// unquoted, a domain of two or more labels, and a last label of two or more letters.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        let (labels, top_level) = domain.rsplit_once('.')?;
        let good = is_storable(text)
            && local.split('.').all(is_atom)
            && labels.split('.').all(is_label)
            && top_level.chars().count() >= 2
            && top_level.chars().all(char::is_alphabetic);
        good.then(|| Self(text.to_owned()))
    }

    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

fn is_atom(text: &str) -> bool {
    let allowed =
        |character: char| character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character);
    !text.is_empty() && text.chars().all(allowed)
}

fn is_label(text: &str) -> bool {
    let allowed = |character: char| character.is_alphanumeric() || character == '-';
    !text.is_empty() && text.chars().all(allowed) && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in [
            "admin@admin.com",
            "john@gmail.com",
            "john.doe+votes@mail.example.co",
            "Đorđe@primer.срб",
            "a@b-c.rs",
            "1@1.rs",
        ] {
            assert_eq!(Email::parse(good).unwrap().as_str(), good);
        }
        for bad in [
            "john@",
            "john@gmail",
            "john@gmail.",
            "john@gmail.a",
            "john@gmail.c0m",
            "john",
            "@gmail.com",
            "john@@gmail.com",
            "john@a@gmail.com",
            "john@.com",
            "john@gmail..com",
            "john@-gmail.com",
            "john@gmail-.com",
            ".john@gmail.com",
            "john..doe@gmail.com",
            "john doe@gmail.com",
            "john@gmail.com ",
            " john@gmail.com",
            "john@gmail.com\n",
            "jo\0hn@gmail.com",
            "<john@gmail.com>",
            " ",
            "",
        ] {
            assert_eq!(Email::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_address_has_256_characters_at_most() {
        let of = |characters: usize| format!("{}@a.rs", "ž".repeat(characters - 5));
        assert!(Email::parse(&of(256)).is_some());
        assert!(Email::parse(&of(257)).is_none());
    }
}
