//! The two names of an account: userPrincipalName and mailNickname (P-users-6).

use crate::address::LONGEST_DOMAIN;
use crate::refusal::Refusal;
use crate::tenants::{DomainSetting, Tenant};
use edm::user;

/// Longest part before the `@`.
const LOCAL: usize = 64;
/// Longest mailNickname.
const NICKNAME: usize = 64;
/// Marks the name of an invited guest; no other user may have it.
const EXTERNAL: &str = "#EXT#";

/// A userPrincipalName of the right form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Upn {
    text: String,
    at: usize,
}

impl Upn {
    /// Checks the form. The domain may still be a stranger's.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let malformed = |why| {
            Err(Refusal::Malformed {
                property: user::USER_PRINCIPAL_NAME.name(),
                why,
            })
        };
        let Some((local, domain)) = text.split_once('@') else {
            return malformed("it must have the form name@domain");
        };
        if local.is_empty() || local.len() > LOCAL {
            return malformed("the part before the @ must have 1 to 64 characters");
        }
        if domain.is_empty() || domain.len() > LONGEST_DOMAIN {
            return malformed("the domain must have 1 to 48 characters");
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || "'.-_!#^~".contains(c);
        if !local.chars().all(allowed) {
            return malformed("allowed are A-Z a-z 0-9 ' . - _ ! # ^ ~");
        }
        if local.ends_with('.') || local.starts_with('.') || local.contains("..") {
            return malformed("dots must stand between other characters");
        }
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        if !domain.split('.').all(label) {
            return malformed("the domain is not a domain name");
        }
        Ok(Self {
            at: local.len(),
            text: text.to_owned(),
        })
    }

    /// As written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The part before the `@`.
    pub(crate) fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    /// The part behind the `@`.
    pub(crate) fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }

    /// Whether the name is of the form that invited guests have.
    pub(crate) fn is_external(&self) -> bool {
        self.text.to_ascii_uppercase().contains(EXTERNAL)
    }

    /// The tenant's domain that the name lies in. The name of an invited guest is refused: only an
    /// invitation makes one.
    pub(crate) fn domain_in<'t>(&self, tenant: &'t Tenant) -> Result<&'t DomainSetting, Refusal> {
        if self.is_external() {
            return Err(Refusal::Malformed {
                property: user::USER_PRINCIPAL_NAME.name(),
                why: "#EXT# is for invited guests",
            });
        }
        self.in_tenant(tenant)
    }

    /// The tenant's domain that the name lies in, also where it is the name of an invited guest.
    pub(crate) fn in_tenant<'t>(&self, tenant: &'t Tenant) -> Result<&'t DomainSetting, Refusal> {
        tenant.domain(self.domain()).ok_or(Refusal::Domain {
            property: user::USER_PRINCIPAL_NAME.name(),
        })
    }
}

/// The key of a userPrincipalName in the tenant's one space of addresses. It is ASCII, so lower
/// case is all there is to fold (T-55).
pub(crate) fn upn_key(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// The characters that a name made from an address keeps.
pub(crate) fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\'' | '.' | '-' | '_')
}

/// Whether `text` is the userPrincipalName of an invited guest.
pub(crate) fn is_external(text: &str) -> bool {
    text.to_ascii_uppercase().contains(EXTERNAL)
}

/// Checks a mailNickname: 1 to 64 printable ASCII characters that need no quoting in an address.
pub(crate) fn check_nickname(text: &str) -> Result<(), Refusal> {
    let refused = |c: char| !c.is_ascii_graphic() || "@()\\[]\";:<>,".contains(c);
    if text.is_empty() || text.len() > NICKNAME {
        return Err(Refusal::invalid_user(
            user::MAIL_NICKNAME.name(),
            "it must have 1 to 64 characters",
        ));
    }
    if text.chars().any(refused) {
        return Err(Refusal::invalid_user(
            user::MAIL_NICKNAME.name(),
            "it must be ASCII without spaces and @ ( ) \\ [ ] \" ; : < > ,",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_upn() {
        let check =
            |text: &str, expected: bool| assert_eq!(Upn::parse(text).is_ok(), expected, "{text}");
        check("AdeleV@contoso.onmicrosoft.com", true);
        check("o'neil-x_y!z^~#1@contoso.com", true);
        check(&format!("{}@contoso.com", "a".repeat(64)), true);
        check(&format!("{}@contoso.com", "a".repeat(65)), false);
        check(&format!("a@{}.com", "b".repeat(44)), true);
        check(&format!("a@{}.com", "b".repeat(45)), false);
        for bad in [
            "",
            "@",
            "a",
            "@contoso.com",
            "a@",
            "a.@contoso.com",
            ".a@contoso.com",
            "a..b@contoso.com",
            "a b@contoso.com",
            "adéle@contoso.com",
            "a@b@contoso.com",
            "a+b@contoso.com",
            "a@contoso..com",
            "a@-contoso.com",
            "a@cöntoso.com",
            "a@contoso.com ",
            "a\n@contoso.com",
            "a@contoso.com\u{0}",
            "$a@contoso.com",
            "\u{ff41}@contoso.com",
        ] {
            check(bad, false);
        }
    }

    #[test]
    fn parts_and_key() {
        let upn = Upn::parse("AdeleV@Contoso.COM").unwrap();
        assert_eq!(
            (upn.local(), upn.domain(), upn_key(upn.text()).as_str()),
            ("AdeleV", "Contoso.COM", "adelev@contoso.com")
        );
        assert!(!upn.is_external());
        assert!(
            Upn::parse("a_b.com#ext#@contoso.com")
                .unwrap()
                .is_external()
        );
    }

    #[test]
    fn nicknames() {
        let check = |text: &str, expected: bool| {
            assert_eq!(check_nickname(text).is_ok(), expected, "{text:?}");
        };
        check("AdeleV", true);
        check("user_contoso.com#EXT#", true);
        check(&"a".repeat(64), true);
        for bad in [
            "", "a b", "a@b", "a(b", "a\"b", "a,b", "ä", "a\tb", "a\u{7f}",
        ] {
            check(bad, false);
        }
        check(&"a".repeat(65), false);
    }
}
