//! One Graph request as its handler gets it: who calls, under which name, for what.

use axum::http::HeaderMap;
use directory::{Actor, PrefetchedUser};
use edm::{Entity, EntityType, Version};

use super::envelope::GraphError;
use super::lookup::Params;
use crate::app::App;
use crate::http::headers::Metadata;
use crate::http::origin::Origin;
use crate::http::unread::Gathering;

/// A request to an endpoint.
pub struct Call<'a> {
    /// The server.
    pub app: &'a App,
    /// Which version of the API was asked.
    pub version: Version,
    /// The listed origin the request came in by; every URL in the answer begins with it.
    pub origin: &'a Origin,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The query string as sent.
    pub query: &'a str,
    /// The path behind the version and the tenant, as sent.
    pub path: &'a str,
    /// What varies in the path, decoded.
    pub params: Params<'a>,
    /// The metadata level the client accepts.
    pub metadata: Metadata,
    /// Whether it is a step of a batch.
    pub nested: bool,
    /// Counts what a batch gathers, where the request came over a connection.
    pub(crate) gathering: Option<Gathering>,
}

impl Call<'_> {
    /// `https://host/v1.0`
    pub fn base(&self) -> String {
        format!("{}/{}", self.origin.as_str(), self.version)
    }

    /// The absolute URL of the next page: the same options, and the token. It carries everything,
    /// since clients send no header again with it.
    pub fn next_link(&self, set: &str, options: &str, token: &str) -> String {
        let joint = if options.is_empty() { "" } else { "&" };
        format!("{}/{set}?{options}{joint}$skiptoken={token}", self.base())
    }

    /// The key of a route that has one.
    pub fn key(&self) -> Result<&str, GraphError> {
        part(self.params.key)
    }

    /// The object at the other end of the link, of a route that has one.
    pub fn other(&self) -> Result<&str, GraphError> {
        part(self.params.other)
    }

    /// The property, as it was sent, of a route that has one.
    pub fn property(&self) -> Result<&str, GraphError> {
        part(self.params.property)
    }
}

fn part(found: Option<&str>) -> Result<&str, GraphError> {
    found.ok_or_else(|| GraphError::internal("a part of the path that the route has not"))
}

/// A request of somebody known. The body comes apart from it: it cannot be shared between threads,
/// and so neither could anything that holds it while it waits.
pub struct Authorised<'a> {
    /// The request.
    pub call: Call<'a>,
    /// Who acts.
    pub actor: Actor,
    /// The user asked for, where it was read together with the actor's app.
    pub prefetched: Option<PrefetchedUser>,
}

impl Authorised<'_> {
    /// The type as the actor's tenant has it, with definitions of its own.
    pub fn entity(&self, ty: &'static EntityType) -> Entity<'_> {
        self.actor.entity(ty)
    }
}
