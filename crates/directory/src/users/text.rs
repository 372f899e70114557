//! Rules for single values that the property table cannot express (P-users-6).

use edm::{Property, Record, Value, complex, user};

use crate::names::steers;
use crate::refusal::Refusal;

/// Texts in which a line break is content.
fn is_prose(property: &Property) -> bool {
    property.profile || *property == user::STREET_ADDRESS
}

/// Checks every value of a body on its own. Nulls pass: they are checked elsewhere.
pub(crate) fn check(set: &Record) -> Result<(), Refusal> {
    for (property, value) in set.iter() {
        match value {
            Value::Text(text) => check_text(property, text)?,
            Value::List(items)
                if !is_prose(property)
                    && items.iter().any(
                        |item| matches!(item, Value::Text(text) if text.chars().any(steers)),
                    ) =>
            {
                return Err(control(property));
            }
            _ => {}
        }
    }
    check_certificates(set)
}

fn control(property: &Property) -> Refusal {
    Refusal::invalid_user(property.name(), "it must not hold control characters")
}

fn check_text(property: &Property, text: &str) -> Result<(), Refusal> {
    if !is_prose(property) && text.chars().any(steers) {
        return Err(control(property));
    }
    let invalid = |why| Err(Refusal::invalid_user(property.name(), why));
    if *property == user::DISPLAY_NAME && text.trim().is_empty() {
        return invalid("it must not be empty");
    }
    if *property == user::USAGE_LOCATION
        && !(text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase()))
    {
        return invalid("it must be two capital letters (ISO 3166)");
    }
    if *property == user::PREFERRED_LANGUAGE && !is_language(text) {
        return invalid("it must be a language tag such as en-US");
    }
    if *property == user::ON_PREMISES_IMMUTABLE_ID && (text.is_empty() || text.contains(['$', '_']))
    {
        return Err(Refusal::Combination {
            property: user::ON_PREMISES_IMMUTABLE_ID.name(),
            why: "it must not be empty nor hold $ or _",
        });
    }
    if *property == user::MAIL_NICKNAME {
        return super::names::check_nickname(text);
    }
    Ok(())
}

/// The form of a BCP 47 tag; the registry is not asked (R-51).
fn is_language(text: &str) -> bool {
    let subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    let primary = text.split('-').next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && text.split('-').all(subtag)
}

fn check_certificates(set: &Record) -> Result<(), Refusal> {
    let Some(Value::Complex(authorization)) = set.get(&user::AUTHORIZATION_INFO) else {
        return Ok(());
    };
    let Some(Value::List(ids)) = authorization.get(&complex::authorization::CERTIFICATE_USER_IDS)
    else {
        return Ok(());
    };
    let is_binding = |id: &Value| matches!(id, Value::Text(text) if text.starts_with("X509:<"));
    if ids.iter().all(is_binding) {
        return Ok(());
    }
    Err(Refusal::invalid_user(
        user::AUTHORIZATION_INFO.name(),
        "every certificateUserIds entry must have the form X509:<...>",
    ))
}

/// The content of `passwordPolicies`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Policies {
    /// `DisableStrongPassword`
    pub(crate) weak: bool,
    /// `DisablePasswordExpiration`
    pub(crate) never_expires: bool,
}

