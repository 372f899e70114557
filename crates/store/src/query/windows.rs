//! How far a page is looked for in the order of ids, where no index knows the condition (decision
//! record 0079).
//!
//! A condition that many objects pass fills a page after a few hundred entries, one that few pass
//! reads all of them, and then the order of the file is several times faster. Nobody knows before
//! how many pass. So the entries are counted into windows, each eight times as long as the one
//! before, and the page is looked for in one after the other. What is counted is the same on every
//! machine and engine, and so is the plan.

use super::cursor::Cursor;
use super::plan::{AccessPath, AccessPlan, SORTED};
use super::statement;
use crate::StoreError;
use crate::engine::connection::Connection;
use crate::engine::row::only;
use crate::query::compose::Context;
use crate::query::kind::Rows;
use crate::rows::user_counts;
use odata::filter::Filter;
use uuid::Uuid;

/// Entries of the first window. Counting them takes some twenty microseconds, less than a page does
/// whose every entry passes.
const FIRST: u32 = 512;
/// How much longer each window is than the one before: four of them are enough.
const GROWTH: u32 = 8;
/// Behind the last window the walk goes on to the end where at most so many times the entries of
/// all windows are left: the file holds the objects of other tenants as well, and reading it whole
/// would take longer.
const REST: u32 = 2;

/// The windows of a walk by id.
pub(crate) struct Windows {
    /// Entries of the next window.
    size: u32,
    /// Entries of all windows that are left.
    left: u32,
    /// Whether the last window was opened, or there is none.
    is_over: bool,
}

impl Windows {
    /// The windows of this plan. None where the page is sorted by anything but the id, since those
    /// who come first may have any id. None where a page is full after as many entries as it has
    /// objects: without a condition, unless many deleted objects stand between.
    pub(crate) async fn of(
        on: &mut Connection,
        context: Context,
        access: &AccessPlan,
        filter: Option<&Filter>,
    ) -> Result<Self, StoreError> {
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
            is_over: !is_needed,
        })
    }

    /// Opens the next window where the plan stands in none; whether the plan was changed.
    pub(crate) async fn go_on(
        &mut self,
        on: &mut Connection,
        context: Context,
        access: &mut AccessPlan,
        after: Option<&Cursor>,
    ) -> Result<bool, StoreError> {
        if self.is_over || access.until.is_some() {
            return Ok(false);
        }
        let size = self.size.min(self.left);
        let entries = match size {
            0 => on.walk().saturating_mul(REST),
            size => size - 1,
        };
        let after = after.map(|cursor| cursor.id);
        let is_descending = access.sorting.id_descending;
        let composed = statement::entry_behind(context, after, is_descending, entries);
        let last: Vec<Uuid> = on.found(&composed, only).await?;
        match (last.first(), size) {
            // The rest is shorter.
            (None, _) => self.is_over = true,
            (Some(_), 0) => {
                access.source = AccessPath::AllInFileOrder;
                self.is_over = true;
            }
            (Some(last), size) => {
                access.until = Some(*last);
                self.left -= size;
                self.size = size.saturating_mul(GROWTH);
            }
        }
        Ok(true)
    }
}
