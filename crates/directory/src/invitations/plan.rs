//! Everything an invitation needs before its write: the checked request, the names of those
//! concerned, and all that is random or timed.

use jiff::Timestamp;
use store::{Lookup, TenantId};
use uuid::Uuid;

use super::idempotency::Idempotency;
use super::language;
use super::redirect::{self, AllowedHosts, Redirect};
use super::request::Request;
use super::ticket::{TicketHash, ticket_text};
use crate::actor::{Actor, Subject};
use crate::directory::Directory;
use crate::outbox::{Draft, INVITATION_LIFE};
use crate::refusal::Refusal;
use crate::tenants::Tenant;
use edm::user;

/// Who invites, as the directory names them (T-20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Inviter {
    pub(crate) name: String,
    /// Whether that is a person and not an app or the organisation.
    pub(crate) person: bool,
    /// The app, where a person invites through one.
    pub(super) app: Option<String>,
}

/// An invitation about to be written.
pub(super) struct Plan {
    pub(super) directory: Directory,
    pub(super) actor: Actor,
    pub(super) request: Request,
    pub(super) idempotency: Option<Idempotency>,
    pub(super) tenant: Tenant,
    pub(super) inviter: Inviter,
    pub(super) redirect: Redirect,
    pub(super) invitation_id: Uuid,
    pub(super) guest_id: Uuid,
    pub(super) ticket_hash: TicketHash,
    pub(super) link: String,
    pub(super) letter_draft: Draft,
    pub(super) copy_draft: Draft,
    pub(super) answer_nonce: [u8; 12],
    pub(super) now: Timestamp,
    /// `now` in whole seconds, as Graph shows instants of users.
    pub(super) second: Timestamp,
    pub(super) expires_at: Timestamp,
}

impl Plan {
    /// Judges what depends on the tenant, and draws what is random.
    pub(super) async fn new(
        on: &mut impl Lookup,
        directory: &Directory,
        actor: &Actor,
        mut request: Request,
        idempotency: Option<Idempotency>,
    ) -> Result<Self, Refusal> {
        let tenant = Tenant::read(on).await?;
        request.links = request.links.invited_by(person(actor));
        let manner = tenant.settings.manner;
        manner.invited_local(request.address.local())?;
        let allowed = AllowedHosts::of(
            &tenant.settings.redirect_hosts,
            &directory.policy().public_origin,
        );
        let redirect =
            redirect::check(&request.redirect, &allowed).map_err(|fault| Refusal::Redirect {
                why: fault.reason(),
            })?;
        let inviter = Inviter::read(on, actor, &tenant).await?;
        let now = directory.expiry_now();
        let after = |life| now.saturating_add(life).unwrap_or(Timestamp::MAX);
        let ids = directory.ids();
        let ticket = ids.secret();
        let invitation_id = directory.new_id();
        let link = link(
            &directory.policy().public_origin,
            actor.tenant,
            invitation_id,
            &ticket,
            request.language.as_deref(),
        );
        Ok(Self {
            invitation_id,
            guest_id: directory.new_id(),
            ticket_hash: TicketHash::of(&ticket),
            letter_draft: Draft::new(directory, now, after(INVITATION_LIFE)),
            copy_draft: Draft::new(directory, now, after(INVITATION_LIFE)),
            answer_nonce: ids.nonce(),
            expires_at: after(super::LINK_LIFE),
            directory: directory.clone(),
            actor: actor.clone(),
            request,
            idempotency,
            tenant,
            inviter,
            redirect,
            link,
            now,
            second: directory.whole_second(),
        })
    }
}

/// The sponsor of a guest for whom none is named: the person who invites. An app cannot be one.
const fn person(actor: &Actor) -> Option<Uuid> {
    match &actor.subject {
        Subject::Person { user, .. } => Some(*user),
        Subject::App { .. } | Subject::Guest { .. } | Subject::Server => None,
    }
}

/// The link, in the documented shape. Its origin comes from the configuration, never from the
/// request (T-37).
fn link(
    origin: &str,
    tenant: TenantId,
    invitation: Uuid,
    ticket: &[u8; 32],
    language: Option<&str>,
) -> String {
    let (ticket, lcid) = (ticket_text(ticket), language::lcid(language));
    format!("{origin}/redeem/?tenant={tenant}&user={invitation}&ticket={ticket}&lc={lcid}&ver=2.0")
}

impl Inviter {
    /// The name under which an actor invites.
    pub(crate) async fn read(
        on: &mut impl Lookup,
        actor: &Actor,
        tenant: &Tenant,
    ) -> Result<Self, Refusal> {
        let organisation = || tenant.display_name.clone();
        let (user, client) = match &actor.subject {
            Subject::App { client_id, .. } => (None, Some(*client_id)),
            Subject::Person {
                user, client_id, ..
            } => (Some(*user), Some(*client_id)),
            Subject::Guest { .. } | Subject::Server => (None, None),
        };
        let app = match client {
            Some(client) => on.app(client).await?.map(|row| row.display_name),
            None => None,
        };
        let Some(user) = user else {
            return Ok(Self {
                name: app.unwrap_or_else(organisation),
                person: false,
                app: None,
            });
        };
        let record = on
            .user(user)
            .await?
            .map(|row| crate::users::row::record(&row, actor.schema()))
            .transpose()?;
        let name = record
            .as_ref()
            .and_then(|record| record.text(&user::DISPLAY_NAME))
            .map(str::to_owned);
        Ok(Self {
            person: name.is_some(),
            name: name.unwrap_or_else(organisation),
            app,
        })
    }
}
