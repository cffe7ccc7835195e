use uuid::Uuid;

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

#[test]
fn tokens_of_two_keys_are_good_at_once_and_no_others() {
    let (first, first_public) = testing::key_pair(1);
    let (second, second_public) = testing::key_pair(2);
    let (third, third_public) = testing::key_pair(3);
    let both = CheckingKeys::from_pem(&format!("{first_public}{second_public}")).unwrap();
    let verifier = Verifier::by(both.clone());
    let claims = testing::claims(Role::Official, TokenKind::Access);
    for key in [&first, &second] {
        let token = Signer::private(key, &both).unwrap().sign(&claims).unwrap();
        assert_eq!(verifier.verify(&token, TokenKind::Access).unwrap(), claims);
    }
    // A key that is not there: not even with the name of one that is.
    let others = CheckingKeys::from_pem(&third_public).unwrap();
    let mut stranger = Signer::private(&third, &others).unwrap();
    let kid = both.jwks()["keys"][0]["kid"].as_str().unwrap().to_owned();
    for kid in [stranger.0.kid.clone(), Some(kid.clone()), None] {
        stranger.0.kid = kid;
        let token = stranger.sign(&claims).unwrap();
        assert!(verifier.verify(&token, TokenKind::Access).is_err());
    }
    // The public key is no secret to sign with.
    for secret in [first_public.as_str(), kid.as_str()] {
        let token = Signer::new(&Secret::new(secret)).sign(&claims).unwrap();
        assert!(verifier.verify(&token, TokenKind::Access).is_err());
    }
    let refused = Signer::private(&third, &both).err().unwrap().to_string();
    assert!(refused.contains("none of the public keys"), "{refused}");
    for unreadable in [
        "",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----\nMA==\n-----END PUBLIC KEY-----",
    ] {
        assert!(CheckingKeys::from_pem(unreadable).is_err());
    }
}

#[test]
fn the_thumbprint_is_that_of_the_standard() {
    // RFC 8037, appendix A: its key, and its thumbprint.
    let public = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let keys = CheckingKeys::from_pem(public).unwrap().jwks();
    assert_eq!(
        keys["keys"][0]["x"],
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    );
    assert_eq!(
        keys["keys"][0]["kid"],
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
}

#[test]
fn a_session_that_has_ended_opens_nothing() {
    let secret = testing::secret();
    let ended = EndedSessions::default();
    let verifier = Verifier::new(&secret).except(ended.clone());
    let (account, session, other) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let token = |session: Uuid| {
        let mut claims = testing::claims(Role::Official, TokenKind::Access);
        claims.jti = format!("{account}.{session}.{}", Uuid::new_v4());
        Signer::new(&secret).sign(&claims).unwrap()
    };
    let is_good = |session| verifier.verify(&token(session), TokenKind::Access).is_ok();
    assert!(is_good(session));
    ended.add(&session.to_string(), Timestamp::now().as_second() + 3_600);
    assert!(!is_good(session));
    assert!(is_good(other));
    // What has expired anyway is forgotten.
    ended.add(&other.to_string(), Timestamp::now().as_second());
    assert!(is_good(other));
}
