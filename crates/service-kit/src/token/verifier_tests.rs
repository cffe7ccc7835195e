use super::*;
use crate::testing;
use crate::token::Role;

#[test]
fn a_token_lives_exactly_as_long_as_it_says() {
    let secret = testing::secret();
    let (signer, verifier) = (Signer::new(&secret), Verifier::new(&secret));
    for (kind, lifetime_s) in [(TokenKind::Access, 3600), (TokenKind::Refresh, 2_592_000)] {
        let claims = testing::claims(Role::Official, kind);
        assert_eq!(claims.exp - claims.nbf, lifetime_s);
        let token = signer.sign(&claims).unwrap();
        let at = |now| verifier.verify_at(&token, kind, now);
        assert_eq!(at(claims.nbf).unwrap(), claims);
        assert_eq!(at(claims.exp - 1).unwrap(), claims);
        assert!(at(claims.exp).is_err());
        assert!(at(claims.nbf - CLOCKS_DIFFER_S).is_ok());
        assert!(at(claims.nbf - CLOCKS_DIFFER_S - 1).is_err());
    }
}

#[test]
fn claims_have_the_names_that_clients_read() {
    let claims = testing::claims(Role::Administrator, TokenKind::Refresh);
    let json = serde_json::to_value(&claims).unwrap();
    let names: Vec<&str> = json
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        names,
        [
            "exp", "forename", "iat", "jmbg", "jti", "nbf", "roles", "sub", "surname", "type"
        ]
    );
    assert_eq!(json["type"], "refresh");
    assert_eq!(json["roles"], serde_json::json!(["administrator"]));
}
