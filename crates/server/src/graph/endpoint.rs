//! What a route does: the name by which tables and tests speak of it, and the handler behind the
//! name.

use axum::body::Body;
use axum::response::Response;
use directory::Relationship;

use super::call::Authorised;
use super::envelope::GraphError;
use super::{
    batch, blocks, conversion, deleted, delta, invitations, links, list, metadata, objects,
    organization, pending_members, photos, properties, references, users,
};

/// What a route does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// The list of entity sets.
    ServiceDocument,
    /// The schema.
    Metadata,
    /// POST /$batch
    Batch,
    /// GET /users
    ListUsers,
    /// GET /users/delta
    FollowUsers,
    /// GET /directoryObjects/delta
    FollowObjects,
    /// GET /users/$count
    CountUsers,
    /// POST /users
    CreateUser,
    /// GET /users/{key}
    ReadUser,
    /// PATCH /users/{key}
    UpdateUser,
    /// DELETE /users/{key}
    DeleteUser,
    /// GET /me
    ReadMe,
    /// PATCH /me
    UpdateMe,
    /// GET …/manager and its like
    Related(Relationship),
    /// GET …/manager/$ref and its like
    RelatedRefs(Relationship),
    /// GET …/directReports/$count and its like
    CountRelated(Relationship),
    /// PUT …/manager/$ref
    SetManager,
    /// DELETE …/manager/$ref
    UnsetManager,
    /// POST …/sponsors/$ref
    AddSponsor,
    /// DELETE …/sponsors/{other}/$ref
    RemoveSponsor,
    /// GET /directory/deletedItems
    ListDeletedOfAnyKind,
    /// GET /directory/deletedItems/microsoft.graph.user
    ListDeleted,
    /// GET /directory/deletedItems/microsoft.graph.user/$count
    CountDeleted,
    /// GET /directory/deletedItems/{key}
    ReadDeleted,
    /// POST /directory/deletedItems/{key}/restore
    Restore,
    /// DELETE /directory/deletedItems/{key}
    Purge,
    /// GET /directoryObjects/{key}
    ReadObject,
    /// DELETE /directoryObjects/{key}
    DeleteObject,
    /// POST /directoryObjects/getByIds
    ReadObjects,
    /// GET …/{property}
    ReadProperty,
    /// GET …/{property}/$value
    ReadPropertyValue,
    /// GET …/photo
    ReadPhoto,
    /// GET …/photo/$value
    ReadPhotoValue,
    /// GET …/photos
    ListPhotos,
    /// GET …/photos/{other}
    ReadSizedPhoto,
    /// GET …/photos/{other}/$value
    ReadSizedPhotoValue,
    /// PUT and PATCH …/photo/$value
    PutPhoto,
    /// DELETE …/photo/$value
    DeletePhoto,
    /// POST …/revokeSignInSessions
    RevokeSessions,
    /// POST …/convertExternalToInternalMemberUser
    ConvertToInternal,
    /// GET /invitations
    ListInvitations,
    /// POST /invitations
    Invite,
    /// GET /invitations/{key}
    ReadInvitation,
    /// DELETE /invitations/{key}
    RevokeInvitation,
    /// POST /invitations/{key}/resend
    ResendInvitation,
    /// GET /invitations/{key}/invitedUser
    ReadInvitedUser,
    /// GET /invitations/{key}/invitedUser/$ref
    ReadInvitedUserReference,
    /// GET /invitationBlocks
    ListBlocks,
    /// DELETE /invitationBlocks/{key}
    LiftBlock,
    /// GET /users/$ref
    ListReferences,
    /// POST /users/$ref
    AddReference,
    /// GET /domains
    ListDomains,
    /// GET /domains/{key}
    ReadDomain,
    /// GET /organization
    ListOrganizations,
    /// GET /organization/{key}
    ReadOrganization,
    /// GET /subscribedSkus
    ListLicences,
    /// GET /pendingMembers
    ListPendingMembers,
    /// GET /pendingMembers/{key}
    ReadPendingMember,
    /// POST /pendingMembers/{key}/approve
    ApproveMember,
    /// POST /pendingMembers/{key}/decline
    DeclineMember,
}

