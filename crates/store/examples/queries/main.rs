//! Measures queries over a directory of realistic users:
//! `cargo run --release -p store --example queries [FOLDER] [USERS…]`. For each size it loads so
//! many users (with audit record and change each), then prints what a page costs, what the file
//! holds, and how much memory the process has for itself.
#![expect(
    clippy::cast_precision_loss,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement for a person at a desk"
)]

mod conditions;

use conditions::conditions;
use edm::{Record, Value, document, user};
use jiff::Timestamp;
use odata::filter::Filter;
use std::path::Path as File;
use std::time::{Duration, Instant};
use store::{
    ActorKind, AddressUses, AuditRecord, AuditResult, ChangeKind, Identity, ObjectKeys, Options,
    Place, Query, Role, Store, StoreError, TenantId, TenantRow, UserBrief, UserRow, UserType,
    Users,
};
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(1));

const GIVEN: &[&str] = &[
    "Anna", "Boris", "Chloé", "Daniel", "Elif", "Farid", "Grażyna", "Håkon", "Ivana", "Jürgen",
    "Keiko", "Lars", "Maria", "Nuno", "Olga", "Pedro", "Quentin", "Rosa", "Søren", "Thủy",
    "Ursula", "Victor", "Wang", "Xenia", "Yusuf", "Zoë", "Adele", "Bruno", "Carla", "Dmitri",
    "Erik", "Fatima", "Gustav", "Hanna", "Igor", "Julia",
];
const SYLLABLES: &[&str] = &[
    "ber", "ka", "ström", "ov", "mül", "ler", "san", "chez", "ta", "na", "ki", "wald", "hof",
    "mann", "es", "ton", "ville", "ski", "dóttir", "son", "ra", "mi", "li", "go", "du", "pont",
];
const CITIES: &[&str] = &[
    "Oslo", "Lyon", "Porto", "Kraków", "Zürich", "Leeds", "Bergen", "Malmö", "Turin", "Gent",
];

/// Numbers without order, from a seed.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap();
        from.get(at).unwrap()
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }
}

struct Person {
    row: UserRow,
    keys: ObjectKeys,
    upn: String,
    mail: String,
    guest: bool,
}

fn person(n: u64) -> Person {
    let mut draw = Draw(n.wrapping_mul(7919) + 1);
    let given = draw.pick(GIVEN);
    let mut surname = String::new();
    for _ in 0..2 + draw.below(2) {
        surname.push_str(draw.pick(SYLLABLES));
    }
    let mut letters = surname.chars();
    let surname: String = letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect();
    let guest = draw.below(100) < 15;
    let id = draw.id();
    let nick = format!("user{n}");
    let mail = if guest {
        format!("{nick}@partner{}.example", n % 50)
    } else {
        format!("{nick}@contoso.example")
    };
    let upn = if guest {
        format!(
            "{}#EXT#@contoso.onmicrosoft.example",
            mail.replace('@', "_")
        )
    } else {
        mail.clone()
    };
    let created = Timestamp::from_second(1_600_000_000 + i64::try_from(n * 100).unwrap()).unwrap();
    let mut record = Record::new();
    record.set(&user::ID, id.to_string());
    record.set(&user::ACCOUNT_ENABLED, draw.below(100) > 4);
    record.set(&user::CREATED_DATE_TIME, created);
    record.set(&user::DISPLAY_NAME, format!("{given} {surname}"));
    record.set(&user::GIVEN_NAME, given);
    record.set(&user::SURNAME, surname);
    record.set(&user::MAIL, mail.as_str());
    record.set(&user::MAIL_NICKNAME, nick.as_str());
    record.set(&user::USER_PRINCIPAL_NAME, upn.as_str());
    record.set(
        &user::PROXY_ADDRESSES,
        Value::List(vec![format!("SMTP:{mail}").into()]),
    );
    record.set(&user::SIGN_IN_SESSIONS_VALID_FROM_DATE_TIME, created);
    record.set(&user::REFRESH_TOKENS_VALID_FROM_DATE_TIME, created);
    if guest {
        record.set(&user::USER_TYPE, "Guest");
        record.set(&user::CREATION_TYPE, "Invitation");
        record.set(&user::EXTERNAL_USER_STATE, "Accepted");
        record.set(&user::COMPANY_NAME, format!("Partner {}", n % 50));
        record.set(&user::OTHER_MAILS, Value::List(vec![mail.as_str().into()]));
    } else {
        record.set(&user::USER_TYPE, "Member");
        record.set(&user::DEPARTMENT, format!("Department {}", draw.below(200)));
        record.set(&user::JOB_TITLE, format!("Engineer {}", draw.below(300)));
        record.set(&user::EMPLOYEE_ID, format!("{:06}", n % 1_000_000));
        record.set(
            &user::OFFICE_LOCATION,
            format!("{}/{}", draw.below(40), draw.below(500)),
        );
        record.set(&user::CITY, draw.pick(CITIES));
        record.set(&user::COUNTRY, "Norway");
        record.set(&user::USAGE_LOCATION, "NO");
        record.set(&user::PREFERRED_LANGUAGE, "nb-NO");
        let phone = format!("+47 {:08}", draw.below(100_000_000));
        record.set(
            &user::BUSINESS_PHONES,
            Value::List(vec![phone.as_str().into()]),
        );
        record.set(&user::MOBILE_PHONE, phone);
    }
    let keys = ObjectKeys::of_user(&record);
    Person {
        row: UserRow {
            id,
            version: 1,
            schema: edm::SCHEMA,
            enabled: true,
            user_type: Some(if guest {
                UserType::Guest
            } else {
                UserType::Member
            }),
            upn: upn.clone(),
            state: None,
            created_at: created,
            deleted_at: None,
            password_hash: None,
            immutable_id: None,
            brief: document::brief(&record, &user::TYPE),
            rest: document::rest(&record, &user::TYPE),
        },
        keys,
        upn,
        mail,
        guest,
    }
}

