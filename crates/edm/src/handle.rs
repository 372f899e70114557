//! A reference to a definition: one that is built into the program, or one that a tenant made.

use core::hash::{Hash, Hasher};
use core::ops::Deref;
use std::sync::Arc;

/// A definition, held cheaply: cloning it copies a pointer or raises a reference count.
///
/// Everything that keeps a definition keeps it like this, so that nothing has to ask whose it is.
#[derive(Debug)]
pub enum Handle<T: 'static> {
    /// Built in: a row of a table in this crate.
    Core(&'static T),
    /// A tenant's own. It lives as long as something refers to it.
    Own(Arc<T>),
}

impl<T> Handle<T> {
    /// The row, where the definition is built in.
    pub const fn core(&self) -> Option<&'static T> {
        match self {
            Self::Core(row) => Some(row),
            Self::Own(_) => None,
        }
    }
}

impl<T> Deref for Handle<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Core(row) => row,
            Self::Own(own) => own,
        }
    }
}

impl<T> AsRef<T> for Handle<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Core(row) => Self::Core(row),
            Self::Own(own) => Self::Own(Arc::clone(own)),
        }
    }
}

impl<T> From<&'static T> for Handle<T> {
    fn from(row: &'static T) -> Self {
        Self::Core(row)
    }
}

impl<T> From<T> for Handle<T> {
    fn from(own: T) -> Self {
        Self::Own(Arc::new(own))
    }
}

impl<T> From<&Handle<T>> for Handle<T> {
    fn from(handle: &Handle<T>) -> Self {
        handle.clone()
    }
}

impl<T: PartialEq> PartialEq for Handle<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Eq> Eq for Handle<T> {}

impl<T: PartialEq> PartialEq<T> for Handle<T> {
    fn eq(&self, other: &T) -> bool {
        **self == *other
    }
}

impl<T: PartialEq> PartialEq<&T> for Handle<T> {
    fn eq(&self, other: &&T) -> bool {
        **self == **other
    }
}

impl<T: Hash> Hash for Handle<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}
