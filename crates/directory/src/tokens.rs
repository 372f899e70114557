//! Who may get and use an access token: one check, made when a token is issued and again at every
//! request.

use store::{AppState, GuestState, TenantId, UserRow};
use uuid::Uuid;

use crate::app_rights::Rights;
use crate::apps::{self, App};
use crate::directory::Directory;
use crate::permission::Permissions;
use crate::refusal::Refusal;
use crate::roles::Roles;
use crate::schemas::SchemaVersion;
use crate::users::{UserKey, names};

/// The subject of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// An app, by its client id.
    App(Uuid),
    /// A person, by object id, signed in through an app.
    Person {
        /// The person.
        user: Uuid,
        /// The app.
        client_id: Uuid,
    },
}

/// Who may have a token, with what its claims say of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSubject {
    /// Object id of the app or person: `oid`.
    pub object: Uuid,
    /// The app.
    pub client_id: Uuid,
    /// Application permissions of the app: `roles` of an app token.
    pub permissions: Permissions,
    /// Directory roles of the app or person: `wids`.
    pub roles: Roles,
    /// The app's credential with which the token is obtained. When the app loses it, the token is
    /// refused.
    pub credential: Option<Uuid>,
}

/// Why there is no token. The client learns none of it; the log does.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoToken {
    /// No such app in this tenant, or a wrong secret.
    #[error("unknown app or wrong secret")]
    Unproven,
    /// The app is unknown in this tenant.
    #[error("unknown app")]
    UnknownApp,
    /// The app is disabled.
    #[error("the app is disabled")]
    AppDisabled,
    /// The token was got with a secret that the app does not have any more.
    #[error("the secret was changed")]
    CredentialGone,
    /// The person is unknown in this tenant, or deleted.
    #[error("unknown user")]
    UnknownUser,
    /// The account is disabled.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The guest has not accepted the invitation yet.
    #[error("the guest has not accepted yet")]
    PendingAcceptance,
    /// The store could not be read.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

impl From<store::StoreError> for NoToken {
    fn from(error: store::StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// A user read before the check whether the actor may see them; [`Directory::prefetched_user`]
/// checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrefetchedUser(pub(crate) Option<UserRow>);

/// The subject that may go on using a token, with its present rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActingSubject {
    /// Object id of the app or person.
    pub object: Uuid,
    /// The app's present permissions. A token that says more was issued before one was taken away.
    pub permissions: Permissions,
    /// The version of the tenant's definitions, read in the same row as the app: see
    /// [`Directory::schema_of`].
    pub definitions: SchemaVersion,
}

impl Directory {
    /// The permissions of an app that may act. A token that names no `credential` was issued by a
    /// build that did not write it, or is not an app's own; it ends by itself.
    fn enabled(
        &self,
        tenant: TenantId,
        app: Option<AppState>,
        credential: Option<Uuid>,
    ) -> Result<ActingSubject, NoToken> {
        let app = app.ok_or(NoToken::UnknownApp)?;
        if !app.enabled {
            return Err(NoToken::AppDisabled);
        }
        let object = app.object_id;
        let definitions = SchemaVersion(app.definition_version);
        let cached = self.app_rights().cached(tenant, &app);
        let current = match cached {
            Some(cached) => cached.credential,
            None => app.secret_hash.as_deref().map(apps::credential_id),
        };
        if credential.is_some() && credential != current {
            return Err(NoToken::CredentialGone);
        }
        let permissions = if let Some(cached) = cached {
            cached.permissions
        } else {
            let permissions = apps::granted(&app.permissions)?;
            let rights = Rights {
                permissions,
                credential: current,
            };
            self.app_rights().keep(tenant, app, rights);
            permissions
        };
        Ok(ActingSubject {
            object,
            permissions,
            definitions,
        })
    }

    /// Whether a subject may have a token, and its claims.
    pub async fn may_issue(
        &self,
        tenant: TenantId,
        principal: Principal,
    ) -> Result<TokenSubject, NoToken> {
        match principal {
            Principal::App(client_id) => {
                let app = self.enabled_app(tenant, client_id).await?;
                self.app_subject(tenant, app).await
            }
            Principal::Person { user, client_id } => {
                self.may_act(tenant, principal, None).await?;
                let roles = self.roles_of(tenant, user).await?;
                Ok(TokenSubject {
                    object: user,
                    client_id,
                    permissions: Permissions::default(),
                    roles,
                    credential: None,
                })
            }
        }
    }

    /// Whether the holder of a token may go on using it, and which permissions the app still holds.
    /// Checked at every request, so it reads no more than needed; [`Directory::roles_of`] reads the
    /// roles. `credential` is the one that the token names ([`TokenSubject::credential`]): it must
    /// still be the app's.
    pub async fn may_act(
        &self,
        tenant: TenantId,
        principal: Principal,
        credential: Option<Uuid>,
    ) -> Result<ActingSubject, NoToken> {
        let (Principal::App(client_id) | Principal::Person { client_id, .. }) = principal;
        let reader = self.store().read(tenant);
        let Principal::Person { user, .. } = principal else {
            return self.enabled(tenant, reader.app_state(client_id).await?, credential);
        };
        let (app, row) = reader
            .app_and_user(client_id, user)
            .await?
            .map_or((None, None), |(app, row)| (Some(app), row));
        let acting = self.enabled(tenant, app, credential)?;
        let row = row.ok_or(NoToken::UnknownUser)?;
        if !row.enabled {
            return Err(NoToken::AccountDisabled);
        }
        if row.state == Some(GuestState::PendingAcceptance) {
            return Err(NoToken::PendingAcceptance);
        }
        Ok(ActingSubject {
            object: user,
            ..acting
        })
    }

    /// [`Directory::may_act`] for an app that asks for a user, with that user: one look-up instead
    /// of two.
    pub async fn may_act_on(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        credential: Option<Uuid>,
        user: &UserKey,
    ) -> Result<(ActingSubject, PrefetchedUser), NoToken> {
        let reader = self.store().read(tenant);
        let found = match user {
            UserKey::Id(id) => reader.app_and_user(client_id, *id).await?,
            UserKey::Upn(upn) => {
                let key = names::upn_key(upn);
                reader.app_and_user_by_upn(client_id, &key).await?
            }
        };
        let (app, row) = found.map_or((None, None), |(app, row)| (Some(app), row));
        Ok((self.enabled(tenant, app, credential)?, PrefetchedUser(row)))
    }

    /// Authenticates an app by its secret, then checks [`Directory::may_issue`].
    pub async fn authenticate_app(
        &self,
        tenant: TenantId,
        client_id: Uuid,
        secret: &str,
    ) -> Result<TokenSubject, NoToken> {
        let app = self
            .proven_app(tenant, client_id, secret)
            .await?
            .ok_or(NoToken::Unproven)?;
        if !app.enabled {
            return Err(NoToken::AppDisabled);
        }
        self.app_subject(tenant, app).await
    }

    async fn enabled_app(&self, tenant: TenantId, client_id: Uuid) -> Result<App, NoToken> {
        let app = self
            .app(tenant, client_id)
            .await?
            .ok_or(NoToken::UnknownApp)?;
        if app.enabled {
            Ok(app)
        } else {
            Err(NoToken::AppDisabled)
        }
    }

    async fn app_subject(&self, tenant: TenantId, app: App) -> Result<TokenSubject, NoToken> {
        let roles = self.roles_of(tenant, app.object).await?;
        Ok(TokenSubject {
            object: app.object,
            client_id: app.client_id,
            permissions: app.permissions,
            roles,
            credential: app.credential,
        })
    }
}
