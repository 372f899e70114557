//! Many users at a time: the same rules, row by row.

use directory::users::bulk::{Done, Import, Key, OnExisting, Outcome, Row, Rules};
use directory::{PasswordVerdict, Refusal, Unique};
use edm::user;
use serde_json::Value;
use uuid::Uuid;

use crate::reference::ask;
use crate::scene::{Scene, TENANT};
use crate::world::World;

const RULES: Rules = Rules {
    key: Key::UserPrincipalName,
    on_existing: OnExisting::Skip,
    keep: false,
    dry_run: false,
};
const RUN: Uuid = Uuid::from_u128(0x0B);
const BCRYPT: &str = "$2b$04$rWlmirwjh5uhry.NRAndDOqPWWOaE6T/K5sh4f/XN0skou85sYR3a";

async fn start(world: &World, rules: Rules) -> Import {
    let tenant = world.dir.tenant(world.tenant).await.unwrap();
    let import = world.dir.import(&tenant, RUN, "00ff".to_owned(), rules);
    import.await.unwrap()
}

fn rows(texts: &[&str]) -> Vec<Row> {
    let row = |(line, text): (u64, &&str)| {
        let Ok(Value::Object(mut members)) = serde_json::from_str(text) else {
            panic!("{text}");
        };
        let hash = members.remove("hash");
        Row {
            line,
            members,
            password_hash: hash.map(|hash| hash.as_str().unwrap().to_owned()),
            extensions: Vec::new(),
        }
    };
    (1..).zip(texts).map(row).collect()
}

async fn import(world: &World, rules: Rules, texts: &[&str]) -> Vec<Outcome> {
    let import = start(world, rules).await;
    let planned = import.plan(rows(texts)).await.unwrap();
    import.apply(planned).await.unwrap()
}

fn ends(outcomes: &[Outcome]) -> Vec<String> {
    let end = |outcome: &Outcome| match &outcome.result {
        Ok(done) => format!("{done:?}"),
        Err(refusal) => refusal.to_string(),
    };
    outcomes.iter().map(end).collect()
}

