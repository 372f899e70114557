//! The check before every step: whether the link is good, and how far this session has come.

use edm::Schema;
use jiff::Timestamp;
use serde_json::json;
use store::{
    AddressOwner, AuditRecord, AuditResult, InvitationRow, Lookup, RedemptionRow, StoreError,
    TenantId, UserRow,
};

use super::{Barred, Closed, Link, NextStep, StepContext};
use crate::actor::{Actor, Subject};
use crate::audit::{self, Target};
use crate::directory::Directory;
use crate::invitations::redirect::{self, AllowedHosts};
use crate::refusal::Refusal;
use crate::schemas::TenantSchema;
use crate::tenants::Tenant;

/// The rows that a step needs, read in one place.
pub(super) struct Rows {
    invitation: Option<InvitationRow>,
    guest: Option<UserRow>,
    redemption: Option<RedemptionRow>,
    /// Who was invited at the address, or proved it.
    owner: Option<AddressOwner>,
}

impl Rows {
    /// For pages that only show, and in the write of a step that changes something.
    pub(super) async fn read(
        on: &mut impl Lookup,
        link: &Link,
        session: Option<&[u8; 32]>,
    ) -> Result<Self, StoreError> {
        let invitation = on.invitation(link.invitation).await?;
        let guest = match &invitation {
            Some(invitation) => on.user(invitation.user_id).await?,
            None => None,
        };
        let redemption = match session {
            Some(session) => on.redemption(session, link.invitation).await?,
            None => None,
        };
        let owner = match &invitation {
            Some(invitation) => on.address_claim(&invitation.address_key).await?,
            None => None,
        };
        Ok(Self {
            invitation,
            guest,
            redemption,
            owner,
        })
    }

    /// `messageLanguage`.
    pub(super) fn language(&self) -> Option<String> {
        self.invitation.as_ref()?.language.clone()
    }

    /// Judges the link. The order matters: without the ticket the answer is only "not valid" (T-1).
    /// The expiry is compared here and again in the accepting statement, never by a job that may be
    /// late (T-3).
    pub(super) fn judge(
        self,
        link: &Link,
        allowed: &AllowedHosts,
        now: Timestamp,
    ) -> Result<RedemptionState, Closed> {
        let Some(invitation) = self.invitation else {
            return Err(Closed::NotValid);
        };
        if !link.ticket.is(&invitation.ticket_hash) {
            return Err(Closed::NotValid);
        }
        // A soft-deleted guest is never revived.
        let Some(guest) = self.guest else {
            return Err(Closed::Ended);
        };
        let redemption = self.redemption.filter(|row| row.expires_at > now);
        if invitation.accepted_at.is_some() {
            let own = redemption.is_some_and(|row| row.accepted_at.is_some());
            let redirect = || {
                redirect::check(&invitation.redirect_url, allowed)
                    .ok()
                    .map(|to| to.target().to_owned())
            };
            return Err(if own {
                Closed::Finished {
                    redirect: redirect(),
                }
            } else {
                let onward = redirect().and_then(|target| origin_of(&target));
                Closed::Used { onward }
            });
        }
        if invitation.ended_at.is_some() || invitation.expires_at <= now {
            return Err(Closed::Ended);
        }
        // The guest may have lost the address, and its mailbox may belong to another person now. It
        // must not open this account (T-7).
        if self.owner.is_none_or(|owner| owner.object != guest.id) {
            return Err(Closed::Ended);
        }
        Ok(RedemptionState {
            invitation,
            guest,
            redemption,
        })
    }
}

/// Scheme, host and port of a URL, with the path of the front page.
fn origin_of(target: &str) -> Option<String> {
    let url = url::Url::parse(target).ok()?;
    url.has_host()
        .then(|| format!("{}/", url.origin().ascii_serialization()))
}

/// A good link, and how far this session has come with it.
pub(super) struct RedemptionState {
    pub(super) invitation: InvitationRow,
    pub(super) guest: UserRow,
    pub(super) redemption: Option<RedemptionRow>,
}

