//! Settings of the C library's allocator, which are read before `main`: a server starts itself once more with them.
//!
//! A password hash takes 19 MiB. glibc maps such a block from the kernel the first time, but at its release raises the
//! size from which it does so, and keeps all later ones in its heaps: one created user, and the process stays 40 MB
//! larger for good. A threshold set by hand stays where it was set.

use std::env;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The variable glibc reads.
const VARIABLE: &str = "GLIBC_TUNABLES";
/// Blocks from 1 MiB on come from the kernel and go back to it: far above what a request needs, far below a hash.
const SETTINGS: &str = "glibc.malloc.mmap_threshold=1048576";

/// Replaces this process by the same program with the settings, under the same process id. Where that is not possible,
/// or somebody has set the variable to something else, everything goes on as it is.
pub fn settle() {
    if !cfg!(target_env = "gnu") || env::var_os(VARIABLE).is_some() {
        return;
    }
    let mut arguments = env::args_os();
    let (Some(name), Ok(program)) = (arguments.next(), env::current_exe()) else {
        return;
    };
    // Returns only when it failed.
    let _failed = Command::new(program)
        .arg0(name)
        .args(arguments)
        .env(VARIABLE, SETTINGS)
        .exec();
}
