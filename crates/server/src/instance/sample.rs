//! What `vestibule dev` starts with: fixed, documented ids and one documented secret.
//!
//! They are the same on every machine so that examples, tests and client configurations can be
//! copied. `serve` refuses every one of them.

use uuid::{Uuid, uuid};

/// The tenant `contoso`.
pub const TENANT_ID: Uuid = uuid!("c0a70050-0000-4000-8000-000000000001");
/// Its display name.
pub const TENANT_NAME: &str = "Contoso";
/// Its default domain.
pub const DOMAIN: &str = "contoso.com";
/// Its initial domain, which `#EXT#` names and generated names use.
pub const INITIAL_DOMAIN: &str = "contoso.onmicrosoft.com";

/// The client id of the one app, which holds all permissions and the role Global Administrator
///
pub const CLIENT_ID: Uuid = uuid!("c0a70050-0000-4000-8000-0000000000a1");
/// Its display name, which mails and pages give as the inviter.
pub const APP_NAME: &str = "Contoso onboarding";
/// Its secret: public, therefore worthless outside `dev`.
pub const CLIENT_SECRET: &str = "vestibule-dev-secret-not-for-service";

/// The object id of its service principal, which holds the role.
pub const APP_OBJECT_ID: Uuid = uuid!("c0a70050-0000-4000-8000-0000000000a2");
/// The password of every sample user: public as well.
pub const USER_PASSWORD: &str = "Sample-Passw0rd-of-dev";

/// A sample user of the tenant.
pub struct SampleUser {
    /// Object id.
    pub id: Uuid,
    /// Local part of the user principal name, and mail nickname.
    pub name: &'static str,
    /// Given name.
    pub given_name: &'static str,
    /// Surname.
    pub surname: &'static str,
    /// Job title.
    pub job_title: &'static str,
    /// Department.
    pub department: &'static str,
}

/// The three sample users.
pub const USERS: [SampleUser; 3] = [
    SampleUser {
        id: uuid!("c0a70050-0000-4000-8000-0000000000b1"),
        name: "nora",
        given_name: "Nora",
        surname: "Feldmark",
        job_title: "Retail Manager",
        department: "Retail",
    },
    SampleUser {
        id: uuid!("c0a70050-0000-4000-8000-0000000000b2"),
        name: "piet",
        given_name: "Piet",
        surname: "Zonneveld",
        job_title: "Marketing Manager",
        department: "Marketing",
    },
    SampleUser {
        id: uuid!("c0a70050-0000-4000-8000-0000000000b3"),
        name: "yuki",
        given_name: "Yuki",
        surname: "Kawabata",
        job_title: "Marketing Assistant",
        department: "Marketing",
    },
];
