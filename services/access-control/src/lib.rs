//! access-control keeps accounts and issues tokens.
//!
//! [`http`] answers clients; [`accounts`] and [`sessions`] are in PostgreSQL, and [`telling`] says which sessions have ended; [`passwords`] hashes a few passwords
//! at a time, limited by [`permits`]; [`attempts`] limits guessing and registrations. E-mail addresses,
//! personal numbers and passwords are defined by [`email`], [`jmbg`] and [`passwords::is_acceptable`].
//! [`commands`] has the commands of the command line; [`service`] starts everything.

pub mod accounts;
pub mod administrator;
pub mod attempts;
pub mod commands;
pub mod email;
pub mod http;
pub mod jmbg;
pub mod options;
pub mod passwords;
pub mod permits;
pub mod service;
pub mod sessions;
pub mod telling;
pub mod tokens;
