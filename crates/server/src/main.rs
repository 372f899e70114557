//! The binary `vestibule`: everything it does is in the library, where tests reach it.

use std::process::ExitCode;

/// Of the C parts as well (decision record 0027): they ask for memory by the C library's names,
/// which lead here.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    server::cli::run()
}