#[tokio::test]
async fn each_row_ends_by_itself_and_the_rules_are_those_of_a_request() {
    let world = World::new().await;
    world
        .work_user("There", r#""mail":"there@x.example""#)
        .await;
    let before = world
        .dir
        .store()
        .read(world.tenant)
        .change_state()
        .await
        .unwrap()
        .head;
    let outcomes = import(
        &world,
        RULES,
        &[
            r#"{"displayName":"A","userPrincipalName":"a@contoso.com"}"#,
            r#"{"displayName":"There","userPrincipalName":"THERE@contoso.com"}"#,
            r#"{"displayName":"B","userPrincipalName":"b@nowhere.example"}"#,
            r#"{"displayName":"C","userPrincipalName":"c@contoso.com","usageLocation":"us"}"#,
            r#"{"displayName":"D","userPrincipalName":"d@contoso.com","mail":"There@X.example"}"#,
            r#"{"displayName":"E","userPrincipalName":"e@contoso.com","costCenter":"1"}"#,
            r#"{"displayName":"F"}"#,
            r#"{"displayName":"G","userPrincipalName":"g@contoso.com","mail":"same@x.example"}"#,
            r#"{"displayName":"H","userPrincipalName":"h@contoso.com","mail":"same@x.example"}"#,
            r#"{"userPrincipalName":"i@contoso.com"}"#,
            r#"{"displayName":"J","userPrincipalName":"j@contoso.com","passwordProfile":{"password":"short"}}"#,
            r#"{"displayName":"K","userPrincipalName":"k@contoso.com","id":"made up","createdDateTime":"never"}"#,
            r#"{"displayName":"L","userPrincipalName":"l_x#EXT#@contoso.com"}"#,
        ],
    )
    .await;
    let ends = ends(&outcomes);
    let expected = [
        "Created",
        "Existed",
        "not a verified domain in userPrincipalName",
        "invalid usageLocation of User: it must be two capital letters (ISO 3166)",
        "ProxyAddresses is taken by",
        "body: BodyError",
        "missing userPrincipalName of User",
        "Created",
        "ProxyAddresses is taken by",
        "missing displayName of User",
        "password: [TooShort, Classes]",
        "Created",
        "malformed userPrincipalName: #EXT# is the mark of a guest",
    ];
    for (end, expected) in ends.iter().zip(expected) {
        assert!(end.starts_with(expected), "{ends:#?}");
    }
    assert_eq!(outcomes.len(), expected.len());
    // The trail names all that were written, with their lines; the counter moved once for each of
    // them.
    let mut trail = world.dir.audit(&world.app(), None, 20).await.unwrap();
    trail.retain(|row| row.record.activity == "Import users");
    trail.reverse();
    let mut written = Vec::new();
    let mut details = Value::Null;
    for row in trail {
        assert_eq!(row.record.request_id, Some(RUN));
        details = serde_json::from_str(&row.record.details).unwrap();
        written.extend(details["users"].as_array().unwrap().clone());
    }
    let created: Vec<_> = [0, 7, 11]
        .map(|at: usize| serde_json::json!([at + 1, outcomes[at].id.unwrap(), "c"]))
        .into();
    assert_eq!(written, created);
    assert_eq!(details["inputSha256"], "00ff");
    let after = world
        .dir
        .store()
        .read(world.tenant)
        .change_state()
        .await
        .unwrap()
        .head;
    assert_eq!(after - before, 3);
    let record = world.record(outcomes[0].id.unwrap()).await;
    assert_eq!(record.text(&user::MAIL_NICKNAME), Some("a"));
    assert_eq!(record.bool(&user::ACCOUNT_ENABLED), Some(true));
    assert!(outcomes[0].no_password);
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_does_nothing() {
    let world = World::new().await;
    let before = world.fingerprint().await;
    let rules = Rules {
        dry_run: true,
        ..RULES
    };
    let outcomes = import(
        &world,
        rules,
        &[
            r#"{"displayName":"A","userPrincipalName":"a@contoso.com","mail":"same@x.example"}"#,
            r#"{"displayName":"B","userPrincipalName":"b@contoso.com","mail":"same@x.example"}"#,
        ],
    )
    .await;
    assert_eq!(outcomes[0].result, Ok(Done::Created));
    assert_eq!(outcomes[0].id, None);
    assert!(matches!(
        outcomes[1].result,
        Err(Refusal::Taken {
            unique: Unique::ProxyAddresses,
            ..
        })
    ));
    assert_eq!(world.fingerprint().await, before);
}

#[tokio::test]
async fn who_exists_is_skipped_changed_or_refused() {
    let world = World::new().await;
    let there = world
        .work_user("There", r#""mail":"there@x.example""#)
        .await;
    let with = |on_existing, key| Rules {
        on_existing,
        key,
        ..RULES
    };
    let by_name = r#"{"userPrincipalName":"There@contoso.com","jobTitle":"Cook"}"#;
    let by_mail = r#"{"mail":"there@x.example","jobTitle":"Chef"}"#;
    let by_id = format!(r#"{{"id":"{}","jobTitle":"Host"}}"#, there.row.id);
    let check = async |rules: Rules, text: &str, expected: &str, title: Option<&str>| {
        let outcomes = import(&world, rules, &[text]).await;
        let ends = ends(&outcomes);
        assert!(ends[0].starts_with(expected), "{text}: {ends:?}");
        let record = world.record(there.row.id).await;
        assert_eq!(record.text(&user::JOB_TITLE), title, "{text}");
    };
    let (skip, update, fail) = (OnExisting::Skip, OnExisting::Update, OnExisting::Fail);
    let upn = Key::UserPrincipalName;
    check(with(skip, upn), by_name, "Existed", None).await;
    check(with(fail, upn), by_name, "userPrincipalName is of", None).await;
    check(with(update, upn), by_name, "Updated", Some("Cook")).await;
    check(with(update, upn), by_name, "Unchanged", Some("Cook")).await;
    check(with(update, Key::Mail), by_mail, "Updated", Some("Chef")).await;
    let by_number = r#"{"employeeId":"e-1","jobTitle":"Baker"}"#;
    let numbered = |name: &str| {
        format!(
            r#"{{"userPrincipalName":"{name}@contoso.com","displayName":"N","employeeId":"E-1"}}"#
        )
    };
    import(&world, with(update, upn), &[&numbered("There")]).await;
    check(
        with(update, Key::EmployeeId),
        by_number,
        "Updated",
        Some("Baker"),
    )
    .await;
    import(&world, with(update, upn), &[&numbered("another")]).await;
    check(
        with(update, Key::EmployeeId),
        by_number,
        "invalid employeeId",
        Some("Baker"),
    )
    .await;
    check(with(update, Key::Id), &by_id, "Updated", Some("Host")).await;
    let nobody = r#"{"id":"00000000-0000-4000-8000-00000000beef","jobTitle":"Host"}"#;
    check(with(update, Key::Id), nobody, "invalid id", Some("Host")).await;
}

#[tokio::test]
async fn a_key_stands_once_in_a_file() {
    let world = World::new().await;
    let import = start(&world, RULES).await;
    let rows = rows(&[
        r#"{"userPrincipalName":"a@contoso.com"}"#,
        r#"{"displayName":"no key"}"#,
        r#"{"UserPrincipalName":"A@Contoso.com"}"#,
    ]);
    let admitted: Vec<_> = rows.iter().map(|row| import.admit(row)).collect();
    let repeated = Err(Refusal::Repeated {
        property: "userPrincipalName",
        line: 1,
    });
    assert_eq!(admitted, [Ok(()), Ok(()), repeated]);
}

#[tokio::test]
async fn an_interrupted_import_knows_what_it_wrote() {
    let world = World::new().await;
    let import = start(&world, RULES).await;
    let since = world.dir.now();
    let mut written = Vec::new();
    for at in 1..=3 {
        let text = format!(r#"{{"displayName":"N","userPrincipalName":"n{at}@contoso.com"}}"#);
        let mut rows = rows(&[&text]);
        rows[0].line = at * 10;
        let planned = import.plan(rows).await.unwrap();
        written.extend(import.apply(planned).await.unwrap());
        world.work_user(&format!("between{at}"), "").await;
    }
    let check = async |behind: u64, expected: &[u64]| {
        let mut past = import.past(behind, since).await.unwrap();
        past.sort_by_key(|one| one.line);
        let lines: Vec<_> = past.iter().map(|one| one.line).collect();
        assert_eq!(lines, expected, "behind {behind}");
        for one in past {
            let outcome = written.iter().find(|outcome| outcome.line == one.line);
            assert_eq!(outcome.unwrap().id, Some(one.id));
        }
    };
    check(0, &[10, 20, 30]).await;
    check(10, &[20, 30]).await;
    check(30, &[]).await;
    let tenant = world.dir.tenant(world.tenant).await.unwrap();
    let other = world
        .dir
        .import(&tenant, Uuid::from_u128(9), String::new(), RULES)
        .await
        .unwrap();
    assert_eq!(other.past(0, since).await.unwrap(), []);
}

#[tokio::test]
async fn a_hash_from_elsewhere_opens_the_account_and_is_replaced_by_ours() {
    let world = World::new().await;
    let text =
        format!(r#"{{"displayName":"A","userPrincipalName":"a@contoso.com","hash":"{BCRYPT}"}}"#);
    let outcomes = import(&world, RULES, &[&text]).await;
    let id = outcomes[0].id.unwrap();
    assert!(!outcomes[0].no_password);
    let made = world.record(id).await;
    assert!(made.has(&user::LAST_PASSWORD_CHANGE_DATE_TIME));
    let before = world.fingerprint().await;
    let verify = async |typed: &str| world.dir.verify_password(world.tenant, id, typed).await;
    assert_eq!(verify("correct horsf").await, Ok(PasswordVerdict::Wrong));
    assert_eq!(world.fingerprint().await, before);
    let upgraded = |upgraded| Ok(PasswordVerdict::Right { upgraded });
    assert_eq!(verify("correct horse").await, upgraded(true));
    let record = world.last_audit().await.record;
    assert_eq!(record.activity, "Upgrade password hash");
    assert_eq!(record.details, r#"{"from":"bcrypt","to":"argon2"}"#);
    let row = world
        .dir
        .store()
        .read(world.tenant)
        .user(id)
        .await
        .unwrap()
        .unwrap();
    assert!(row.password_hash.unwrap().starts_with("$argon2id$"));
    // Neither version nor change log moved: nobody outside can tell.
    assert_eq!(row.version, 1);
    assert_eq!(verify("correct horse").await, upgraded(false));
    assert_eq!(verify("correct horsf").await, Ok(PasswordVerdict::Wrong));
    // Long ones, users without a password and nobody at all are wrong alike.
    assert_eq!(verify(&"x".repeat(2000)).await, Ok(PasswordVerdict::Wrong));
    let nobody = world
        .dir
        .verify_password(world.tenant, Uuid::from_u128(1), "correct horse");
    assert_eq!(nobody.await, Ok(PasswordVerdict::Wrong));
}

#[tokio::test]
async fn hashes_are_checked_before_they_are_kept() {
    let world = World::new().await;
    let user =
        |more: &str| format!(r#"{{"displayName":"A","userPrincipalName":"a@contoso.com",{more}}}"#);
    let huge = "$argon2id$v=19$m=4194304,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$nIfAaJi8GFFmabVKi5XTbmIpRklNelXCbzkaBAYGjBk";
    let both = format!(r#""hash":"{BCRYPT}","passwordProfile":{{"password":"xWwvJ]6NMw+bWH-d"}}"#);
    for (more, expected) in [
        (
            format!(r#""hash":"{huge}""#),
            "invalid passwordHash of User: checking it would take more than 256 MiB of memory",
        ),
        (
            r#""hash":"plain""#.to_owned(),
            "invalid passwordHash of User: it is of no known kind",
        ),
        (
            both,
            "invalid passwordHash of User: a row has a password or the hash of one, not both",
        ),
    ] {
        let outcomes = import(&world, RULES, &[&user(&more)]).await;
        assert!(
            ends(&outcomes)[0].starts_with(expected),
            "{:?}",
            ends(&outcomes)
        );
    }
}

#[tokio::test]
async fn an_import_that_keeps_takes_over_what_the_server_set() {
    let world = World::new().await;
    let keep = Rules {
        keep: true,
        ..RULES
    };
    let id = "5f3a2b10-0000-4000-8000-000000000001";
    let guest = format!(
        r#"{{"id":"{id}","displayName":"G","userPrincipalName":"g_x.example#EXT#@contoso.onmicrosoft.com","userType":"Guest",
            "createdDateTime":"2020-01-02T03:04:05.1234567Z","externalUserState":"Accepted","mail":"g@x.example",
            "proxyAddresses":["SMTP:g@x.example","smtp:old@x.example"],"refreshTokensValidFromDateTime":"2020-01-02T03:04:05Z"}}"#
    );
    let outcomes = import(&world, keep, &[&guest]).await;
    assert_eq!(ends(&outcomes), ["Created"]);
    assert_eq!(outcomes[0].id, Some(Uuid::parse_str(id).unwrap()));
    let record = world.record(outcomes[0].id.unwrap()).await;
    assert_eq!(record.text(&user::EXTERNAL_USER_STATE), Some("Accepted"));
    assert_eq!(
        record.instant(&user::CREATED_DATE_TIME),
        Some("2020-01-02T03:04:05.1234567Z".parse().unwrap())
    );
    let proxies: Vec<_> = record.texts(&user::PROXY_ADDRESSES).collect();
    assert_eq!(proxies, ["SMTP:g@x.example", "smtp:old@x.example"]);
    let user =
        |more: &str| format!(r#"{{"displayName":"A","userPrincipalName":"a@contoso.com",{more}}}"#);
    for (more, expected) in [
        (r#""id":"no guid""#, "invalid id of User"),
        (
            r#""deletedDateTime":"2020-01-02T03:04:05Z""#,
            "invalid deletedDateTime of User",
        ),
        (
            r#""externalUserState":"Perhaps""#,
            "invalid externalUserState of User",
        ),
        (
            r#""proxyAddresses":["SMTP:old@x.example"]"#,
            "ProxyAddresses is taken by",
        ),
        (
            r#""proxyAddresses":["x500:a"]"#,
            "invalid proxyAddresses of User",
        ),
        (&format!(r#""id":"{id}""#), "Id is taken by"),
    ] {
        let outcomes = import(&world, keep, &[&user(more)]).await;
        assert!(
            ends(&outcomes)[0].starts_with(expected),
            "{more}: {:?}",
            ends(&outcomes)
        );
    }
}

#[tokio::test]
async fn no_file_lets_in_who_awaits_approval() {
    let world = Scene::new().await;
    let json = serde_json::json!({ "@odata.type": "Microsoft.DirectoryServices.user",
        "displayName": "kim", "mail": "kim@fabrikam.example" });
    ask(&world, json).await.unwrap();
    let rules = Rules {
        key: Key::Mail,
        on_existing: OnExisting::Update,
        ..RULES
    };
    let tenant = world.directory.tenant(TENANT).await.unwrap();
    let import = world.directory.import(&tenant, RUN, String::new(), rules);
    let import = import.await.unwrap();
    let planned = import
        .plan(rows(&[
            r#"{"mail":"kim@fabrikam.example","accountEnabled":true}"#,
        ]))
        .await
        .unwrap();
    let outcomes = import.apply(planned).await.unwrap();
    let ends = ends(&outcomes);
    assert!(ends[0].contains("the joining awaits approval"), "{ends:?}");
}
