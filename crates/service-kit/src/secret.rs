//! Secrets: from a setting or from a file, never printed, and never a default in production.

use std::fmt;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use clap::ValueEnum;
use zeroize::Zeroizing;

/// Where an installation runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Environment {
    /// For a developer's machine: secrets have publicly known defaults.
    #[default]
    Development,
    /// For real elections: nothing starts with a missing or publicly known secret.
    Production,
}

/// A value known only to services. Its memory is wiped on drop; it is never printed.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps `text` as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// Where a secret comes from.
#[derive(Clone, Copy)]
pub struct Sources<'s> {
    /// The name of the setting, such as `JWT_SECRET`; messages name it.
    pub name: &'static str,
    /// The setting's value; empty means absent.
    pub value: Option<&'s str>,
    /// A file that holds the value; a line break at its end is not part of it.
    pub file: Option<&'s Path>,
    /// Default in development, which production refuses.
    pub development_default: &'static str,
}

impl Sources<'_> {
    /// Reads the secret.
    ///
    /// # Errors
    /// If it is empty, given twice, or its file cannot be read; in production also if it is missing or the
    /// default. The message names the setting.
    pub fn read(&self, environment: Environment) -> anyhow::Result<Secret> {
        let name = self.name;
        let secret = match given(name, self.value, self.file)? {
            Some(secret) => secret,
            None if environment == Environment::Production => {
                bail!("{name} is missing: production needs one of its own (or {name}_FILE)")
            }
            None => Secret::new(self.development_default),
        };
        ensure!(
            environment == Environment::Development || secret.expose() != self.development_default,
            "{name} is the publicly known default: production needs one of its own"
        );
        Ok(secret)
    }
}

/// The secret `name` if it is given: as a value (an empty one counts as absent) or in a file.
///
/// # Errors
/// If it is given twice, its file cannot be read, or nothing is in it. The message names the setting.
pub fn given(
    name: &str,
    value: Option<&str>,
    file: Option<&Path>,
) -> anyhow::Result<Option<Secret>> {
    // Orchestrators set a missing value to the empty string.
    let value = value.filter(|value| !value.is_empty());
    let file = file.filter(|file| !file.as_os_str().is_empty());
    let secret = match (value, file) {
        (Some(_), Some(_)) => bail!("{name} and {name}_FILE are both given: remove one"),
        (Some(value), None) => Secret::new(value),
        (None, Some(file)) => read_file(file)
            .with_context(|| format!("{name}_FILE: cannot read {}", file.display()))?,
        (None, None) => return Ok(None),
    };
    ensure!(!secret.expose().is_empty(), "{name} is empty");
    Ok(Some(secret))
}

fn read_file(file: &Path) -> std::io::Result<Secret> {
    let text = Zeroizing::new(std::fs::read_to_string(file)?);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Secret::new(text.strip_suffix('\r').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources<'s>(value: Option<&'s str>, file: Option<&'s Path>) -> Sources<'s> {
        Sources {
            name: "A_SECRET",
            value,
            file,
            development_default: "default",
        }
    }

    #[test]
    fn production_refuses_what_is_missing_or_known_and_names_it() {
        let refused = |value| {
            let error = sources(value, None).read(Environment::Production);
            error.unwrap_err().to_string()
        };
        assert!(refused(None).starts_with("A_SECRET is missing"));
        assert!(refused(Some("default")).starts_with("A_SECRET is the publicly known default"));
        assert!(refused(Some("")).starts_with("A_SECRET is missing"));
        let own = sources(Some("own"), None).read(Environment::Production);
        assert_eq!(own.unwrap().expose(), "own");
    }

    #[test]
    fn development_has_a_default_and_what_is_given_wins() {
        let read = |value| sources(value, None).read(Environment::Development).unwrap();
        assert_eq!(read(None).expose(), "default");
        assert_eq!(read(Some("own")).expose(), "own");
        assert_eq!(format!("{:?}", read(Some("own"))), "Secret");
    }

    #[test]
    fn a_file_is_read_without_its_last_line_break() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("secret");
        std::fs::write(&file, " own\n\r\n").unwrap();
        let from_file = sources(None, Some(&file)).read(Environment::Production);
        assert_eq!(from_file.unwrap().expose(), " own\n");
        std::fs::write(&file, "\n").unwrap();
        let empty = sources(None, Some(&file)).read(Environment::Development);
        assert_eq!(empty.unwrap_err().to_string(), "A_SECRET is empty");
        let both = sources(Some("own"), Some(&file)).read(Environment::Development);
        assert!(both.unwrap_err().to_string().contains("A_SECRET_FILE"));
        let gone = sources(None, Some(Path::new("/none"))).read(Environment::Development);
        assert!(format!("{:#}", gone.unwrap_err()).starts_with("A_SECRET_FILE: cannot read /none"));
    }
}
