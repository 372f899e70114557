//! Requests for objects of which a tenant has few. Lists take `$select`, `$filter`, `$count`,
//! `$top` and pages, single objects take `$select`.

use axum::http::StatusCode;
use axum::response::Response;
use directory::FewPage;
use edm::{Entity, EntityType, Members, Prop, Record, Version, document, entity};
use odata::{Checked, OptionName, Selection, Shape};
use uuid::Uuid;

use super::call::Authorised;
use super::envelope::GraphError;
use super::errors::not_served;
use super::paging::Pages;
use super::render::{self, Context, Dress as _};
use super::{breach, query};

/// The options of a request for such a list, checked.
pub struct List<'a> {
    request: &'a Authorised<'a>,
    ty: &'static EntityType,
    options: Checked,
    pages: Pages<'a>,
}

impl<'a> List<'a> {
    /// Reads the options. `path` is the path of the list after the version; `collection` is the
    /// name in its page tokens, so that no other list takes them.
    pub fn of(
        request: &'a Authorised<'a>,
        ty: &'static EntityType,
        collection: &'static str,
        path: &'a str,
    ) -> Result<Self, GraphError> {
        let options = query::searched(&request.call, request.entity(ty), Shape::Collection)?;
        let unserved = [
            (options.search_text.is_some(), OptionName::Search),
            (!options.order.is_empty(), OptionName::OrderBy),
            (!expands_plainly(&options), OptionName::Expand),
            (options.explain, OptionName::Explain),
        ];
        if let Some((_, option)) = unserved.into_iter().find(|(sent, _)| *sent) {
            return Err(not_served(option.as_str()));
        }
        let pages = Pages::of(request, collection, path, &options);
        Ok(Self {
            request,
            ty,
            options,
            pages,
        })
    }

    /// The options.
    pub const fn options(&self) -> &Checked {
        &self.options
    }

    /// The id that the page begins after.
    pub fn after(&self) -> Result<Option<Uuid>, GraphError> {
        self.pages.after(&self.options)
    }

    /// The answer with this page; `set` goes into its `@odata.context`.
    pub fn answer(&self, set: &str, found: &FewPage) -> Result<Response, GraphError> {
        let call = &self.request.call;
        let next = self.pages.next(found.next)?;
        let context = Context {
            set,
            selected: self.options.select.as_ref().map(Selection::context_names),
            single: false,
        };
        let about = render::Page {
            count: found.count,
            next: next.as_deref(),
        };
        let ty = self.request.entity(self.ty);
        let rows = found.rows.iter().map(|row| {
            render::within(
                call,
                ty,
                set,
                id(row),
                &members(self.request, ty, &self.options, row),
            )
        });
        let text = render::page(call, &context, &about, rows);
        let notes = breach::notes(&found.breaches);
        let ignored = render::ignored_note(&self.options.ignored);
        let notes = notes.iter().map(String::as_str).chain(ignored.as_deref());
        Ok(render::json(call, StatusCode::OK, text).noted(notes))
    }
}

/// The options of a request for one object, checked.
pub fn single(request: &Authorised<'_>, ty: &'static EntityType) -> Result<Checked, GraphError> {
    let call = &request.call;
    query::checked(call.query, request.entity(ty), call.version, Shape::Single)
}

/// The answer with one object; its set goes into the `@odata.context`.
pub fn one(
    request: &Authorised<'_>,
    (ty, set): (&'static EntityType, &str),
    options: &Checked,
    status: StatusCode,
    row: &Record,
) -> Response {
    let (call, ty) = (&request.call, request.entity(ty));
    let context = Context {
        set,
        selected: options.select.as_ref().map(Selection::context_names),
        single: true,
    };
    let members = members(request, ty, options, row);
    let members = render::within(call, ty, set, id(row), &members);
    let text = render::object(call, &context, &members);
    let note = render::ignored_note(&options.ignored);
    render::json(call, status, text).noted(note.as_deref())
}

/// The id, which some types have a row of their own for, since it is a name that is chosen.
fn id(row: &Record) -> &str {
    let mut own = row.iter();
    let id = own.find(|(property, _)| property.name() == entity::ID.name());
    id.and_then(|(_, value)| value.as_text())
        .unwrap_or_default()
}

/// Whether each relationship is shown as a whole.
fn expands_plainly(options: &Checked) -> bool {
    options.expand.iter().all(|expansion| {
        expansion.navigation.contained
            && expansion.select.is_none()
            && expansion.levels.is_none()
            && expansion.id.is_none()
    })
}

/// [`single`] where relationships can be expanded.
pub fn single_expanding(
    request: &Authorised<'_>,
    ty: &'static EntityType,
) -> Result<Checked, GraphError> {
    let options = query::searched(&request.call, request.entity(ty), Shape::Single)?;
    let unserved = [
        (options.filter_text.is_some(), OptionName::Filter),
        (options.search_text.is_some(), OptionName::Search),
        (!options.order.is_empty(), OptionName::OrderBy),
        (options.count, OptionName::Count),
        (!expands_plainly(&options), OptionName::Expand),
        (options.explain, OptionName::Explain),
    ];
    let refused = unserved.into_iter().find(|(sent, _)| *sent);
    refused.map_or(Ok(options), |(_, option)| Err(not_served(option.as_str())))
}

/// What is asked for; the record holds what can be expanded, too.
fn members(request: &Authorised<'_>, ty: Entity<'_>, options: &Checked, row: &Record) -> Members {
    let mut members = match &options.select {
        Some(selection) => document::select(row, selection.properties(), true),
        None => whole(ty, request.call.version, row),
    };
    let expanded = options.expand.iter();
    let expanded: Vec<_> = expanded.map(|one| one.navigation.property).collect();
    if !expanded.is_empty() {
        members.append(&document::select(row, &expanded, true));
    }
    members
}

/// The members that an answer without `$select` shows: the default set and `deletedDateTime`, which
/// the documents print too.
pub fn whole(ty: Entity<'_>, version: Version, row: &Record) -> Members {
    let is_shown =
        |property: &Prop| property.is_default_in(version) || *property == entity::DELETED_DATE_TIME;
    let shown: Vec<_> = ty.properties().filter(is_shown).collect();
    document::select(row, &shown, true)
}
