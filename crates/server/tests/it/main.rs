//! The server's integration tests: one binary, a module per noun.
mod pages_gallery;
