//! How far a walk in the order of ids goes, if no index answers the condition (decision record
//! 0079).
//!
//! If many objects pass the condition, the page is full after a few hundred entries. If few pass,
//! the walk reads all entries, and reading the table in the order of the file is several times
//! faster. Nobody knows beforehand how many pass. So the walk is divided into windows, each eight
//! times as long as the one before, and after the last window the order of the file takes over. The
//! windows are counted in entries and not in time, so the plan is the same on every machine and
//! engine.

use super::cursor::Cursor;
use super::plan::{AccessPath, AccessPlan, SORTED};
use super::searched;
use super::statement;
use crate::StoreError;
use crate::engine::connection::Connection;
use crate::engine::row::only;
use crate::query::compose::Context;
use crate::query::kind::Rows;
use crate::rows::user_counts;
use odata::filter::Filter;
use uuid::Uuid;

/// Entries of the first window. Counting them takes some twenty microseconds, which is less than
/// reading a page takes if every entry passes.
const FIRST: u32 = 512;
/// How much longer each window is than the one before: four of them are enough.
const GROWTH: u32 = 8;
/// Entries of the longest window of a walk along tokens: what is gathered at once.
const GATHERED: u32 = 32_768;
/// After the last window the walk goes on to the end if no more entries are left than so many times
/// those of all windows. A small tenant gains from that: the file holds the objects of all tenants,
/// and reading all of it would take longer.
const REST: u32 = 2;

/// The windows of a walk by id.
pub(crate) struct Windows {
    /// Entries of the next window.
    size: u32,
    /// Entries of all windows that are left.
    left: u32,
    /// Entries of the longest window.
    most: u32,
    /// Whether no further window comes.
    is_over: bool,
}

impl Windows {
    /// The windows of this plan. There are none if the page is sorted by anything but the id, since
    /// the first objects in that order may have any id. There are none without a condition either,
    /// since the page is full after as many entries as it has objects, unless many deleted objects
    /// are among them.
    pub(crate) async fn of(
        on: &mut Connection,
        context: Context,
        access: &AccessPlan,
        (filter, page): (Option<&Filter>, u32),
    ) -> Result<Self, StoreError> {
        if matches!(access.source, AccessPath::Tokens(_)) {
            return Ok(Self {
                size: page,
                left: u32::MAX,
                most: GATHERED,
                is_over: false,
            });
        }
        let is_walk =
            matches!(access.source, AccessPath::AllById) && access.sorting.keys.is_empty();
        let is_needed = match (filter, context.kind.rows) {
            _ if !is_walk => false,
            (Some(_), _) => true,
            (None, Rows::Live) => {
                let users = user_counts::users(on, context.tenant).await?;
                users.deleted >= i64::from(SORTED)
            }
            (None, _) => false,
        };
        Ok(Self {
            size: FIRST,
            left: on.walk(),
            most: u32::MAX,
            is_over: !is_needed,
        })
    }

    /// Opens the next window, unless the plan is within one; returns whether the plan was changed.
    pub(crate) async fn go_on(
        &mut self,
        on: &mut Connection,
        context: Context,
        access: &mut AccessPlan,
        after: Option<&Cursor>,
    ) -> Result<bool, StoreError> {
        // Each window would gather the objects with a value anew.
        if self.is_over || access.until.is_some() || access.gathers_nulls {
            return Ok(false);
        }
        let size = self.size.min(self.left);
        let entries = match size {
            0 => on.walk().saturating_mul(REST),
            size => size - 1,
        };
        let after = after.map(|cursor| cursor.id);
        let is_descending = access.sorting.id_descending;
        let last = if let AccessPath::Tokens(tokens) = &access.source {
            first_of(on, context, tokens, (after, is_descending), entries).await?
        } else {
            let composed = statement::entry_behind(context, after, is_descending, entries);
            let last: Vec<Uuid> = on.found(&composed, only).await?;
            last.first().copied()
        };
        match (last, size) {
            // Fewer entries are left than that, so the walk can read all of them.
            (None, _) => self.is_over = true,
            (Some(_), 0) => {
                access.source = AccessPath::AllInFileOrder;
                self.is_over = true;
            }
            (Some(last), size) => {
                access.until = Some(last);
                self.left -= size;
                self.size = size.saturating_mul(GROWTH).min(self.most);
            }
        }
        Ok(true)
    }
}

/// Of the objects that stand so many entries behind a place, one for each token, the one that comes
/// first: up to it no token has more entries.
async fn first_of(
    on: &mut Connection,
    context: Context,
    tokens: &[Vec<u8>],
    (after, is_descending): (Option<Uuid>, bool),
    entries: u32,
) -> Result<Option<Uuid>, StoreError> {
    let mut first: Option<Uuid> = None;
    for token in tokens {
        let composed = searched::entry_behind(context, token, (after, is_descending), entries);
        let found: Vec<Uuid> = on.found(&composed, only).await?;
        first = match (first, found.first().copied()) {
            (Some(one), Some(other)) if is_descending => Some(one.max(other)),
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(first)
}
