//! Every text comes back from packing as it was.

use edm::{Record, Value, complex::object_identity, document, user};
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::words::WORDS;
use super::{AFTER, BEFORE, MEMBER, PLAIN, RowValues, WORD};
use crate::StoreError;

const ID: &str = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
const UPN: &str = "adele.vance@contoso.com";
const CREATED: &str = "2024-02-29T11:12:13.5Z";

fn adele() -> RowValues<'static> {
    RowValues::new(ID.parse().unwrap(), UPN, CREATED.parse().unwrap())
}

fn member() -> Record {
    let created: Timestamp = CREATED.parse().unwrap();
    let mut identity = Record::new();
    identity.set(&object_identity::SIGN_IN_TYPE, "userPrincipalName");
    identity.set(&object_identity::ISSUER, "contoso.com");
    identity.set(&object_identity::ISSUER_ASSIGNED_ID, UPN);
    let mut record = Record::new();
    record.set(&user::ID, ID);
    record.set(&user::ACCOUNT_ENABLED, true);
    record.set(&user::CREATED_DATE_TIME, created);
    record.set(&user::DISPLAY_NAME, "Adele \"Del\" Vance");
    record.set(&user::GIVEN_NAME, "Adele");
    record.set(&user::IDENTITIES, Value::List(vec![identity.into()]));
    record.set(&user::MAIL, UPN);
    record.set(&user::MAIL_NICKNAME, "adele.vance");
    record.set(
        &user::PROXY_ADDRESSES,
        Value::List(vec![format!("SMTP:{UPN}").into()]),
    );
    record.set(&user::REFRESH_TOKENS_VALID_FROM_DATE_TIME, created);
    record.set(&user::SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME, created);
    record.set(&user::SURNAME, "Vance");
    record.set(&user::USER_PRINCIPAL_NAME, UPN);
    record.set(&user::USER_TYPE, "Member");
    record
}

#[test]
fn a_member_is_kept_in_a_fifth_of_their_text() {
    let values = adele();
    let brief = document::brief(&member(), &user::TYPE);
    let rest = document::rest(&member(), &user::TYPE);
    let packed = [values.pack(&brief), values.pack(&rest)];
    assert_eq!(values.unpack(&packed[0]).unwrap(), brief);
    assert_eq!(values.unpack(&packed[1]).unwrap(), rest);
    for said in [
        "displayName",
        "null",
        "Member",
        ID,
        UPN,
        "contoso",
        CREATED,
        "\":",
    ] {
        assert!(!packed.concat().contains(said), "{said} in {packed:?}");
    }
    let (before, after) = (brief.len() + rest.len(), packed.concat().len());
    assert!(5 * after < before, "{after} of {before}");
}

/// The instant of creation is one byte only while the text says the same; a changed instant is kept
/// as it is.
#[test]
fn an_instant_that_changed_stands_for_itself() {
    let mut record = member();
    let later: Timestamp = "2025-01-01T00:00:00Z".parse().unwrap();
    record.set(&user::SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME, later);
    let rest = document::rest(&record, &user::TYPE);
    let packed = adele().pack(&rest);
    assert!(packed.contains("2025-01-01T00:00:00Z"), "{packed:?}");
    assert_eq!(adele().unpack(&packed).unwrap(), rest);
}

/// Rows of the versions before have no codes.
#[test]
fn what_was_never_packed_reads_as_it_is() {
    for text in [
        document::brief(&member(), &user::TYPE),
        document::rest(&member(), &user::TYPE),
        String::new(),
    ] {
        assert_eq!(adele().unpack(&text).unwrap(), text);
    }
}

#[test]
fn codes_that_no_version_wrote_are_corruption() {
    let last = u8::try_from(WORDS.len()).unwrap();
    for codes in [
        &[0][..],
        &[WORD],
        &[WORD, 0],
        &[WORD, last + 1],
        &[MEMBER],
        &[MEMBER, last + 1],
        &[PLAIN - 1],
        &[PLAIN - 1, 1],
        &[MEMBER + 20, 1],
    ] {
        let text = format!("\"id\":{}", String::from_utf8(codes.to_vec()).unwrap());
        let read = adele().unpack(&text);
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{codes:?}");
    }
    // A character of several bytes where a number should be.
    assert!(adele().unpack("\u{7}é").is_err());
}

