//! Configuration of `serve`.
