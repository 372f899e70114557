//! The one route table. The dispatcher looks requests up in it; the tests walk it, so that no route
//! is without a denial test and no write without its audit record.
//!
//! How a pattern is written, and which of two that fit is taken, is said in [`mod@super::lookup`].

use axum::http::Method;
use directory::Relationship;
use directory::permission::Operation;
use edm::Version;

pub use super::endpoint::Endpoint;
pub use crate::metrics::Label;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a token.
    Open,
    /// The permission is known before the request is read.
    Needs(Operation),
    /// Which permission is needed depends on the object or the properties written; the directory
    /// decides, and a token without any permission is refused.
    Depends,
    /// Anybody with a good token: each step asks for its own permission.
    Steps,
    /// Signed-in people only; an app gets the documented 400.
    Person,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Route {
    /// The verb.
    pub method: Method,
    /// Names and places for what varies, separated by slashes, without the version.
    pub pattern: &'static str,
    /// The whole pattern under each version, as log and `/metrics` name the route: nobody's key is
    /// in it.
    pub(super) labels: [Label; 2],
    /// What it does.
    pub endpoint: Endpoint,
    /// Who may.
    pub access: Access,
    /// The one version that has it; `None` where both do.
    pub only: Option<Version>,
}

impl Route {
    /// The route's name under a version.
    pub const fn label(&self, version: Version) -> Label {
        let [v1, beta] = self.labels;
        match version {
            Version::V1 => v1,
            Version::Beta => beta,
        }
    }

    /// Whether the version has it.
    pub fn is_in(&self, version: Version) -> bool {
        self.only.is_none_or(|only| only == version)
    }

    /// The first version that has it.
    pub fn version(&self) -> Version {
        self.only.unwrap_or(Version::V1)
    }
}

/// A table line; with `beta` before it, one that beta alone has.
macro_rules! route {
    (beta $($line:tt)*) => {
        Route {
            only: Some(Version::Beta),
            ..route!($($line)*)
        }
    };
    ($method:ident $pattern:literal, $endpoint:ident $(($what:ident))?, $access:expr) => {
        Route {
            only: None,
            method: Method::$method,
            pattern: $pattern,
            labels: [
                Label(concat!("/v1.0/", $pattern)),
                Label(concat!("/beta/", $pattern)),
            ],
            endpoint: Endpoint::$endpoint $((Relationship::$what))?,
            access: $access,
        }
    };
}
#[cfg(test)]
pub(super) use route;

