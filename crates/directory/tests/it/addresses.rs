//! Every way in which an address comes to a user, against every way in which somebody is found by
//! an address: an address leads to who proved it or was invited there, and to nobody who merely
//! states it. See `docs/addresses.md`.

use directory::invitations::{Invited, RevokedGuest};
use directory::redemption::Accepted;
use directory::users::bulk::{Import, Key, OnExisting, Outcome, Row, Rules};
use directory::{Actor, Permission, Refusal, Role, UserKey};
use edm::reference::{Who, check};
use edm::{Entity, user};
use serde_json::{Value, json};
use store::UserRow;
use uuid::Uuid;

use crate::scene::{Scene, TENANT, app_actor, invitation_of, name_of};

/// The address that is not the account's.
pub(crate) const VICTIM: &str = "victim@fabrikam.example";
/// The account's own mailbox.
pub(crate) const OWN: &str = "mallory@fabrikam.example";

/// Whom an invitation to the address is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leads {
    /// To the account.
    There,
    /// To nobody: a new guest is made.
    Nowhere,
    /// To the documented conflict: an internal user has it.
    Conflict,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Writer {
    ReferenceOther,
    ReferenceOtherAccepted,
    PatchOther,
    PatchOtherAccepted,
    PatchMail,
    PatchMailAndBack,
    PatchIdentities,
    RestoredOther,
    CreateOther,
    CreateMail,
    CreateIdentity,
    ImportOther,
    ImportMail,
    ImportKept,
    Pending,
    Invited,
    InvitedAndRestored,
    InvitedThenProvenElsewhere,
    InvitedElsewhereUntilItExpired,
    InvitedAndRevoked,
    InvitedRevokedAndRestored,
    Proven,
    ProvenAndMailChanged,
    ProvenAndRestored,
    ProvenThenElsewhereAndRestored,
    ProvenThenReset,
    ProvenThenResetWrittenAndRestored,
}

/// What each writer leaves: whom the address leads to, and whether a member who is asked for by it
/// is linked to the account.
const WRITERS: [(Writer, Leads); 27] = [
    (Writer::ReferenceOther, Leads::Nowhere),
    (Writer::ReferenceOtherAccepted, Leads::Nowhere),
    (Writer::PatchOther, Leads::Nowhere),
    (Writer::PatchOtherAccepted, Leads::Nowhere),
    (Writer::PatchMail, Leads::Nowhere),
    (Writer::PatchMailAndBack, Leads::Nowhere),
    (Writer::PatchIdentities, Leads::Nowhere),
    (Writer::RestoredOther, Leads::Nowhere),
    (Writer::CreateOther, Leads::Nowhere),
    (Writer::CreateMail, Leads::Conflict),
    (Writer::CreateIdentity, Leads::Conflict),
    (Writer::ImportOther, Leads::Nowhere),
    (Writer::ImportMail, Leads::Conflict),
    (Writer::ImportKept, Leads::Nowhere),
    (Writer::Pending, Leads::Conflict),
    (Writer::Invited, Leads::There),
    (Writer::InvitedAndRestored, Leads::There),
    (Writer::InvitedThenProvenElsewhere, Leads::Nowhere),
    (Writer::InvitedElsewhereUntilItExpired, Leads::Nowhere),
    (Writer::InvitedAndRevoked, Leads::Nowhere),
    (Writer::InvitedRevokedAndRestored, Leads::Nowhere),
    (Writer::Proven, Leads::There),
    (Writer::ProvenAndMailChanged, Leads::There),
    (Writer::ProvenAndRestored, Leads::There),
    (Writer::ProvenThenElsewhereAndRestored, Leads::There),
    (Writer::ProvenThenReset, Leads::Nowhere),
    (Writer::ProvenThenResetWrittenAndRestored, Leads::Nowhere),
];

pub(crate) fn mailbox(address: &str) -> Value {
    json!({ "signInType": "federated", "issuer": "mail", "issuerAssignedId": address })
}

pub(crate) fn internal(more: &Value) -> Value {
    let mut body = json!({ "accountEnabled": true, "displayName": "Mallory", "mailNickname": "mallory",
        "userPrincipalName": "mallory@contoso.com", "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" } });
    for (property, value) in more.as_object().unwrap() {
        body[property] = value.clone();
    }
    body
}

