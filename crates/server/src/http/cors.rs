//! Cross-origin access: Graph routes only (decision 25).
