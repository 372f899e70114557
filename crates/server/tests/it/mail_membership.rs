//! Letters about joining: to whom they go, in which language, and what a stranger's words can do in
//! them (T-19, T-20).

#![expect(clippy::unwrap_used, reason = "a test that goes wrong stops")]

use directory::Mail;
use directory::letter::{Letter, LetterKind, MemberText};
use server::mail::{Brand, write};
use uuid::Uuid;

fn letter(language: &str, kind: LetterKind) -> Mail {
    let letter = Letter {
        id: Uuid::nil(),
        message_id: "0b5f7c4e@vestibule.example".to_owned(),
        tenant: store::TenantId(Uuid::nil()),
        invitation: None,
        to: "ann@fabrikam.example".to_owned(),
        language: Some(language.to_owned()),
        attempts: 0,
        kind,
    };
    write(&letter, &Brand::default()).unwrap()
}

fn member(person: &str) -> MemberText {
    MemberText {
        member: Uuid::from_u128(7),
        organisation: "Contoso".to_owned(),
        organisation_domain: "contoso.com".to_owned(),
        person: person.to_owned(),
    }
}

fn decided(approved: bool, contact: Option<&str>) -> LetterKind {
    LetterKind::Membership {
        member: member("Ann"),
        approved,
        sign_in_name: "ann@contoso.com".to_owned(),
        contact: contact.map(str::to_owned),
    }
}

fn membership_request(person: &str) -> LetterKind {
    LetterKind::MembershipRequest {
        member: member(person),
        asked_by: "HR app".to_owned(),
        address: "ann@fabrikam.example".to_owned(),
    }
}

#[test]
fn each_letter_says_all_that_matters_in_every_language() {
    let check = |kind: &LetterKind, subjects: [&str; 4], said: &[&str], unsaid: &[&str]| {
        for (language, subject) in ["en", "de", "ja", "ar"].into_iter().zip(subjects) {
            let mail = letter(language, kind.clone());
            let plain = |text: &str| text.replace(['\u{2068}', '\u{2069}'], "");
            assert_eq!(plain(&mail.subject), subject);
            assert_eq!(mail.language, language);
            for part in [plain(&mail.text), plain(&mail.html)] {
                for word in said {
                    assert!(part.contains(word), "{language}: {word}\n{part}");
                }
                for word in unsaid {
                    assert!(!part.contains(word), "{language}: {word}\n{part}");
                }
            }
        }
    };
    check(
        &decided(true, Some("people@contoso.com")),
        [
            "You are now a member of Contoso",
            "Sie sind jetzt Mitglied von Contoso",
            "Contosoのメンバーになりました",
            "أصبحت الآن عضوًا في Contoso",
        ],
        &["contoso.com", "ann@contoso.com", "people@contoso.com"],
        &[],
    );
    check(
        &decided(false, None),
        [
            "Your request to join Contoso was declined",
            "Ihre Anfrage, Contoso beizutreten, wurde abgelehnt",
            "Contosoへの参加申請は承認されませんでした",
            "رُفض طلبك للانضمام إلى Contoso",
        ],
        &["contoso.com"],
        &["ann@contoso.com", "people@"],
    );
    check(
        &membership_request("Ann"),
        [
            "Ann is waiting for your approval to join Contoso",
            "Ann wartet auf Ihre Zustimmung zum Beitritt zu Contoso",
            "AnnさんがContosoへの参加の承認を待っています",
            "ينتظر Ann موافقتك على الانضمام إلى Contoso",
        ],
        &[
            "HR app",
            "ann@fabrikam.example",
            "contoso.com",
            "pendingMembers/00000000-0000-0000-0000-000000000007",
        ],
        &[],
    );
}

#[test]
fn a_name_is_text_and_nothing_else() {
    let mail = letter(
        "en",
        membership_request("<a href=\"https://evil.example\">Ann</a> {address}"),
    );
    assert!(
        mail.html
            .contains("&lt;a href=&quot;https://evil.example&quot;&gt;Ann&lt;/a&gt; {address}")
    );
    assert!(!mail.html.contains("<a "), "{}", mail.html);
    let mail = letter("ar", membership_request("Ann\u{202e}\u{2069}"));
    assert!(!mail.text.contains('\u{202e}'));
}