impl Policies {
    /// Reads the list: `None`, or either or both of the others with a comma between.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let invalid = || {
            Refusal::invalid_user(
                user::PASSWORD_POLICIES.name(),
                "allowed are None, DisableStrongPassword, DisablePasswordExpiration",
            )
        };
        if text == "None" {
            return Ok(Self::default());
        }
        let mut policies = Self::default();
        for name in text.split(',') {
            let slot = match name.trim() {
                "DisableStrongPassword" => &mut policies.weak,
                "DisablePasswordExpiration" => &mut policies.never_expires,
                _ => return Err(invalid()),
            };
            if std::mem::replace(slot, true) {
                return Err(invalid());
            }
        }
        Ok(policies)
    }

    /// Of a record; absent and null are no policies.
    pub(crate) fn of(record: &Record) -> Result<Self, Refusal> {
        record
            .text(&user::PASSWORD_POLICIES)
            .map_or(Ok(Self::default()), Self::parse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies() {
        let check = |text: &str, expected: Option<(bool, bool)>| {
            assert_eq!(
                Policies::parse(text)
                    .ok()
                    .map(|policies| (policies.weak, policies.never_expires)),
                expected,
                "{text:?}"
            );
        };
        check("None", Some((false, false)));
        check("DisableStrongPassword", Some((true, false)));
        check("DisablePasswordExpiration", Some((false, true)));
        check(
            "DisablePasswordExpiration, DisableStrongPassword",
            Some((true, true)),
        );
        check(
            "DisableStrongPassword,DisablePasswordExpiration",
            Some((true, true)),
        );
        for bad in [
            "",
            "none",
            "None, DisableStrongPassword",
            "DisableStrongPassword, DisableStrongPassword",
            "disablestrongpassword",
            "DisableStrongPassword,",
            "X",
        ] {
            check(bad, None);
        }
    }

    #[test]
    fn single_values() {
        let check = |property: &'static Property, text: &str, expected: bool| {
            let mut set = Record::default();
            set.set(property, Value::Text(text.to_owned()));
            assert_eq!(
                super::check(&set).is_ok(),
                expected,
                "{} {text:?}",
                property.name()
            );
        };
        check(&user::DISPLAY_NAME, "Adele Vance", true);
        check(&user::DISPLAY_NAME, "", false);
        check(&user::DISPLAY_NAME, " \u{a0}", false);
        for breaking in ["\r", "\n", "\u{0}", "\u{85}", "\u{2028}", "\u{2029}"] {
            check(&user::DISPLAY_NAME, &format!("Adele{breaking}Vance"), false);
            check(&user::JOB_TITLE, &format!("Adele{breaking}Vance"), false);
            check(
                &user::STREET_ADDRESS,
                &format!("Adele{breaking}Vance"),
                true,
            );
            check(&user::ABOUT_ME, &format!("Adele{breaking}Vance"), true);
        }
        check(&user::USAGE_LOCATION, "DE", true);
        for bad in ["", "de", "D", "DEU", "D1", "ÄÖ"] {
            check(&user::USAGE_LOCATION, bad, false);
        }
        for good in ["en", "en-US", "zh-Hant-TW", "de-CH-1996"] {
            check(&user::PREFERRED_LANGUAGE, good, true);
        }
        for bad in ["", "e", "en_US", "en-", "1n", "englishlanguage", "überlang"] {
            check(&user::PREFERRED_LANGUAGE, bad, false);
        }
        check(&user::ON_PREMISES_IMMUTABLE_ID, "abc==", true);
        for bad in ["", "a$b", "a_b"] {
            check(&user::ON_PREMISES_IMMUTABLE_ID, bad, false);
        }
        check(&user::MAIL_NICKNAME, "a b", false);
    }

    #[test]
    fn items_and_certificates() {
        let mut set = Record::default();
        set.set(
            &user::BUSINESS_PHONES,
            Value::List(vec![Value::Text("+1 425\n555".to_owned())]),
        );
        assert!(super::check(&set).is_err());
        let with = |id: &str| {
            let mut authorization = Record::default();
            authorization.set(
                &complex::authorization::CERTIFICATE_USER_IDS,
                Value::List(vec![Value::Text(id.to_owned())]),
            );
            let mut set = Record::default();
            set.set(&user::AUTHORIZATION_INFO, Value::Complex(authorization));
            super::check(&set)
        };
        assert!(with("X509:<PN>adele@contoso.com").is_ok());
        assert!(with("adele@contoso.com").is_err());
    }
}
