//! The server's integration tests: one binary, a module per noun.

mod mail_letters;
mod mail_outbox;
mod mail_smtp;
mod mail_worker;
mod pages_gallery;
mod smtp_sink;
