//! mail, otherMails and proxyAddresses, and the one space of addresses that they share with the
//! userPrincipalName (T-56). proxyAddresses are never written by a client: they follow mail.

use edm::{Property, Record, Value, user};
use store::AddressUses;

use super::names::{is_external, upn_key};
use crate::address::{Address, LocalParts};
use crate::refusal::Refusal;

/// Prefix of the primary proxy address.
const PRIMARY: &str = "SMTP:";
/// Prefix of the others.
const ALIAS: &str = "smtp:";
/// Most proxy addresses of one user: every change of mail leaves the old one as an alias, and a
/// document must not grow without end. Far above what a person collects in a working life.
const MOST: usize = 100;

/// Brings the addresses of a body into the form in which they are kept: domain as A-labels.
/// Refuses what is no address.
pub(crate) fn canonicalise(set: &mut Record, locals: LocalParts) -> Result<(), Refusal> {
    if let Some(mail) = set.text(&user::MAIL) {
        let mail = checked(&user::MAIL, mail, locals)?;
        set.set(&user::MAIL, mail);
    }
    if set
        .get(&user::OTHER_MAILS)
        .is_some_and(|value| !value.is_unset())
    {
        let mut kept: Vec<String> = Vec::new();
        for mail in set.texts(&user::OTHER_MAILS) {
            let mail = checked(&user::OTHER_MAILS, mail, locals)?;
            if kept
                .iter()
                .any(|earlier| earlier.eq_ignore_ascii_case(&mail))
            {
                return Err(Refusal::invalid_user(
                    user::OTHER_MAILS.name(),
                    "an address stands twice",
                ));
            }
            kept.push(mail);
        }
        set.set(&user::OTHER_MAILS, texts(kept));
    }
    Ok(())
}

fn checked(property: &'static Property, text: &str, locals: LocalParts) -> Result<String, Refusal> {
    Address::parse(text, locals)
        .map(|address| address.as_str().to_owned())
        .map_err(|fault| Refusal::invalid_user(property.name(), fault.to_string()))
}

fn texts(list: Vec<String>) -> Value {
    Value::List(list.into_iter().map(Value::Text).collect())
}

/// Recalculates proxyAddresses after mail changed from `before` (P-users-12): the new one becomes
/// the primary, the old primary an alias. A primary that is the name of an invited guest stays.
/// Without a mail there is no primary.
pub(crate) fn follow_mail(record: &mut Record, before: Option<&str>) -> Result<(), Refusal> {
    let mail = record.text(&user::MAIL).map(str::to_owned);
    if mail.as_deref() == before {
        return Ok(());
    }
    let held: Vec<String> = record
        .texts(&user::PROXY_ADDRESSES)
        .map(str::to_owned)
        .collect();
    let (primary, aliases): (Vec<_>, Vec<_>) = held
        .into_iter()
        .partition(|proxy| proxy.starts_with(PRIMARY));
    let mut proxies = Vec::new();
    match (mail, primary.into_iter().next()) {
        (Some(mail), Some(kept)) if is_external(&kept) => {
            proxies.extend([kept, format!("{ALIAS}{mail}")]);
        }
        (Some(mail), old) => {
            proxies.push(format!("{PRIMARY}{mail}"));
            proxies.extend(old.map(|old| format!("{ALIAS}{}", bare(&old))));
        }
        (None, Some(kept)) if is_external(&kept) => proxies.push(kept),
        (None, _) => {}
    }
    for alias in aliases {
        if !proxies
            .iter()
            .any(|proxy| bare(proxy).eq_ignore_ascii_case(bare(&alias)))
        {
            proxies.push(alias);
        }
    }
    // The new mail in another spelling of case is the same address: it does not become an alias of
    // itself.
    let mut kept: Vec<String> = Vec::with_capacity(proxies.len());
    for proxy in proxies {
        if !kept
            .iter()
            .any(|earlier| bare(earlier).eq_ignore_ascii_case(bare(&proxy)))
        {
            kept.push(proxy);
        }
    }
    if kept.len() > MOST {
        return Err(Refusal::invalid_user(
            user::MAIL.name(),
            "the user has too many addresses already",
        ));
    }
    record.set(&user::PROXY_ADDRESSES, texts(kept));
    Ok(())
}

/// A proxy address without its prefix.
pub(crate) fn bare(proxy: &str) -> &str {
    proxy.split_once(':').map_or(proxy, |(_, address)| address)
}

