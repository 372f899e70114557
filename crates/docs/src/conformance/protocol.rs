//! Headers, bodies, invitations and batches.

use super::Answer::{Differs, Ours, Refused, Served, Wider};
use super::{Example, Section, Test, ask, get, post, rows, test};

const fn patch(target: &'static str, body: &'static str) -> Example {
    Example {
        body,
        ..ask("PATCH", target)
    }
}

const GUARD: Test = test("graph_users", "versions_guard_reads_and_writes");
const LEVELS: Test = test("graph_protocol", "metadata_levels_follow_accept");

/// Somebody to invite.
const SOMEBODY: &str =
    r#"{"invitedUserEmailAddress":"b@fabrikam.example","inviteRedirectUrl":"https://app.example"}"#;

/// Somebody to create, without a password, which would have to be hashed.
const NEW: &str =
    r#"{"identities":[{"signInType":"federated","issuer":"google.com","issuerAssignedId":"9"}]}"#;

/// Headers of requests.
pub(super) const HEADERS: Section = Section {
    title: "Headers",
    intro: "Every answer carries the documented headers \
            ([`every_graph_answer_carries_the_documented_headers`](../crates/server/tests/it/graph_protocol.rs)), and \
            `x-vestibule-note` where something was ignored or would have been refused.",
    finds: false,
    rows: rows! {
        "`ConsistencyLevel: eventual`", get("users?$filter=userType ne 'Guest'&$count=true").with(&["ConsistencyLevel: eventual"]) =>
            Served, 200, "Nothing here is only eventually so; strict asks for it, friendly notes that it is missing", test("graph_query", "friendly_answers_and_says_what_the_service_would_have_wanted");
        "`If-Match`", patch("users/{id}", r#"{"city":"Pune"}"#).with(&[r#"If-Match: W/"0""#]) =>
            Differs("GET /users/{id}"), 412, "On PATCH, DELETE and `$ref`; `*` too", GUARD;
        "`If-None-Match`", get("users/{id}").with(&["If-None-Match: *"]) => Differs("GET /users/{id}"), 304, "On reads; a write with it answers 412", GUARD;
        "`Accept: …;odata.metadata=none`", get("users").with(&["Accept: application/json;odata.metadata=none"]) =>
            Served, 200, "", LEVELS;
        "`Accept: …;odata.metadata=full`", get("users").with(&["Accept: application/json;odata.metadata=full"]) =>
            Served, 200, "", LEVELS;
        "`Prefer: return=representation` on PATCH", patch("users/{id}", r#"{"city":"Pune"}"#).with(&["Prefer: return=representation"]) =>
            Differs("Prefer: return"), 200, "The user as GET shows them, and what was set, with `ETag`; 204 for an actor who may not read them", test("graph_prefer", "a_changed_user_comes_back_where_that_is_preferred");
        "`Prefer: return=minimal` on `POST /users`", post("users", NEW).with(&["Prefer: return=minimal"]) =>
            Differs("Prefer: return"), 204, "With `Location` and `OData-EntityId`", test("graph_prefer", "a_created_user_comes_back_unless_less_is_preferred");
        "`Prefer: return=representation` on `POST /users/$ref`", post("users/$ref", r#"{"mail":"ann@fabrikam.example"}"#).with(&["Prefer: return=representation"]) =>
            Differs("POST /users/$ref"), 201, "With `Preference-Applied`", test("graph_references", "the_user_comes_back_where_that_is_preferred");
        "`Prefer` of anything else", get("users").with(&["Prefer: respond-async"]) =>
            Served, 200, "Ignored, as RFC 7240 wants it", test("graph_delta", "preferences");
        "The tenant in the path", get("/v1.0/{tenant}/users") =>
            Served, 200, "Its id, a domain of it or `myorganization`, in references too; 400 where it is not the token's tenant", test("graph_tenancy", "a_request_may_name_its_own_tenant");
        "`client-request-id`", get("users").with(&["client-request-id: mine"]) =>
            Served, 200, "Echoed", test("graph_protocol", "the_clients_own_id_is_echoed_where_it_is_safe");
        "`Idempotency-Key`", post("invitations", SOMEBODY).with(&["Idempotency-Key: 1"]) =>
            Ours("Idempotency-Key"), 201, "On POST /invitations; the same body gets the first answer for a day, another body 422", test("graph_invitations", "the_same_request_sent_again_gets_the_first_answer");
        "`Authorization` left out", get("users").with(&["Authorization: "]) =>
            Served, 401, "`WWW-Authenticate` names this server's authority", test("oauth_bearer", "the_header_holds_one_bearer_token");
        "`Content-Encoding: gzip`", get("users").with(&["Content-Encoding: gzip"]) =>
            Served, 200, "Bodies are inflated, within bounds; other codings are 415", test("graph_body", "gzip_bodies_are_read_within_bounds");
        "`Origin`", get("users").with(&["Origin: https://app.example"]) =>
            Served, 200, "CORS for every origin, on Graph routes only", test("graph_protocol", "any_origin_may_ask_graph_and_nothing_else");
    },
};

const WALK: Test = test(
    "graph_property_walk",
    "every_writable_property_is_set_changed_merged_and_cleared",
);
const BODY: Test = test("graph_body", "a_body_must_be_json_and_say_so");
const LINKS: Test = test("graph_links", "bodies_of_users_set_links");
const BAD_USER: Test = test(
    "graph_users_errors",
    "a_bad_user_is_refused_naming_the_property",
);

/// Bodies.
pub(super) const BODIES: Section = Section {
    title: "Bodies of users",
    intro: "Names match caselessly. Whatever is wrong is told by `error.details[].target`, and changes nothing.",
    finds: false,
    rows: rows! {
        "Values of every writable property", patch("users/{id}", r#"{"jobTitle":"Buyer","employeeOrgData":{"division":"North"}}"#) =>
            Served, 204, "", WALK;
        "`null`", patch("users/{id}", r#"{"jobTitle":null}"#) =>
            Served, 204, "Clears; refused where the property cannot be null", WALK;
        "An empty text", patch("users/{id}", r#"{"mobilePhone":""}"#) =>
            Served, 400, "In the documented words, wherever a text can stand; null clears", test("graph_property_walk", "every_text_property_refuses_an_empty_text");
        "`usageLocation` cleared", patch("users/{id}", r#"{"usageLocation":null}"#) =>
            Differs("PATCH /users"), 204, "Refused in strict manner once it is set", test("graph_property_walk", "usage_location_is_cleared_in_friendly_manner_alone");
        "Read-only properties as they are", patch("users/{id}", r#"{"id":"{id}","creationType":null}"#) =>
            Differs("PATCH /users"), 204, "Ignored and noted", test("graph_property_walk", "every_read_only_property_may_be_sent_back_as_it_is");
        "Read-only properties", patch("users/{id}", r#"{"createdDateTime":"2020-01-01T00:00:00Z"}"#) =>
            Served, 400, "As documented", test("graph_property_walk", "every_read_only_property_is_refused_by_its_name");
        "Unknown properties", patch("users/{id}", r#"{"shoeSize":44}"#) => Differs("POST /users"), 400, "", BAD_USER;
        "`proxyAddresses`", patch("users/{id}", r#"{"proxyAddresses":["smtp:x@contoso.com"]}"#) =>
            Refused, 400, "They follow `mail`", test("graph_property_walk", "every_read_only_property_is_refused_by_its_name");
        "`passwordProfile`", patch("users/{id}", r#"{"passwordProfile":{"password":"kT9#pq-Lw2zz"}}"#) =>
            Differs("Passwords"), 204, "", BAD_USER;
        "A value of another", patch("users/{id}", r#"{"userPrincipalName":"bert@contoso.com"}"#) =>
            Served, 400, "`ObjectConflict`, as documented", test("graph_users_errors", "what_another_has_is_a_conflict");
        "`@odata.type` and other annotations", patch("users/{id}", r##"{"@odata.type":"#microsoft.graph.user","city":"Pune"}"##) =>
            Served, 204, "Accepted, ignored", BODY;
        "`manager@odata.bind`, `sponsors@odata.bind`", patch("users/{id}", r#"{"manager@odata.bind":"users/{other}"}"#) =>
            Differs("References in bodies"), 204, "", LINKS;
        "No body", patch("users/{id}", "") => Served, 400, "In the documented words", BODY;
        "What is no JSON", patch("users/{id}", r#"{"city":"#) => Served, 400, "In the documented words", BODY;
    },
};

const INVITED: Test = test(
    "graph_invitations",
    "the_documented_invitation_is_made_as_printed",
);
const BAD_INVITATION: Test = test(
    "graph_invitations",
    "a_bad_invitation_is_refused_naming_the_property",
);
const ECHOED: Test = directory("invitation", "what_is_sent_is_echoed");
const RESET: Test = directory("invitation_repeat", "a_reset_asks_for_proof_anew");

const fn directory(module: &'static str, name: &'static str) -> Test {
    Test {
        package: "directory",
        module,
        name,
    }
}

/// An invitation to that address, with further members.
macro_rules! invite {
    ($address:literal $(, $more:literal)?) => {
        post(
            "invitations",
            concat!(
                r#"{"invitedUserEmailAddress":""#,
                $address,
                r#"","inviteRedirectUrl":"https://app.example""#,
                $($more,)?
                "}"
            ),
        )
    };
}

/// `POST /invitations`.
pub(super) const INVITATIONS: Section = Section {
    title: "Invitations",
    intro: "What `POST /invitations` takes. The guest redeems in a browser; there is no API for it, there as here.",
    finds: false,
    rows: rows! {
        "Address and redirect", invite!("c@fabrikam.example") =>
            Differs("POST /invitations"), 201, "`status` tells delivery", INVITED;
        "`sendInvitationMessage`, `invitedUserMessageInfo`", invite!("d@fabrikam.example", r#","sendInvitationMessage":true,"invitedUserMessageInfo":{"customizedMessageBody":"Welcome","messageLanguage":"de-DE","ccRecipients":[{"emailAddress":{"address":"boss@contoso.com"}}]}"#) =>
            Differs("POST /invitations"), 201, "One cc at most, which gets no link; the text at most 500 characters", ECHOED;
        "`invitedUserDisplayName`", invite!("e@fabrikam.example", r#","invitedUserDisplayName":"Eva""#) =>
            Served, 201, "", ECHOED;
        "`invitedUserType: Member`", invite!("f@fabrikam.example", r#","invitedUserType":"Member""#) =>
            Served, 201, "Needs more than User.Invite.All", test("graph_invitations", "member_guests_need_more_than_the_permission_to_invite");
        "`invitedUser` with properties of the guest", invite!("g@fabrikam.example", r#","invitedUser":{"department":"Legal"}"#) =>
            Differs("POST /invitations"), 201, "", directory("invitation_guest", "the_guest_is_whole_at_once");
        "`invitedUser.id`: an internal user becomes external", invite!("adele@home.example", r#","invitedUser":{"id":"{id}"}"#) =>
            Served, 201, "", directory("invitation_repeat", "an_internal_user_becomes_external_by_id");
        "`resetRedemption` without `invitedUser.id`", invite!("sam@fabrikam.example", r#","resetRedemption":true"#) =>
            Served, 400, "", RESET;
        "The same guest again", invite!("sam@fabrikam.example") =>
            Differs("Redemption"), 201, "The same guest, a new link; the earlier one ends", directory("invitation_repeat", "inviting_again_ends_the_earlier_link");
        "An address with `+`", invite!("sam+x@fabrikam.example") =>
            Wider, 201, "", test("graph_strict", "invited_addresses_hold_no_plus");
        "An address of one's own domain", invite!("x@contoso.com") =>
            Served, 400, "In the documented words", BAD_INVITATION;
        "An unsafe redirect", post("invitations", r#"{"invitedUserEmailAddress":"h@fabrikam.example","inviteRedirectUrl":"javascript:x"}"#) =>
            Differs("POST /invitations"), 400, "", BAD_INVITATION;
        "`invitedUserSponsors`", invite!("i@fabrikam.example", r#","invitedUserSponsors@odata.bind":["users/{id}"]"#) =>
            Differs("POST /invitations"), 201, "The guest's `sponsors`, five at most, as links or as objects with an id; the inviting person where none is sent", test("graph_sponsors", "sponsors_are_sent_as_objects_or_as_links");
        "Empty texts", invite!("j@fabrikam.example", r#","invitedUserMessageInfo":{"messageLanguage":""}"#) =>
            Served, 201, "As if they were not sent", test("graph_sponsors", "an_empty_text_in_an_invitation_is_not_given");
    },
};

const STEPS: Test = test("graph_batch", "steps_in_every_clients_spelling");
const WRONG: Test = test("graph_batch", "batches_that_are_refused_whole");

/// `POST /$batch`.
pub(super) const BATCH: Section = Section {
    title: "Batches",
    intro: "`POST /$batch`. The status is that of the batch.",
    finds: false,
    rows: rows! {
        "Steps", post("$batch", r#"{"requests":[{"id":"1","method":"GET","url":"/users"}]}"#) =>
            Served, 200, "Each is a request of its own: permission, audit record, request id", test("graph_batch", "each_step_is_a_request_of_its_own");
        "URLs with a version, or absolute", post("$batch", r#"{"requests":[{"id":"1","method":"GET","url":"/beta/users"}]}"#) =>
            Differs("POST /$batch"), 200, "", STEPS;
        "A header under two spellings", post("$batch", r#"{"requests":[{"id":"1","method":"GET","url":"/users","headers":{"accept":"*/*","Accept":"*/*"}}]}"#) =>
            Served, 200, "The Graph client for Java writes them so; with different values the batch is 400", test("graph_batch", "a_header_in_two_spellings_is_one_header");
        "`dependsOn`", post("$batch", r#"{"requests":[{"id":"1","method":"GET","url":"/users/nobody@contoso.com"},{"id":"2","method":"GET","url":"/users","dependsOn":["1"]}]}"#) =>
            Served, 200, "Steps are taken in that order; 424 after a failure", test("graph_batch", "what_depends_on_a_failure_is_not_taken");
        "`atomicityGroup`", post("$batch", r#"{"requests":[{"id":"1","atomicityGroup":"g","method":"GET","url":"/users"}]}"#) =>
            Differs("POST /$batch"), 200, "All of a group or nothing", test("graph_batch_group", "whatever_fails_undoes_its_group_and_nothing_else");
        "More than 20 steps", Example { body: MANY, ..ask("POST", "$batch") } =>
            Served, 400, "`MaximumValueExceeded`, as documented", test("graph_batch", "steps_have_a_most_and_a_type");
        "Ids that are not unique", post("$batch", r#"{"requests":[{"id":"a","method":"GET","url":"/users"},{"id":"A","method":"GET","url":"/users"}]}"#) =>
            Served, 400, "The whole batch", WRONG;
        "Circles of `dependsOn`", post("$batch", r#"{"requests":[{"id":"1","method":"GET","url":"/users","dependsOn":["1"]}]}"#) =>
            Served, 400, "The whole batch", WRONG;
        "A batch in a batch", post("$batch", r#"{"requests":[{"id":"1","method":"POST","url":"/$batch","headers":{"Content-Type":"application/json"},"body":{"requests":[]}}]}"#) =>
            Served, 200, "400 in its place", test("graph_batch", "what_is_wrong_with_a_step_is_told_in_its_place");
        "`multipart/mixed`", post("$batch", "--x").with(&["Content-Type: multipart/mixed;boundary=x"]) =>
            Served, 415, "JSON batches only, as documented", test("graph_batch", "steps_have_a_most_and_a_type");
    },
};

/// 21 steps, as short as they can be.
const MANY: &str =
    "{\"requests\":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}";
