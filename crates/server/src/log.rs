//! Structured log output.
