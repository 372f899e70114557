//! Every limit on a query, with its reason.

/// Objects on a page where the caller does not say (users.md section 4).
pub const PAGE_DEFAULT: u16 = 100;

/// Most objects on a page: the service's own limit (users.md section 4).
pub const PAGE_MOST: u16 = 999;

/// Bytes of a query string: URLs beyond 8 KiB are refused anyway (threat B36); this holds for whoever forgets to.
pub const QUERY_BYTES: usize = 8 * 1024;

/// Options in a query, those we ignore included: all that are defined fit three times over, and finding duplicates
/// among them stays cheap.
pub const OPTIONS: usize = 48;

/// Items of `$select`: every property of a user and as many extensions.
pub const SELECT_ITEMS: usize = 200;

/// Steps of a path: the longest real one is `mailboxSettings/automaticRepliesSetting/scheduledStartDateTime/dateTime`
/// after a type cast.
pub const PATH_STEPS: usize = 8;

/// Characters of an identifier (the ABNF of `OData`); namespaces come before it, so a step may be longer.
pub const NAME_CHARS: usize = 512;

/// Bytes of a `$skiptoken`: ours are sealed and about 300.
pub const SKIP_TOKEN_BYTES: usize = 2 * 1024;

/// Ids in the filter of a delta query (users.md section 8).
pub const DELTA_IDS: usize = 50;

/// Bytes of a token of a delta query, which holds the query: 50 ids and a `$select` of every property are 5 KiB, and a
/// URL has 8.
pub const DELTA_TOKEN_BYTES: usize = 7 * 1024;
