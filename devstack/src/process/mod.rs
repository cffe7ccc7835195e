//! Child processes that cannot outlive this one.

mod child;
mod log;
mod ports;
mod program;
mod user;

pub(crate) use child::{Child, Launch, Output, describe_exit};
pub(crate) use log::{last_words, mentions_address_in_use};
pub(crate) use ports::{free_port, require_free};
pub(crate) use program::{find as find_program, find_sibling};
pub(crate) use user::User;
