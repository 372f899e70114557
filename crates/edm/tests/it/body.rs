use edm::complex::{employee_org, object_identity, password_profile};
use edm::{
    Body, BodyError, EntityType, Purpose, Record, Rule, Value, Version, body, invitation, user,
};

pub(crate) fn read(
    text: &str,
    ty: &'static EntityType,
    version: Version,
    purpose: Purpose,
) -> Result<Body, BodyError> {
    body::check(
        &edm::json::parse(text.as_bytes()).expect(text),
        edm::Entity::core(ty),
        version,
        purpose,
    )
}

fn create(text: &str) -> Result<Body, BodyError> {
    read(text, &user::TYPE, Version::V1, Purpose::Create)
}

pub(crate) fn refused(result: Result<Body, BodyError>, target: &str, rule: Rule) {
    let error = result.expect_err(target);
    assert_eq!((error.target.as_str(), error.rule), (target, rule));
}

pub(crate) fn wrong(expected: &str) -> Rule {
    Rule::WrongType {
        expected: expected.to_owned(),
    }
}

pub(crate) const NUL: Rule = Rule::Malformed {
    expected: "a text without NUL",
};

#[test]
fn the_documented_examples() {
    let body = create(
        r#"{"accountEnabled": true, "displayName": "Adele Vance", "mailNickname": "AdeleV",
            "userPrincipalName": "AdeleV@contoso.onmicrosoft.com",
            "passwordProfile" : {"forceChangePasswordNextSignIn": true, "password": "xWwvJ]6NMw+bWH-d"}}"#,
    )
    .unwrap();
    assert_eq!(body.set.bool(&user::ACCOUNT_ENABLED), Some(true));
    assert_eq!(body.set.text(&user::DISPLAY_NAME), Some("Adele Vance"));
    let profile = body.set.complex(&user::PASSWORD_PROFILE).unwrap();
    assert_eq!(
        profile.text(&password_profile::PASSWORD),
        Some("xWwvJ]6NMw+bWH-d")
    );
    assert_eq!(body.set.len(), 5);

    let body = create(
        r#"{"displayName": "John Smith", "identities": [
              {"signInType": "userName", "issuer": "contoso.onmicrosoft.com", "issuerAssignedId": "johnsmith"},
              {"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "5eecb0cd"}],
            "passwordProfile" : {"password": "password-value", "forceChangePasswordNextSignIn": false},
            "passwordPolicies": "DisablePasswordExpiration"}"#,
    )
    .unwrap();
    let issuers: Vec<_> = body
        .set
        .list(&user::IDENTITIES)
        .iter()
        .filter_map(Value::as_complex)
        .collect();
    assert_eq!(issuers.len(), 2);
    assert_eq!(
        issuers[1].text(&object_identity::ISSUER),
        Some("facebook.com")
    );
}

