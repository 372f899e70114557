//! Sizes and times no request may exceed, each with its reason.
