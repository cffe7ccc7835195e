//! The first administrator: created at startup, and again whenever there is no other.

use anyhow::{Context, ensure};
use jiff::Timestamp;
use service_database::audit::{AuditEntry, SUCCESS};
use service_kit::body::is_storable;
use service_kit::secret::{Environment, Secret, Sources};
use service_kit::token::Role;
use uuid::Uuid;

use crate::accounts::{Account, Accounts, Status};
use crate::email::Email;
use crate::options::AdministratorOptions;
use crate::passwords::Passwords;

/// The development password, known to old clients. Production refuses it.
pub const DEVELOPMENT_PASSWORD: &str = "1";

/// The administrator to create when there is none. Personal number and password are not checked.
#[derive(Clone)]
pub struct FirstAdministrator {
    email: Email,
    password: Secret,
    forename: String,
    surname: String,
    jmbg: String,
}

impl FirstAdministrator {
    /// Reads the settings.
    ///
    /// # Errors
    /// If nobody could log in with them; in production also if the password is missing or the default. The
    /// message names the setting.
    pub fn read(options: &AdministratorOptions, environment: Environment) -> anyhow::Result<Self> {
        let password = Sources {
            name: "ADMIN_PASSWORD",
            value: options.admin_password.as_deref(),
            file: options.admin_password_file.as_deref(),
            development_default: DEVELOPMENT_PASSWORD,
        };
        let password = password.read(environment)?;
        for (name, text) in [
            ("ADMIN_PASSWORD", password.expose()),
            ("ADMIN_FORENAME", &options.admin_forename),
            ("ADMIN_SURNAME", &options.admin_surname),
            ("ADMIN_JMBG", &options.admin_jmbg),
        ] {
            ensure!(
                !text.is_empty() && is_storable(text),
                "{name} must have 1 to 256 characters"
            );
        }
        Ok(Self {
            email: Email::parse(&options.admin_email)
                .context("ADMIN_EMAIL is not an e-mail address")?,
            password,
            forename: options.admin_forename.clone(),
            surname: options.admin_surname.clone(),
            jmbg: options.admin_jmbg.clone(),
        })
    }

    /// Their address, whether or not they have an account at present.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// Creates the account if there is no administrator.
    ///
    /// # Errors
    /// If PostgreSQL cannot be reached, too many passwords wait to be hashed, or the address is an official's.
    pub async fn ensure(&self, accounts: &Accounts, passwords: &Passwords) -> anyhow::Result<()> {
        if accounts.has_administrator().await? {
            return Ok(());
        }
        let permit = passwords.permits.for_login().await?;
        let account = Account {
            id: Uuid::new_v4(),
            email: self.email.to_string(),
            forename: self.forename.clone(),
            surname: self.surname.clone(),
            jmbg: self.jmbg.clone(),
            role: Role::Administrator,
            password_hash: passwords.hash(permit, self.password.clone()).await?,
            status: Status::Active,
            password_due: true,
        };
        let act = AuditEntry {
            who: "access-control".to_owned(),
            role: String::new(),
            what: "createAdministrator".into(),
            target: self.email.to_string(),
            address: "local".to_owned(),
            outcome: SUCCESS.to_owned(),
            at: Timestamp::now(),
        };
        ensure!(
            accounts.add_first_administrator(&account, &act).await?,
            "there is no administrator, and ADMIN_EMAIL is the address of an official: choose another one"
        );
        tracing::info!("there is an administrator now");
        Ok(())
    }
}

/// Refuses an installation in which the development password opens an administrator's account: everybody knows it.
///
/// # Errors
/// If it does, or that cannot be found out.
pub async fn check_passwords(accounts: &Accounts, passwords: &Passwords) -> anyhow::Result<()> {
    for account in accounts.administrators().await? {
        let permit = passwords.permits.for_login().await?;
        let known = Secret::new(DEVELOPMENT_PASSWORD.to_owned());
        let opens = passwords.verify(permit, known, Some(&account.password_hash));
        ensure!(
            !opens.await?,
            "the development password opens the account of the administrator {}: delete it from the table users, and it is \
             created again with ADMIN_PASSWORD",
            account.email
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(password: Option<&str>) -> AdministratorOptions {
        AdministratorOptions {
            admin_email: "admin@admin.com".to_owned(),
            admin_password: password.map(ToOwned::to_owned),
            admin_password_file: None,
            admin_forename: "admin".to_owned(),
            admin_surname: "admin".to_owned(),
            admin_jmbg: "0000000000000".to_owned(),
        }
    }

    #[test]
    fn production_wants_a_password_of_its_own() {
        for refused in [None, Some("1"), Some("")] {
            let read = FirstAdministrator::read(&options(refused), Environment::Production);
            let error = read.err().unwrap().to_string();
            assert!(error.starts_with("ADMIN_PASSWORD is "), "{error}");
        }
        assert!(FirstAdministrator::read(&options(Some("own")), Environment::Production).is_ok());
        assert!(FirstAdministrator::read(&options(None), Environment::Development).is_ok());
    }

    #[test]
    fn nobody_is_created_who_could_not_log_in() {
        let refused = |change: fn(&mut AdministratorOptions)| {
            let mut options = options(Some("own"));
            change(&mut options);
            let read = FirstAdministrator::read(&options, Environment::Development);
            read.err().unwrap().to_string()
        };
        let error = refused(|options| options.admin_email = "admin".to_owned());
        assert_eq!(error, "ADMIN_EMAIL is not an e-mail address");
        let error = refused(|options| options.admin_password = Some("a".repeat(257)));
        assert_eq!(error, "ADMIN_PASSWORD must have 1 to 256 characters");
        let error = refused(|options| options.admin_surname.clear());
        assert_eq!(error, "ADMIN_SURNAME must have 1 to 256 characters");
    }
}
