//! Officials' tokens.

use service_kit::testing;
use service_kit::token::{Claims, Role, Signer, TokenKind};

pub(crate) const JMBG: &str = "0101994704401";
pub(crate) const OFFICIAL: &str = "official@example.org";

pub(crate) fn claims() -> Claims {
    testing::claims(Role::Official, TokenKind::Access)
}

pub(crate) fn signed(claims: &Claims) -> String {
    Signer::new(&testing::secret()).sign(claims).unwrap()
}

pub(crate) fn official() -> String {
    signed(&claims())
}

pub(crate) fn official_with_jmbg(jmbg: &str) -> String {
    let jmbg = jmbg.to_owned();
    signed(&Claims { jmbg, ..claims() })
}

pub(crate) fn official_called(sub: &str) -> String {
    let sub = sub.to_owned();
    signed(&Claims { sub, ..claims() })
}

pub(crate) fn administrator() -> String {
    signed(&testing::claims(Role::Administrator, TokenKind::Access))
}