#[test]
fn names_match_caselessly() {
    let body = create(r#"{"DISPLAYNAME":"x","PasswordProfile":{"Password":"y"}}"#).unwrap();
    assert_eq!(body.set.text(&user::DISPLAY_NAME), Some("x"));
    assert!(
        body.set
            .complex(&user::PASSWORD_PROFILE)
            .unwrap()
            .has(&password_profile::PASSWORD)
    );
}

#[test]
fn explicit_nulls_are_kept() {
    let body = create(r#"{"city":null,"employeeOrgData":{"division":null},"mail":null}"#).unwrap();
    assert_eq!(body.set.get(&user::CITY), Some(&Value::Null));
    assert_eq!(
        body.set
            .complex(&user::EMPLOYEE_ORG_DATA)
            .unwrap()
            .get(&employee_org::DIVISION),
        Some(&Value::Null)
    );
    assert_eq!(body.set.len(), 3);
}

#[test]
fn annotations_are_accepted() {
    let body = create(
        r##"{"@odata.type":"#microsoft.graph.user","@odata.id":7,"friends@odata.bind":"users/1",
            "otherMails@odata.type":"#Collection(String)","@OData.etag":null,
            "passwordProfile":{"@odata.type":"microsoft.graph.passwordProfile"},
            "identities":[{"@odata.type":"microsoft.graph.objectIdentity"}]}"##,
    )
    .unwrap();
    assert_eq!(body.annotations.len(), 5);
    assert_eq!(
        body.annotation("FRIENDS@odata.bind"),
        Some(&"users/1".into())
    );
    assert_eq!(body.annotation("@odata.id"), Some(&7.into()));
    assert_eq!(
        body.set.complex(&user::PASSWORD_PROFILE),
        Some(&Record::new())
    );
    for unknown in ["@x", "@odata", "odata.type", "a@b.c"] {
        refused(
            create(&format!("{{\"{unknown}\":1}}")),
            unknown,
            Rule::Unknown,
        );
    }
}

#[test]
fn unknown_and_read_only() {
    let ro = |text: &str, target: &str| refused(create(text), target, Rule::ReadOnly);
    let unknown = |text: &str, target: &str| refused(create(text), target, Rule::Unknown);
    unknown(r#"{"isAdmin":true}"#, "isAdmin");
    // The documents have a sentence for extensions that nobody defined.
    let extension = create(r#"{"extension_abc_x":null}"#);
    refused(extension, "extension_abc_x", Rule::Undeclared);
    unknown(
        r#"{"passwordProfile":{"pass":"x"}}"#,
        "passwordProfile/pass",
    );
    unknown(r#"{"identities":[{},{"kind":1}]}"#, "identities/1/kind");
    unknown(r#"{"manager":{"id":"x"}}"#, "manager");
    unknown(r#"{"deviceKeys":[]}"#, "deviceKeys");
    ro(r#"{"ID":"x"}"#, "id");
    ro(
        r#"{"createddatetime":"2014-01-01T00:00:00Z"}"#,
        "createdDateTime",
    );
    // Whatever the value is.
    ro(r#"{"assignedLicenses":7}"#, "assignedLicenses");
    ro(r#"{"proxyAddresses":null}"#, "proxyAddresses");
    ro(
        r#"{"legalAgeGroupClassification":"Adult"}"#,
        "legalAgeGroupClassification",
    );
    ro(r#"{"signInActivity":{}}"#, "signInActivity");
    ro(r#"{"externalUserState":"Accepted"}"#, "externalUserState");
    ro(
        r#"{"mailboxSettings":{"userPurpose":"user"}}"#,
        "mailboxSettings/userPurpose",
    );
    // Beta knows more, and keeps it read-only.
    refused(
        read(
            r#"{"DeviceKeys":[]}"#,
            &user::TYPE,
            Version::Beta,
            Purpose::Create,
        ),
        "deviceKeys",
        Rule::ReadOnly,
    );
    // What only creates, and what only updates.
    let invite = r#"{"inviteRedirectUrl":"https://x.example"}"#;
    read(invite, &invitation::TYPE, Version::V1, Purpose::Create).unwrap();
    let told = read(invite, &invitation::TYPE, Version::V1, Purpose::Update).unwrap();
    assert!(told.set.is_empty() && told.told.has(&invitation::INVITE_REDIRECT_URL));
}

#[test]
fn wrong_types() {
    let check =
        |text: &str, target: &str, expected: &str| refused(create(text), target, wrong(expected));
    check(r#"{"displayName":7}"#, "displayName", "Edm.String");
    check(r#"{"displayName":["a"]}"#, "displayName", "Edm.String");
    check(r#"{"displayName":{}}"#, "displayName", "Edm.String");
    check(
        r#"{"accountEnabled":"true"}"#,
        "accountEnabled",
        "Edm.Boolean",
    );
    check(r#"{"accountEnabled":1}"#, "accountEnabled", "Edm.Boolean");
    check(
        r#"{"businessPhones":"1"}"#,
        "businessPhones",
        "Collection(Edm.String)",
    );
    check(
        r#"{"businessPhones":[1]}"#,
        "businessPhones/0",
        "Edm.String",
    );
    check(
        r#"{"otherMails":["a",["b"]]}"#,
        "otherMails/1",
        "Edm.String",
    );
    check(
        r#"{"passwordProfile":"x"}"#,
        "passwordProfile",
        "graph.passwordProfile",
    );
    check(
        r#"{"passwordProfile":[]}"#,
        "passwordProfile",
        "graph.passwordProfile",
    );
    check(
        r#"{"passwordProfile":{"password":1}}"#,
        "passwordProfile/password",
        "Edm.String",
    );
    check(
        r#"{"identities":{}}"#,
        "identities",
        "Collection(graph.objectIdentity)",
    );
    check(
        r#"{"identities":["x"]}"#,
        "identities/0",
        "graph.objectIdentity",
    );
    check(
        r#"{"deviceEnrollmentLimit":5.5}"#,
        "deviceEnrollmentLimit",
        "Edm.Int32",
    );
    check(
        r#"{"deviceEnrollmentLimit":2147483648}"#,
        "deviceEnrollmentLimit",
        "Edm.Int32",
    );
    check(
        r#"{"employeeHireDate":0}"#,
        "employeeHireDate",
        "Edm.DateTimeOffset",
    );
}

#[test]
fn malformed_texts() {
    let check = |text: &str, target: &str| {
        let error = create(text).expect_err(text);
        assert_eq!(error.target, target);
        assert!(matches!(error.rule, Rule::Malformed { .. }), "{error}");
    };
    check(r#"{"employeeHireDate":"yesterday"}"#, "employeeHireDate");
    check(
        r#"{"mailboxSettings":{"workingHours":{"startTime":"8am"}}}"#,
        "mailboxSettings/workingHours/startTime",
    );
    check(
        r#"{"mailboxSettings":{"workingHours":{"daysOfWeek":["monday","noday"]}}}"#,
        "mailboxSettings/workingHours/daysOfWeek/1",
    );
    refused(create(r#"{"displayName":"a\u0000b"}"#), "displayName", NUL);
    refused(
        create(r#"{"businessPhones":["\u0000"]}"#),
        "businessPhones/0",
        NUL,
    );
    refused(
        create(r#"{"passwordProfile":{"password":"\u0000"}}"#),
        "passwordProfile/password",
        NUL,
    );
    let allowed = ["Minor", "NotAdult", "Adult"].map(str::to_owned).to_vec();
    refused(
        create(r#"{"ageGroup":"minor"}"#),
        "ageGroup",
        Rule::NotAllowed { allowed },
    );
    refused(
        create(r#"{"userType":"Admin"}"#),
        "userType",
        Rule::NotAllowed {
            allowed: ["Member", "Guest"].map(str::to_owned).to_vec(),
        },
    );
}

#[test]
fn nulls_where_null_is_no_value() {
    let check = |text: &str, target: &str| refused(create(text), target, Rule::NotNullable);
    check(r#"{"businessPhones":null}"#, "businessPhones");
    check(r#"{"otherMails":[null]}"#, "otherMails/0");
    check(r#"{"birthday":null}"#, "birthday");
    check(r#"{"identities":[null]}"#, "identities/0");
    create(r#"{"identities":null}"#).unwrap();
}

#[test]
fn limits() {
    let text =
        |property: &str, length: usize| format!("{{\"{property}\":\"{}\"}}", "𝔸".repeat(length));
    for (property, max) in [
        ("displayName", 256),
        ("givenName", 64),
        ("employeeId", 16),
        ("streetAddress", 1024),
    ] {
        // Characters, not UTF-16 units or bytes.
        create(&text(property, max)).unwrap();
        refused(
            create(&text(property, max + 1)),
            property,
            Rule::TooLong {
                max: u32::try_from(max).unwrap(),
            },
        );
    }
    refused(
        create(r#"{"businessPhones":["1","2"]}"#),
        "businessPhones",
        Rule::TooMany { max: 1 },
    );
    let mails = |count: usize| {
        format!(
            "{{\"otherMails\":[{}]}}",
            vec!["\"a@b.c\""; count].join(",")
        )
    };
    create(&mails(250)).unwrap();
    refused(
        create(&mails(251)),
        "otherMails",
        Rule::TooMany { max: 250 },
    );
    refused(
        create(&format!(
            "{{\"otherMails\":[\"a\",\"{}\"]}}",
            "x".repeat(251)
        )),
        "otherMails/1",
        Rule::TooLong { max: 250 },
    );
    // A password is judged by the rules for passwords.
    create(&format!(
        "{{\"passwordProfile\":{{\"password\":\"{}\"}}}}",
        "x".repeat(10_000)
    ))
    .unwrap();
}

#[test]
fn values_of_every_kind() {
    let body = create(
        r#"{"employeeHireDate":"2024-02-29T12:00:00+02:00","deviceEnrollmentLimit":7,"skills":["a","b"],
            "mailboxSettings":{"timeZone":"UTC","workingHours":{"daysOfWeek":["monday"],"startTime":"08:00:00"}}}"#,
    )
    .unwrap();
    assert_eq!(
        edm::document::whole(&body.set),
        concat!(
            r#"{"deviceEnrollmentLimit":7,"employeeHireDate":"2024-02-29T10:00:00Z","#,
            r#""mailboxSettings":{"timeZone":"UTC","workingHours":{"daysOfWeek":["monday"],"startTime":"08:00:00"}},"#,
            r#""skills":["a","b"]}"#
        )
    );
}

#[test]
fn errors_say_whose_and_which() {
    let error = create(r#"{"passwordProfile":{"password":1}}"#).unwrap_err();
    assert_eq!((error.resource, error.root()), ("User", "passwordProfile"));
    assert_eq!(error.property.as_deref(), Some(&password_profile::PASSWORD));
    assert_eq!(
        error.to_string(),
        "passwordProfile/password: not of type Edm.String"
    );
    let error = create(r#"{"nope":1}"#).unwrap_err();
    assert_eq!((error.root(), error.property.as_deref()), ("nope", None));
    let error = body::check(
        &edm::Json::Null,
        edm::Entity::core(&invitation::TYPE),
        Version::V1,
        Purpose::Create,
    )
    .unwrap_err();
    assert_eq!(
        (error.target.as_str(), error.resource, error.rule),
        ("", "Invitation", wrong("graph.invitation"))
    );
}

/// An update may say what only the server sets, whole; what it sets itself is kept apart from that.
#[test]
fn an_update_tells_what_the_server_sets() {
    let text = r#"{"id":"x","city":"Bonn","assignedLicenses":[{"skuId":"87d349ed-44d7-43e1-9a83-5f2406dee5bd"}],
        "signInActivity":{"lastSignInRequestId":"y"},"imAddresses":null,"deletedDateTime":null,
        "mailboxSettings":{"userPurpose":null,"timeZone":"UTC"}}"#;
    let update = |text| read(text, &user::TYPE, Version::V1, Purpose::Update);
    let body = update(text).unwrap();
    let names =
        |record: &Record| -> Vec<_> { record.properties().map(|p| p.name().to_owned()).collect() };
    assert_eq!(names(&body.set), ["city", "mailboxSettings"]);
    let told = [
        "id",
        "deletedDateTime",
        "assignedLicenses",
        "imAddresses",
        "signInActivity",
    ];
    assert_eq!(names(&body.told), told);
    refused(
        update(r#"{"createdDateTime":7}"#),
        "createdDateTime",
        wrong("Edm.DateTimeOffset"),
    );
    refused(
        update(r#"{"mailboxSettings":{"userPurpose":"user"}}"#),
        "mailboxSettings/userPurpose",
        Rule::ReadOnly,
    );
}

/// Null clears; a text of no characters is a mistake wherever a text stands, and not given in
/// invitations.
#[test]
fn empty_texts() {
    let check = |text: &str, target: &str| {
        for purpose in [Purpose::Create, Purpose::Update] {
            for version in Version::ALL {
                refused(
                    read(text, &user::TYPE, version, purpose),
                    target,
                    Rule::Empty,
                );
            }
        }
    };
    check(r#"{"mobilePhone":""}"#, "mobilePhone");
    check(r#"{"MAIL":""}"#, "mail");
    check(r#"{"userType":""}"#, "userType");
    check(r#"{"businessPhones":[""]}"#, "businessPhones/0");
    check(r#"{"otherMails":["a@b.c",""]}"#, "otherMails/1");
    check(r#"{"skills":[""]}"#, "skills/0");
    check(
        r#"{"employeeOrgData":{"division":""}}"#,
        "employeeOrgData/division",
    );
    check(
        r#"{"identities":[{"signInType":"userName","issuer":""}]}"#,
        "identities/0/issuer",
    );
    check(
        r#"{"authorizationInfo":{"certificateUserIds":[""]}}"#,
        "authorizationInfo/certificateUserIds/0",
    );
    // A password has its own sentence, and preferredName reads as an empty text while it is unset.
    let text = r#"{"passwordProfile":{"password":""},"preferredName":""}"#;
    let set = create(text).unwrap().set;
    let profile = set.complex(&user::PASSWORD_PROFILE).unwrap();
    assert_eq!(profile.text(&password_profile::PASSWORD), Some(""));
    assert_eq!(set.get(&user::PREFERRED_NAME), Some(&Value::Null));

    let absent = |text: &str, ty| {
        let json = edm::json::parse(text.as_bytes()).unwrap();
        let blank = edm::Blank::Absent;
        body::check_with(&json, ty, Version::V1, Purpose::Create, blank)
            .unwrap()
            .set
    };
    let row =
        r#"{"city":"","otherMails":["","1"],"employeeOrgData":{"division":"","costCenter":"7"}}"#;
    assert_eq!(
        edm::document::whole(&absent(row, edm::Entity::core(&user::TYPE))),
        r#"{"employeeOrgData":{"costCenter":"7"},"otherMails":["1"]}"#
    );
    let invite = r#"{"invitedUserDisplayName":"","invitedUserType":"","inviteRedirectUrl":"",
        "invitedUserMessageInfo":{"messageLanguage":"","customizedMessageBody":"",
        "ccRecipients":[{"emailAddress":{"address":"","name":""}}]}}"#;
    let invite = read(invite, &invitation::TYPE, Version::V1, Purpose::Create).unwrap();
    let set: Vec<_> = invite.set.properties().map(edm::Property::name).collect();
    assert_eq!(set, ["invitedUserMessageInfo"]);
    assert_eq!(
        edm::document::whole(&invite.set),
        r#"{"invitedUserMessageInfo":{"ccRecipients":[{"emailAddress":{}}]}}"#
    );
}

#[test]
fn beta_types_differ_in_one_place_only() {
    let types = |version| {
        user::TYPE
            .properties
            .iter()
            .map(move |p| p.csdl_type(version))
    };
    let differing: Vec<_> = types(Version::V1)
        .zip(types(Version::Beta))
        .filter(|(a, b)| a != b)
        .collect();
    assert_eq!(
        differing,
        [("Edm.DateTimeOffset".to_owned(), "Edm.String".to_owned())]
    );
}