pub(crate) async fn add(world: &Scene, actor: &Actor, body: &Value) -> Result<Uuid, Refusal> {
    let Who::New { body: new, .. } = check(body, Entity::core(&user::TYPE)).unwrap().who else {
        panic!("{body} links");
    };
    let new = new.map_binds(UserKey::of_reference);
    let added = if body.get("@odata.type").is_some() {
        world.directory.add_pending_member(actor, new).await
    } else {
        world.directory.add_invited_user(actor, new).await
    };
    added.map(|added| added.id)
}

pub(crate) async fn restored(world: &Scene, id: Uuid) -> Uuid {
    world.delete(id).await;
    let restored = world.directory.restore_user(&world.server(), id).await;
    restored.unwrap().id
}

pub(crate) async fn import(world: &Scene, row: Value, key: Key, keep: bool) -> Outcome {
    let rules = Rules {
        key,
        on_existing: OnExisting::Update,
        keep,
        dry_run: false,
    };
    let tenant = world.directory.tenant(TENANT).await.unwrap();
    let run = Uuid::from_u128(0x0b);
    let import: Import = world
        .directory
        .import(&tenant, run, "00".into(), rules)
        .await
        .unwrap();
    let Value::Object(members) = row else {
        panic!("{row}")
    };
    let row = Row {
        line: 1,
        members,
        password_hash: None,
        extensions: Vec::new(),
    };
    let planned = import.plan(vec![row]).await.unwrap();
    import.apply(planned).await.unwrap().remove(0)
}

/// A guest who was invited at the address and accepted.
pub(crate) async fn accepted(world: &Scene, address: &str) -> Uuid {
    let invited = world.invite_address(address).await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    world.pass(120);
    invited.user
}

/// Invites a guest at one of their addresses, by their id.
pub(crate) async fn invite_by_id(world: &Scene, id: Uuid, address: &str) -> Invited {
    let mut body = invitation_of(address);
    body["invitedUser"] = json!({ "id": id });
    let invited = world.invite(body).await.unwrap();
    assert_eq!(invited.user, id);
    invited
}

/// Invites, and the guest accepts.
pub(crate) async fn accept_at(world: &Scene, id: Uuid, address: &str) {
    let invited = invite_by_id(world, id, address).await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    world.pass(120);
}

/// The guest's redemption begins anew, at another of their addresses.
async fn reset(world: &Scene, id: Uuid, address: &str) -> Invited {
    let mut body = invitation_of(address);
    body["invitedUser"] = json!({ "id": id });
    body["resetRedemption"] = json!(true);
    let invited = world.invite(body).await.unwrap();
    assert_eq!(invited.user, id);
    invited
}

/// A guest who stays, for the sake of a role, when their invitation is taken back.
async fn revoked(world: &Scene) -> Uuid {
    let invited = world.invite_address(VICTIM).await;
    let directory = &world.directory;
    let role = directory.add_role(TENANT, invited.user, Role::DirectoryReaders);
    role.await.unwrap();
    let guest = directory.revoke_invitation(&world.actor, invited.invitation);
    assert_eq!(guest.await, Ok(RevokedGuest::Kept));
    invited.user
}

/// A guest who accepted elsewhere, as an export writes them.
pub(crate) fn exported() -> Value {
    let upn = "victim_fabrikam.example#EXT#@contoso.onmicrosoft.com";
    json!({ "id": "5f3a2b10-0000-4000-8000-000000000001", "displayName": "V", "userPrincipalName": upn,
        "userType": "Guest", "creationType": "Invitation", "externalUserState": "Accepted", "mail": VICTIM,
        "otherMails": [VICTIM], "identities": [mailbox(VICTIM)] })
}

