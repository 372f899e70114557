//! What each route of the table does, told of its endpoint. No arm stands for "the rest": a new
//! endpoint does not compile until its row is written.

use directory::Relationship;

use super::{Answer, Test, test};
use crate::graph::endpoint::Endpoint;
use crate::graph::routes::Route;

/// What the document tells of a route.
#[derive(Clone, Copy, Debug)]
pub struct RouteEntry {
    /// The status of a success.
    pub status: u16,
    /// How it stands to the documented operation.
    pub answer: Answer,
    /// What is to be known of it.
    pub says: &'static str,
    /// What proves it.
    pub test: Test,
}

/// The place among the differences.
const TRANSITIVE: &str = "GET /users/{id}/transitiveReports";

const fn entry(status: u16, answer: Answer, says: &'static str, test: Test) -> RouteEntry {
    RouteEntry {
        status,
        answer,
        says,
        test,
    }
}

/// What the document tells of a route.
pub fn of(route: &Route) -> RouteEntry {
    let told = by(route.endpoint);
    if route.pattern.starts_with("me/") {
        // A person who does this for themselves passes the same code with other rights: one test
        // walks all of it.
        let test = test("graph_ratchet", "every_route_of_oneself_answers_the_person");
        return RouteEntry { test, ..told };
    }
    told
}

