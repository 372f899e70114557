//! A tenant with an app, made as the command line makes them.

use directory::{AppPlan, Directory, DomainSetting, Permissions, Role, Settings, TenantPlan};
use store::TenantId;
use uuid::Uuid;

/// A tenant and the credentials of an app in it that may do everything.
#[derive(Clone, Debug)]
pub struct TestTenant {
    /// Its id.
    pub id: TenantId,
    /// The app's client id.
    pub client_id: Uuid,
    /// The app's object id.
    pub app_object: Uuid,
    /// The app's secret.
    pub secret: String,
    /// A domain for userPrincipalNames.
    pub domain: String,
}

/// What a tenant is made of.
pub(crate) struct Plan<'a> {
    pub(crate) id: Uuid,
    pub(crate) client_id: Uuid,
    pub(crate) name: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) initial_domain: &'a str,
    pub(crate) secret: &'a str,
}

impl Plan<'_> {
    /// Makes tenant, app and the app's role.
    pub(crate) async fn make(self, directory: &Directory) -> TestTenant {
        let id = TenantId(self.id);
        let domain = |name: &str| DomainSetting {
            name: name.to_owned(),
            federated: false,
        };
        let plan = TenantPlan {
            id,
            display_name: self.name.to_owned(),
            initial_domain: self.initial_domain.to_owned(),
            domains: vec![domain(self.domain)],
            settings: Settings::default(),
        };
        directory
            .add_tenant(plan)
            .await
            .expect("the tenant is made");
        let plan = AppPlan {
            client_id: Some(self.client_id),
            object: None,
            display_name: "Test app".to_owned(),
            permissions: Permissions::all_for_apps(),
            secret: Some(self.secret.to_owned()),
        };
        let added = directory.add_app(id, plan).await.expect("the app is made");
        let object = added.app.object;
        let role = Role::GlobalAdministrator;
        directory
            .add_role(id, object, role)
            .await
            .expect("the app gets its role");
        TestTenant {
            id,
            client_id: self.client_id,
            app_object: object,
            secret: added.secret,
            domain: self.domain.to_owned(),
        }
    }
}