impl Writer {
    /// The account, with the address.
    #[expect(
        clippy::too_many_lines,
        reason = "one arm for each writer, and nothing between them"
    )]
    pub(crate) async fn write(self, world: &Scene) -> Uuid {
        let others = json!({ "otherMails": [OWN, VICTIM] });
        let reference = json!({ "mail": OWN, "otherMails": [VICTIM] });
        match self {
            Self::ReferenceOther => add(world, &world.actor, &reference).await.unwrap(),
            Self::ReferenceOtherAccepted => {
                let id = add(world, &world.actor, &reference).await.unwrap();
                assert_eq!(accepted(world, OWN).await, id);
                id
            }
            Self::PatchOther => {
                let id = world.invite_address(OWN).await.user;
                world.patch(id, others).await;
                id
            }
            Self::PatchOtherAccepted => {
                let id = accepted(world, OWN).await;
                world.patch(id, others).await;
                id
            }
            Self::PatchMail => {
                let id = accepted(world, OWN).await;
                world.patch(id, json!({ "mail": VICTIM })).await;
                id
            }
            Self::PatchMailAndBack => {
                let id = accepted(world, OWN).await;
                world.patch(id, json!({ "mail": VICTIM })).await;
                world.patch(id, json!({ "mail": OWN })).await;
                assert!(
                    world.user(id).await["proxyAddresses"]
                        .to_string()
                        .contains(VICTIM)
                );
                id
            }
            Self::PatchIdentities => {
                let id = accepted(world, OWN).await;
                let mut all = world.user(id).await["identities"].clone();
                all.as_array_mut().unwrap().push(mailbox(VICTIM));
                world.patch(id, json!({ "identities": all })).await;
                id
            }
            Self::RestoredOther => {
                let id = accepted(world, OWN).await;
                world.patch(id, others).await;
                restored(world, id).await
            }
            Self::CreateOther => {
                let body = internal(&json!({ "otherMails": [VICTIM] }));
                world.create(body).await
            }
            Self::CreateMail => world.create(internal(&json!({ "mail": VICTIM }))).await,
            Self::CreateIdentity => {
                let body = json!({ "displayName": "Mallory", "identities": [mailbox(VICTIM)] });
                world.create(body).await
            }
            Self::ImportOther => {
                let row = internal(&json!({ "otherMails": [VICTIM] }));
                let done = import(world, row, Key::UserPrincipalName, false).await;
                done.id.unwrap()
            }
            Self::ImportMail => {
                let row = internal(&json!({ "mail": VICTIM }));
                let done = import(world, row, Key::UserPrincipalName, false).await;
                done.id.unwrap()
            }
            Self::ImportKept => import(world, exported(), Key::UserPrincipalName, true)
                .await
                .id
                .unwrap(),
            Self::Pending => {
                let body = json!({ "@odata.type": "#Microsoft.DirectoryServices.user",
                    "displayName": "Mallory", "mail": VICTIM });
                add(world, &world.actor, &body).await.unwrap()
            }
            Self::Invited => world.invite_address(VICTIM).await.user,
            Self::InvitedAndRestored => {
                let id = world.invite_address(VICTIM).await.user;
                restored(world, id).await
            }
            Self::InvitedThenProvenElsewhere => {
                let id = world.invite_address(VICTIM).await.user;
                world.patch(id, others).await;
                accept_at(world, id, OWN).await;
                id
            }
            Self::InvitedElsewhereUntilItExpired => {
                let id = accepted(world, OWN).await;
                world.patch(id, others).await;
                invite_by_id(world, id, VICTIM).await;
                world.pass(31 * 86_400);
                id
            }
            Self::InvitedAndRevoked => revoked(world).await,
            Self::InvitedRevokedAndRestored => {
                // Both in one second: a deletion is kept by its second, a revocation to the
                // microsecond.
                world.pass_millis(300);
                let id = revoked(world).await;
                world.pass_millis(600);
                restored(world, id).await
            }
            Self::Proven => accepted(world, VICTIM).await,
            Self::ProvenAndMailChanged => {
                let id = accepted(world, VICTIM).await;
                let change = json!({ "mail": OWN, "otherMails": [] });
                world.patch(id, change).await;
                id
            }
            Self::ProvenAndRestored => {
                let id = accepted(world, VICTIM).await;
                restored(world, id).await
            }
            Self::ProvenThenElsewhereAndRestored => {
                let id = accepted(world, VICTIM).await;
                world
                    .patch(id, json!({ "otherMails": [VICTIM, OWN] }))
                    .await;
                accept_at(world, id, OWN).await;
                restored(world, id).await
            }
            Self::ProvenThenReset => {
                let id = accepted(world, VICTIM).await;
                world.patch(id, others).await;
                reset(world, id, OWN).await;
                id
            }
            Self::ProvenThenResetWrittenAndRestored => {
                let id = accepted(world, VICTIM).await;
                world.patch(id, others).await;
                let mut browser = world.browser(&reset(world, id, OWN).await);
                browser.prove().await;
                assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
                let mut all = world.user(id).await["identities"].clone();
                let identities = all.as_array_mut().unwrap();
                identities.retain(|own| *own != mailbox(OWN));
                identities.push(mailbox(VICTIM));
                world.patch(id, json!({ "identities": all })).await;
                restored(world, id).await
            }
        }
    }
}

