//! What goes into a statement and what comes out, in terms both engines have.

use crate::TenantId;
use jiff::Timestamp;
use uuid::Uuid;

/// One bound parameter. Ids are 16 bytes, instants microseconds since 1970 UTC, booleans 0 and 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bind<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
    Id(Uuid),
    /// The number of a tenant; null for a tenant that has none, so that nothing is found and
    /// nothing can be written.
    Tenant(TenantId),
}

/// The parameters of a statement, and the number of the tenant among them. No statement names two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Binds<'a> {
    pub(crate) values: &'a [Bind<'a>],
    pub(crate) tenant: Option<i64>,
}

/// `binds![a, b]` is the parameter list `?1, ?2`.
macro_rules! binds {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::value::Bind::from($value)),*] };
}
pub(crate) use binds;

impl From<i64> for Bind<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Bind<'_> {
    fn from(value: u32) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<u64> for Bind<'_> {
    /// Binds a count. No table has so many rows that a count goes beyond `i64`.
    fn from(value: u64) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}
impl From<bool> for Bind<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}
impl From<Uuid> for Bind<'_> {
    fn from(value: Uuid) -> Self {
        Self::Id(value)
    }
}
impl From<TenantId> for Bind<'_> {
    fn from(value: TenantId) -> Self {
        Self::Tenant(value)
    }
}
impl From<Timestamp> for Bind<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Int(value.as_microsecond())
    }
}
impl<'a> From<&'a str> for Bind<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a String> for Bind<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(value)
    }
}
impl<'a> From<&'a [u8]> for Bind<'a> {
    fn from(value: &'a [u8]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a Vec<u8>> for Bind<'a> {
    fn from(value: &'a Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl<'a> From<&'a [u8; 32]> for Bind<'a> {
    fn from(value: &'a [u8; 32]) -> Self {
        Self::Bytes(value)
    }
}
impl<'a, T: Into<Bind<'a>>> From<Option<T>> for Bind<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One cell of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

/// A type that can be read from a cell; `None` when the cell holds something else.
pub(crate) trait Column: Sized {
    fn read(cell: Cell<'_>) -> Option<Self>;
}

impl Column for i64 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(value) => Some(value),
            _ => None,
        }
    }
}
impl Column for u32 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).and_then(|value| Self::try_from(value).ok())
    }
}
impl Column for u64 {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).and_then(|value| Self::try_from(value).ok())
    }
}
impl Column for bool {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Int(0) => Some(false),
            Cell::Int(1) => Some(true),
            _ => None,
        }
    }
}
impl Column for String {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(value) => Some(value.to_owned()),
            _ => None,
        }
    }
}
impl Column for Vec<u8> {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(value) => Some(value.to_vec()),
            _ => None,
        }
    }
}
impl Column for [u8; 32] {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(value) => value.try_into().ok(),
            _ => None,
        }
    }
}
impl Column for Uuid {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Bytes(value) => Self::from_slice(value).ok(),
            _ => None,
        }
    }
}
impl Column for TenantId {
    fn read(cell: Cell<'_>) -> Option<Self> {
        Uuid::read(cell).map(Self)
    }
}
impl Column for Timestamp {
    fn read(cell: Cell<'_>) -> Option<Self> {
        i64::read(cell).and_then(|value| Self::from_microsecond(value).ok())
    }
}
impl<T: Column> Column for Option<T> {
    fn read(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            other => T::read(other).map(Some),
        }
    }
}

/// An enum kept as a small integer. The numbers are part of the file format: never reuse one.
macro_rules! codes {
    ($(#[$doc:meta])* pub enum $name:ident { $($(#[$line:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$line])* $variant,)* }

        impl From<$name> for $crate::sql::value::Bind<'_> {
            fn from(value: $name) -> Self {
                Self::Int(match value { $($name::$variant => $code,)* })
            }
        }
        impl $crate::sql::value::Column for $name {
            fn read(cell: $crate::sql::value::Cell<'_>) -> Option<Self> {
                match cell {
                    $($crate::sql::value::Cell::Int($code) => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use codes;
