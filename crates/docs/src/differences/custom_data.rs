//! Differences of custom data: extensions, and custom security attributes.

use super::{Difference, Reason, row};

/// The rows, in the order of `docs/custom-data.md`.
pub(super) const ROWS: &[Difference] = &[
    row(
        "/applications/{id}/extensionProperties",
        "Users, groups, devices, applications, administrative units and the organisation can have extensions.",
        "Only users can. Other targets are stored, and `x-vestibule-note` says that they have no effect.",
        Reason::Reading,
    ),
    row(
        "/applications/{id}/extensionProperties",
        "A person needs Application Administrator, or a role above it; an app may hold Application.ReadWrite.OwnedBy.",
        "A person needs Global Administrator. Applications have no owners here, so Application.ReadWrite.OwnedBy does not exist.",
        Reason::Safer,
    ),
    row(
        "/applications/{id}/extensionProperties",
        "About deleted definitions the documents say only that their values count towards the limit, and that defining the name again brings them back.",
        "The name can be defined again only with the same dataType and isMultiValued. Each element of a collection counts as one of the 100 values.",
        Reason::Reading,
    ),
    row(
        "/applications/{id}/extensionProperties",
        "No limit on the number of definitions is documented.",
        "A tenant has at most 500 definitions that take effect.",
        Reason::Safer,
    ),
    row(
        "/applications/{id}/extensionProperties",
        "Filters on directory extensions take eq, and in advanced queries ne and not.",
        "Also in, ge, le and startsWith, in advanced queries null, and any for collections. Binary extensions take no filter.",
        Reason::MoreHelpful,
    ),
    row(
        "/applications/{id}/extensionProperties",
        "No number of definitions of one app is told.",
        "100 of one app that take effect, and 400 in all: no app takes the room of the others.",
        Reason::Safer,
    ),
    row(
        "/schemaExtensions",
        "Names are unique in all directories, and definitions that are available are seen in all of them.",
        "Both hold within one directory. Another directory's names are unknown names.",
        Reason::Safer,
    ),
    row(
        "/schemaExtensions",
        "In delegated calls the person must own the app that owns the definition.",
        "Apps have no owners: a Global Administrator stands for each app, and names it in `owner`. An app alone defines for itself.",
        Reason::Reading,
    ),
    row(
        "/schemaExtensions",
        "A deprecated definition cannot be read; a list has those of one's own in every state.",
        "Its owner reads it.",
        Reason::Reading,
    ),
    row(
        "/schemaExtensions",
        "Of a definition that is made anew it is said that it needs the same configuration.",
        "All members of before with their types, and perhaps more.",
        Reason::Reading,
    ),
    row(
        "/schemaExtensions",
        "Members are filtered by in the examples of eq; delta queries do not track schema extensions.",
        "Filtered as directory extensions are. A delta query that selects one tells of its changes.",
        Reason::MoreHelpful,
    ),
    row(
        "/schemaExtensions",
        "Users, groups, devices, messages, events and others have schema extensions.",
        "Users have. Other targets are kept, and `x-vestibule-note` says that they have no effect.",
        Reason::Reading,
    ),
    row(
        "customSecurityAttributes",
        "Users and service principals have custom security attributes; whether they can be set when a user is created is not said.",
        "Only users have them. They can be set in `POST /users` and in `invitedUser` as well, by actors who may assign them.",
        Reason::MoreHelpful,
    ),
    row(
        "customSecurityAttributes",
        "Null for a whole set, or for the whole property, is not documented.",
        "Null removes all attributes of the set, or of the user.",
        Reason::Reading,
    ),
    row(
        "customSecurityAttributes",
        "What somebody without the permission is told when they name an attribute is not documented.",
        "403 for every body and every filter that names the property, whether the attribute exists or not. `$select` answers null.",
        Reason::Safer,
    ),
    row(
        "customSecurityAttributes",
        "Filters take eq, ne, not and startsWith.",
        "Also in, null, and any for collections. Names are matched caselessly, values in their spelling.",
        Reason::MoreHelpful,
    ),
    row(
        "/directory/customSecurityAttributeDefinitions",
        "A tenant has 500 active definitions; how many deactivated ones it can have is not said.",
        "1,000 definitions, deactivated ones included. Two names that come to one id (`B_C` in the set `A`, `C` in the set `A_B`) cannot both be defined.",
        Reason::Safer,
    ),
    row(
        "/directory/customSecurityAttributeDefinitions",
        "A change of predefined values needs the header `OData-Version: 4.01`.",
        "`allowedValues@delta` is read whatever the header says.",
        Reason::MoreHelpful,
    ),
    row(
        "Open extensions",
        "`@odata.type` is required; members are primitive values and lists of them.",
        "It may be left out; members are any JSON, nested too, and come back as they were sent, numbers digit for digit.",
        Reason::MoreHelpful,
    ),
    row(
        "Open extensions",
        "For a PATCH, one page prints 200 and the extension, another 204. One page says both that it merges and that it replaces.",
        "It replaces, and answers 204, or the extension with `Prefer: return=representation`. `PUT` does the same. `ETag`, `If-Match` and `If-None-Match` work.",
        Reason::Reading,
    ),
    row(
        "Open extensions",
        "The documents do not say how the size is measured, nor whether names that differ only in case are the same.",
        "The limit is 2,048 bytes for the name and the members, as JSON without white space. Names are compared without regard to case, as all names are.",
        Reason::Reading,
    ),
];