fn audit(id: Uuid) -> AuditRecord {
    AuditRecord {
        at: Timestamp::UNIX_EPOCH,
        activity: "Add user".into(),
        result: AuditResult::Success,
        actor_kind: ActorKind::App,
        actor_id: Some(TENANT.0),
        target_kind: "user".into(),
        target_id: Some(id),
        request_id: Some(TENANT.0),
        details: "{\"properties\":[\"displayName\",\"mail\"]}".into(),
    }
}

async fn make_tenant(store: &Store) {
    let row = TenantRow {
        id: TENANT,
        display_name: "Contoso".into(),
        initial_domain: "contoso.example".into(),
        settings: "{}".into(),
    };
    let made: Result<bool, StoreError> = store
        .write(TENANT, row, |tx, row| Box::pin(tx.insert_tenant(row)))
        .await;
    assert!(made.unwrap());
}

/// Two thousand users a write, so that what is measured is not the flush.
async fn load(store: &Store, from: u64, to: u64) {
    let mut at = from;
    while at < to {
        let people: Vec<Person> = (at..(at + 2000).min(to)).map(person).collect();
        at += 2000;
        let done: Result<(), StoreError> = store
            .write(TENANT, people, |tx, people| {
                Box::pin(async move {
                    for person in people {
                        tx.insert_user(&person.row, &person.keys).await?;
                        let (upn, mail) = (person.upn.to_ascii_lowercase(), &person.mail);
                        let identity = Identity {
                            issuer: "mail".into(),
                            assigned: person.mail.clone(),
                            sign_in_type: "federated".into(),
                        };
                        let identities = if person.guest { vec![identity] } else { vec![] };
                        tx.claim_first(
                            person.row.id,
                            &[
                                (upn.as_str(), AddressUses::UPN),
                                (mail.as_str(), AddressUses::MAIL),
                            ],
                            &identities,
                        )
                        .await?;
                        tx.audit(audit(person.row.id));
                        tx.changed(person.row.id, ChangeKind::Created);
                    }
                    Ok(())
                })
            })
            .await;
        done.unwrap();
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).unwrap().as_secs_f64() * 1e6
}