async fn row(world: &Scene, id: Uuid) -> UserRow {
    world.store.read(TENANT).user(id).await.unwrap().unwrap()
}

/// An app that may invite and nothing else.
pub(crate) fn inviter() -> Actor {
    app_actor(&[Permission::UserInviteAll], &[], false)
}

/// Readers that invite: who ends up with the invitation.
#[tokio::test]
async fn an_invitation_reaches_who_proved_the_address_or_was_invited_there() {
    for (writer, leads) in WRITERS {
        for by_reference in [false, true] {
            let world = Scene::new().await;
            let account = writer.write(&world).await;
            let before = row(&world, account).await;
            let invited = if by_reference {
                add(&world, &inviter(), &json!({ "mail": VICTIM })).await
            } else {
                let actor = inviter();
                let invited = world.invite_as(&actor, invitation_of(VICTIM), None);
                invited.await.map(|invited| invited.user)
            };
            let case = format!("{writer:?}, by reference: {by_reference}");
            match (leads, invited) {
                (Leads::There, Ok(user)) => assert_eq!(user, account, "{case}"),
                (Leads::Nowhere, Ok(user)) => {
                    assert_ne!(user, account, "{case}");
                    assert_eq!(row(&world, account).await, before, "{case}");
                    assert_eq!(world.user(user).await["mail"], VICTIM, "{case}");
                }
                (Leads::Conflict, Err(Refusal::InviteeExists { owner, .. })) => {
                    assert_eq!(owner, account, "{case}");
                }
                (_, found) => panic!("{case}: {found:?}"),
            }
        }
    }
}

/// The reader that asks whether somebody was invited before.
#[tokio::test]
async fn only_who_proved_it_or_was_invited_there_counts_as_invited_before() {
    for (writer, leads) in WRITERS {
        let world = Scene::new().await;
        let account = writer.write(&world).await;
        let found = world.directory.invited_guest(&inviter(), VICTIM).await;
        let expected = (leads == Leads::There).then_some(account);
        assert_eq!(found.unwrap(), expected, "{writer:?}");
    }
}

/// The mailbox's owner gets in, into an account that is theirs alone.
#[tokio::test]
async fn whoever_proves_the_address_has_it_from_then_on() {
    for (writer, leads) in WRITERS {
        if leads != Leads::Nowhere {
            continue;
        }
        let world = Scene::new().await;
        let account = writer.write(&world).await;
        let user = accepted(&world, VICTIM).await;
        assert_ne!(user, account, "{writer:?}");
        let proven = world.user(user).await;
        assert_eq!(proven["mail"], VICTIM, "{writer:?}");
        assert_eq!(proven["identities"][0], mailbox(VICTIM), "{writer:?}");
        let other = world.user(account).await;
        assert!(
            !other["identities"].to_string().contains(VICTIM),
            "{writer:?}: {other}"
        );
        // From now on it leads there, whoever states it.
        assert_eq!(world.invite_address(VICTIM).await.user, user, "{writer:?}");
        // A change of something else does not stumble over an address that was there before.
        world.patch(account, json!({ "city": "Ulm" })).await;
    }
}