#[expect(
    clippy::too_many_lines,
    reason = "an arm for each endpoint, and nothing else"
)]
fn by(endpoint: Endpoint) -> RouteEntry {
    match endpoint {
        Endpoint::ServiceDocument => entry(
            200,
            Answer::Served,
            "The entity sets; no token needed",
            test("graph_protocol", "the_public_documents_need_no_token"),
        ),
        Endpoint::Metadata => entry(
            200,
            Answer::Differs("$metadata"),
            "CSDL 4.0 of the types that are served; no token needed",
            test("graph_protocol", "the_public_documents_need_no_token"),
        ),
        Endpoint::Batch => entry(
            200,
            Answer::Differs("POST /$batch"),
            "[Below](#batches)",
            test("graph_batch", "steps_in_every_clients_spelling"),
        ),
        Endpoint::ListUsers => entry(
            200,
            Answer::Differs("GET /users"),
            "Pages of 100, at most 999; absolute next links, never null and never to an empty page",
            test(
                "graph_users_list",
                "pages_hold_every_user_once_and_end_without_a_link",
            ),
        ),
        Endpoint::FollowUsers => entry(
            200,
            Answer::Differs("GET /users/delta"),
            "[Below](#changes)",
            test("graph_delta", "a_walk_then_rounds"),
        ),
        Endpoint::FollowObjects => entry(
            200,
            Answer::Differs("GET /users/delta"),
            "[Below](#changes); users are the only objects there are",
            test("graph_delta_objects", "objects_are_followed_by_type_and_id"),
        ),
        Endpoint::CountUsers => entry(
            200,
            Answer::Wider,
            "A number as text/plain, with `$filter` and `$search`; no header needed",
            test("graph_query", "a_number_comes_with_the_first_page_alone"),
        ),
        Endpoint::CreateUser => entry(
            201,
            Answer::Differs("POST /users"),
            "Work, social and local identities; `Location`; answers the default set and what was sent, never the password",
            test(
                "graph_users",
                "the_documented_work_user_is_created_as_printed",
            ),
        ),
        Endpoint::ReadUser => entry(
            200,
            Answer::Differs("GET /users/{id}"),
            "By id or userPrincipalName, in either form of key, and by the alternate key `users(userPrincipalName='…')`; a cast to a user behind any path that leads to one changes nothing; `ETag`",
            test("graph_users", "a_user_answers_to_every_form_of_key"),
        ),
        Endpoint::UpdateUser => entry(
            204,
            Answer::Differs("PATCH /users"),
            "Every writable property ([properties.md](properties.md)): null clears, complex values merge, collections are replaced",
            test(
                "graph_property_walk",
                "every_writable_property_is_set_changed_merged_and_cleared",
            ),
        ),
        Endpoint::DeleteUser => entry(
            204,
            Answer::Differs("DELETE /users"),
            "Soft: 30 days in deletedItems",
            test("graph_users", "a_deleted_user_is_gone_and_the_name_free"),
        ),
        Endpoint::ReadMe => entry(
            200,
            Answer::Differs("GET /users/{id}"),
            "The user of the token",
            test(
                "oauth_bearer",
                "a_persons_token_acts_as_the_person_for_as_long_as_the_account_is_enabled",
            ),
        ),
        Endpoint::UpdateMe => entry(
            204,
            Answer::Differs("PATCH /users"),
            "What people may change of themselves",
            test("graph_ratchet", "every_route_of_oneself_answers_the_person"),
        ),
        Endpoint::Related(Relationship::Manager) => entry(
            200,
            Answer::Served,
            "404 where there is none",
            test("graph_links", "a_manager_is_set_read_replaced_and_removed"),
        ),
        Endpoint::Related(Relationship::DirectReports) => entry(
            200,
            Answer::Served,
            "Pages; `$select`, `$top`",
            test(
                "graph_links",
                "direct_reports_come_in_pages_and_are_counted",
            ),
        ),
        Endpoint::Related(Relationship::TransitiveReports)
        | Endpoint::RelatedRefs(Relationship::TransitiveReports) => entry(
            200,
            Answer::Ours(TRANSITIVE),
            "The reports of all levels, in pages, each once; the query options of `directReports`",
            test(
                "graph_transitive",
                "reports_of_all_levels_are_listed_and_counted",
            ),
        ),
        Endpoint::CountRelated(Relationship::TransitiveReports) => entry(
            200,
            Answer::Wider,
            "A number as text/plain, with `$filter`; no header needed",
            test(
                "graph_transitive",
                "reports_of_all_levels_are_listed_and_counted",
            ),
        ),
        Endpoint::Related(Relationship::Sponsors | Relationship::SponsorOf) => entry(
            200,
            Answer::Served,
            "Pages; `$select`, `$top`",
            test("graph_links", "sponsors_are_added_and_removed_one_by_one"),
        ),
        Endpoint::RelatedRefs(Relationship::Manager) => entry(
            200,
            Answer::Served,
            "`@odata.id`",
            test("graph_links", "a_manager_is_set_read_replaced_and_removed"),
        ),
        Endpoint::RelatedRefs(Relationship::DirectReports) => entry(
            200,
            Answer::Served,
            "`@odata.id` of each, in pages",
            test(
                "graph_links",
                "direct_reports_come_in_pages_and_are_counted",
            ),
        ),
        Endpoint::RelatedRefs(Relationship::Sponsors | Relationship::SponsorOf) => entry(
            200,
            Answer::Served,
            "`@odata.id` of each, in pages",
            test("graph_links", "sponsors_are_added_and_removed_one_by_one"),
        ),
        Endpoint::ListDeletedOfAnyKind => entry(
            400,
            Answer::Served,
            "The kind of objects must be said, as documented",
            test("graph_query_options", "skip_is_not_supported"),
        ),
        Endpoint::CountRelated(Relationship::Manager | Relationship::DirectReports) => entry(
            200,
            Answer::Wider,
            "A number as text/plain; no header needed",
            test(
                "graph_links",
                "direct_reports_come_in_pages_and_are_counted",
            ),
        ),
        Endpoint::CountRelated(Relationship::Sponsors | Relationship::SponsorOf) => entry(
            200,
            Answer::Wider,
            "A number as text/plain; no header needed",
            test("graph_links", "sponsors_are_added_and_removed_one_by_one"),
        ),
        Endpoint::SetManager => entry(
            204,
            Answer::Differs("Managers in a circle"),
            "Body `{\"@odata.id\": …}` of any listed origin, of graph.microsoft.com, or relative",
            test("graph_links", "nobody_is_their_own_manager"),
        ),
        Endpoint::UnsetManager => entry(
            204,
            Answer::Served,
            "404 where there is none",
            test("graph_links", "a_manager_is_set_read_replaced_and_removed"),
        ),
        Endpoint::AddSponsor => entry(
            204,
            Answer::Served,
            "Users; groups are not there to be sponsors",
            test("graph_links", "sponsors_are_added_and_removed_one_by_one"),
        ),
        Endpoint::RemoveSponsor => entry(
            204,
            Answer::Served,
            "",
            test("graph_links", "sponsors_are_added_and_removed_one_by_one"),
        ),
        Endpoint::ListDeleted => entry(
            200,
            Answer::Served,
            "With the cast; the query options of lists but `$expand`",
            test("graph_deleted_list", "conditions_hold_for_the_deleted"),
        ),
        Endpoint::CountDeleted => entry(
            200,
            Answer::Wider,
            "A number as text/plain, with `$filter` and `$search`; no header needed",
            test(
                "graph_deleted_list",
                "the_deleted_are_counted_on_the_first_page_alone",
            ),
        ),
        Endpoint::ReadDeleted => entry(
            200,
            Answer::Served,
            "With `@odata.type`",
            test("graph_deleted", "the_deleted_are_listed_and_read"),
        ),
        Endpoint::Restore => entry(
            200,
            Answer::Differs("Restoring a deleted user"),
            "With links and photo",
            test("graph_deleted", "a_restored_user_is_whole_again"),
        ),
        Endpoint::Purge => entry(
            204,
            Answer::Served,
            "For good",
            test("graph_deleted", "purged_is_gone_for_good"),
        ),
        Endpoint::ReadObject => entry(
            200,
            Answer::Served,
            "Users are the only objects there are",
            test("graph_deleted", "objects_are_found_by_their_ids"),
        ),
        Endpoint::DeleteObject => entry(
            204,
            Answer::Differs("DELETE /users"),
            "As the user it is",
            test("graph_deleted", "an_object_is_deleted_as_the_user_it_is"),
        ),
        Endpoint::ReadObjects => entry(
            200,
            Answer::Served,
            "At most 1,000 ids; of other types there are none",
            test("graph_deleted", "objects_are_found_by_their_ids"),
        ),
        Endpoint::ReadProperty => entry(
            200,
            Answer::Served,
            "204 where it is null",
            test("graph_parts", "every_property_has_a_url"),
        ),
        Endpoint::ReadPropertyValue => entry(
            200,
            Answer::Served,
            "The bare value; 204 where it is null",
            test("graph_parts", "every_property_has_a_url"),
        ),
        Endpoint::ReadPhoto => entry(
            200,
            Answer::Served,
            "Its metadata; 404 `ImageNotFound` where there is none",
            test("graph_parts", "a_photo_is_kept_as_it_was_sent"),
        ),
        Endpoint::ReadPhotoValue => entry(
            200,
            Answer::Served,
            "With `ETag`",
            test("graph_parts", "a_photo_is_kept_as_it_was_sent"),
        ),
        Endpoint::ListPhotos => entry(
            200,
            Answer::Differs("Photos"),
            "The one photo there is, or none",
            test("graph_parts", "each_documented_size_answers_the_photo"),
        ),
        Endpoint::ReadSizedPhoto | Endpoint::ReadSizedPhotoValue => entry(
            200,
            Answer::Differs("Photos"),
            "Each documented size answers the photo, not scaled",
            test("graph_parts", "each_documented_size_answers_the_photo"),
        ),
        Endpoint::PutPhoto => entry(
            200,
            Answer::Differs("Photos"),
            "JPEG or PNG, at most 4 MB",
            test("graph_parts", "what_is_no_photo_is_refused"),
        ),
        Endpoint::DeletePhoto => entry(
            204,
            Answer::Served,
            "",
            test("graph_parts", "a_photo_is_kept_as_it_was_sent"),
        ),
        Endpoint::RevokeSessions => entry(
            200,
            Answer::Served,
            "`value: true`, as the schema says, and not the 204 of an old note",
            test(
                "graph_parts",
                "revoking_moves_the_instant_from_which_sessions_count",
            ),
        ),
        Endpoint::ConvertToInternal => entry(
            200,
            Answer::Differs("Converting a guest"),
            "Name, password and mail in the own domains; what opened the account before opens it no more",
            test(
                "graph_conversion",
                "a_guest_becomes_a_member_who_signs_in_here",
            ),
        ),
        Endpoint::ListInvitations => entry(
            200,
            Answer::Ours("GET /invitations"),
            "`$select` and pages; 404 in the strict manner",
            test("graph_invitations", "the_ticket_is_shown_once"),
        ),
        Endpoint::Invite => entry(
            201,
            Answer::Differs("POST /invitations"),
            "[Below](#invitations); the guest is there at once",
            test(
                "graph_invitations",
                "the_documented_invitation_is_made_as_printed",
            ),
        ),
        Endpoint::ReadInvitation => entry(
            200,
            Answer::Ours("GET /invitations"),
            "Never the link",
            test("graph_invitations", "the_ticket_is_shown_once"),
        ),
        Endpoint::RevokeInvitation => entry(
            204,
            Answer::Ours("DELETE /invitations/{id}"),
            "`x-vestibule-guest` says whether the guest was deleted with it; the link answers 410",
            test(
                "graph_invitation_end",
                "a_revoked_invitation_takes_its_guest_along",
            ),
        ),
        Endpoint::ResendInvitation => entry(
            201,
            Answer::Ours("POST /invitations/{id}/resend"),
            "A new link in the words of the first; the links before it end",
            test("graph_invitation_end", "a_resent_invitation_has_a_new_link"),
        ),
        Endpoint::ReadInvitedUser => entry(
            200,
            Answer::Ours("GET /invitations/{id}/invitedUser"),
            "As GET /users/{id}",
            test(
                "graph_references",
                "an_invited_user_is_a_guest_with_an_invitation",
            ),
        ),
        Endpoint::ReadInvitedUserReference => entry(
            200,
            Answer::Ours("GET /invitations/{id}/invitedUser"),
            "`@odata.id`",
            test(
                "graph_references",
                "an_invited_user_is_a_guest_with_an_invitation",
            ),
        ),
        Endpoint::ListBlocks => entry(
            200,
            Answer::Ours("/invitationBlocks"),
            "Addresses whose owner wants no more invitations, and those that have reached a limit; pages by `after`",
            test(
                "graph_blocks",
                "what_holds_an_address_back_is_listed_and_lifted",
            ),
        ),
        Endpoint::LiftBlock => entry(
            204,
            Answer::Ours("/invitationBlocks"),
            "By address; audited. The address can be invited again, and counts from zero",
            test(
                "graph_blocks",
                "what_holds_an_address_back_is_listed_and_lifted",
            ),
        ),
        Endpoint::ListReferences => entry(
            200,
            Answer::Served,
            "`@odata.id` of each, in pages",
            test("graph_references", "references_come_in_pages"),
        ),
        Endpoint::AddReference => entry(
            204,
            Answer::Differs("POST /users/$ref"),
            "By `@odata.type`: \"Add invitedUser\" or \"Add pendingMembers\"",
            test(
                "graph_reference_rows",
                "every_row_of_both_tables_with_real_values",
            ),
        ),
        Endpoint::ListDomains => entry(
            200,
            Answer::Served,
            "`$select`, and pages",
            test("graph_organization", "domains_are_listed_and_read"),
        ),
        Endpoint::ReadDomain => entry(
            200,
            Answer::Served,
            "",
            test("graph_organization", "domains_are_listed_and_read"),
        ),
        Endpoint::ListOrganizations | Endpoint::ReadOrganization => entry(
            200,
            Answer::Served,
            "Name and domains; for a person with `User.Read` alone nothing beside",
            test("graph_organization", "the_organization_is_its_own_tenant"),
        ),
        Endpoint::ListLicences => entry(
            200,
            Answer::Served,
            "There are none",
            test("graph_organization", "there_are_no_licences"),
        ),
        Endpoint::ListPendingMembers => entry(
            200,
            Answer::Ours("/pendingMembers"),
            "Who waits, in pages",
            test("graph_pending_members", "who_waits_is_listed_in_pages"),
        ),
        Endpoint::ReadPendingMember => entry(
            200,
            Answer::Ours("/pendingMembers"),
            "",
            test("graph_pending_members", "a_pending_member_waits_disabled"),
        ),
        Endpoint::ApproveMember => entry(
            204,
            Answer::Ours("/pendingMembers"),
            "Makes the member, and tells them by mail",
            test("graph_pending_members", "approving_makes_a_member_once"),
        ),
        Endpoint::DeclineMember => entry(
            204,
            Answer::Ours("/pendingMembers"),
            "Ends it, and tells them by mail",
            test(
                "graph_pending_members",
                "declining_leaves_nobody_who_was_not_there",
            ),
        ),
    }
}
