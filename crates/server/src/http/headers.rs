//! Response headers common to all Graph answers.
