//! The identity of somebody who has proven a mailbox: `{federated, mail, address}`.

use edm::complex::object_identity::{ISSUER, ISSUER_ASSIGNED_ID, SIGN_IN_TYPE};
use edm::{Record, Value, user};

use crate::users::identities::{Identities, MAILBOX_ISSUER};

/// Sign-in type of an identity that another party vouches for.
const FEDERATED: &str = "federated";
/// Puts the proven mailbox first among the identities; the others stay.
pub(crate) fn add(record: &mut Record, address: &str) {
    let mailbox: Record = [
        (&SIGN_IN_TYPE, Value::from(FEDERATED)),
        (&ISSUER, Value::from(MAILBOX_ISSUER)),
        (&ISSUER_ASSIGNED_ID, Value::from(address)),
    ]
    .into_iter()
    .collect();
    remove(record);
    let others = record.list(&user::IDENTITIES).iter().cloned();
    let identities: Vec<Value> = std::iter::once(Value::Complex(mailbox))
        .chain(others)
        .collect();
    record.set(&user::IDENTITIES, identities);
}

/// Removes the proven mailbox: after a reset it has to be proven anew.
pub(crate) fn remove(record: &mut Record) {
    let others: Vec<Value> = record
        .list(&user::IDENTITIES)
        .iter()
        .filter(|identity| !is_mailbox(identity))
        .cloned()
        .collect();
    record.set(&user::IDENTITIES, others);
}

/// Removes one mailbox, by its key, from a user who never proved it.
pub(crate) fn remove_one(record: &mut Record, key: &str) {
    let claims = Identities::of(record).claims();
    let others: Vec<Value> = record
        .list(&user::IDENTITIES)
        .iter()
        .zip(&claims)
        .filter(|(_, claim)| claim.issuer != MAILBOX_ISSUER || claim.assigned != key)
        .map(|(identity, _)| identity.clone())
        .collect();
    record.set(&user::IDENTITIES, others);
}

/// Issuers are claimed caselessly, so `Mail` is the same one.
fn is_ours(issuer: &str) -> bool {
    issuer.eq_ignore_ascii_case(MAILBOX_ISSUER)
}

fn is_mailbox(identity: &Value) -> bool {
    identity.as_complex().is_some_and(|entry| {
        entry.text(&SIGN_IN_TYPE) == Some(FEDERATED) && entry.text(&ISSUER).is_some_and(is_ours)
    })
}
