use edm::complex::{employee_org, extension_attributes, object_identity, password_profile};
use edm::{Property, Purpose, Record, Value, Version, body, document, invitation, user};

fn record(members: &[(&'static Property, Value)]) -> Record {
    members.iter().cloned().collect()
}

fn adele() -> Record {
    record(&[
        (&user::SURNAME, "Vance".into()),
        (&user::ID, "87d349ed-44d7-43e1-9a83-5f2406dee5bd".into()),
        (
            &user::DISPLAY_NAME,
            "Adele \"A\"\n\u{1}Vance é 😀 </script>".into(),
        ),
        (&user::CITY, Value::Null),
        (&user::OTHER_MAILS, Value::List(vec![])),
        (&user::ACCOUNT_ENABLED, true.into()),
        (
            &user::CREATED_DATE_TIME,
            edm::instant::parse("2014-01-01T00:00:00.50Z")
                .unwrap()
                .into(),
        ),
        (
            &user::PASSWORD_PROFILE,
            record(&[
                (&password_profile::PASSWORD, "secret".into()),
                (
                    &password_profile::FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN,
                    true.into(),
                ),
            ])
            .into(),
        ),
        (
            &user::IDENTITIES,
            Value::List(vec![
                record(&[(&object_identity::ISSUER, "contoso.com".into())]).into(),
            ]),
        ),
    ])
}

#[test]
fn the_whole() {
    let text = document::whole(&adele());
    assert_eq!(
        text,
        concat!(
            r#"{"id":"87d349ed-44d7-43e1-9a83-5f2406dee5bd","accountEnabled":true,"#,
            r#""createdDateTime":"2014-01-01T00:00:00.5Z","#,
            r#""displayName":"Adele \"A\"\n\u0001Vance é 😀 </script>","identities":[{"issuer":"contoso.com"}],"#,
            r#""passwordProfile":{"forceChangePasswordNextSignIn":true},"surname":"Vance"}"#
        )
    );
    let back = document::parse(&text, edm::Entity::core(&user::TYPE)).unwrap();
    assert_eq!(document::whole(&back), text);
    assert_eq!(
        back.instant(&user::CREATED_DATE_TIME),
        adele().instant(&user::CREATED_DATE_TIME)
    );
    assert_eq!(document::whole(&Record::new()), "{}");
    assert_eq!(
        document::parse("{}", edm::Entity::core(&user::TYPE)),
        Ok(Record::new())
    );
}

/// A newer build has written them, or the definition of a tenant's own property is gone.
#[test]
fn names_that_no_schema_knows_are_kept_and_shown_to_nobody() {
    let text = r#"{"id":"1","employeeOrgData":{"division":"Sales","newer":[1]},"city":"Bern","shoes":{"size":43}}"#;
    let mut user = document::parse(text, edm::Entity::core(&user::TYPE)).unwrap();
    let stored = r#"{"id":"1","city":"Bern","employeeOrgData":{"division":"Sales","newer":[1]},"shoes":{"size":43}}"#;
    assert_eq!(document::whole(&user), stored);
    let joined = document::joined(
        &document::brief(&user, &user::TYPE),
        &document::rest(&user, &user::TYPE),
    );
    assert_eq!(
        document::parse(&joined, edm::Entity::core(&user::TYPE)),
        Ok(user.clone())
    );
    // Nobody sees them.
    let all = document::select(&user, user::PROPERTIES, true).object();
    assert!(!all.contains("newer") && !all.contains("shoes"), "{all}");
    assert!(!format!("{user:?}").contains("43"), "{user:?}");
    // A change of something else leaves them, and one of the complex value its unknown member.
    let division = [(&employee_org::DIVISION, Value::from("IT"))];
    let changes = [
        (&user::CITY, Value::Null),
        (
            &user::EMPLOYEE_ORG_DATA,
            Value::Complex(division.into_iter().collect()),
        ),
    ];
    user.merge(changes.into_iter().collect());
    let stored =
        r#"{"id":"1","employeeOrgData":{"division":"IT","newer":[1]},"shoes":{"size":43}}"#;
    assert_eq!(document::whole(&user), stored);
    user.forget_unread();
    let stored = r#"{"id":"1","employeeOrgData":{"division":"IT"}}"#;
    assert_eq!(document::whole(&user), stored);
    // What says no more than an absent member is no loss.
    let empty = document::parse(
        r#"{"newer":null,"shoes":[]}"#,
        edm::Entity::core(&user::TYPE),
    );
    assert_eq!(empty, Ok(Record::new()));
}

#[test]
fn unreadable_documents() {
    for text in [
        "",
        "[]",
        "{\"accountEnabled\":\"x\"}",
        "{\"createdDateTime\":\"x\"}",
        "{\"id\":1}",
    ] {
        document::parse(text, edm::Entity::core(&user::TYPE)).expect_err(text);
    }
}

#[test]
fn the_default_set() {
    assert_eq!(
        document::brief(&adele(), &user::TYPE),
        concat!(
            r#""id":"87d349ed-44d7-43e1-9a83-5f2406dee5bd","businessPhones":[],"#,
            r#""displayName":"Adele \"A\"\n\u0001Vance é 😀 </script>","givenName":null,"jobTitle":null,"mail":null,"#,
            r#""mobilePhone":null,"officeLocation":null,"preferredLanguage":null,"surname":"Vance","#,
            r#""userPrincipalName":null"#
        )
    );
    let beta =
        document::default_set(&adele(), edm::Entity::core(&user::TYPE), Version::Beta).object();
    let beta: serde_json::Map<String, edm::Json> = serde_json::from_str(&beta).unwrap();
    assert_eq!(beta.len(), 74);
    assert!(
        beta.contains_key("deviceKeys")
            && !beta.contains_key("aboutMe")
            && !beta.contains_key("signInActivity")
    );
}

/// What is stored is the default set and the rest: together they hold what the whole does, no
/// member twice.
#[test]
fn the_rest() {
    let rest = document::rest(&adele(), &user::TYPE);
    assert_eq!(
        rest,
        concat!(
            r#""accountEnabled":true,"createdDateTime":"2014-01-01T00:00:00.5Z","#,
            r#""identities":[{"issuer":"contoso.com"}],"passwordProfile":{"forceChangePasswordNextSignIn":true}"#
        )
    );
    let joined = document::joined(&document::brief(&adele(), &user::TYPE), &rest);
    assert_eq!(
        document::parse(&joined, edm::Entity::core(&user::TYPE)),
        document::parse(&document::whole(&adele()), edm::Entity::core(&user::TYPE))
    );
    let known = record(&[
        (&user::ID, "1".into()),
        (&user::MAIL, "a@b.example".into()),
        (&user::BUSINESS_PHONES, Value::List(vec!["+47".into()])),
        (&user::AGE_GROUP, Value::Null),
        (&user::OTHER_MAILS, Value::List(vec![])),
    ]);
    assert_eq!(document::rest(&known, &user::TYPE), "");
}

#[test]
fn joined() {
    let check = |brief: &str, rest: &str, expected: &str| {
        assert_eq!(document::joined(brief, rest), expected);
    };
    check("", "", "{}");
    check(r#""id":"1""#, "", r#"{"id":"1"}"#);
    check("", r#""city":"Oslo""#, r#"{"city":"Oslo"}"#);
    check(
        r#""id":"1","mail":null"#,
        r#""city":"Oslo""#,
        r#"{"id":"1","mail":null,"city":"Oslo"}"#,
    );
}

/// What a brief shows of what is not set, no record holds: nothing else tells that it is not.
#[test]
fn unset_members_read_as_absent() {
    let read = document::parse(
        r#"{"id":"1","businessPhones":[],"mail":null,"identities":[{"signInType":null,"issuer":"contoso.com"}]}"#,
        edm::Entity::core(&user::TYPE),
    );
    let identity = record(&[(&object_identity::ISSUER, "contoso.com".into())]);
    let expected = record(&[
        (&user::ID, "1".into()),
        (&user::IDENTITIES, Value::List(vec![identity.into()])),
    ]);
    assert_eq!(read, Ok(expected));
    // A default that a type puts in the place of null would read as set; a secret would read as
    // gone.
    for property in user::TYPE.properties {
        let is_told_apart = property.ty.is_primitive() && ["null", "[]"].contains(&property.unset);
        assert!(
            is_told_apart || !property.is_default_in(Version::V1),
            "{}: the stored texts do not hold it as it is",
            property.name()
        );
    }
}

#[test]
fn selected() {
    let check = |properties: &[&'static Property], expected: &str| {
        let selected = document::select(&adele(), properties, true);
        assert_eq!(selected.as_str(), expected);
    };
    check(&[], "");
    check(
        &[&user::SURNAME, &user::ACCOUNT_ENABLED, &user::SURNAME],
        r#""accountEnabled":true,"surname":"Vance""#,
    );
    check(
        &[&user::CITY, &user::OTHER_MAILS, &user::PRINT],
        r#""city":null,"otherMails":[],"print":null"#,
    );
    check(
        &[&user::PASSWORD_PROFILE],
        concat!(
            r#""passwordProfile":{"forceChangePasswordNextSignIn":true,"#,
            r#""forceChangePasswordNextSignInWithMfa":null,"password":null}"#
        ),
    );
    check(
        &[&user::IDENTITIES],
        r#""identities":[{"signInType":null,"issuer":"contoso.com","issuerAssignedId":null}]"#,
    );
    // CSDL knows no null for these.
    check(
        &[
            &user::BIRTHDAY,
            &user::DEVICE_ENROLLMENT_LIMIT,
            &user::PREFERRED_NAME,
            &user::ABOUT_ME,
        ],
        r#""aboutMe":null,"birthday":"0001-01-01T00:00:00Z","deviceEnrollmentLimit":5,"preferredName":"""#,
    );
    let list = [&user::SKILLS, &user::SURNAME];
    assert_eq!(
        document::select(&adele(), &list, false).as_str(),
        r#""surname":"Vance""#
    );
    assert_eq!(
        document::select(&adele(), &list, true).as_str(),
        r#""skills":[],"surname":"Vance""#
    );
}

#[test]
fn computed_when_rendered() {
    let mut user = adele();
    let shown = |user: &Record| {
        let properties = [
            &user::LEGAL_AGE_GROUP_CLASSIFICATION,
            &user::SECURITY_IDENTIFIER,
        ];
        document::select(user, &properties, false).into_text()
    };
    assert_eq!(
        shown(&user),
        concat!(
            r#""legalAgeGroupClassification":null,"#,
            r#""securityIdentifier":"S-1-12-1-2278771181-1138836695-610239386-3185958406""#
        )
    );
    user.set(&user::AGE_GROUP, "Minor");
    user.set(&user::CONSENT_PROVIDED_FOR_MINOR, "Denied");
    assert!(
        shown(&user).starts_with(r#""legalAgeGroupClassification":"MinorWithOutParentalConsent","#)
    );
    // Neither is stored.
    assert!(!document::whole(&user).contains("legalAge"));
}

#[test]
fn an_invitation_reads_as_documented() {
    let mut invitation = Record::new();
    invitation.set(&invitation::RESET_REDEMPTION, false);
    invitation.set(&invitation::INVITED_USER_TYPE, "Guest");
    invitation.set(&invitation::STATUS, "Completed");
    invitation.set(
        &invitation::INVITED_USER,
        record(&[(&invitation::link::ID, "243b1de4".into())]),
    );
    invitation.set(
        &invitation::INVITE_REDIRECT_URL,
        "https://myapp.contoso.com",
    );
    let recipient = record(&[(&invitation::recipient::EMAIL_ADDRESS, Record::new().into())]);
    let cc = record(&[(
        &invitation::message_info::CC_RECIPIENTS,
        Value::List(vec![recipient.into()]),
    )]);
    invitation.set(&invitation::INVITED_USER_MESSAGE_INFO, cc);
    invitation.set(&invitation::ID, "7b92124c");
    assert_eq!(
        document::brief(&invitation, &invitation::TYPE),
        concat!(
            r#""id":"7b92124c","inviteRedeemUrl":null,"invitedUserDisplayName":null,"invitedUserEmailAddress":null,"#,
            r#""sendInvitationMessage":false,"invitedUserMessageInfo":{"messageLanguage":null,"ccRecipients":"#,
            r#"[{"emailAddress":{"name":null,"address":null}}],"customizedMessageBody":null},"#,
            r#""inviteRedirectUrl":"https://myapp.contoso.com","status":"Completed","#,
            r#""invitedUser":{"id":"243b1de4"},"invitedUserType":"Guest","resetRedemption":false"#
        )
    );
    let text = document::whole(&invitation);
    assert_eq!(
        document::whole(&document::parse(&text, edm::Entity::core(&invitation::TYPE)).unwrap()),
        text
    );
}

/// Everything a body can set comes back from the store as it went in. Custom security attributes
/// are there once they are defined: `attributes.rs`.
#[test]
fn whatever_a_body_sets_survives_storing() {
    let properties = user::TYPE.properties.iter();
    let properties = properties.filter(|p| **p != &user::CUSTOM_SECURITY_ATTRIBUTES);
    for property in properties.filter(|p| !p.is_read_only()) {
        let json = sample(property);
        let body = format!("{{\"{}\":{json}}}", property.name());
        let purpose = if property.write.create {
            Purpose::Create
        } else {
            Purpose::Update
        };
        let json = edm::json::parse(body.as_bytes()).unwrap();
        let set = body::check(
            &json,
            edm::Entity::core(&user::TYPE),
            Version::Beta,
            purpose,
        )
        .unwrap_or_else(|error| panic!("{}: {error}", property.name()))
        .set;
        let mut stored = set.clone();
        if **property == user::PASSWORD_PROFILE {
            let mut profile = set.complex(property).unwrap().clone();
            profile.remove(&password_profile::PASSWORD);
            stored.set(*property, profile);
        }
        assert_eq!(
            document::parse(&document::whole(&set), edm::Entity::core(&user::TYPE)).unwrap(),
            stored,
            "{}",
            property.name()
        );
    }
    assert_eq!(extension_attributes::TYPE.properties().count(), 15);
}

fn sample(property: &Property) -> String {
    let one = match &property.ty {
        edm::Type::Boolean => "true".to_owned(),
        edm::Type::Int32 | edm::Type::Int64 => "7".to_owned(),
        edm::Type::DateTimeOffset => "\"2020-02-03T04:05:06.7Z\"".to_owned(),
        edm::Type::TimeOfDay => "\"08:00:00\"".to_owned(),
        edm::Type::Guid => "\"87d349ed-44d7-43e1-9a83-5f2406dee5bd\"".to_owned(),
        edm::Type::Binary => "\"AAEC\"".to_owned(),
        edm::Type::Enum(ty) => format!("\"{}\"", ty.members[0].0),
        edm::Type::Complex(ty) => {
            let members = ty.properties().filter(|p| !p.is_read_only());
            let members: Vec<_> = members
                .map(|p| format!("\"{}\":{}", p.name(), sample(&p)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
        edm::Type::String => format!("\"{}\"", property.values.iter().next().unwrap_or("ab")),
    };
    if property.collection {
        format!("[{one}]")
    } else {
        one
    }
}
