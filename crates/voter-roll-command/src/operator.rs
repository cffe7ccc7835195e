//! Who changes the roll, for the audit log.

use std::borrow::Cow;
use std::{env, fs};

use jiff::Timestamp;
use service_database::audit::{AuditEntry, SUCCESS};

/// Who runs the command, and where.
#[derive(Clone, Debug)]
pub struct Operator {
    name: String,
    machine: String,
}

impl Operator {
    /// The operator of this name, or the user of the operating system; on this machine.
    pub fn new(name: Option<String>) -> Self {
        let user = || {
            ["SUDO_USER", "USER", "LOGNAME"]
                .iter()
                .find_map(|name| env::var(name).ok())
        };
        let machine = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        Self {
            name: name.or_else(user).unwrap_or_else(|| "unknown".to_owned()),
            machine: machine.trim().to_owned(),
        }
    }

    /// Something that was done now.
    pub fn act(&self, what: impl Into<Cow<'static, str>>, target: impl Into<String>) -> AuditEntry {
        AuditEntry {
            who: self.name.clone(),
            role: "operator".to_owned(),
            what: what.into(),
            target: target.into(),
            address: self.machine.clone(),
            outcome: SUCCESS.to_owned(),
            at: Timestamp::now(),
        }
    }
}
