//! What the documents have of users, invitations and what surrounds them, and Vestibule does not
//! serve.

use super::Answer::Refused;
use super::{Section, Test, ask, get, post, rows, test};

/// What proves them all.
const TEST: Test = test("graph_conformance", "every_row_is_answered_as_it_says");

/// Of users and invitations themselves.
pub(super) const USERS: Section = Section {
    title: "Documented of users and invitations, and not served",
    intro: "400 says `Resource not found for the segment '…'`, as the documented service does of a segment that it does \
            not know; 405 names the verbs that there are. The last column says what to do instead, where there is \
            something.",
    finds: false,
    rows: rows! {
        "Change one's password", post("users/{id}/changePassword", r#"{"currentPassword":"a","newPassword":"b"}"#) =>
            Refused, 400, "People do not sign in here yet; an administrator sets `passwordProfile`", TEST;
        "Groups and roles of a user", get("users/{id}/memberOf") => Refused, 400, "There are no groups yet", TEST;
        "The same, transitively", get("users/{id}/transitiveMemberOf") => Refused, 400, "", TEST;
        "Ids of the groups", post("users/{id}/getMemberGroups", r#"{"securityEnabledOnly":false}"#) => Refused, 400, "", TEST;
        "Ids of groups and roles", post("users/{id}/getMemberObjects", r#"{"securityEnabledOnly":false}"#) => Refused, 400, "", TEST;
        "Whether in these groups", post("users/{id}/checkMemberGroups", r#"{"groupIds":[]}"#) => Refused, 400, "", TEST;
        "Whether in these groups or roles", post("users/{id}/checkMemberObjects", r#"{"ids":[]}"#) => Refused, 400, "", TEST;
        "Groups joined (beta)", get("/beta/users/{id}/joinedGroups") => Refused, 400, "", TEST;
        "Objects owned", get("users/{id}/ownedObjects") => Refused, 400, "Users own nothing here", TEST;
        "Objects created", get("users/{id}/createdObjects") => Refused, 400, "The audit trail knows who made whom", TEST;
        "The same by type (beta)", post("/beta/directoryObjects/getUserOwnedObjects", r#"{"userId":"{id}"}"#) =>
            Refused, 405, "", TEST;
        "Devices owned", get("users/{id}/ownedDevices") => Refused, 400, "", TEST;
        "Devices registered", get("users/{id}/registeredDevices") => Refused, 400, "", TEST;
        "Reports of all levels in v1.0", get("users/{id}/transitiveReports") => Refused, 400, "Beta has them", TEST;
        "Who invited (beta)", get("/beta/users/{id}/invitedBy") => Refused, 400, "The audit trail says it", TEST;
        "Assign licences", post("users/{id}/assignLicense", r#"{"addLicenses":[],"removeLicenses":[]}"#) =>
            Refused, 400, "There is nothing to license; `assignedLicenses` is empty and read-only", TEST;
        "Details of licences", get("users/{id}/licenseDetails") => Refused, 400, "", TEST;
        "Process licences again", post("users/{id}/reprocessLicenseAssignment", "") => Refused, 400, "", TEST;
        "Provision again", post("users/{id}/retryServiceProvisioning", "") => Refused, 400, "", TEST;
        "Export personal data", post("users/{id}/exportPersonalData", r#"{"storageLocation":"https://x"}"#) =>
            Refused, 400, "`vestibule export` writes what is known of users ([bulk.md](bulk.md))", TEST;
        "Invalidate refresh tokens (beta)", post("/beta/users/{id}/invalidateAllRefreshTokens", "") =>
            Refused, 400, "`revokeSignInSessions` is its successor", TEST;
        "Convert a guest to an internal member in v1.0", post("users/{id}/convertExternalToInternalMemberUser", "{}") =>
            Refused, 400, "Beta has it", TEST;
        "Roles in apps", get("users/{id}/appRoleAssignments") => Refused, 400, "", TEST;
        "Consents given", get("users/{id}/oauth2PermissionGrants") => Refused, 400, "", TEST;
        "Scoped roles", get("users/{id}/scopedRoleMemberOf") => Refused, 400, "", TEST;
        "Ways to authenticate", get("users/{id}/authentication/methods") => Refused, 400, "", TEST;
        "Mail, calendar, files, chats of a user", get("users/{id}/messages") => Refused, 400, "A directory, and no more", TEST;
        "One object of a relationship", get("users/{id}/directReports/{other}") => Refused, 400, "Read the user", TEST;
        "A relationship cast to another type", get("users/{id}/directReports/microsoft.graph.group") =>
            Refused, 400, "All related objects are users; a cast to those changes nothing", TEST;
        "Change several users at once", ask("PATCH", "users") => Refused, 405, "`$batch`, or `vestibule import`", TEST;
        "Any object, listed", get("directoryObjects") => Refused, 400, "List users", TEST;
        "Validate names of groups", post("directoryObjects/validateProperties", r#"{"entityType":"Group"}"#) =>
            Refused, 405, "", TEST;
        "Deleted groups", get("directory/deletedItems/microsoft.graph.group") => Refused, 404, "", TEST;
        "Related users of the deleted", get("directory/deletedItems/microsoft.graph.user?$expand=manager") =>
            Refused, 501, "Links are shown again once the user is restored", TEST;
        "Change an invitation", ask("PATCH", "invitations/{invitation}") => Refused, 405, "Invite again", TEST;
        "Sponsors given with an invitation, read back", get("invitations/{invitation}/invitedUserSponsors") =>
            Refused, 400, "Read the guest's `sponsors`", TEST;
    },
};

/// Of what users belong to.
pub(super) const NEIGHBOURS: Section = Section {
    title: "What surrounds users, and is not there",
    intro: "Clients ask for these beside users. What is not there at all is 400 naming the segment.",
    finds: false,
    rows: rows! {
        "Groups", get("groups") => Refused, 400, "Not yet", TEST;
        "Members of groups", ask("POST", "groups/{other}/members/$ref") => Refused, 400, "Not yet", TEST;
        "Write the organisation", ask("PATCH", "organization/{tenant}") => Refused, 405, "The configuration holds it", TEST;
        "Write domains", ask("POST", "domains") => Refused, 405, "The configuration holds them", TEST;
        "The organisation's appearance", get("organization/{tenant}/branding") => Refused, 400, "The configuration holds it", TEST;
        "Register apps", ask("POST", "applications") => Refused, 405, "`vestibule app`", TEST;
        "Change apps", ask("PATCH", "applications/{other}") => Refused, 405, "`vestibule app`", TEST;
        "Service principals", get("servicePrincipals") => Refused, 400, "", TEST;
        "Directory roles", get("directoryRoles") => Refused, 400, "`vestibule role`", TEST;
        "Contacts", get("contacts") => Refused, 400, "", TEST;
        "Devices", get("devices") => Refused, 400, "", TEST;
        "Administrative units", get("directory/administrativeUnits") => Refused, 400, "", TEST;
        "Audit logs", get("auditLogs/directoryAudits") => Refused, 400, "`vestibule audit` ([operating.md](operating.md))", TEST;
        "Sign-ins", get("auditLogs/signIns") => Refused, 400, "", TEST;
        "Policies", get("policies/authorizationPolicy") => Refused, 400, "The configuration holds them", TEST;
        "Subscriptions to changes", ask("POST", "subscriptions") => Refused, 400, "Follow `users/delta`", TEST;
    },
};
