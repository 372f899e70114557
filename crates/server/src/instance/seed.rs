//! dev's first start: the tenant, the users and the app of [`super::sample`].
//!
//! The app is made after the users: once it is there they were, and what somebody deleted since
//! stays deleted.

use std::sync::Arc;

use directory::{
    Actor, AppPlan, Directory, DomainSetting, Ids, Permissions, Refusal, Role, ServiceMode,
    Settings, SystemIds, TenantPlan, UserKey,
};
use edm::{Body, Record, Value, complex, user};
use store::TenantId;
use uuid::Uuid;

use super::sample::{self, SampleUser};

/// The tenant everything is made in.
pub const TENANT: TenantId = TenantId(sample::TENANT_ID);

/// Makes what is missing; says whether anything was.
///
/// `with_ids` opens the same directory over other ids: users get their documented ids through it.
pub async fn seed<F>(directory: &Directory, with_ids: F) -> Result<bool, Refusal>
where
    F: Fn(Arc<dyn Ids>) -> Directory,
{
    if directory.app(TENANT, sample::CLIENT_ID).await?.is_some() {
        // A start that was killed between the app and its role left it without.
        let roles = directory.roles_of(TENANT, sample::APP_OBJECT_ID).await?;
        if !roles.holds(Role::GlobalAdministrator) {
            directory
                .add_role(TENANT, sample::APP_OBJECT_ID, Role::GlobalAdministrator)
                .await?;
        }
        return Ok(false);
    }
    match directory.tenant(TENANT).await {
        Ok(_) => {}
        Err(Refusal::NotFound { .. }) => add_tenant(directory).await?,
        Err(other) => return Err(other),
    }
    for sample in &sample::USERS {
        let there = directory
            .store()
            .read(TENANT)
            .user(sample.id)
            .await?
            .is_some();
        if !there {
            let directory = with_ids(Arc::new(OneId(sample.id)));
            let actor = Actor::server(TENANT, directory.schema(TENANT).await?, SystemIds.uuid());
            directory.create_user(&actor, body(sample)).await?;
        }
    }
    let plan = AppPlan {
        client_id: Some(sample::CLIENT_ID),
        object: Some(sample::APP_OBJECT_ID),
        display_name: sample::APP_NAME.to_owned(),
        permissions: Permissions::all_for_apps(),
        secret: Some(sample::CLIENT_SECRET.to_owned()),
    };
    directory.add_app(TENANT, plan).await?;
    directory
        .add_role(TENANT, sample::APP_OBJECT_ID, Role::GlobalAdministrator)
        .await?;
    Ok(true)
}

/// Serves the tenant in that manner from now on.
pub async fn set_manner(directory: &Directory, manner: ServiceMode) -> Result<(), Refusal> {
    let mut settings = directory.tenant(TENANT).await?.settings;
    if settings.manner != manner {
        settings.manner = manner;
        directory.set_settings(TENANT, &settings).await?;
    }
    Ok(())
}

async fn add_tenant(directory: &Directory) -> Result<(), Refusal> {
    let plan = TenantPlan {
        id: TENANT,
        display_name: sample::TENANT_NAME.to_owned(),
        initial_domain: sample::INITIAL_DOMAIN.to_owned(),
        domains: vec![DomainSetting {
            name: sample::DOMAIN.to_owned(),
            federated: false,
        }],
        settings: Settings::default(),
    };
    directory.add_tenant(plan).await?;
    Ok(())
}

fn body(sample: &SampleUser) -> Body<UserKey> {
    let mut password = Record::default();
    password.set(&complex::password_profile::PASSWORD, sample::USER_PASSWORD);
    let mut set = Record::default();
    set.set(&user::ACCOUNT_ENABLED, true);
    set.set(
        &user::DISPLAY_NAME,
        format!("{} {}", sample.given_name, sample.surname),
    );
    set.set(&user::GIVEN_NAME, sample.given_name);
    set.set(&user::SURNAME, sample.surname);
    set.set(&user::JOB_TITLE, sample.job_title);
    set.set(&user::DEPARTMENT, sample.department);
    set.set(&user::MAIL_NICKNAME, sample.name);
    set.set(
        &user::USER_PRINCIPAL_NAME,
        format!("{}@{}", sample.name, sample::DOMAIN),
    );
    set.set(&user::PASSWORD_PROFILE, Value::Complex(password));
    Body {
        set,
        ..Body::default()
    }
}

/// Gives the same object id whenever asked, and real secrets.
struct OneId(Uuid);

impl Ids for OneId {
    fn uuid(&self) -> Uuid {
        self.0
    }

    fn secret(&self) -> [u8; 32] {
        SystemIds.secret()
    }

    fn code(&self) -> String {
        SystemIds.code()
    }

    fn nonce(&self) -> [u8; 12] {
        SystemIds.nonce()
    }
}
