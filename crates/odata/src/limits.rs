//! Every limit on a query, with its reason.

/// Objects on a page where the caller does not say (P-users-7).
pub const PAGE_DEFAULT: u16 = 100;

/// Most objects on a page: the service's own limit (P-users-7).
pub const PAGE_MOST: u16 = 999;

/// Bytes of a query string. The server refuses longer URLs before (T-38); this holds for every
/// other caller.
pub const QUERY_BYTES: usize = 8 * 1024;

/// Options in a query, those we ignore included: all that are defined fit three times over, and
/// finding duplicates among them stays cheap.
pub const OPTIONS: usize = 48;

/// Items of `$select`: every property of a user and as many extensions.
pub const SELECT_ITEMS: usize = 200;

/// Steps of a path: the longest real one is
/// `mailboxSettings/automaticRepliesSetting/scheduledStartDateTime/dateTime` after a type cast.
pub const PATH_STEPS: usize = 8;

/// Characters of an identifier (the ABNF of `OData`); namespaces come before it, so a step may be
/// longer.
pub const NAME_CHARS: usize = 512;

/// Bytes of a `$skiptoken`: ours are sealed and about 300.
pub const SKIP_TOKEN_BYTES: usize = 2 * 1024;

/// Ids in the filter of a delta query (P-users-14).
pub const DELTA_IDS: usize = 50;

/// Bytes of a token of a delta query, which holds the query: 50 ids and a `$select` of every
/// property are 5 KiB, and a URL has 8.
pub const DELTA_TOKEN_BYTES: usize = 7 * 1024;

/// Open parentheses, lambdas, lists and negations within each other: people write three, generators
/// a dozen (T-38).
pub const NESTING: usize = 40;

/// Operators, functions and lambdas of a condition, and clauses of a `$search`: 200 comparisons by
/// hand are more than a URL of 8 KiB usually holds, and a plan of 200 terms is still made in a
/// millisecond (T-38).
pub const TERMS: usize = 200;

/// Items of one list, of `in` above all: ids are asked for in batches of 15 to 20, and each is a
/// bound value.
pub const LIST_ITEMS: usize = 200;

/// Characters of a text in a condition: no text that is indexed is longer (streetAddress and the
/// extension attributes hold 1,024).
pub const TEXT_CHARS: usize = 1_024;

/// Keys of `$orderby`: more than that decide nothing, and each is a column of the seek.
pub const ORDER_KEYS: usize = 8;

/// Relationships in one `$expand`: the type has not more that are served.
pub const EXPANSIONS: usize = 8;

/// Most OR-joined clauses that the documented service takes, and items of `in` in a query that is
/// no advanced one. More is a [`crate::Breach`], no error.
pub const DOCUMENTED_CLAUSES: usize = 15;

/// Most characters of a text that the documented service compares in a query that is no advanced
/// one.
pub const DOCUMENTED_TEXT: usize = 120;
