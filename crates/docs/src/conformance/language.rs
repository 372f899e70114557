//! The query language: options, `$filter`, `$search`, `$expand`, and the options of delta.

use super::Answer::{Differs, Ours, Refused, Served, Wider};
use super::{Section, Test, get, rows, test};

/// The rows of `$filter` that find somebody are looked at by one test of their meaning, and by the
/// random ones of `odata`.
const FINDS: Test = test("graph_query", "a_filter_finds_whom_it_names");
const STRICT: Test = test(
    "graph_strict",
    "queries_are_refused_as_the_documented_service_refuses_them",
);
const PLACE: Test = test("graph_query", "a_bad_filter_is_told_with_its_place");
const ORDER: Test = test("graph_query", "pages_keep_the_asked_order");
const NUMBER: Test = test("graph_query", "a_number_comes_with_the_first_page_alone");
const SEARCH_TEST: Test = test("graph_query", "a_search_finds_words_and_beginnings");
const RELATED: Test = test("graph_query", "related_users_are_shown_within");
const RELATED_PAGES: Test = test(
    "graph_links",
    "direct_reports_come_in_pages_and_are_counted",
);
const REPORTS: Test = test(
    "graph_links",
    "direct_reports_are_found_by_what_is_asked_of_them",
);
const SELECT: Test = test(
    "graph_users",
    "select_shows_what_was_asked_and_notes_what_nobody_declared",
);
const NOT_SERVED: Test = odata("filter", "not_served");
const DELTA_OPTIONS: Test = test("graph_delta", "options_that_are_not_tracked");

const fn odata(module: &'static str, name: &'static str) -> Test {
    Test {
        package: "odata",
        module,
        name,
    }
}