async fn measure(store: &Store, users: u64) {
    let reader = store.read(TENANT);
    let mut draw = Draw(99);
    let people: Vec<Person> = (0..60).map(|_| person(draw.below(users))).collect();
    let mut times = Vec::new();
    for _ in 0..20 {
        for person in &people {
            let start = Instant::now();
            assert!(reader.user(person.row.id).await.unwrap().is_some());
            times.push(start.elapsed());
        }
    }
    println!("{:28} {:10.1} us", "point read by id", median(times));
    let mut times = Vec::new();
    for person in &people {
        let start = Instant::now();
        assert!(
            reader
                .user_by_upn(&person.upn.to_ascii_lowercase())
                .await
                .unwrap()
                .is_some()
        );
        times.push(start.elapsed());
    }
    println!("{:28} {:10.1} us", "point read by upn", median(times));
    let count = conditions(people.first().unwrap()).len();
    for at in 0..count {
        let (mut times, mut counts, mut found, mut name, mut last) = (vec![], vec![], 0, "", None);
        for person in people.iter().take(if users > 100_000 { 21 } else { 60 }) {
            let (what, nodes, order) = conditions(person).swap_remove(at);
            name = what;
            let query = Query {
                filter: Filter::new(nodes),
                order,
                limit: 100,
                ..Query::default()
            };
            let start = Instant::now();
            match reader
                .find(UserBrief::among(Users::Live), query.clone())
                .await
            {
                Ok(page) => found += page.rows.len(),
                Err(error) => println!("{what}: {error}"),
            }
            times.push(start.elapsed());
            if times.len() <= 7 {
                let start = Instant::now();
                reader
                    .count(UserRow::among(Users::Live), query.filter.clone())
                    .await
                    .ok();
                counts.push(start.elapsed());
            }
            last = Some(query);
        }
        let plan = reader
            .explain(UserRow::among(Users::Live), last.unwrap())
            .await;
        let found = found as f64 / times.len() as f64;
        println!(
            "{name:28} {:10.1} us   count {:10.1} us   rows {found:6.1}   {:?}",
            median(times),
            median(counts),
            plan.map(|plan| (plan.index, plan.exact, plan.rows_examined)),
        );
    }
    let start = Instant::now();
    let all = reader
        .count(UserRow::among(Users::Live), None)
        .await
        .unwrap();
    println!(
        "{:28} {:10.1} us   {all}",
        "count of all",
        start.elapsed().as_secs_f64() * 1e6
    );
}

/// Bytes a user in each table and index.
fn sizes(path: &File, users: u64) {
    let file = rusqlite::Connection::open(path).unwrap();
    let mut statement = file
        .prepare("SELECT name, SUM(pgsize), SUM(unused) FROM dbstat GROUP BY name ORDER BY 2 DESC")
        .unwrap();
    let rows = statement
        .query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })
        .unwrap();
    let mut total = 0.0;
    for row in rows {
        let (name, bytes, unused) = row.unwrap();
        let each = bytes as f64 / users as f64;
        total += each;
        if each > 1.0 {
            println!(
                "  {name:36} {each:8.1} B/user   {:4.0} % unused",
                unused as f64 / bytes as f64 * 100.0
            );
        }
    }
    println!("  {:36} {total:8.1} B/user", "all");
}

/// Takes the indexes over users away, to be made again when all are there.
fn without_indexes(path: &File) -> Vec<String> {
    let file = rusqlite::Connection::open(path).unwrap();
    let mut statement = file
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'users' AND sql IS NOT NULL")
        .unwrap();
    let found: Vec<(String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    found
        .into_iter()
        .map(|(name, sql)| {
            file.execute_batch(&format!("DROP INDEX {name}")).unwrap();
            sql
        })
        .collect()
}

fn private_kib() -> u64 {
    let maps = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap_or_default();
    maps.lines()
        .filter(|line| line.starts_with("Private_"))
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum()
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments
        .next()
        .map_or_else(std::env::temp_dir, Into::into)
        .join("vestibule-queries");
    drop(std::fs::remove_dir_all(&folder));
    std::fs::create_dir_all(&folder).unwrap();
    let mut wanted: Vec<u64> = arguments.map(|users| users.parse().unwrap()).collect();
    if wanted.is_empty() {
        wanted = vec![10_000, 1_000_000];
    }
    let path = folder.join("queries.db");
    let mut loaded = 0;
    for users in wanted {
        let store = Store::open(Options::new(
            Place::File(path.clone()),
            Role::Server,
            [0; 32],
        ))
        .unwrap();
        if loaded == 0 {
            make_tenant(&store).await;
        }
        let start = Instant::now();
        let indexes = if users - loaded > 100_000 {
            without_indexes(&path)
        } else {
            vec![]
        };
        load(&store, loaded, users).await;
        let file = rusqlite::Connection::open(&path).unwrap();
        for index in indexes {
            file.execute_batch(&index).unwrap();
        }
        drop(file);
        let each = (users - loaded) as f64 / start.elapsed().as_secs_f64();
        println!(
            "\n== {users} users, loaded at {each:.0} users/s, private {} KiB",
            private_kib()
        );
        loaded = users;
        store.close().await;
        drop(store);
        let store = Store::open(Options::new(
            Place::File(path.clone()),
            Role::Server,
            [0; 32],
        ))
        .unwrap();
        measure(&store, users).await;
        println!("private {} KiB", private_kib());
        store.close().await;
        drop(store);
        sizes(&path, users);
    }
    drop(std::fs::remove_dir_all(&folder));
}
