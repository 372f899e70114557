//! What every page needs, whoever it is for: layout, texts, forms, session, proof that a form is
//! ours, headers.

pub(super) mod accent;
pub(super) mod answer;
mod assets;
pub(super) mod continuation;
pub(super) mod csrf;
pub(super) mod fill;
pub(super) mod form;
pub(super) mod language;
pub(super) mod page_request;
pub(super) mod session;
pub(super) mod text;
pub(super) mod view;