impl Endpoint {
    /// Does it. Handlers are boxed, so that the commonest request, which is not, does not carry the
    /// room of the largest.
    pub(super) async fn call(
        self,
        asked: Authorised<'_>,
        body: Body,
    ) -> Result<Response, GraphError> {
        match self {
            Self::ServiceDocument => Ok(metadata::service_document(&asked.call)),
            Self::Metadata => Ok(metadata::schema(&asked.call)),
            Self::Batch => Box::pin(batch::run(&asked, body)).await,
            Self::ReadUser => users::read(asked).await,
            Self::ListUsers => Box::pin(list::list(&asked)).await,
            Self::CountUsers => Box::pin(list::count(&asked)).await,
            Self::FollowUsers => Box::pin(delta::users(&asked)).await,
            Self::FollowObjects => Box::pin(delta::objects(&asked)).await,
            Self::CreateUser => Box::pin(users::create(&asked, body)).await,
            Self::UpdateUser => Box::pin(users::update(&asked, body)).await,
            Self::DeleteUser => Box::pin(users::delete(&asked)).await,
            Self::ReadMe => Box::pin(users::read_me(&asked)).await,
            Self::UpdateMe => Box::pin(users::update_me(&asked, body)).await,
            Self::Related(what) => Box::pin(links::read(&asked, what)).await,
            Self::RelatedRefs(what) => Box::pin(links::read_refs(&asked, what)).await,
            Self::CountRelated(what) => Box::pin(links::count(&asked, what)).await,
            Self::SetManager => Box::pin(links::set_manager(&asked, body)).await,
            Self::UnsetManager => Box::pin(links::unset_manager(&asked)).await,
            Self::AddSponsor => Box::pin(links::add_sponsor(&asked, body)).await,
            Self::RemoveSponsor => Box::pin(links::remove_sponsor(&asked)).await,
            Self::ListDeletedOfAnyKind => Err(deleted::of_any_kind()),
            Self::ListDeleted => Box::pin(deleted::list(&asked)).await,
            Self::CountDeleted => Box::pin(deleted::count(&asked)).await,
            Self::ReadDeleted => Box::pin(deleted::read(&asked)).await,
            Self::Restore => Box::pin(deleted::restore(&asked, body)).await,
            Self::Purge => Box::pin(deleted::purge(&asked)).await,
            Self::ReadObject => Box::pin(objects::read(&asked)).await,
            Self::DeleteObject => Box::pin(objects::delete(&asked)).await,
            Self::ReadObjects => Box::pin(objects::by_ids(&asked, body)).await,
            Self::ReadProperty => Box::pin(properties::read(&asked)).await,
            Self::ReadPropertyValue => Box::pin(properties::read_value(&asked)).await,
            Self::ReadPhoto => Box::pin(photos::read(&asked)).await,
            Self::ReadPhotoValue => Box::pin(photos::read_value(&asked)).await,
            Self::ListPhotos => Box::pin(photos::list(&asked)).await,
            Self::ReadSizedPhoto => Box::pin(photos::read_sized(&asked)).await,
            Self::ReadSizedPhotoValue => Box::pin(photos::read_sized_value(&asked)).await,
            Self::PutPhoto => Box::pin(photos::put(&asked, body)).await,
            Self::DeletePhoto => Box::pin(photos::delete(&asked)).await,
            Self::RevokeSessions => Box::pin(users::revoke_sessions(&asked)).await,
            Self::ConvertToInternal => Box::pin(conversion::run(&asked, body)).await,
            Self::ListInvitations => Box::pin(invitations::list(&asked)).await,
            Self::Invite => Box::pin(invitations::create(&asked, body)).await,
            Self::ReadInvitation => Box::pin(invitations::read(&asked)).await,
            Self::RevokeInvitation => Box::pin(invitations::revoke(&asked)).await,
            Self::ResendInvitation => Box::pin(invitations::resend(&asked, body)).await,
            Self::ReadInvitedUser => Box::pin(invitations::invited_user(&asked)).await,
            Self::ReadInvitedUserReference => {
                Box::pin(invitations::invited_user_reference(&asked)).await
            }
            Self::ListBlocks => Box::pin(blocks::list(&asked)).await,
            Self::LiftBlock => Box::pin(blocks::lift(&asked)).await,
            Self::ListReferences => Box::pin(references::list(&asked)).await,
            Self::AddReference => Box::pin(references::add(&asked, body)).await,
            Self::ListDomains => Box::pin(organization::domains(&asked)).await,
            Self::ReadDomain => Box::pin(organization::read_domain(&asked)).await,
            Self::ListOrganizations => Box::pin(organization::organizations(&asked)).await,
            Self::ReadOrganization => Box::pin(organization::read_organization(&asked)).await,
            Self::ListLicences => organization::subscribed_skus(&asked),
            Self::ListPendingMembers => Box::pin(pending_members::list(&asked)).await,
            Self::ReadPendingMember => Box::pin(pending_members::read(&asked)).await,
            Self::ApproveMember => Box::pin(pending_members::approve(&asked, body)).await,
            Self::DeclineMember => Box::pin(pending_members::decline(&asked, body)).await,
        }
    }

    /// Whether many users are asked for, which costs more.
    pub(super) const fn lists_users(self) -> bool {
        matches!(
            self,
            Self::ListUsers | Self::FollowUsers | Self::FollowObjects | Self::ListDeleted
        )
    }

    /// Whether the options of the query count.
    pub(super) const fn reads(self) -> bool {
        self.lists_users() || matches!(self, Self::ReadUser | Self::ReadMe)
    }
}
