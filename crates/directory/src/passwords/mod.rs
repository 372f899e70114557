//! Passwords: which are good enough, and how they are kept.

mod common;
mod hasher;
mod stored_hash;
mod verify;

pub(crate) use hasher::{Hasher, PasswordHash};
pub(crate) use stored_hash::StoredHash;
pub use verify::PasswordVerdict;

use icu_normalizer::ComposingNormalizer;

use crate::refusal::{PasswordRule, Refusal};

/// Fewest characters after NFKC.
const SHORTEST: usize = 8;
/// Most characters after NFKC. Longer ones are refused, never cut.
const LONGEST: usize = 256;
/// A user name shorter than this is contained in too many good passwords to mean anything.
const SHORTEST_NAME: usize = 4;

/// A password that passed the rules, in NFKC. Never printed.
pub(crate) struct GoodPassword(String);

impl GoodPassword {
    /// A password that has just matched the user's hash. The rules apply to choosing one, not to
    /// this.
    fn proven(typed: &str) -> Self {
        Self(normal(typed))
    }

    /// The bytes that are hashed.
    fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for GoodPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GoodPassword(..)")
    }
}

/// The facts that the rules depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demands<'a> {
    /// The part of the userPrincipalName before the `@`.
    pub(crate) name: &'a str,
    /// Three of four character classes: asked of accounts with a chosen userPrincipalName, unless
    /// their `passwordPolicies` say `DisableStrongPassword`.
    pub(crate) classes: bool,
}

/// NFKC, the form in which we hash.
fn normal(password: &str) -> String {
    ComposingNormalizer::new_nfkc()
        .normalize(password)
        .into_owned()
}

/// Checks a new password and names every broken rule at once.
pub(crate) fn check(password: &str, demands: Demands<'_>) -> Result<GoodPassword, Refusal> {
    let password = normal(password);
    let length = password.chars().count();
    let broken: Vec<_> = [
        (PasswordRule::TooShort, length < SHORTEST),
        (PasswordRule::TooLong, length > LONGEST),
        (
            PasswordRule::Control,
            password.chars().any(char::is_control),
        ),
        // A password of the wrong length is on no list, and searching for a megabyte would only
        // cost time.
        (
            PasswordRule::Common,
            (SHORTEST..=LONGEST).contains(&length) && common::is_common(&password),
        ),
        (
            PasswordRule::ContainsName,
            length <= LONGEST && contains_name(&password, demands.name),
        ),
        (
            PasswordRule::Classes,
            demands.classes && classes(&password) < 3,
        ),
    ]
    .into_iter()
    .filter_map(|(rule, is_broken)| is_broken.then_some(rule))
    .collect();
    if broken.is_empty() {
        Ok(GoodPassword(password))
    } else {
        Err(Refusal::Password { broken })
    }
}

fn contains_name(password: &str, name: &str) -> bool {
    name.chars().count() >= SHORTEST_NAME && password.to_lowercase().contains(&name.to_lowercase())
}

/// How many of lower case, upper case, digit and symbol occur. A letter without case counts as a
/// symbol.
fn classes(password: &str) -> usize {
    let lower = password.chars().any(char::is_lowercase);
    let upper = password.chars().any(char::is_uppercase);
    let digit = password.chars().any(char::is_numeric);
    let symbol = password
        .chars()
        .any(|c| !c.is_lowercase() && !c.is_uppercase() && !c.is_numeric());
    [lower, upper, digit, symbol]
        .into_iter()
        .filter(|present| *present)
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use PasswordRule::{Classes, Common, ContainsName, Control, TooLong, TooShort};

    fn broken(password: &str, name: &str, classes: bool) -> Vec<PasswordRule> {
        match super::check(password, Demands { name, classes }) {
            Ok(_) => Vec::new(),
            Err(Refusal::Password { broken }) => broken,
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_rules() {
        let check = |password: &str, name: &str, classes: bool, expected: &[PasswordRule]| {
            assert_eq!(broken(password, name, classes), expected, "{password:?}");
        };
        check("xWwvJ]6NMw+bWH-d", "AdeleV", true, &[]);
        check(
            "password-value",
            "4c7be08b-361f-41a8-b1ef-1712f7a3dfb2",
            false,
            &[],
        );
        check("password-value", "AdeleV", true, &[Classes]);
        check("kX7-pLw", "AdeleV", true, &[TooShort]);
        check("kX7-pLwe", "AdeleV", true, &[]);
        check("", "AdeleV", true, &[TooShort, Classes]);
        check(&"kX7-".repeat(64), "AdeleV", true, &[Common]);
        check(&"kX7-".repeat(65), "AdeleV", true, &[TooLong]);
        check(
            &format!("{}-kX7", "mnoqrtvwxz".repeat(25)),
            "AdeleV",
            true,
            &[],
        );
        check(
            &format!("{}-kX7ab", "mnoqrtvwxz".repeat(25)),
            "AdeleV",
            true,
            &[],
        );
        check(
            &format!("{}-kX7abc", "mnoqrtvwxz".repeat(25)),
            "AdeleV",
            true,
            &[TooLong],
        );
        check("kX7-pL\u{7}we", "AdeleV", true, &[Control]);
        check("kX7-pL\u{85}we", "AdeleV", true, &[Control]);
        check("Welcome2026!", "AdeleV", true, &[Common]);
        check("x7-ADELEV-x", "AdeleV", true, &[ContainsName]);
        check("x7-ANN-xmas", "ann", true, &[]);
        check("passwort", "AdeleV", false, &[Common]);
        // NFKC: fullwidth letters are the plain ones, a ligature is two characters.
        check("ｐａｓｓｗｏｒｄ", "AdeleV", false, &[Common]);
        check("ﬁﬁﬁ-xy", "AdeleV", false, &[]);
        check("e\u{301}e\u{301}-xq", "AdeleV", false, &[TooShort]);
        // Eight characters of another script are good where classes are not asked for.
        check("пароль-дома", "AdeleV", false, &[]);
        check("длинный ключ", "AdeleV", true, &[Classes]);
        check("Длинный ключ 7", "AdeleV", true, &[]);
    }

    #[test]
    fn a_good_password_does_not_print() {
        let good = super::check(
            "xWwvJ]6NMw+bWH-d",
            Demands {
                name: "a",
                classes: true,
            },
        )
        .unwrap();
        assert_eq!(format!("{good:?}"), "GoodPassword(..)");
    }
}
