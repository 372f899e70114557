//! POST /users: what is refused, naming the property, and changes nothing.

use directory::{PasswordRule, Permission, Refusal, ServiceMode};
use edm::Purpose;

use crate::world::{World, body, refused, work_user};

/// A work user without one member.
fn without(member: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(&work_user("someone", "")).unwrap();
    json.as_object_mut().unwrap().remove(member);
    json.to_string()
}

/// A work user with one member replaced.
fn with(member: &str, value: &str) -> String {
    let mut json: serde_json::Value = serde_json::from_str(&work_user("someone", "")).unwrap();
    json[member] = serde_json::from_str(value).unwrap();
    json.to_string()
}

/// A local account, with these identities, `passwordProfile` and `passwordPolicies`.
fn local(identities: &str, profile: &str, policies: &str) -> String {
    format!(
        r#"{{"displayName":"Local","identities":[{identities}],"passwordProfile":{profile},"passwordPolicies":{policies}}}"#
    )
}

const NAME: &str =
    r#"{"signInType":"userName","issuer":"contoso.onmicrosoft.com","issuerAssignedId":"local"}"#;
const PROFILE: &str = r#"{"password":"password-value"}"#;
const POLICIES: &str = r#""DisablePasswordExpiration""#;

#[tokio::test]
async fn required_members() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let check = async |text: String, expected: &str| {
        refused(&world, &before, world.create(&text).await, expected, &text).await;
    };
    for member in [
        "accountEnabled",
        "displayName",
        "mailNickname",
        "userPrincipalName",
    ] {
        check(
            without(member),
            &format!("Missing {{ resource: User, property: \"{member}\""),
        )
        .await;
        check(
            with(member, "null"),
            &format!("Missing {{ resource: User, property: \"{member}\""),
        )
        .await;
    }
    check(without("passwordProfile"), "PasswordMissing").await;
    check(with("passwordProfile", "null"), "PasswordMissing").await;
    check(with("passwordProfile", "{}"), "PasswordMissing").await;
    check(
        with("passwordProfile", r#"{"password":null}"#),
        "PasswordMissing",
    )
    .await;
    check("{}".to_owned(), "Missing").await;
    check(local(NAME, "{}", POLICIES), "PasswordMissing").await;
    check(
        local(NAME, PROFILE, POLICIES).replace(r#""Local""#, "null"),
        "\"displayName\"",
    )
    .await;
}

#[tokio::test]
async fn names_and_values() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let check = async |member: &str, value: &str, expected: &str| {
        refused(
            &world,
            &before,
            world.create(&with(member, value)).await,
            expected,
            value,
        )
        .await;
    };
    for upn in [
        "a",
        "a@b@contoso.com",
        "a b@contoso.com",
        "ä@contoso.com",
        "a.@contoso.com",
        "a#EXT#@contoso.com",
        "a_b.com#ext#@contoso.onmicrosoft.com",
    ] {
        check(
            "userPrincipalName",
            &format!("\"{upn}\""),
            "Malformed { property: \"userPrincipalName\"",
        )
        .await;
    }
    for upn in [
        "a@fabrikam.example",
        "a@contoso.com.example",
        "a@sub.contoso.com",
    ] {
        check(
            "userPrincipalName",
            &format!("\"{upn}\""),
            "Domain { property: \"userPrincipalName\"",
        )
        .await;
    }
    for nickname in ["a b", "a@b", "ä"] {
        check(
            "mailNickname",
            &format!("\"{nickname}\""),
            "\"mailNickname\"",
        )
        .await;
    }
    check("displayName", "\" \"", "\"displayName\"").await;
    check(
        "displayName",
        r#""Adele\r\nBcc: x@fabrikam.example""#,
        "\"displayName\"",
    )
    .await;
    check("displayName", r#""Adele\u2028Vance""#, "\"displayName\"").await;
    check("usageLocation", "\"de\"", "\"usageLocation\"").await;
    check("preferredLanguage", "\"en_US\"", "\"preferredLanguage\"").await;
    check("passwordPolicies", "\"Strong\"", "\"passwordPolicies\"").await;
    check(
        "onPremisesImmutableId",
        "\"a$b\"",
        "\"onPremisesImmutableId\"",
    )
    .await;
    check("mail", "\"no address\"", "\"mail\"").await;
    check("mail", "\"a@x.com, b@x.com\"", "\"mail\"").await;
    check("otherMails", r#"["ok@x.com","no"]"#, "\"otherMails\"").await;
    check("otherMails", r#"["ok@x.com","OK@X.com"]"#, "\"otherMails\"").await;
    check(
        "authorizationInfo",
        r#"{"certificateUserIds":["someone"]}"#,
        "\"authorizationInfo\"",
    )
    .await;
}

#[test]
fn what_the_property_table_refuses_never_gets_here() {
    let check = |member: &str, value: &str| {
        let text = with(member, value);
        let json = edm::json::parse(text.as_bytes()).unwrap();
        let refused = edm::body::check(
            &json,
            edm::Entity::core(&edm::user::TYPE),
            edm::Version::V1,
            Purpose::Create,
        )
        .unwrap_err();
        assert_eq!(refused.root(), member);
    };
    check("businessPhones", r#"["1","2"]"#);
    check("ageGroup", "\"minor\"");
    check("consentProvidedForMinor", "\"Maybe\"");
    check("userType", "\"Owner\"");
    check("proxyAddresses", r#"["SMTP:a@x.com"]"#);
    check("externalUserState", "\"Accepted\"");
    check("employeeId", "\"12345678901234567\"");
}

#[tokio::test]
async fn passwords() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let check = async |text: String, expected: &[PasswordRule]| {
        let result = world.create(&text).await;
        assert_eq!(
            result,
            Err(Refusal::Password {
                broken: expected.to_vec()
            }),
            "{text}"
        );
        assert_eq!(world.fingerprint().await, before, "{text}");
    };
    let work = |password: &str| work_user("someone", "").replace("xWwvJ]6NMw+bWH-d", password);
    check(work("aB3-xyz"), &[PasswordRule::TooShort]).await;
    check(work("Password1"), &[PasswordRule::Common]).await;
    check(work("Summer2026!"), &[PasswordRule::Common]).await;
    check(work("password-value"), &[PasswordRule::Classes]).await;
    check(work("x7-SomeOne-xq"), &[PasswordRule::ContainsName]).await;
    check(
        work("qwertyuiop"),
        &[PasswordRule::Common, PasswordRule::Classes],
    )
    .await;
    check(
        local(NAME, r#"{"password":"password1"}"#, POLICIES),
        &[PasswordRule::Common],
    )
    .await;
    check(
        local(NAME, r#"{"password":"short"}"#, POLICIES),
        &[PasswordRule::TooShort],
    )
    .await;
}

#[tokio::test]
async fn local_accounts_and_identities() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let check = async |text: String, expected: &str| {
        refused(&world, &before, world.create(&text).await, expected, &text).await;
    };
    check(local(NAME, PROFILE, "null"), "\"passwordPolicies\"").await;
    check(
        local(NAME, PROFILE, "\"DisableStrongPassword\""),
        "\"passwordPolicies\"",
    )
    .await;
    check(
        local(
            NAME,
            r#"{"password":"password-value","forceChangePasswordNextSignIn":true}"#,
            POLICIES,
        ),
        "\"passwordProfile\"",
    )
    .await;
    check(
        local(
            NAME,
            r#"{"password":"password-value","forceChangePasswordNextSignInWithMfa":true}"#,
            POLICIES,
        ),
        "\"passwordProfile\"",
    )
    .await;
    let entry = |sign_in_type: &str, issuer: &str, assigned: &str| {
        format!(
            r#"{{"signInType":"{sign_in_type}","issuer":"{issuer}","issuerAssignedId":"{assigned}"}}"#
        )
    };
    for bad in [
        entry("userName", "contoso.com", "local"),
        entry("userName", "facebook.com", "local"),
        entry("userName", "contoso.onmicrosoft.com", "-local"),
        entry("userName", "contoso.onmicrosoft.com", "lo cal"),
        entry("userName", "contoso.onmicrosoft.com", &"a".repeat(65)),
        entry("emailAddress", "contoso.onmicrosoft.com", "no address"),
        entry(
            "emailAddress1",
            "contoso.onmicrosoft.com",
            "a@x.com,b@x.com",
        ),
        entry("customName", "fabrikam.example", "local"),
        entry("federated", "facebook.com", " 1"),
        r#"{"signInType":"federated"}"#.to_owned(),
        format!("{NAME},{}", NAME.replace("local", "LOCAL")),
        format!(
            "{},{}",
            entry("federated", "a.com", "1"),
            entry("federated", "A.com", "1")
        ),
        format!(
            "{},{}",
            entry(
                "userPrincipalName",
                "contoso.onmicrosoft.com",
                "a@contoso.com"
            ),
            entry(
                "userPrincipalName",
                "contoso.onmicrosoft.com",
                "b@contoso.com"
            )
        ),
    ] {
        check(local(&bad, PROFILE, POLICIES), "\"identities\"").await;
    }
    let other = entry(
        "userPrincipalName",
        "contoso.onmicrosoft.com",
        "other@contoso.com",
    );
    check(
        work_user("someone", &format!(r#""identities":[{other}]"#)),
        "\"identities\"",
    )
    .await;
    let external = entry(
        "userPrincipalName",
        "contoso.onmicrosoft.com",
        "a#EXT#@contoso.com",
    );
    check(
        local(&external, r#"{"password":"xWwvJ]6NMw+bWH-d"}"#, "null"),
        "Malformed",
    )
    .await;
}

#[tokio::test]
async fn profile_properties_and_guarded_ones() {
    let world = World::new().await;
    let writer = world.app_with(&[Permission::UserReadWriteAll], &[]);
    let app = world.app();
    let create = async |actor, more: &str| {
        world
            .dir
            .create_user(actor, body(&work_user("someone", more), Purpose::Create))
            .await
    };
    let before = world.fingerprint().await;
    let leave = create(&writer, r#""employeeLeaveDateTime":"2027-01-01T00:00:00Z""#).await;
    refused(&world, &before, leave, "WriteLeaveDate", "leave date").await;
    world.set_manner(ServiceMode::Strict).await;
    let before = world.fingerprint().await;
    refused(
        &world,
        &before,
        create(&app, r#""aboutMe":"x""#).await,
        "Denied",
        "strict",
    )
    .await;
    world.set_manner(ServiceMode::Friendly).await;
    create(&writer, r#""aboutMe":"x""#).await.unwrap();
}
