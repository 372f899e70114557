//! POST /users (P-users-2, R-9, R-31 to R-33).

use std::sync::Arc;

use edm::{Body, Prop, Record, user};
use store::{AuditRecord, Lookup, Tx, UserRow};

use super::UserKey;
use super::draft::{Draft, Setting};
use super::link::Links;
use super::new_user::Origin;
use super::permitted;
use super::row::{self, RowMeta, UniqueValues};
use crate::actor::Actor;
use crate::audit;
use crate::directory::Directory;
use crate::note::Note;
use crate::refusal::{Refusal, Unique};
use crate::tenants::Tenant;

/// A user just created.
#[derive(Debug, Clone, PartialEq)]
pub struct Created {
    /// The row, with version 1.
    pub row: UserRow,
    /// Its record.
    pub record: Record,
    /// What the request set, in table order: the 201 shows it beside the default set.
    /// `passwordProfile` is never among it.
    pub set: Vec<Prop>,
    /// Notes for the client.
    pub notes: Vec<Note>,
}

/// What the write needs, drawn before it.
struct Input {
    row: UserRow,
    claims: Arc<UniqueValues>,
    links: Links,
    audit: AuditRecord,
}

impl Directory {
    /// Creates a user. Nothing is hashed before every other rule passed.
    pub async fn create_user(
        &self,
        actor: &Actor,
        body: Body<UserKey>,
    ) -> Result<Created, Refusal> {
        permitted::create(actor, &body.set)?;
        let set: Vec<_> = body
            .set
            .iter()
            .map(|(property, _)| property.clone())
            .filter(|property| *property != user::PASSWORD_PROFILE)
            .collect();
        let now = self.whole_second();
        let reader = self.store().read(actor.tenant);
        let (draft, claims) = reader
            .snapshot(async |on| {
                let tenant = Tenant::read(on).await?;
                permitted::profile(actor, tenant.settings.manner, &body.set)?;
                let setting = Setting {
                    tenant: &tenant,
                    id: self.new_id(),
                    now,
                    locals: self.locals(),
                    origin: Origin::Request,
                };
                let draft = Draft::of(body.set, setting)?;
                let claims = UniqueValues::of(&draft.record);
                if draft.password.is_some() {
                    check_free(on, &claims).await?;
                }
                Ok::<_, Refusal>((draft, Arc::new(claims)))
            })
            .await?;
        let password_hash = match draft.password {
            Some(password) => Some(self.hasher().hash(password, self.ids().secret()).await?.0),
            None => None,
        };
        let meta = RowMeta::of_new(draft.id, now, password_hash);
        let row = row::row(&draft.record, meta);
        let links = Links::of(&body.binds);
        let set_now = draft.record.properties().chain(links.properties());
        let audit = audit::user_added(actor, now, draft.id, set_now);
        let input = Input {
            row: row.clone(),
            claims: Arc::clone(&claims),
            links,
            audit,
        };
        let written = self
            .store()
            .write(actor.tenant, input, |tx, input| Box::pin(insert(tx, input)))
            .await;
        if let Err(Refusal::Taken { .. }) = &written {
            // Of several clashes, name the same one as for a request with a password.
            reader
                .snapshot(async |on| check_free(on, &claims).await)
                .await?;
        }
        written?;
        Ok(Created {
            row,
            record: draft.record,
            set,
            notes: draft.notes,
        })
    }
}

/// Looks for clashes, where a costly hash would follow. The constraint decides in the end, since
/// another write may come in between.
pub(super) async fn check_free(on: &mut impl Lookup, claims: &UniqueValues) -> Result<(), Refusal> {
    for (key, unique) in claims.addresses() {
        if let Some(owner) = on.address_owner(key).await? {
            return Err(Refusal::Taken {
                unique,
                owner: Some(owner.object),
            });
        }
    }
    for identity in claims.identities() {
        let holder = on.identity_owner(&identity.issuer, &identity.assigned);
        if let Some(owner) = holder.await? {
            return Err(Refusal::Taken {
                unique: Unique::Identities,
                owner: Some(owner),
            });
        }
    }
    Ok(())
}

async fn insert(tx: &mut Tx, input: &Input) -> Result<(), Refusal> {
    row::insert(tx, &input.row, &input.claims).await?;
    input.links.apply(tx, input.row.id).await?;
    tx.audit(input.audit.clone());
    Ok(())
}