/// The numbers of words and the codes of shapes stand in databases. Append to the list; a change of
/// what is here would put other names into documents that were written before.
#[test]
fn codes_mean_what_they_always_meant() {
    assert_eq!(BEFORE, ["", ",", "\",", "],", "\"],"]);
    assert_eq!(AFTER, ["", "\"", "null", "[\""]);
    assert_eq!(WORDS.join(" "), include_str!("words.txt").trim_end());
    let mut once = WORDS.to_vec();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), WORDS.len());
    assert!(WORDS.len() <= 0x7F);
}

/// Every property that a document can hold, so that one that is added later is not forgotten here.
#[test]
fn names_of_properties_are_words() {
    let nowhere = [
        &user::DELETED_DATE_TIME,
        &user::LEGAL_AGE_GROUP_CLASSIFICATION,
        &user::SECURITY_IDENTIFIER,
    ];
    for property in user::TYPE.properties {
        let is_stored = !nowhere.contains(property);
        assert_eq!(
            WORDS.contains(&property.name()),
            is_stored,
            "{}",
            property.name()
        );
    }
}

/// A write of a column that codes stand for writes the texts with it.
#[test]
fn no_statement_changes_what_codes_stand_for_alone() {
    let all = crate::registry::registry();
    let updates = |sql: &&&crate::sql::Sql| sql.text.starts_with("UPDATE users SET");
    assert!(all.iter().filter(updates).count() > 2);
    for sql in all.iter().filter(updates) {
        let (set, _) = sql.text.split_once(" WHERE ").unwrap();
        let sets = |column| set.contains(&format!(" {column} = "));
        assert!(!sets("id") && !sets("created_at"), "{}", sql.name);
        let texts = [sets("upn"), sets("brief"), sets("rest")];
        assert!(texts == [true; 3] || texts == [false; 3], "{}", sql.name);
    }
}

/// Names as directories have them, and as none has.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(UPN.to_owned()),
        Just("a@b".to_owned()),
        Just("@@".to_owned()),
        Just("\"id\":@null".to_owned()),
        "[a-c\"@\\\\]{0,8}",
        any::<String>(),
    ]
}

/// Texts of what has a code, of halves of it, and of anything: many are documents, many nearly,
/// many none.
fn texts() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        ID,
        UPN,
        CREATED,
        "adele.vance",
        "contoso.com",
        "adele",
        "0f1e2d3c-",
        "a@b",
        "@",
    ]);
    let piece = prop_oneof![
        4 => prop::sample::select(WORDS.to_vec()).prop_map(|word| format!("\"{word}\":")),
        2 => prop::sample::select(WORDS.to_vec()).prop_map(|word| format!("\"{word}\"")),
        2 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        4 => known.prop_map(str::to_owned),
        4 => prop::sample::select([BEFORE.as_slice(), &AFTER].concat()).prop_map(str::to_owned),
        2 => "[\"\\\\:,{}\\[\\]a\u{e9}]{0,4}",
        1 => any::<String>(),
        1 => "[\u{0}-\u{20}\u{7f}]{1,2}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_comes_back(text in texts(), upn in names(), id in any::<u128>(), micros in any::<i32>(), is_hers: bool) {
        let made = Timestamp::from_microsecond(micros.into()).unwrap();
        let values = if is_hers { adele() } else { RowValues::new(Uuid::from_u128(id), &upn, made) };
        let packed = values.pack(&text);
        prop_assert!(packed.len() <= text.len() + 1);
        prop_assert_eq!(values.unpack(&packed).unwrap(), text);
    }

    /// Reading a row does not panic, whatever is in it.
    #[test]
    fn any_row_is_read_or_refused(packed in "[\u{1}-\u{21}a\u{e9}]{0,12}", upn in names()) {
        let _ = RowValues::new(Uuid::nil(), &upn, Timestamp::UNIX_EPOCH).unpack(&packed);
    }
}

/// Rows of values say with these whose value they are.
#[test]
fn members_of_values_are_told_apart_by_numbers() {
    let members = &crate::query::kinds::USERS.members;
    let kept = |name: &str| {
        let member = members.iter().find(|member| member.name == name);
        member.map(|member| &*member.kept)
    };
    assert_eq!(kept("proxyAddresses"), Some("\u{7}G"));
    assert_eq!(kept("identities/issuerAssignedId"), Some("\u{7}!\u{7}X"));
    let once: std::collections::BTreeSet<_> = members.iter().map(|member| &member.kept).collect();
    assert_eq!(once.len(), members.len());
}