impl RedemptionState {
    /// The step that this session takes next.
    pub(super) fn next_step(&self) -> NextStep {
        match &self.redemption {
            Some(row) if row.proven_at.is_some() => NextStep::Consent,
            Some(row) if row.codes_sent > 0 => NextStep::TypeCode,
            None | Some(_) => NextStep::AskForCode,
        }
    }

    /// Passes if this session has proven the mailbox and the account is enabled (T-27, T-15).
    pub(super) fn proven(self) -> Result<Self, Barred> {
        let state = self.proven_or_disabled()?;
        if state.guest.enabled {
            Ok(state)
        } else {
            Err(Barred::Disabled)
        }
    }

    /// Passes if this session has proven the mailbox, also where the account is disabled.
    pub(super) fn proven_or_disabled(self) -> Result<Self, Barred> {
        match self.next_step() {
            NextStep::Consent => Ok(self),
            unmet => Err(Barred::Unmet(unmet)),
        }
    }
}

/// The facts about the organisation that the steps need.
pub(super) struct Host {
    /// Display name.
    pub(super) organisation: String,
    /// Main domain.
    pub(super) domain: String,
    /// Accent colour, `#rrggbb`.
    pub(super) accent: Option<String>,
    /// The language of its pages where an invitation names none.
    pub(super) default_language: Option<String>,
    /// Where its guests may be sent.
    pub(super) allowed: AllowedHosts,
}

impl Directory {
    /// The organisation of a link; `None` when there is no such tenant. That is answered like an
    /// unknown link (T-1).
    pub(super) async fn redemption_host(&self, id: TenantId) -> Result<Option<Host>, Refusal> {
        let reader = self.store().read(id);
        reader.snapshot(async |on| self.host(on).await).await
    }

    /// The organisation and the rows of a step that only shows something.
    pub(super) async fn read_for_page(
        &self,
        step: &StepContext,
    ) -> Result<Option<(Host, Rows)>, Refusal> {
        let session = step.session.hash();
        let reader = self.store().read(step.tenant());
        reader
            .snapshot(async |on| {
                let Some(host) = self.host(on).await? else {
                    return Ok(None);
                };
                let rows = Rows::read(on, &step.link, Some(&session)).await?;
                Ok(Some((host, rows)))
            })
            .await
    }

    /// [`Directory::redemption_host`], for a caller that reads other rows in the same snapshot.
    pub(super) async fn host(&self, on: &mut impl Lookup) -> Result<Option<Host>, Refusal> {
        match Tenant::read(on).await {
            Ok(tenant) => Ok(Some(Host {
                allowed: AllowedHosts::of(
                    &tenant.settings.redirect_hosts,
                    &self.policy().public_origin,
                ),
                domain: tenant.main_domain().to_owned(),
                accent: tenant.settings.accent,
                default_language: tenant.settings.default_language,
                organisation: tenant.display_name,
            })),
            Err(Refusal::NotFound { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }
}

impl StepContext {
    /// An audit record of this step. The actor is the guest, as far as the steps before have shown.
    pub(super) fn record(
        &self,
        now: Timestamp,
        of: &InvitationRow,
        activity: &str,
        result: AuditResult,
    ) -> AuditRecord {
        // An audit record holds no object.
        let actor = self.actor(of, Schema::core().into());
        AuditRecord {
            result,
            ..audit::record(
                &actor,
                now,
                activity,
                Target::invitation(of.id),
                &json!({ "user": of.user_id }),
            )
        }
    }

    /// The guest on the way through redemption.
    pub(super) fn actor(&self, of: &InvitationRow, schema: TenantSchema) -> Actor {
        Actor {
            tenant: self.tenant(),
            schema,
            subject: Subject::Guest { user: of.user_id },
            request_id: self.request_id,
            client_request_id: None,
        }
    }
}