/// System query options.
pub(super) const OPTIONS: Section = Section {
    title: "Query options",
    intro: "Names in any spelling of case; in beta without `$` too. An option that is not known is 400, one that is known \
            and not served 501, each naming it. Lists of users, living or deleted, their `/$count`, single users and \
            delta take them as shown; direct reports take them but for `$expand`; other related users, invitations, `users/$ref` and `pendingMembers` take `$select`, `$top` \
            and `$skiptoken`, and answer 501 for the rest. Limits stand in `crates/odata/src/limits.rs`, each with its \
            reason.",
    finds: false,
    rows: rows! {
        "`$select`", get("users?$select=displayName,mail") =>
            Served, 200, "Replaces the default set; the context names what was selected", SELECT;
        "`$select` of unknown names", get("users?$select=id,extension_x") => Differs("$select"), 200, "", SELECT;
        "`$select=*`", get("users?$select=*") => Served, 200, "", odata("check", "star");
        "`$select` of members of complex values", get("users?$select=employeeOrgData/division") =>
            Served, 200, "The whole complex value comes", odata("check", "selections");
        "`$select` of what is readable singly, on one user", get("users/{id}?$select=aboutMe") =>
            Served, 200, "", SELECT;
        "`$select` of what is readable singly, on a list", get("users?$select=aboutMe") =>
            Served, 501, "As documented", test("graph_users_list", "what_is_read_of_single_users_alone_says_so");
        "`$filter`", get("users?$filter=department eq 'Retail'") => Served, 200, "[Below](#conditions)", FINDS;
        "`$orderby`", get("users?$orderby=displayName") => Served, 200, "", ORDER;
        "`$orderby` descending", get("users?$orderby=displayName desc") => Served, 200, "", ORDER;
        "`$orderby` by other properties, by several", get("users?$orderby=department,createdDateTime desc") =>
            Wider, 200, "Null first; ties by id. Not by collections, complex values and what is not kept as a key: 400", ORDER;
        "`$orderby` with `$filter`", get("users?$filter=accountEnabled eq true&$orderby=displayName") =>
            Wider, 200, "", STRICT;
        "`$search`", get(r#"users?$search="displayName:adele""#).with(EVENTUAL) =>
            Served, 200, "[Below](#search)", SEARCH_TEST;
        "`$search` without the header", get(r#"users?$search="displayName:adele""#) => Wider, 200, "", STRICT;
        "`$expand`", get("users?$expand=manager") => Served, 200, "[Below](#related-users-within)", RELATED;
        "`$top`", get("users?$top=1") =>
            Served, 200, "1 to 999, 100 without", test("graph_users_list", "pages_hold_every_user_once_and_end_without_a_link");
        "`$top` beyond", get("users?$top=1000") =>
            Served, 400, "In the documented words", test("graph_users_list", "page_sizes_outside_1_to_999_are_refused");
        "`$count=true`", get("users?$count=true").with(EVENTUAL) => Served, 200, "On the first page alone", NUMBER;
        "`$count=true` without the header", get("users?$count=true") => Wider, 200, "", NUMBER;
        "`/$count` without the header", get("users/$count") => Wider, 200, "", NUMBER;
        "`$skiptoken`", get("users?$skiptoken=AAAA") =>
            Served, 400, "Only from a next link: sealed to tenant, query and a day", test("graph_query", "a_page_token_belongs_to_its_query_and_tenant");
        "`$skip`", get("users?$skip=20") => Served, 400, "In the documented words: follow the next link", test("graph_query_options", "skip_is_not_supported");
        "`$format=json`", get("users?$format=json") => Served, 200, "", odata("check", "values");
        "`$format` of anything else", get("users?$format=xml") => Refused, 400, "", odata("check", "values");
        "`$deltatoken`", get("users?$deltatoken=latest") =>
            Refused, 501, "Only on `users/delta`", odata("check", "not_served");
        "`$levels`", get("users?$levels=2") => Refused, 501, "Only within `$expand`", odata("check", "not_served");
        "`$explain=true`", get("users?$explain=true&$filter=startswith(displayName,'a')") =>
            Ours("$explain"), 200, "Plan, index, rows examined, and whether strict would refuse", test("graph_query", "a_query_can_be_explained");
        "Options on deleted users", get("directory/deletedItems/microsoft.graph.user?$filter=startswith(displayName,'a')&$select=id") =>
            Served, 200, "As on the living, but for `$expand`", test("graph_deleted_list", "conditions_hold_for_the_deleted");
        "`$filter`, `$orderby`, `$search` on direct reports", get("users/{other}/directReports?$filter=accountEnabled eq true") =>
            Served, 200, "", REPORTS;
        "`$count=true` on direct reports", get("users/{other}/directReports?$count=true").with(EVENTUAL) =>
            Served, 200, "", REPORTS;
        "`$filter`, `$orderby`, `$search` on sponsors", get("users/{other}/sponsors?$filter=accountEnabled eq true") =>
            Refused, 501, "Read all pages", RELATED_PAGES;
        "`$filter`, `$orderby`, `$count` on invitations", get("invitations?$filter=status eq 'Completed'&$count=true") =>
            Ours("GET /invitations"), 200, "By address, name, status, type and guest", test("graph_lists", "invitations_are_filtered");
        "`$apply`, `$compute` and others of the protocol", get("users?$apply=aggregate($count as n)") =>
            Refused, 400, "", odata("syntax", "other_options");
        "An option without `$`, in v1.0", get("users?top=5") =>
            Served, 400, "Named; in beta it is honoured", test("graph_query_options", "a_name_that_means_nothing_is_refused");
        "Names that mean nothing", get("users?cache=1") =>
            Served, 400, "Named", test("graph_query_options", "a_name_that_means_nothing_is_refused");
        "Line ends and other white space", get("users?$filter=accountEnabled eq true\tand userType eq 'Member'\t") =>
            Served, 200, "Blanks wherever blanks may stand", test("graph_query_options", "line_ends_are_blanks");
    },
};

/// `$filter`.
pub(super) const FILTER: Section = Section {
    title: "Conditions",
    intro: "`$filter` on users. Which operator each property takes in the documented service, and so in the strict manner, \
            is in [properties.md](properties.md); friendly, each property takes all that its type allows. A wrong \
            condition is 400 with its place, one that is not served 501 with its place. What each means with null, case \
            and collections is told in [queries.md](queries.md) and judged on 20,000 random conditions by \
            [`finds_what_the_reference_finds`](../crates/store/tests/it/queries.rs).",
    finds: true,
    rows: rows! {
        "`eq`", get("users?$filter=department eq 'RETAIL'") =>
            Served, 200, "Texts compare caselessly, by Unicode", FINDS;
        "`ne`", get("users?$filter=department ne 'Retail'") =>
            Wider, 200, "The negation of `eq`: null is different from every value", FINDS;
        "`gt`, `lt`", get("users?$filter=department gt 'n' and department lt 's'") => Served, 200, "Taken where `ge` and `le` are, of which alone the documents speak", FINDS;
        "`ge`, `le`", get("users?$filter=department ge 'n' and department le 's'") => Served, 200, "", FINDS;
        "`and`, `or`, parentheses", get("users?$filter=(department eq 'Retail' or department eq 'x') and accountEnabled eq true") =>
            Served, 200, "", odata("filter", "precedence");
        "More than 15 clauses with `or`", get("users?$filter=city eq '1' or city eq '2' or city eq '3' or city eq '4' or city eq '5' or city eq '6' or city eq '7' or city eq '8' or city eq '9' or city eq '10' or city eq '11' or city eq '12' or city eq '13' or city eq '14' or city eq '15' or city eq 'Pune'") =>
            Wider, 200, "200 at most", STRICT;
        "`not`", get("users?$filter=not startswith(displayName,'adele')") =>
            Wider, 200, "With parentheses or without", FINDS;
        "`in`", get("users?$filter=department in ('Retail','Sales')") =>
            Served, 200, "200 values at most; strict 15 where the query is no advanced one", FINDS;
        "`in` with null", get("users?$filter=companyName in (null,'Microsoft')&$count=true").with(EVENTUAL) =>
            Served, 200, "", FINDS;
        "`null`", get("users?$filter=department eq null") => Wider, 200, "", FINDS;
        "`startsWith`", get("users?$filter=startswith(displayName,'adele')") => Served, 200, "", FINDS;
        "`endsWith`", get("users?$filter=endswith(userPrincipalName,'le@contoso.com')") => Wider, 200, "", FINDS;
        "`contains`", get("users?$filter=contains(displayName,'del')") =>
            Wider, 200, "Read by a scan: add a condition on an index where there are many", FINDS;
        "`any` over texts", get("users?$filter=businessPhones/any(p:p eq '+1 425 555 0109')&$count=true").with(EVENTUAL) =>
            Served, 200, "", FINDS;
        "`any` with functions", get("users?$filter=otherMails/any(m:endswith(m,'home.example'))&$count=true").with(EVENTUAL) =>
            Served, 200, "", FINDS;
        "`any` over complex values", get("users?$filter=identities/any(c:c/issuerAssignedId eq 'adele' and c/issuer eq 'facebook.com')") =>
            Served, 200, "Several members of one element", odata("filter", "collections");
        "`any` without a condition", get("users?$filter=otherMails/any()") =>
            Served, 200, "Whether there is an element; of the protocol, the documents do not speak of it", FINDS;
        "`ne` within `any`", get("users?$filter=otherMails/any(m:m ne 'x')") =>
            Wider, 200, "", odata("eval", "lambdas");
        "`all`", get("users?$filter=businessPhones/any() and businessPhones/all(p:startswith(p,'+1'))") =>
            Wider, 200, "True of the empty collection", FINDS;
        "`/$count`", get("users?$filter=otherMails/$count eq 1") => Wider, 200, "Against any number", FINDS;
        "Members of complex values", get("users?$filter=employeeOrgData/division eq 'North'") => Wider, 200, "", FINDS;
        "A Boolean property alone", get("users?$filter=accountEnabled") => Served, 200, "Of the protocol, the documents do not speak of it", FINDS;
        "Instants", get("users?$filter=createdDateTime ge 2026-01-15T10:00:30Z") =>
            Served, 200, "Not quoted; a date alone too", odata("filter", "comparisons");
        "GUIDs, quoted", get("users?$filter=id eq '{id}'") => Served, 200, "", FINDS;
        "GUIDs, bare, where the type is a text", get("users?$filter=id eq 184efa21-98c3-4e5d-95ab-d07053a96e67") =>
            Refused, 400, "The types are named; `assignedLicenses/any(l:l/skuId eq 184efa21-…)` is answered", odata("filter", "faults");
        "Of guests", get("users?$filter=userType eq 'Guest' and externalUserState eq 'PendingAcceptance'") =>
            Served, 200, "", FINDS;
        "An unknown property", get("users?$filter=nobody eq 'x'") =>
            Served, 400, "In the documented words, with the place", PLACE;
        "Types that do not match", get("users?$filter=accountEnabled eq 'true'") =>
            Served, 400, "In the documented words, with the place", PLACE;
        "A property readable singly", get("users?$filter=aboutMe eq 'x'") => Refused, 501, "", PLACE;
        "Members of `customSecurityAttributes`", get("users?$filter=customSecurityAttributes/Engineering/Project eq 'x'") =>
            Served, 400, "By `eq`, `ne`, `in` and `startsWith` once they are defined; one that is not is named",
            test("graph_security_attributes", "conditions_find_them");
        "The manager's id", get("users?$filter=manager/id eq '{other}'") =>
            Served, 200, "By `eq`, `ne` and `in`", REPORTS;
        "Other properties of related objects", get("users?$filter=manager/displayName eq 'x'") =>
            Refused, 501, "Read `directReports`", NOT_SERVED;
        "Two properties compared", get("users?$filter=givenName eq surname") => Refused, 501, "", NOT_SERVED;
        "Type casts", get("users?$filter=microsoft.graph.group/displayName eq 'x'") => Refused, 501, "", NOT_SERVED;
        "`has`", get("users?$filter=userType has Sales.Pattern'Yellow'") =>
            Refused, 501, "There are no flags", NOT_SERVED;
        "`add`, `sub`, `mul`, `div`, `divby`, `mod`", get("users?$filter=1 add 1 eq 2") =>
            Refused, 501, "Arithmetic", NOT_SERVED;
        OTHER_FUNCTIONS, get("users?$filter=tolower(city) eq 'x'") =>
            Refused, 501, "Functions of the protocol that no index answers; texts compare caselessly anyway", NOT_SERVED;
        "Other functions", get("users?$filter=frobnicate(city) eq 1") =>
            Refused, 400, "Named", odata("filter", "faults");
    },
};

/// In the words of the protocol, which a test compares with those that are recognised.
const OTHER_FUNCTIONS: &str = "`case`, `cast`, `ceiling`, `concat`, `date`, `day`, `floor`, `fractionalseconds`, \
     `geo.distance`, `geo.intersects`, `geo.length`, `hassubsequence`, `hassubset`, `hour`, `indexof`, `isactive`, \
     `ismemberof`, `isof`, `length`, `matchespattern`, `maxdatetime`, `mindatetime`, `minute`, `month`, `now`, `replace`, \
     `round`, `second`, `substring`, `substringof`, `time`, `tolower`, `totaloffsetminutes`, `totalseconds`, `toupper`, \
     `trim`, `year`";

/// `$search`.
pub(super) const SEARCH: Section = Section {
    title: "Search",
    intro: "`$search` on users, tokenised as documented ([`documented`](../crates/odata/tests/it/tokens.rs)); it may stand \
            beside `$filter`.",
    finds: true,
    rows: rows! {
        "Words of the display name", get(r#"users?$search="displayName:vance adele""#).with(EVENTUAL) =>
            Served, 200, "The beginnings of words, in any order", SEARCH_TEST;
        "Beginnings of other texts", get(r#"users?$search="department:ret""#).with(EVENTUAL) =>
            Served, 200, "", SEARCH_TEST;
        "`AND`, `OR`, parentheses", get(r#"users?$search="displayName:adele" AND ("jobTitle:ret" OR "mail:x")"#).with(EVENTUAL) =>
            Served, 200, "", SEARCH_TEST;
        "`NOT`", get(r#"users?$search=NOT "displayName:adele""#).with(EVENTUAL) =>
            Wider, 200, "", odata("options", "searches");
        "With `$filter`", get(r#"users?$search="displayName:adele"&$filter=accountEnabled eq true"#).with(EVENTUAL) =>
            Served, 200, "", SEARCH_TEST;
        "Without a property", get("users?$search=adele").with(EVENTUAL) => Served, 400, "As documented", PLACE;
        "A property that is not searched", get(r#"users?$search="accountEnabled:t""#).with(EVENTUAL) =>
            Served, 400, "", odata("options", "searches");
    },
};

/// `$expand`.
pub(super) const EXPAND: Section = Section {
    title: "Related users within",
    intro: "`$expand`. 20 of a collection are shown, as documented; a next link of the collection leads to the rest, which \
            the documented service has not.",
    finds: false,
    rows: rows! {
        "`manager`", get("users/{id}?$expand=manager") => Served, 200, "Left out where there is none", RELATED;
        "`directReports`", get("users/{other}?$expand=directReports") => Served, 200, "", RELATED;
        "`sponsors`, `sponsorOf`", get("users/{id}?$expand=sponsors") =>
            Served, 200, "", odata("options", "expansions");
        "`$select` within", get("users?$expand=manager($select=id,displayName)") => Served, 200, "", RELATED;
        "The chain of managers", get("users/{id}?$expand=manager($levels=max;$select=id,displayName)&$count=true").with(EVENTUAL) =>
            Served, 200, "A number or `max`", RELATED;
        "The chain of managers, in a list", get("users?$expand=manager($levels=max;$select=id)") =>
            Wider, 200, "10,000 managers in one answer at most", RELATED;
        "Several at once", get("users/{id}?$expand=manager,directReports") =>
            Wider, 200, "", odata("options", "related_users");
        "With an advanced query", get("users?$expand=manager&$filter=userType ne 'Guest'&$count=true").with(EVENTUAL) =>
            Wider, 200, "", STRICT;
        "`memberOf` and all others", get("users?$expand=memberOf") =>
            Refused, 400, "In the documented words", odata("options", "expansions");
        "`extensions`", get("users/{id}?$expand=extensions") =>
            Served, 200, "At most 20 of each user", test("graph_open_extensions", "users_are_shown_with_theirs");
        "`extensions` of a list", get("users?$expand=extensions&$select=id") =>
            Served, 200, "At most 5,000 in one answer", test("graph_open_extensions", "users_are_shown_with_theirs");
        "One of the extensions", get("users/{id}?$select=id&$expand=extensions($filter=id eq 'com.contoso.x')") =>
            Served, 200, "Only by `id eq '…'`; `$select` takes any member", test("graph_open_extensions", "users_are_shown_with_theirs");
        "A condition on extensions", get("users?$filter=extensions/any(e:e/id eq 'com.contoso.x')") =>
            Refused, 501, "Documented for mail and calendars, not for users", test("graph_open_extensions", "users_are_shown_with_theirs");
        "`$expand` within", get("users?$expand=manager($expand=manager)") =>
            Refused, 501, "", odata("options", "expansions");
        "`$filter` within", get("users?$expand=directReports($filter=accountEnabled eq true)") =>
            Refused, 501, "Filter `directReports`", odata("options", "expansions");
    },
};

/// What proves the rows of objects.
const OBJECTS: Test = test("graph_delta_objects", "objects_are_followed_by_type_and_id");

/// `GET /users/delta` and `GET /directoryObjects/delta`.
pub(super) const DELTA: Section = Section {
    title: "Changes",
    intro: "`GET /users/delta`, and `GET /directoryObjects/delta`, which tells the same of users as objects: what differs from the documented service is said of `GET /users/delta` in [differences.md](differences.md), how it is exact in \
            [decision record 0011](decisions/0011-following-users.md), and that nothing is missed beside 16 writers is shown by \
            [`no_change_is_missed_beside_sixteen_writers`](../crates/server/tests/it/graph_delta_race.rs).",
    finds: false,
    rows: rows! {
        "Spellings", get("users/microsoft.graph.delta()") =>
            Served, 200, "`delta`, `delta()`, qualified or not", test("graph_delta", "all_spellings_and_both_versions");
        "`$select`", get("users/delta?$select=displayName") =>
            Served, 200, "`id` is always there", test("graph_delta", "a_walk_then_rounds");
        "`$filter` on ids", get("users/delta?$filter=id eq '{id}' or id eq '{other}'") =>
            Served, 200, "At most 50", test("graph_delta", "some_ids_alone");
        "`$filter` on types of objects", get("directoryObjects/delta?$filter=isof('microsoft.graph.user') or isof('microsoft.graph.group')") =>
            Served, 200, "Each type that the documents name; users are the only objects there are", OBJECTS;
        "On ids and types", get("directoryObjects/delta?$filter=isof('microsoft.graph.user') or id eq '{id}'") =>
            Served, 200, "As documented, the object if it is of the type", OBJECTS;
        "`$select` by type", get("directoryObjects/delta?$select=microsoft.graph.user/surname,microsoft.graph.group/displayName") =>
            Served, 200, "What is no property of a user is ignored, and named in `x-vestibule-note`", OBJECTS;
        "Types of users", get("users/delta?$filter=isof('microsoft.graph.user')") => Served, 400, "As documented", DELTA_OPTIONS;
        "Any other `$filter`", get("users/delta?$filter=department eq 'Retail'") =>
            Served, 400, "As documented", DELTA_OPTIONS;
        "`$deltatoken=latest`", get("users/delta?$deltatoken=latest") =>
            Served, 200, "Nobody, and the link for what comes", test("graph_delta", "latest_is_what_is_still_to_come");
        "A token that does not open", get("users/delta?$deltatoken=x") =>
            Served, 400, "Too old: 410 with a fresh link", test("graph_delta", "who_stays_away_too_long_begins_anew");
        "`$top`", get("users/delta?$top=1") =>
            Differs("GET /users/delta"), 200, "The size of pages", test("graph_delta", "preferences");
        "`$expand`", get("users/delta?$expand=manager") =>
            Served, 200, "Ignored, as documented, and told in `x-vestibule-note`", DELTA_OPTIONS;
        "`$orderby`, `$search`, `$count`", get("users/delta?$orderby=displayName") => Refused, 400, "", DELTA_OPTIONS;
        "`Prefer: return=minimal`", get("users/delta").with(&["Prefer: return=minimal"]) =>
            Served, 200, "Only what changed", test("graph_delta", "preferences");
        "`Prefer: odata.maxpagesize`", get("users/delta").with(&["Prefer: odata.maxpagesize=1"]) =>
            Served, 200, "", test("graph_delta", "preferences");
        "`manager@delta`", get("users/delta?$select=manager") =>
            Differs("GET /users/delta"), 200, "Without `$select` too; sponsors are not followed",
            test("graph_delta_managers", "a_changed_manager_is_told");
    },
};

/// The header of advanced queries.
const EVENTUAL: &[&str] = &["ConsistencyLevel: eventual"];
