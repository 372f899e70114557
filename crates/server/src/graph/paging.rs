//! Pages by id: where one begins, and the link to the next. What is sorted or searched has pages of
//! its own, in `list`.

use odata::Checked;
use uuid::Uuid;

use super::call::Authorised;
use super::envelope::GraphError;
use super::page_token::PageOf;

/// The pages of one request's collection.
pub struct Pages<'a> {
    request: &'a Authorised<'a>,
    collection: &'static str,
    path: &'a str,
    canonical: String,
    /// What the token is bound to beside the collection.
    bound: String,
}

impl<'a> Pages<'a> {
    /// `collection` is what the token belongs to, `path` where the next link leads, behind the
    /// version.
    pub fn of(
        request: &'a Authorised<'a>,
        collection: &'static str,
        path: &'a str,
        options: &Checked,
    ) -> Self {
        let canonical = options.canonical();
        let bound = format!("{}?{canonical}", request.call.version);
        Self {
            request,
            collection,
            path,
            canonical,
            bound,
        }
    }

    fn token(&self) -> PageOf<'_> {
        PageOf {
            collection: self.collection,
            tenant: self.request.actor.tenant,
            query: &self.bound,
        }
    }

    /// The id that the page begins after.
    pub fn after(&self, options: &Checked) -> Result<Option<Uuid>, GraphError> {
        let directory = &self.request.call.app.directory;
        let sealed = options.skip_token.as_deref();
        sealed
            .map(|token| self.token().open(directory, token))
            .transpose()
    }

    /// The link to the page after `last`, where there is one.
    pub fn next(&self, last: Option<Uuid>) -> Result<Option<String>, GraphError> {
        let call = &self.request.call;
        last.map(|last| {
            let sealed = self.token().seal(&call.app.directory, last)?;
            Ok(call.next_link(self.path, &self.canonical, &sealed))
        })
        .transpose()
    }
}
