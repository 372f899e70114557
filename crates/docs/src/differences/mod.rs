//! Every place where Vestibule knowingly differs from the documented service, in one table.
//!
//! `docs/differences.md` is made from it; a test compares the two.

mod custom_data;

use crate::generated;

/// Why two answers differ.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The documented behaviour would be unsafe to run.
    Safer,
    /// People have asked for it, or it costs a server of one's own nothing.
    MoreHelpful,
    /// Documents contradict each other or HTTP itself, and one reading had to be chosen.
    Reading,
}

impl Reason {
    const fn title(self) -> &'static str {
        match self {
            Self::Safer => "safer",
            Self::MoreHelpful => "more helpful",
            Self::Reading => "a reading",
        }
    }
}

/// One difference.
pub struct Difference {
    /// The operation or topic it belongs to.
    pub place: &'static str,
    /// What the documented service does.
    pub documented: &'static str,
    /// What Vestibule does.
    pub ours: &'static str,
    /// Why.
    pub reason: Reason,
}

const fn row(
    place: &'static str,
    documented: &'static str,
    ours: &'static str,
    reason: Reason,
) -> Difference {
    Difference {
        place,
        documented,
        ours,
        reason,
    }
}

/// The rows but for those of custom data, in the order of the API.
const ROWS: &[Difference] = &[
    row(
        "POST /users",
        "Unknown properties are refused without naming them.",
        "400 names the property in `error.details[].target`.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /users",
        "`userType: Guest` quietly makes a guest without an invitation.",
        "The same, and `x-vestibule-note` says that no invitation exists.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /users",
        "Example answers show values that the request did not send.",
        "The default properties and what the request set; nothing is invented.",
        Reason::Reading,
    ),
    row(
        "POST /users",
        "Mail addresses may repeat in places where only proxy addresses are unique.",
        "userPrincipalName, mail, otherMails and proxyAddresses share one uniqueness space per tenant.",
        Reason::Safer,
    ),
    row(
        "Passwords",
        "ASCII characters only; a fuzzy list of banned words.",
        "Any characters after NFKC, 8 to 256 of them; a list of common passwords compared whole; not the name of the account.",
        Reason::Safer,
    ),
    row(
        "PATCH /users",
        "App tokens cannot write profile properties such as aboutMe.",
        "In the friendly manner they can; in the strict manner they cannot.",
        Reason::MoreHelpful,
    ),
    row(
        "PATCH /users",
        "`usageLocation` cannot be cleared once it is set.",
        "In the friendly manner null clears it; in the strict manner it is refused.",
        Reason::MoreHelpful,
    ),
    row(
        "PATCH /users",
        "Read-only properties are refused.",
        "A value equal to the one that the client can read is ignored and named in `x-vestibule-note`, so that what was read can be sent back; another value is refused by its name.",
        Reason::MoreHelpful,
    ),
    row(
        "Prefer: return",
        "Users are said not to honour it.",
        "`return=minimal` and `return=representation` are honoured on POST and PATCH of users and of `/me`, and told in `Preference-Applied`.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /users",
        "Results may lag behind writes.",
        "A write is visible to every read that starts after its answer.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /users/{id}",
        "No ETag on users; If-Match is ignored.",
        "`ETag: W/\"version\"` on single reads; If-None-Match answers 304, on writes 412. If-Match is honoured and compares the opaque part, although RFC 9110 asks for strong comparison.",
        Reason::MoreHelpful,
    ),
    row(
        "$filter, $orderby, $search, $count, $expand",
        "Operators differ by property, many queries need `ConsistencyLevel: eventual` and `$count=true`, some are never answered or pass over an option.",
        "In the friendly manner whatever can be answered is, and `x-vestibule-note` says what the documented service would have wanted; in the strict manner it is refused in its words.",
        Reason::MoreHelpful,
    ),
    row(
        "$explain",
        "Nothing tells how a query is answered.",
        "`$explain=true` answers with the plan, the index, the rows examined, and whether the strict manner would refuse.",
        Reason::MoreHelpful,
    ),
    row(
        "$select",
        "Unknown names are ignored silently.",
        "They are ignored and named in `x-vestibule-note`.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /users/delta",
        "Changes may come late, twice or out of order; tokens live seven days.",
        "Exact: in a round each user stands once and no change is missed; a new user appears once. Values that went are shown as null. Tokens live as long as changes are kept, 30 days.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /users/delta",
        "`manager@delta` tells who the manager is, and as removed who was; what becomes of it when a manager is deleted is not said.",
        "It comes unless a `$select` leaves `manager` out, when the manager changed, and where a user is told whole. The link to a deleted manager is kept, since restoring them restores it; their own item tells that they are gone.",
        Reason::Reading,
    ),
    row(
        "GET /users/{id}/transitiveReports",
        "Beta has the relationship, and documents only how many they are: with `ConsistencyLevel: eventual` and a filter on `accountEnabled`.",
        "The list, `/$ref` and `/$count`, with every query option of `directReports`; in the friendly manner without the header. Where more than 10,000 of them are managers, 501.",
        Reason::MoreHelpful,
    ),
    row(
        "Converting a guest",
        "What becomes of the ways in which the guest signed in is not said.",
        "`convertExternalToInternalMemberUser` ends them all: identities of other providers, the proof of the mailbox, sessions and open invitations. The outside address stays in `mail` until another one is sent. Broken rules of name and password are told as by POST /users.",
        Reason::Safer,
    ),
    row(
        "DELETE /users",
        "A deleted user's name and addresses may stay taken for 30 days.",
        "They are free at once.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /users/$ref",
        "The two documents answer 204 with a user in the body, which HTTP does not allow.",
        "204 without a body, with `Location` and `OData-EntityId`; with `Prefer: return=representation` 201 and the user.",
        Reason::Reading,
    ),
    row(
        "POST /users/$ref",
        "Every row of both tables is called required.",
        "A mail address makes a guest; displayName and userPrincipalName or mail make a pending member.",
        Reason::Reading,
    ),
    row(
        "POST /users/$ref",
        "The requests print read-only properties, and names of types in place of values.",
        "Read-only properties, and a guest's names and password, are ignored and named in `x-vestibule-note`. `String`, `Boolean` and the like are refused.",
        Reason::Reading,
    ),
    row(
        "/pendingMembers",
        "There is no way to see or decide who awaits approval.",
        "A list, single reads, and the actions approve and decline.",
        Reason::MoreHelpful,
    ),
    row(
        "/invitationBlocks",
        "An address that blocked invitations cannot be seen or freed through the API.",
        "A list of the addresses that said \"do not invite me again\" or have reached a limit, and DELETE by address, which lifts both.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /invitations/{id}/invitedUser",
        "Not served.",
        "The guest, and `/$ref` a reference to them, for an actor who may read users.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /invitations",
        "`status` is in practice always `PendingAcceptance`.",
        "`status` tells delivery: InProgress, Completed or Error. Acceptance is the guest's `externalUserState`.",
        Reason::Reading,
    ),
    row(
        "POST /invitations",
        "Plus signs in addresses are refused.",
        "They are accepted, and so are internationalised domains.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /invitations",
        "Any redirect URL is taken.",
        "https only (http for loopback), without user name, fragment, backslash or control characters, and on the tenant's list when it keeps one.",
        Reason::Safer,
    ),
    row(
        "POST /invitations",
        "Custom text is dropped when an app or a person without a mailbox invites.",
        "It is kept, at most 500 characters, quoted under the inviter's name.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /invitations",
        "Only the display name can be given with an invitation.",
        "`invitedUser` may carry department, companyName, jobTitle, usageLocation, preferredLanguage, givenName, surname, mobilePhone and officeLocation; if the actor may write users, also directory extensions.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /users/$ref",
        "The documents list the properties that a body may have; directory extensions are not among them.",
        "Directory extensions of the tenant are accepted too.",
        Reason::MoreHelpful,
    ),
    row(
        "/applications",
        "Apps are registered and changed through the API; an application and its service principal have different ids.",
        "`vestibule app` registers and changes them. The API only reads them, with id, appId, displayName and createdDateTime. Application and service principal have the same id.",
        Reason::Safer,
    ),
    row(
        "every read",
        "An app reads 3,500, 5,000 or 8,000 resource units in ten seconds, by the size of the directory; all apps together and writes have limits as well.",
        "8,000 units for an app in ten seconds, whatever the size, unless configured otherwise; a hundred times that in `dev`. Writes have the quotas of invitations and codes only.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /invitations",
        "Sponsors are users or groups; what becomes of sponsors sent for a guest who exists is not said.",
        "Sponsors are users, since there are no groups. A guest who exists keeps the name, type, properties, manager and sponsors they have; `x-vestibule-note` says so where the request sent others.",
        Reason::Reading,
    ),
    row(
        "POST /invitations",
        "A guest is found by any of their addresses; an address that another object has as proxy address is a conflict.",
        "A guest is found by an address that they proved, or were invited at and have not accepted elsewhere since. An invitation to one that a guest merely states makes a new guest, so that nobody receives it by writing it into a guest of theirs; two users show that address then.",
        Reason::Safer,
    ),
    row(
        "POST /invitations",
        "Invitations are limited by global throttling only.",
        "Five a day for one address, and a daily number for a tenant: 429 with Retry-After.",
        Reason::Safer,
    ),
    row(
        "POST /invitations",
        "Whether the address blocked invitations is not told.",
        "`x-vestibule-note` says so; the guest and the link are made, no mail goes out, and `status` is `Error` where a message was asked for.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /invitations",
        "Why a message was not delivered is not told.",
        "`status@vestibule.reason` beside `status`, while it is InProgress or Error: what the mail server said last, or that the address asked not to be invited again.",
        Reason::MoreHelpful,
    ),
    row(
        "Idempotency-Key",
        "Not known: a request sent again invites again.",
        "On POST /invitations the same body gets the first answer for 24 hours, another body 422.",
        Reason::MoreHelpful,
    ),
    row(
        "GET /invitations",
        "404 with an HTML page as message.",
        "Invitations can be listed and read; the link is never shown again.",
        Reason::MoreHelpful,
    ),
    row(
        "DELETE /invitations/{id}",
        "405: an invitation ends with its guest.",
        "The link answers 410; `x-vestibule-guest` says whether the guest, who was nothing but invited, was deleted with it.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /invitations/{id}/resend",
        "Not known: who lost the mail is invited again.",
        "The same invitation with a new link, which ends the earlier ones.",
        Reason::MoreHelpful,
    ),
    row(
        "403",
        "It does not say what is missing.",
        "`innerError.hint` names the permissions and roles that would do.",
        Reason::MoreHelpful,
    ),
    row(
        "Access tokens",
        "A token keeps its permissions and roles until it expires.",
        "A permission, a role or an app that was taken away gives nothing any more: at the next request, roles after a second.",
        Reason::Safer,
    ),
    row(
        "Redemption",
        "An invitation never expires.",
        "It expires after 30 days, and a new one to the same guest ends the earlier link.",
        Reason::Safer,
    ),
    row(
        "Redemption",
        "A code by mail lives 30 minutes, where the guest has no account to sign in with.",
        "The link only identifies. A code sent to the invited address proves the mailbox; it lives ten minutes and belongs to the browser that asked for it.",
        Reason::Safer,
    ),
    row(
        "Redemption",
        "A cc recipient gets the same mail.",
        "The copy has the same text without the link.",
        Reason::Safer,
    ),
    row(
        "POST /$batch",
        "`atomicityGroup` is ignored.",
        "Honoured: when one of a group fails nothing of the group happened, and the others answer 424.",
        Reason::MoreHelpful,
    ),
    row(
        "POST /$batch",
        "A step's URL is relative to the version.",
        "It may also name a version or be absolute on a listed origin, and what may not stand in a URL is encoded; a string body without Content-Type that holds JSON in base64 is JSON.",
        Reason::MoreHelpful,
    ),
    row(
        "Headers",
        "`Strict-Transport-Security` always; `x-ms-ags-diagnostic`.",
        "HSTS only where `serve` speaks TLS and never for loopback names; no diagnostic header.",
        Reason::Reading,
    ),
    row(
        "Tokens",
        "Issuer and host are those of the login service.",
        "Tokens, discovery and WWW-Authenticate name the server's own listed origins; an unlisted Host is answered 421.",
        Reason::Safer,
    ),
    row(
        "$metadata",
        "All workloads' types.",
        "Only the types this server serves; with the token of a caller who may read applications or list users, what the tenant has defined as well.",
        Reason::Reading,
    ),
    row(
        "References in bodies",
        "Which names are taken is told of each type.",
        "`manager` and `sponsors` of users and `invitedUserSponsors` of invitations are set; references by other names are accepted, ignored and named in `x-vestibule-note`.",
        Reason::Reading,
    ),
    row(
        "Restoring a deleted user",
        "Some versions take `autoReconcileProxyConflict` and `newUserPrincipalName`.",
        "No options: a clash is 400 naming the property and its owner.",
        Reason::Reading,
    ),
    row(
        "Photos",
        "Scaled to set sizes; GIF and others may be taken.",
        "Kept as sent, and answered so under each documented size: JPEG or PNG by the file's own first bytes, 4 MB and 4096 pixels a side at most.",
        Reason::Safer,
    ),
    row(
        "Managers in a circle",
        "Nothing is documented.",
        "Nobody becomes their own manager, directly or through others: 400 naming `manager`.",
        Reason::Safer,
    ),
    row(
        "Discovery",
        "`authorization_endpoint` signs people in.",
        "It is advertised because clients refuse a document without it, and answers 501: sign-in of people is not served yet.",
        Reason::Reading,
    ),
];

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Difference> {
    ROWS.iter().chain(custom_data::ROWS)
}

/// `docs/differences.md`.
pub fn markdown() -> String {
    let mut text = String::from(
        "# Where Vestibule differs\n\n\
         Vestibule answers as the documented service does. Where being faithful and being safe pull apart, safe wins. \
         Each place we know of is a row here; an answer that differs without a row is a defect.\n\n\
         ",
    );
    generated::titles(
        &mut text,
        ["Where", "The documented service", "Vestibule", "Why"],
    );
    for one in all() {
        let cells = [one.place, one.documented, one.ours, one.reason.title()];
        generated::row(&mut text, cells);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_current() {
        generated::check("differences.md", &markdown());
    }
}
