//! The steps a guest takes from the link to acceptance.
