use super::{HashFault, StoredHash};
use HashFault::{Cost, Digest, Lanes, Malformed, Memory, Rounds, Salt, TooLong, Unknown, Work};

/// Made with the usual tools, all but the last of the same password.
const KNOWN: &[(&str, &str)] = &[
    (
        "argon2",
        "$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$nIfAaJi8GFFmabVKi5XTbmIpRklNelXCbzkaBAYGjBk",
    ),
    (
        "argon2",
        "$argon2i$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$+XSf6pHH1XdWZMAh0qQA5zuzolqHXZuc2nkT9VmUsQc",
    ),
    (
        "argon2",
        "$argon2d$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$ilAAynhMWyF6KLB55MODQAYXFTpr8WQmvKJVQ3cl4/M",
    ),
    (
        "argon2",
        "$argon2id$v=16$m=64,t=1,p=2$AAECAwQFBgcICQoLDA0ODw$cR8VBrhYFYYel1gwATGlPdhEiLAM2faE",
    ),
    (
        "argon2",
        "{ARGON2}$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$nIfAaJi8GFFmabVKi5XTbmIpRklNelXCbzkaBAYGjBk",
    ),
    (
        "scrypt",
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$Q7EcH175P/kcU7JE2HRU+qTRrq/BS6UbCRYPdBaC5y8",
    ),
    (
        "pbkdf2",
        "$pbkdf2$10$AAECAwQFBgcICQoLDA0ODw$fN5fNAHIRSXJits4yGIj1xm42Mo",
    ),
    (
        "pbkdf2",
        "$pbkdf2-sha1$i=10,l=20$AAECAwQFBgcICQoLDA0ODw$fN5fNAHIRSXJits4yGIj1xm42Mo",
    ),
    (
        "pbkdf2",
        "$pbkdf2-sha256$10$AAECAwQFBgcICQoLDA0ODw$RNtgjxJe05OkZuzPIoL/yhc3WjXnPH0d.YChBXInCIw",
    ),
    (
        "pbkdf2",
        "$pbkdf2-sha256$i=10,l=32$AAECAwQFBgcICQoLDA0ODw$RNtgjxJe05OkZuzPIoL/yhc3WjXnPH0d+YChBXInCIw",
    ),
    (
        "pbkdf2",
        "$pbkdf2-sha512$10$AAECAwQFBgcICQoLDA0ODw$tU3Pn/RA6awulUB6WlLSryEaFFvGs13cWNmGO60pHqGqt3j9HMBV1VMtlC0np../.JegOFQA2QPI5.S7JYMhRQ",
    ),
    ("ssha", "{SSHA}TUJSOZXEpsO0ugaXv1z4WCS+DMwAAQIDBAUGBw=="),
    (
        "ssha",
        "{ssha256}Y5vD+Iq3CpVfgnuNwvKU1Ho4qGx15uzJc99ko3CD7h8AAQIDBAUGBw==",
    ),
    (
        "ssha",
        "{SSHA512}SGN41g/7Nh5fW1caq7+OFLY1bStmyjRGeqqYToVdk0I9L+xm2+jSyFnhDNYpXUOOGQ9nETeYvQasgfmOQKvGSAABAgMEBQYH",
    ),
    (
        "pbkdf2",
        "{PBKDF2}10$AAECAwQFBgcICQoLDA0ODw$fN5fNAHIRSXJits4yGIj1xm42Mo",
    ),
    (
        "pbkdf2",
        "{PBKDF2-SHA512}10$AAECAwQFBgcICQoLDA0ODw$tU3Pn/RA6awulUB6WlLSryEaFFvGs13cWNmGO60pHqGqt3j9HMBV1VMtlC0np../.JegOFQA2QPI5.S7JYMhRQ",
    ),
    (
        "bcrypt",
        "$2b$04$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a",
    ),
    (
        "bcrypt",
        "$2y$04$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a",
    ),
    (
        "bcrypt",
        "{CRYPT}$2a$04$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a",
    ),
    (
        "sha-crypt",
        "$5$saltstring$vc6YOOogU4kWVvwga8e9zTFgKcy4tb5LaPxIiPJzqEC",
    ),
    (
        "sha-crypt",
        "$6$saltstring$.r0X7ub5wGR2v4Xz7svCIozfnlorFh19V89t8KC9Umd81uGhFgsyTRNyzQDXDIm17fFcR9z3z7oBNdsyYBbtm/",
    ),
    (
        "sha-crypt",
        "$6$rounds=1400$anotherlongsalts$BIJq9mRCZh1kev4gsEFy0R5hLBKgZM.fwvpxgy31e6bRJqRdXTpSE8TJFJysi3GwDPeX9bz4aZklq669D26ai0",
    ),
    (
        "sha-crypt",
        "$5$rounds=1400$abcd$TJt26M3lEgPFTx6EXAdGU2gpJka01DI5psG9rD2D/02",
    ),
    (
        "sha-crypt",
        "{CRYPT}$6$saltstring$.r0X7ub5wGR2v4Xz7svCIozfnlorFh19V89t8KC9Umd81uGhFgsyTRNyzQDXDIm17fFcR9z3z7oBNdsyYBbtm/",
    ),
];

