//! One operation, declared beside its handler: routes, who may, what it costs, which body it takes,
//! what it does, and what the document says of it.
//!
//! Everything that must know the operations derives from these rows: the route table, the dispatch,
//! the check before the request is read, the cost, and `docs/conformance.md`. What the documents
//! say is a constant of its own ([`Documented`]), so that no server carries it.

use std::pin::Pin;

use axum::response::Response;
use directory::permission::Operation as Permitted;
use edm::Version;

use super::body::Incoming;
use super::call::{Authorised, Call};
use super::envelope::GraphError;
use crate::http::limits::{BODY_BYTES, PHOTO_BYTES};
use crate::metrics::Label;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a token.
    Open,
    /// The permission is known before the request is read.
    Needs(Permitted),
    /// Which permission is needed depends on the object or the properties written; the directory
    /// decides, and a token without any permission is refused.
    Depends,
    /// Anybody with a good token: each step asks for its own permission.
    Steps,
    /// Signed-in people only; an app gets the documented 400.
    Person,
}

/// What a request costs (P-queries-2), and whether it counts against what an app may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// One unit.
    One,
    /// One unit, and it counts as reading although it is posted.
    OnePosted,
    /// One user: the options of the query count.
    User,
    /// A list of users, which costs more.
    Users,
}

/// Which body it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None; what is sent is not read.
    Nothing,
    /// JSON, or nothing where the action says so.
    Json,
    /// A picture.
    Photo,
}

impl Takes {
    /// Most bytes of the body.
    pub const fn most(self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Json => BODY_BYTES,
            Self::Photo => PHOTO_BYTES,
        }
    }
}

/// What a handler does. It is boxed, so that the commonest request (unboxed) does not reserve the
/// memory of the largest.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<Response, GraphError>> + Send + 'a>>;

/// The handler.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Answers strangers too.
    Public(for<'a, 'b> fn(&'a Call<'b>) -> Response),
    /// Answers strangers, and those who may see what their tenant has defined by that.
    PublicOrOwn(
        for<'a, 'b> fn(&'a Call<'b>) -> Response,
        for<'a, 'b> fn(&'a Authorised<'b>) -> Response,
    ),
    /// The commonest request: [`super::users::read`], unboxed.
    OneUser,
    /// Answers somebody known.
    Authorised(for<'a> fn(Authorised<'a>, Incoming) -> Work<'a>),
}

/// One route of an operation.
#[derive(Clone, Copy, Debug)]
pub struct OperationRoute {
    /// The verb.
    pub method: &'static str,
    /// Names and places for what varies, separated by slashes, without the version.
    pub pattern: &'static str,
    /// The whole pattern under each version.
    pub labels: [Label; 2],
    /// Who may.
    pub access: Access,
    /// The one version that has it; `None` where both do.
    pub only: Option<Version>,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Its name, for tests and for people.
    pub name: &'static str,
    /// Its routes.
    pub routes: &'static [OperationRoute],
    /// What it costs.
    pub cost: Cost,
    /// Which body it takes.
    pub takes: Takes,
    /// What it does.
    pub run: Run,
}

/// How an answer stands to the documented one. The texts are places in `docs/differences.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// As documented, be it a refusal.
    Served,
    /// Served where the documented service refuses or passes over it; a tenant served strictly does
    /// the same.
    Wider,
    /// Answered, with the difference that stands at this place.
    Differs(&'static str),
    /// Not in the documented service; the place that tells of it.
    Ours(&'static str),
    /// Documented, and not served: the status says so.
    Refused,
}

/// A test function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    /// The crate it stands in.
    pub package: &'static str,
    /// The module of that crate's integration tests.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// What the document and the tests tell of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Documented {
    /// The status of a success.
    pub status: u16,
    /// How it stands to the documented operation.
    pub answer: Answer,
    /// What is to be known of it.
    pub says: &'static str,
    /// What proves it.
    pub test: Test,
    /// The activities that a success leaves in the audit trail, in their order.
    pub leaves: &'static [&'static str],
}

/// The rows of one file: `OPERATIONS` for the server, `DOCUMENTED` for the documents, in the same
/// order.
macro_rules! operations {
    ($(
        $name:literal {
            routes: [$($method:ident $pattern:literal $(in $only:ident)? => $access:ident $(($permitted:ident))?),+ $(,)?],
            cost: $cost:ident,
            body: $takes:ident,
            leaves: [$($activity:literal),*],
            documented: $status:literal, $answer:ident $(($place:literal))?, $says:literal, $module:literal :: $test:literal,
            run: $($run:tt)+
        }
    )+) => {
        /// What is served here.
        pub(super) static OPERATIONS: &[$crate::graph::operation::Operation] = &[$(
            $crate::graph::operation::Operation {
                name: $name,
                routes: &[$($crate::graph::operation::OperationRoute {
                    method: stringify!($method),
                    pattern: $pattern,
                    labels: [
                        $crate::metrics::Label(concat!("/v1.0/", $pattern)),
                        $crate::metrics::Label(concat!("/beta/", $pattern)),
                    ],
                    access: $crate::graph::operation::Access::$access
                        $((directory::permission::Operation::$permitted))?,
                    only: $crate::graph::operation::only!($($only)?),
                }),+],
                cost: $crate::graph::operation::Cost::$cost,
                takes: $crate::graph::operation::Takes::$takes,
                run: $crate::graph::operation::run!($($run)+),
            },
        )+];

        /// What the documents say of it.
        pub(super) const DOCUMENTED: &[$crate::graph::operation::Documented] = &[$(
            $crate::graph::operation::Documented {
                status: $status,
                answer: $crate::graph::operation::Answer::$answer $(($place))?,
                says: $says,
                test: $crate::graph::operation::Test {
                    package: "server",
                    module: $module,
                    name: $test,
                },
                leaves: &[$($activity),*],
            },
        )+];
    };
}

/// The one version that has a place.
macro_rules! only {
    () => {
        None
    };
    ($only:ident) => {
        Some(edm::Version::$only)
    };
}

/// A handler.
macro_rules! run {
    (public $answer:path) => {
        $crate::graph::operation::Run::Public($answer)
    };
    (public $answer:path, own $own:path) => {
        $crate::graph::operation::Run::PublicOrOwn($answer, $own)
    };
    (one_user) => {
        $crate::graph::operation::Run::OneUser
    };
    (|$request:ident $(, $body:ident)?| $work:expr) => {{
        fn authorised(
            request: $crate::graph::call::Authorised<'_>,
            incoming: $crate::graph::body::Incoming,
        ) -> $crate::graph::operation::Work<'_> {
            Box::pin(async move {
                let $request = &request;
                $crate::graph::operation::run!(@body incoming $($body)?);
                $work.await
            })
        }
        $crate::graph::operation::Run::Authorised(authorised)
    }};
    (@body $incoming:ident) => {
        drop($incoming);
    };
    (@body $incoming:ident $body:ident) => {
        let $body = $incoming;
    };
}
pub(super) use {only, operations, run};