/// Asking for a member by the address, and a file whose rows are told apart by mail.
#[tokio::test]
async fn nobody_becomes_a_member_or_gets_a_row_by_an_address_they_merely_state() {
    for (writer, leads) in WRITERS {
        let world = Scene::new().await;
        let account = writer.write(&world).await;
        let body = json!({ "@odata.type": "#Microsoft.DirectoryServices.user",
            "displayName": "Victoria", "mail": VICTIM });
        match (leads, add(&world, &world.actor, &body).await) {
            (Leads::Nowhere, Ok(id)) => assert_ne!(id, account, "{writer:?}"),
            (Leads::Nowhere, Err(refusal)) => assert_eq!(name_of(&refusal), "Taken", "{writer:?}"),
            // An identity is not an address of the directory.
            (Leads::Conflict, Ok(id)) if matches!(writer, Writer::CreateIdentity) => {
                assert_ne!(id, account);
            }
            (_, found) => assert_eq!(found.unwrap(), account, "{writer:?}"),
        }

        let world = Scene::new().await;
        let account = writer.write(&world).await;
        let row = json!({ "mail": VICTIM, "userPrincipalName": "victoria@contoso.com", "displayName": "Victoria" });
        let outcome = import(&world, row, Key::Mail, false).await;
        if leads == Leads::Nowhere {
            let name = world.user(account).await["displayName"].clone();
            assert_ne!(name, "Victoria", "{writer:?}: {outcome:?}");
        }
    }
}

/// Whatever somebody wrote into `mail` between invitation and acceptance, the mailbox that answered
/// is it.
#[tokio::test]
async fn the_proven_address_becomes_mail() {
    let world = Scene::new().await;
    let invited = world.invite_address(VICTIM).await;
    world.patch(invited.user, json!({ "mail": OWN })).await;
    let mut browser = world.browser(&invited);
    browser.prove().await;
    assert!(matches!(browser.accept().await, Accepted::Redirect { .. }));
    let guest = world.user(invited.user).await;
    assert_eq!(guest["mail"], VICTIM);
    let proxies = json!([format!("SMTP:{VICTIM}"), format!("smtp:{OWN}")]);
    assert_eq!(guest["proxyAddresses"], proxies);
}

/// By `POST /users/$ref` an app writes what an invitation gives, and beside that only what it may
/// change anyway.
#[tokio::test]
async fn a_guest_is_added_with_what_the_app_may_write() {
    use Permission as P;
    let cases: [(&[P], Value, Option<&str>); 10] = [
        (
            &[],
            json!({ "department": "Sales", "mobilePhone": "1", "displayName": "V" }),
            None,
        ),
        (
            &[],
            json!({ "otherMails": ["x@fabrikam.example"] }),
            Some("otherMails"),
        ),
        (
            &[],
            json!({ "accountEnabled": false }),
            Some("accountEnabled"),
        ),
        (&[], json!({ "city": "Ulm" }), Some("city")),
        (
            &[],
            json!({ "businessPhones": ["1"] }),
            Some("businessPhones"),
        ),
        (&[], json!({ "employeeId": "7" }), Some("employeeId")),
        (&[], json!({ "city": null }), None),
        (
            &[P::UserMailReadWriteAll],
            json!({ "otherMails": ["x@fabrikam.example"] }),
            None,
        ),
        (
            &[P::UserMailReadWriteAll],
            json!({ "city": "Ulm" }),
            Some("city"),
        ),
        (
            &[P::UserReadWriteAll],
            json!({ "city": "Ulm", "otherMails": ["x@fabrikam.example"], "accountEnabled": false }),
            None,
        ),
    ];
    for (more, mut body, refused) in cases {
        let world = Scene::new().await;
        let permissions = [&[P::UserInviteAll][..], more].concat();
        body["mail"] = json!(VICTIM);
        let added = add(&world, &app_actor(&permissions, &[], false), &body).await;
        match (refused, added) {
            (None, Ok(_)) => {}
            (Some(name), Err(Refusal::DeniedProperty { property, .. })) => {
                assert_eq!(property, name, "{body}");
                assert_eq!(world.user_count().await, 0);
            }
            (_, found) => panic!("{permissions:?} {body}: {found:?}"),
        }
    }
}