/// Everything of a record that lies in the one space of addresses. Stored addresses differ from
/// their keys by ASCII case only, since [`canonicalise`] did the rest.
pub(crate) fn claims(record: &Record) -> Vec<(String, AddressUses)> {
    let upn = record
        .text(&user::USER_PRINCIPAL_NAME)
        .map(|upn| (upn_key(upn), AddressUses::UPN));
    let mail = record
        .text(&user::MAIL)
        .map(|mail| (mail.to_ascii_lowercase(), AddressUses::MAIL));
    let others = record
        .texts(&user::OTHER_MAILS)
        .map(|mail| (mail.to_ascii_lowercase(), AddressUses::OTHER));
    let proxies = record
        .texts(&user::PROXY_ADDRESSES)
        .map(|proxy| (bare(proxy).to_ascii_lowercase(), AddressUses::PROXY));
    upn.into_iter()
        .chain(mail)
        .chain(others)
        .chain(proxies)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(held: &[&str], before: Option<&str>, mail: Option<&str>) -> Vec<String> {
        let mut record = Record::new();
        record.set(
            &user::PROXY_ADDRESSES,
            texts(held.iter().map(|&proxy| proxy.to_owned()).collect()),
        );
        record.set(&user::MAIL, mail.map_or(Value::Null, Value::from));
        follow_mail(&mut record, before).unwrap();
        record
            .texts(&user::PROXY_ADDRESSES)
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn proxies_follow_mail() {
        let check = |held: &[&str], before: Option<&str>, mail: Option<&str>, expected: &[&str]| {
            assert_eq!(proxies(held, before, mail), expected, "{held:?} {mail:?}");
        };
        check(&[], None, Some("a@x.com"), &["SMTP:a@x.com"]);
        check(
            &["SMTP:a@x.com"],
            Some("a@x.com"),
            Some("b@x.com"),
            &["SMTP:b@x.com", "smtp:a@x.com"],
        );
        check(
            &["SMTP:b@x.com", "smtp:a@x.com"],
            Some("b@x.com"),
            Some("a@x.com"),
            &["SMTP:a@x.com", "smtp:b@x.com"],
        );
        check(
            &["SMTP:a@x.com"],
            Some("a@x.com"),
            Some("A@x.com"),
            &["SMTP:A@x.com"],
        );
        check(
            &["SMTP:a@x.com", "smtp:c@x.com"],
            Some("a@x.com"),
            None,
            &["smtp:c@x.com"],
        );
        check(
            &["SMTP:a@x.com"],
            Some("a@x.com"),
            Some("a@x.com"),
            &["SMTP:a@x.com"],
        );
        check(
            &["SMTP:a_x.com#EXT#@t.com"],
            Some("a@x.com"),
            Some("b@x.com"),
            &["SMTP:a_x.com#EXT#@t.com", "smtp:b@x.com"],
        );
    }

    #[test]
    fn proxies_do_not_grow_without_end() {
        let mut record = Record::new();
        let mut result = Ok(());
        for turn in 0..=MOST {
            let before = record.text(&user::MAIL).map(str::to_owned);
            record.set(&user::MAIL, format!("a{turn}@x.com"));
            result = follow_mail(&mut record, before.as_deref());
        }
        assert!(matches!(result, Err(Refusal::Invalid { .. })));
    }

    #[test]
    fn addresses_are_kept_canonical_and_claimed_by_key() {
        let mut set = Record::new();
        set.set(&user::USER_PRINCIPAL_NAME, "AdeleV@contoso.com");
        set.set(&user::MAIL, "Adele@Bücher.example");
        set.set(
            &user::OTHER_MAILS,
            texts(vec!["Vance@Fabrikam.EXAMPLE".to_owned()]),
        );
        canonicalise(&mut set, LocalParts::Ascii).unwrap();
        assert_eq!(set.text(&user::MAIL), Some("Adele@xn--bcher-kva.example"));
        follow_mail(&mut set, None).unwrap();
        assert_eq!(
            claims(&set),
            [
                ("adelev@contoso.com".to_owned(), AddressUses::UPN),
                ("adele@xn--bcher-kva.example".to_owned(), AddressUses::MAIL),
                ("vance@fabrikam.example".to_owned(), AddressUses::OTHER),
                ("adele@xn--bcher-kva.example".to_owned(), AddressUses::PROXY),
            ]
        );
        let key = Address::parse("Adele@Bücher.example", LocalParts::Ascii)
            .unwrap()
            .key()
            .to_owned();
        assert_eq!(claims(&set)[1].0, key);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let check = |property: &'static Property, value: Value| {
            let mut set = Record::new();
            set.set(property, value);
            assert!(
                canonicalise(&mut set, LocalParts::Ascii).is_err(),
                "{set:?}"
            );
        };
        for bad in [
            "",
            "adele",
            "adéle@x.com",
            "a@x.com, b@x.com",
            "a@x.com\r\nBcc: b@x.com",
            "a\u{ff20}x.com",
        ] {
            check(&user::MAIL, Value::from(bad));
            check(
                &user::OTHER_MAILS,
                texts(vec!["a@x.com".to_owned(), bad.to_owned()]),
            );
        }
        check(
            &user::OTHER_MAILS,
            texts(vec!["a@x.com".to_owned(), "A@X.com".to_owned()]),
        );
    }
}
