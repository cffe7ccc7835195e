//! The user that PostgreSQL runs as, since it refuses to run as root.

use std::path::Path;

use anyhow::{Context, bail};

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: u32,
    pub(crate) group: u32,
}

impl User {
    /// The user to switch to: none unless this program runs as root; then `postgres`, or else `nobody`.
    pub(crate) fn unprivileged() -> anyhow::Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        match ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&users, name))
        {
            Some(user) => Ok(Some(user)),
            None => bail!(
                "PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody: run this as another user"
            ),
        }
    }

    /// Makes this user the owner of a directory.
    pub(crate) fn own(self, directory: &Path) -> anyhow::Result<()> {
        std::os::unix::fs::chown(directory, Some(self.id), Some(self.group))
            .with_context(|| format!("cannot change the owner of {}", directory.display()))
    }
}

/// `name:password:id:group:…`, as in passwd(5).
fn find(users: &str, name: &str) -> Option<User> {
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [found, _, id, group, ..] = fields.as_slice() else {
            return None;
        };
        let user = User {
            id: id.parse().ok()?,
            group: group.parse().ok()?,
        };
        (*found == name && user.id != 0).then_some(user)
    })
}

#[cfg(test)]
mod tests {
    use super::{User, find};

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users =
            "root:x:0:0::/root:/bin/sh\nnobody2:x:7:7::/:\nnobody:x:65534:65533:nobody:/:\n";
        assert_eq!(
            find(users, "nobody"),
            Some(User {
                id: 65534,
                group: 65533
            })
        );
        assert_eq!(find(users, "postgres"), None);
        assert_eq!(find(users, "root"), None);
    }
}
