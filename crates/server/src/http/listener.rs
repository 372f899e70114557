//! Accept loops: plain and TLS.
