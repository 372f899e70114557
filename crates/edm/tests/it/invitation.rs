use crate::body::{NUL, read, refused, wrong};
use edm::{Purpose, Rule, Version, invitation};

#[test]
fn bodies() {
    let invite = |text: &str| read(text, &invitation::TYPE, Version::V1, Purpose::Create);
    let body = invite(
        r#"{"invitedUserEmailAddress":"sam@fabrikam.example","inviteRedirectUrl":"https://app.example",
            "invitedUser":{"department":"Sales","manager":{"id":"1"}},"invitedUserSponsors@odata.bind":["u/1"],
            "invitedUserMessageInfo":{"messageLanguage":null,"customizedMessageBody":null,
                "ccRecipients":[{"emailAddress":{"name":null,"address":null}}]}}"#,
    )
    .unwrap();
    assert_eq!(
        body.set.text(&invitation::INVITED_USER_EMAIL_ADDRESS),
        Some("sam@fabrikam.example")
    );
    assert_eq!(body.set.len(), 3);
    // What the guest is to be given is for the directory to judge (R-46).
    let [(navigation, json)] = body.navigation.as_slice() else {
        panic!()
    };
    assert_eq!(navigation.property, &invitation::INVITED_USER);
    assert_eq!(
        json.to_string(),
        r#"{"department":"Sales","manager":{"id":"1"}}"#
    );

    refused(
        invite(r#"{"invitedUser":{"city":"a\u0000"}}"#),
        "invitedUser",
        NUL,
    );
    let sponsors =
        r#"{"invitedUserSponsors":[{"id":"1"}],"invitedUserSponsors@odata.bind":["users/2"]}"#;
    let sponsors = invite(sponsors).unwrap();
    assert_eq!(sponsors.navigation[0].1.to_string(), r#"[{"id":"1"}]"#);
    assert_eq!(sponsors.binds[0].1, ["users/2"]);
    refused(
        invite(r#"{"userType":"Member"}"#),
        "userType",
        Rule::Unknown,
    );
    refused(
        invite(r#"{"inviteRedeemUrl":"https://x"}"#),
        "inviteRedeemUrl",
        Rule::ReadOnly,
    );
    refused(
        invite(r#"{"status":"Completed"}"#),
        "status",
        Rule::ReadOnly,
    );
    refused(
        invite(r#"{"invitedUserEmailAddress":["a@b.c","d@e.f"]}"#),
        "invitedUserEmailAddress",
        wrong("Edm.String"),
    );
    refused(
        invite(r#"{"invitedUserEmailAddress":null}"#),
        "invitedUserEmailAddress",
        Rule::NotNullable,
    );
    refused(
        invite(&format!(
            r#"{{"invitedUserMessageInfo":{{"customizedMessageBody":"{}"}}}}"#,
            "x".repeat(501)
        )),
        "invitedUserMessageInfo/customizedMessageBody",
        Rule::TooLong { max: 500 },
    );
    let cc = r#"{"emailAddress":{"address":"a@b.c"}}"#;
    refused(
        invite(&format!(
            r#"{{"invitedUserMessageInfo":{{"ccRecipients":[{cc},{cc}]}}}}"#
        )),
        "invitedUserMessageInfo/ccRecipients",
        Rule::TooMany { max: 1 },
    );
}
