//! The questions, each asked about people all over the directory.

use anyhow::{Context, Result};

use super::fresh;
use super::loaded::Loaded;
use super::people::Person;
use crate::bench::load;

/// Writes the request of a connection with a number.
type Request = Box<dyn Fn(u32, u64) -> Vec<u8> + Send + Sync>;

/// One question.
pub(super) struct Question {
    /// What is asked.
    pub(super) name: &'static str,
    /// How, of a directory.
    pub(super) prepare: fn(&Loaded) -> Result<Request>,
}

/// GET /users/{upn}
pub(super) const BY_UPN: Question = Question {
    name: "read by userPrincipalName",
    prepare: |directory| {
        Ok(each(directory, |person| {
            format!("/v1.0/users/{}", person.upn())
        }))
    },
};

/// The first hundred whose name begins so.
pub(super) const PREFIX: Question = Question {
    name: "startswith(displayName), 100",
    prepare: |directory| {
        let people = directory.people;
        Ok(each(directory, move |person| {
            let prefix = encoded(&prefix(person, people));
            format!("/v1.0/users?$filter=startswith(displayName,'{prefix}')&$top=100")
        }))
    },
};

/// All that the issue names.
pub(super) const ALL: &[&Question] = &[
    &Question {
        name: "read by id",
        prepare: |directory| {
            let (host, token) = directory.access();
            let ids = directory.ids.clone();
            Ok(Box::new(move |connection, number| {
                let at =
                    usize::try_from(number * 31 + u64::from(connection)).unwrap_or(0) % ids.len();
                load::bytes(
                    "GET",
                    &format!("/v1.0/users/{}", ids[at]),
                    &host,
                    &token,
                    "",
                )
            }))
        },
    },
    &BY_UPN,
    &PREFIX,
    &Question {
        // A department of ten thousand has fewer than a page.
        name: "department and accountEnabled, 20",
        prepare: |directory| {
            Ok(each(directory, |person| {
                let department = person.department.as_deref().unwrap_or("Finance 0");
                let department = encoded(department);
                format!(
                    "/v1.0/users?$filter=department%20eq%20'{department}'%20and%20accountEnabled%20eq%20true&$top=20"
                )
            }))
        },
    },
    &Question {
        name: "proxyAddresses/any",
        prepare: |directory| {
            Ok(each(directory, |person| {
                format!(
                    "/v1.0/users?$filter=proxyAddresses/any(p:p%20eq%20'smtp:{}')",
                    person.mail()
                )
            }))
        },
    },
    &Question {
        name: "$search by a name",
        prepare: |directory| {
            Ok(each(directory, |person| {
                format!(
                    "/v1.0/users?$search=%22displayName:{}%22",
                    encoded(person.surname)
                )
            }))
        },
    },
    &Question {
        name: "$count",
        prepare: |directory| Ok(each(directory, |_| "/v1.0/users/$count".to_owned())),
    },
    &Question {
        name: "a delta page",
        prepare: delta,
    },
];

/// A page of a delta with changes: two hundred of them are made first.
fn delta(directory: &Loaded) -> Result<Request> {
    let latest = directory.read("/v1.0/users/delta?$deltatoken=latest")?;
    let link = latest["@odata.deltaLink"]
        .as_str()
        .context("no deltaLink")?
        .to_owned();
    for id in directory.ids.iter().take(200) {
        let path = format!("http://{}/v1.0/users/{id}", directory.target.host);
        let body = format!(
            "{{\"officeLocation\":\"{}\"}}",
            link.len() + directory.ids.len()
        );
        ureq::patch(path)
            .header(
                "Authorization",
                format!("Bearer {}", directory.target.token),
            )
            .content_type("application/json")
            .send(body)?;
    }
    let at = link.find("/v1.0").context("no path")?;
    let path = link[at..].to_owned();
    let (host, token) = directory.access();
    Ok(Box::new(move |_, _| {
        load::bytes("GET", &path, &host, &token, "")
    }))
}

/// Adds somebody new, who signs in elsewhere and has no password here.
pub(super) fn add(directory: &Loaded, round: u32) -> Request {
    let (host, token) = directory.access();
    Box::new(move |connection, number| {
        let person = fresh(round, connection, number);
        let sent: serde_json::Value = serde_json::from_str(&person.json()).unwrap_or_default();
        let mut body = sent;
        // Their manager would be as new as they are.
        if let Some(members) = body.as_object_mut() {
            members.remove("manager@odata.bind");
        }
        body["identities"] = serde_json::json!([{
            "signInType": "federated", "issuer": "idp.fabrikam.example", "issuerAssignedId": person.local
        }]);
        load::bytes("POST", "/v1.0/users", &host, &token, &body.to_string())
    })
}

/// A request about somebody else each time.
pub(super) fn each(
    directory: &Loaded,
    path: impl Fn(&Person) -> String + Send + Sync + 'static,
) -> Request {
    let (host, token) = directory.access();
    let people = directory.people;
    Box::new(move |connection, number| {
        let path = path(&somebody(connection, number, people));
        load::bytes("GET", &path, &host, &token, "")
    })
}

/// Somebody of a directory of so many people, spread all over it.
pub(super) fn somebody(connection: u32, number: u64, people: u64) -> Person {
    let place = number
        .wrapping_mul(0x9E37_79B9)
        .wrapping_add(u64::from(connection) * 104_729);
    Person::new(place % people)
}

/// The beginning of a name that more than a hundred share, so that both directories answer a
/// hundred: the given name among ten thousand, among a million its initial as well.
pub(super) fn prefix(person: &Person, people: u64) -> String {
    let initial = if people > 100_000 { 3 } else { 0 };
    let letters = person.given.chars().count() + initial;
    person.display.chars().take(letters).collect()
}

/// Percent-encoded, the quote of a literal doubled before.
pub(super) fn encoded(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    url::form_urlencoded::byte_serialize(doubled.as_bytes()).collect()
}