/// All routes, under /v1.0 and /beta alike but for those marked.
pub static ROUTES: &[Route] = &[
    route!(GET "", ServiceDocument, Access::Open),
    route!(GET "$metadata", Metadata, Access::Open),
    route!(POST "$batch", Batch, Access::Steps),
    route!(GET "users/{key}", ReadUser, Access::Depends),
    route!(PATCH "users/{key}", UpdateUser, Access::Depends),
    route!(DELETE "users/{key}", DeleteUser, Access::Needs(Operation::DeleteUser)),
    route!(GET "users", ListUsers, Access::Needs(Operation::ListUsers)),
    route!(GET "users/delta()", FollowUsers, Access::Needs(Operation::ListUsers)),
    route!(GET "users/$count", CountUsers, Access::Needs(Operation::ListUsers)),
    route!(POST "users", CreateUser, Access::Needs(Operation::CreateUser)),
    route!(GET "me", ReadMe, Access::Person),
    route!(PATCH "me", UpdateMe, Access::Person),
    route!(GET "users/{key}/manager", Related(Manager), Access::Depends),
    route!(GET "users/{key}/manager/$ref", RelatedRefs(Manager), Access::Depends),
    route!(GET "users/{key}/directReports", Related(DirectReports), Access::Depends),
    route!(GET "users/{key}/directReports/$ref", RelatedRefs(DirectReports), Access::Depends),
    route!(GET "users/{key}/directReports/$count", CountRelated(DirectReports), Access::Depends),
    route!(GET "users/{key}/sponsors", Related(Sponsors), Access::Depends),
    route!(GET "users/{key}/sponsors/$ref", RelatedRefs(Sponsors), Access::Depends),
    route!(GET "users/{key}/sponsors/$count", CountRelated(Sponsors), Access::Depends),
    route!(GET "users/{key}/sponsorOf", Related(SponsorOf), Access::Depends),
    route!(GET "users/{key}/sponsorOf/$ref", RelatedRefs(SponsorOf), Access::Depends),
    route!(GET "users/{key}/sponsorOf/$count", CountRelated(SponsorOf), Access::Depends),
    route!(beta GET "users/{key}/transitiveReports", Related(TransitiveReports), Access::Depends),
    route!(beta GET "users/{key}/transitiveReports/$ref", RelatedRefs(TransitiveReports), Access::Depends),
    route!(beta GET "users/{key}/transitiveReports/$count", CountRelated(TransitiveReports), Access::Depends),
    route!(PUT "users/{key}/manager/$ref", SetManager, Access::Needs(Operation::WriteLinks)),
    route!(DELETE "users/{key}/manager/$ref", UnsetManager, Access::Needs(Operation::WriteLinks)),
    route!(POST "users/{key}/sponsors/$ref", AddSponsor, Access::Needs(Operation::WriteLinks)),
    route!(DELETE "users/{key}/sponsors/{other}/$ref", RemoveSponsor, Access::Needs(Operation::WriteLinks)),
    route!(GET "me/manager", Related(Manager), Access::Person),
    route!(GET "me/manager/$ref", RelatedRefs(Manager), Access::Person),
    route!(GET "me/directReports", Related(DirectReports), Access::Person),
    route!(GET "me/directReports/$ref", RelatedRefs(DirectReports), Access::Person),
    route!(GET "me/directReports/$count", CountRelated(DirectReports), Access::Person),
    route!(GET "me/sponsors", Related(Sponsors), Access::Person),
    route!(GET "me/sponsors/$ref", RelatedRefs(Sponsors), Access::Person),
    route!(GET "me/sponsors/$count", CountRelated(Sponsors), Access::Person),
    route!(GET "me/sponsorOf", Related(SponsorOf), Access::Person),
    route!(GET "me/sponsorOf/$ref", RelatedRefs(SponsorOf), Access::Person),
    route!(GET "me/sponsorOf/$count", CountRelated(SponsorOf), Access::Person),
    route!(beta GET "me/transitiveReports", Related(TransitiveReports), Access::Person),
    route!(beta GET "me/transitiveReports/$ref", RelatedRefs(TransitiveReports), Access::Person),
    route!(beta GET "me/transitiveReports/$count", CountRelated(TransitiveReports), Access::Person),
    route!(PUT "me/manager/$ref", SetManager, Access::Person),
    route!(DELETE "me/manager/$ref", UnsetManager, Access::Person),
    route!(POST "me/sponsors/$ref", AddSponsor, Access::Person),
    route!(DELETE "me/sponsors/{other}/$ref", RemoveSponsor, Access::Person),
    route!(GET "users/{key}/{property}", ReadProperty, Access::Depends),
    route!(GET "users/{key}/{property}/$value", ReadPropertyValue, Access::Depends),
    route!(GET "users/{key}/photo", ReadPhoto, Access::Depends),
    route!(GET "users/{key}/photo/$value", ReadPhotoValue, Access::Depends),
    route!(GET "users/{key}/photos", ListPhotos, Access::Depends),
    route!(GET "users/{key}/photos/{other}", ReadSizedPhoto, Access::Depends),
    route!(GET "users/{key}/photos/{other}/$value", ReadSizedPhotoValue, Access::Depends),
    route!(PUT "users/{key}/photo/$value", PutPhoto, Access::Depends),
    route!(PATCH "users/{key}/photo/$value", PutPhoto, Access::Depends),
    route!(DELETE "users/{key}/photo/$value", DeletePhoto, Access::Depends),
    route!(POST "users/{key}/revokeSignInSessions()", RevokeSessions, Access::Depends),
    route!(beta POST "users/{key}/convertExternalToInternalMemberUser()", ConvertToInternal, Access::Needs(Operation::ConvertToInternal)),
    route!(GET "me/{property}", ReadProperty, Access::Person),
    route!(GET "me/{property}/$value", ReadPropertyValue, Access::Person),
    route!(GET "me/photo", ReadPhoto, Access::Person),
    route!(GET "me/photo/$value", ReadPhotoValue, Access::Person),
    route!(GET "me/photos", ListPhotos, Access::Person),
    route!(GET "me/photos/{other}", ReadSizedPhoto, Access::Person),
    route!(GET "me/photos/{other}/$value", ReadSizedPhotoValue, Access::Person),
    route!(PUT "me/photo/$value", PutPhoto, Access::Person),
    route!(PATCH "me/photo/$value", PutPhoto, Access::Person),
    route!(DELETE "me/photo/$value", DeletePhoto, Access::Person),
    route!(POST "me/revokeSignInSessions()", RevokeSessions, Access::Person),
    route!(GET "directory/deletedItems", ListDeletedOfAnyKind, Access::Needs(Operation::ReadDeleted)),
    route!(GET "directory/deletedItems/microsoft.graph.user", ListDeleted, Access::Needs(Operation::ReadDeleted)),
    route!(GET "directory/deletedItems/microsoft.graph.user/$count", CountDeleted, Access::Needs(Operation::ReadDeleted)),
    route!(GET "directory/deletedItems/{key}", ReadDeleted, Access::Needs(Operation::ReadDeleted)),
    route!(GET "directory/deletedItems/{key}/microsoft.graph.user", ReadDeleted, Access::Needs(Operation::ReadDeleted)),
    route!(POST "directory/deletedItems/{key}/restore()", Restore, Access::Needs(Operation::RestoreUser)),
    route!(DELETE "directory/deletedItems/{key}", Purge, Access::Needs(Operation::PurgeUser)),
    route!(GET "directoryObjects/delta()", FollowObjects, Access::Needs(Operation::ListUsers)),
    route!(GET "directoryObjects/{key}", ReadObject, Access::Depends),
    route!(DELETE "directoryObjects/{key}", DeleteObject, Access::Needs(Operation::DeleteUser)),
    route!(POST "directoryObjects/getByIds()", ReadObjects, Access::Needs(Operation::ReadUser)),
    route!(POST "users/getByIds()", ReadObjects, Access::Needs(Operation::ReadUser)),
    route!(GET "invitations", ListInvitations, Access::Needs(Operation::ReadInvitations)),
    route!(POST "invitations", Invite, Access::Needs(Operation::Invite)),
    route!(GET "invitations/{key}", ReadInvitation, Access::Needs(Operation::ReadInvitations)),
    route!(DELETE "invitations/{key}", RevokeInvitation, Access::Needs(Operation::RevokeInvitation)),
    route!(POST "invitations/{key}/resend()", ResendInvitation, Access::Needs(Operation::ResendInvitation)),
    route!(GET "invitations/{key}/invitedUser", ReadInvitedUser, Access::Needs(Operation::ReadUser)),
    route!(GET "invitations/{key}/invitedUser/$ref", ReadInvitedUserReference, Access::Needs(Operation::ReadUser)),
    route!(GET "invitationBlocks", ListBlocks, Access::Needs(Operation::ReadBlocks)),
    route!(DELETE "invitationBlocks/{key}", LiftBlock, Access::Needs(Operation::LiftBlock)),
    route!(GET "users/$ref", ListReferences, Access::Needs(Operation::ListUsers)),
    route!(POST "users/$ref", AddReference, Access::Depends),
    route!(GET "domains", ListDomains, Access::Needs(Operation::ReadDomains)),
    route!(GET "domains/{key}", ReadDomain, Access::Needs(Operation::ReadDomains)),
    route!(GET "organization", ListOrganizations, Access::Needs(Operation::ReadOrganization)),
    route!(GET "organization/{key}", ReadOrganization, Access::Needs(Operation::ReadOrganization)),
    route!(GET "subscribedSkus", ListLicences, Access::Needs(Operation::ReadLicences)),
    route!(GET "pendingMembers", ListPendingMembers, Access::Needs(Operation::ReadPendingMembers)),
    route!(GET "pendingMembers/{key}", ReadPendingMember, Access::Needs(Operation::ReadPendingMembers)),
    route!(POST "pendingMembers/{key}/approve()", ApproveMember, Access::Needs(Operation::DecidePendingMember)),
    route!(POST "pendingMembers/{key}/decline()", DeclineMember, Access::Needs(Operation::DecidePendingMember)),
];

/// The entity sets and singletons of the service document.
pub const SERVICE: [(&str, &str); 9] = [
    ("users", "EntitySet"),
    ("directoryObjects", "EntitySet"),
    ("invitations", "EntitySet"),
    ("invitationBlocks", "EntitySet"),
    ("pendingMembers", "EntitySet"),
    ("domains", "EntitySet"),
    ("organization", "EntitySet"),
    ("subscribedSkus", "EntitySet"),
    ("me", "Singleton"),
];
