//! access-control keeps accounts and issues tokens.
//!
//! [`http`] answers clients; [`accounts`] is what PostgreSQL keeps; [`passwords`] hashes, a few at a time, at
//! [`permits`]; [`attempts`] limits guessing and registrations. What an e-mail address, a
//! personal number and a password are is said by [`email`], [`jmbg`] and [`passwords::is_acceptable`].
//! [`commands`] is what the command line can do, [`service`] starts everything.

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
pub mod tokens;