#[test]
fn the_kinds_of_other_directories_match_their_password_and_no_other() {
    for (kind, text) in KNOWN {
        let hash = StoredHash::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(hash.name(), *kind, "{text}");
        assert!(hash.matches(b"correct horse"), "{text}");
        assert!(!hash.matches(b"correct horsf"), "{text}");
        assert!(!hash.matches(b""), "{text}");
        assert!(!hash.is_current(), "{text}");
        assert_eq!(format!("{hash:?}"), format!("StoredHash({kind})"));
    }
}

#[test]
fn bcrypt_reads_72_bytes_as_it_always_did() {
    let hash =
        StoredHash::parse("$2b$04$E0zjabbXMJ3DOsA.3n.Z4OHIBa5eAIHVH7Z4m5X9nVQACEfN7FzL2").unwrap();
    assert!(hash.matches("ab".repeat(50).as_bytes()));
    assert!(hash.matches("ab".repeat(36).as_bytes()));
    assert!(!hash.matches("ab".repeat(35).as_bytes()));
}

#[test]
fn what_cannot_be_kept_says_why() {
    const SALT: &str = "AAECAwQFBgcICQoLDA0ODw";
    const HASH: &str = "nIfAaJi8GFFmabVKi5XTbmIpRklNelXCbzkaBAYGjBk";
    let check = |text: &str, expected: HashFault| {
        assert_eq!(StoredHash::parse(text), Err(expected), "{text}");
    };
    let with = |head: &str, expected| check(&format!("{head}${SALT}${HASH}"), expected);
    // 4 GiB, and just above the limit.
    with("$argon2id$v=19$m=4194304,t=1,p=1", Memory);
    with("$argon2id$v=19$m=262145,t=1,p=1", Memory);
    with("$argon2id$v=19$m=262144,t=9,p=1", Work);
    with("$argon2id$v=19$m=65536,t=3,p=17", Lanes);
    with("$argon2id$v=19$m=1,t=1,p=1", Malformed);
    with("$argon2id$v=19$m=64,t=0,p=1", Malformed);
    with("$argon2id$v=20$m=64,t=1,p=1", Malformed);
    with("$argon2id$v=19$m=64,m=65,t=1,p=1", Malformed);
    with("$argon2id$v=19$m=64,t=1", Malformed);
    with("$argon2id$v=19$m=64,t=1,p=1,x=1", Malformed);
    with("$argon2id$v=19$m=99999999999,t=1,p=1", Malformed);
    with("$scrypt$ln=19,r=8,p=1", Memory);
    with("$scrypt$ln=200,r=8,p=1", Memory);
    with("$scrypt$ln=300,r=8,p=1", Memory);
    with("$scrypt$ln=18,r=8,p=9", Work);
    with("$scrypt$ln=4,r=8,p=17", Lanes);
    with("$scrypt$ln=0,r=8,p=1", Malformed);
    with("$pbkdf2-sha256$4000001", Rounds);
    with("$pbkdf2-sha256$i=4294967295,l=32", Rounds);
    with("$pbkdf2-sha256$0", Malformed);
    with("$pbkdf2-sha256$i=10,l=31", Malformed);
    with("$pbkdf2-sha256$+10", Malformed);
    with("$md5", Unknown);
    let dots = |count| ".".repeat(count);
    check(&format!("$5$saltstring${}", dots(42)), Malformed);
    check(&format!("$5$saltstring${}*", dots(42)), Malformed);
    check(&format!("$6$saltstring${}", dots(43)), Malformed);
    check(&format!("$6$${}", dots(86)), Salt);
    check(&format!("$6$rounds=10$salt${}", dots(86)), Malformed);
    check(&format!("$6$rounds=x$salt${}", dots(86)), Malformed);
    check(&format!("$6$rounds=1000001$salt${}", dots(86)), Rounds);
    check(
        "$2b$16$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a",
        Cost,
    );
    check(
        "$2b$03$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a",
        Malformed,
    );
    check(
        "$2x$04$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a",
        Unknown,
    );
    check("$2b$04$tooshort", Malformed);
    check(
        "$2b$04$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYRé",
        Malformed,
    );
    // An empty or short hash would be matched by chance.
    check(&format!("$argon2id$v=19$m=64,t=1,p=1${SALT}$"), Digest);
    check(&format!("$pbkdf2-sha256$10${SALT}$AAAA"), Digest);
    check(
        "$pbkdf2-sha256$10$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        Salt,
    );
    check("{SSHA}TUJSOZXEpsO0ugaXv1z4WCS+DMw=", Salt);
    check("{SSHA}AAAA", Malformed);
    check("{SSHA}not base64", Malformed);
    check("{MD5}AAAA", Unknown);
    check("{CLEARTEXT}secret", Unknown);
    check("{SSHA", Unknown);
    check(&"{ARGON2}".repeat(50), Unknown);
    check("plain text", Unknown);
    check("", Unknown);
    check(&"x".repeat(513), TooLong);
}
