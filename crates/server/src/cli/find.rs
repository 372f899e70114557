//! What commands name by id or by name: apps, users, and either as the principal of a role.

use directory::address::{Address, LocalParts};
use directory::{App, Directory, Refusal, Tenant, UserKey};
use store::UserRow;
use uuid::Uuid;

use super::stopped::{self, refused};
use crate::terminal::Failure;

/// The app with this client id, object id or name.
pub async fn app(directory: &Directory, tenant: &Tenant, text: &str) -> Result<App, Failure> {
    apps(directory, tenant, text).await?.ok_or_else(|| {
        Failure::new(format!(
            "there is no app {text:?} in {}",
            tenant.initial_domain
        ))
        .mend("vestibule app list   (shows those there are)")
    })
}

async fn apps(directory: &Directory, tenant: &Tenant, text: &str) -> Result<Option<App>, Failure> {
    let all = directory
        .apps(tenant.id)
        .await
        .map_err(|refusal| refused("cannot read the apps", &refusal))?;
    let id = Uuid::try_parse(text).ok();
    let by_id = |app: &App| id == Some(app.client_id) || id == Some(app.object);
    if let Some(app) = all.iter().find(|app| by_id(app)) {
        return Ok(Some(app.clone()));
    }
    let named: Vec<&App> = all.iter().filter(|app| app.display_name == text).collect();
    match named.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some((*only).clone())),
        several => {
            let ids = several.iter().map(|app| app.client_id.to_string());
            Err(Failure::usage(format!("several apps are called {text:?}"))
                .because(ids.collect::<Vec<_>>().join(", "))
                .mend("name it by its client id"))
        }
    }
}

/// The user with this object id, userPrincipalName, or mail address.
pub async fn user(directory: &Directory, tenant: &Tenant, text: &str) -> Result<UserRow, Failure> {
    users(directory, tenant, text).await?.ok_or_else(|| {
        Failure::new(format!(
            "there is no user {text:?} in {}",
            tenant.initial_domain
        ))
    })
}

async fn users(
    directory: &Directory,
    tenant: &Tenant,
    text: &str,
) -> Result<Option<UserRow>, Failure> {
    let unreadable = |refusal: &Refusal| refused("cannot read the users", refusal);
    let actor = stopped::actor(directory, tenant.id).await?;
    match directory.user(&actor, &UserKey::parse(text)).await {
        Ok(row) => return Ok(Some(row)),
        Err(Refusal::NotFound { .. }) => {}
        Err(refusal) => return Err(unreadable(&refusal)),
    }
    // A guest is known by the address; nobody types
    // `sam_fabrikam.example#EXT#@contoso.onmicrosoft.com`.
    let Ok(address) = Address::parse(text, LocalParts::Utf8) else {
        return Ok(None);
    };
    let reader = directory.store().read(tenant.id);
    let holders = reader.address_holders(address.key()).await;
    for holder in holders.map_err(|error| unreadable(&error.into()))? {
        let found = directory.user(&actor, &UserKey::Id(holder.object)).await;
        let found = found.map_err(|refusal| unreadable(&refusal))?;
        // A guest is meant only by an address that leads to them: else whoever can write somebody
        // else's address into their own account would get the role that was meant for the other.
        if holder.standing.leads_to(&found) || found.state.is_none() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whom a role is given to: an app or a user, and how to call them.
pub struct Principal {
    /// Object id.
    pub object: Uuid,
    /// The app's name, or the userPrincipalName.
    pub name: String,
}

/// The app or user that `text` names. An app and a user cannot both be meant: an app's name with an
/// `@` in it is none of a user's unless it is that user's address, and then it is asked which.
pub async fn principal(
    directory: &Directory,
    tenant: &Tenant,
    text: &str,
) -> Result<Principal, Failure> {
    let app = apps(directory, tenant, text).await?;
    let user = users(directory, tenant, text).await?;
    match (app, user) {
        (Some(app), None) => Ok(Principal {
            object: app.object,
            name: app.display_name,
        }),
        (None, Some(user)) => Ok(Principal {
            object: user.id,
            name: user.upn,
        }),
        (None, None) => Err(Failure::new(format!(
            "there is no app and no user {text:?} in {}",
            tenant.initial_domain
        ))),
        (Some(app), Some(user)) => Err(Failure::usage(format!(
            "{text:?} is the name of an app and of a user"
        ))
        .mend(format!(
            "--principal {}   (the app), or {}   (the user)",
            app.object, user.id
        ))),
    }
}
