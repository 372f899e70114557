//! `vestibule backup`: a copy of the database while it is in use, proven before it gets its name.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use directory::{Directory, Policy};
use serde_json::json;
use store::Role;

use super::audit;
use super::output::OutputArgs;
use super::place::InstanceArgs;
use super::stopped;
use crate::instance::files::{self, Access};
use crate::instance::master_key::MasterKey;
use crate::instance::open;
use crate::terminal::Failure;

/// Copy the database while it is in use, and verify the copy
#[derive(Args, Debug)]
#[command(
    after_help = "Writes DIR/vestibule.db and DIR/audit-heads.json, and nothing that is there is overwritten. The copy is
read whole, every index is compared with its table, and every audit chain is walked before the file
gets its name. It needs as much room as the database, and the server's log grows meanwhile.

The master key is not in it: without it nobody can use the copy. Keep the two apart. To restore,
stop the server, put vestibule.db into data_dir in place of vestibule.db, vestibule.db-wal and
vestibule.db-shm, and start it.

Example:
  vestibule backup /var/backups/vestibule/2026-11-30 --config vestibule.toml"
)]
pub struct BackupArgs {
    /// Folder to write into; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    place: InstanceArgs,
    #[command(flatten)]
    shape: OutputArgs,
}

/// Runs the command.
pub fn run(args: &BackupArgs) -> Result<(), Failure> {
    let failed = |why: &dyn std::fmt::Display| {
        Failure::new(format!("no backup was made in {}", args.folder.display())).because(why)
    };
    let (file, heads) = (
        open::database(&args.folder),
        audit::heads_file(&args.folder),
    );
    if let Some(there) = [&file, &heads].into_iter().find(|path| path.exists()) {
        return Err(failed(&format!("{} exists", there.display())).mend("name another folder"));
    }
    let part = args.folder.join("vestibule.db.unverified");
    let (bytes, proven) =
        stopped::with_opened(&args.place, Policy::idle(), async |directory, key| {
            files::make_private_dir(&args.folder).map_err(|error| failed(&error))?;
            let made = make(directory, key, &part).await;
            if made.is_err() {
                forget(&part);
            }
            made.map_err(|failure| failure.because("nothing of it was kept"))
        })?;
    fs::rename(&part, &file)
        .and_then(|()| files::write(&heads, format!("{proven:#}\n").as_bytes(), Access::Private))
        .map_err(|error| failed(&error))?;
    let json = json!({ "file": file, "bytes": bytes, "heads": heads, "verified": true });
    args.shape.show(&json, || {
        format!(
            "{} holds {bytes} bytes, verified\nthe master key is not in it: keep it apart\n",
            file.display()
        )
    })
}

async fn make(
    directory: &Directory,
    key: &MasterKey,
    part: &Path,
) -> Result<(u64, serde_json::Value), Failure> {
    let failed =
        |why: &dyn std::fmt::Display| Failure::new("the database was not copied").because(why);
    // Left by a run that was killed; it was never given the name of a backup.
    forget(part);
    directory
        .store()
        .copy_to(part)
        .map_err(|error| failed(&error))?;
    let store = open::store_file(part, key, Role::Tool).map_err(|error| failed(&error))?;
    let whole = store.check_whole();
    let copy = open::directory(store, key, Policy::idle());
    let heads = match whole {
        Ok(()) => audit::heads(&copy).await,
        Err(error) => Err(Failure::new("the copy is not whole").because(error)),
    };
    copy.store().close().await;
    drop(copy);
    let bytes = fs::metadata(part).map_err(|error| failed(&error))?.len();
    Ok((bytes, heads?))
}

/// Takes away what does not become a backup, and what the engine laid beside it. What is not there
/// need not go.
fn forget(part: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut name = part.as_os_str().to_owned();
        name.push(ending);
        let _absent = fs::remove_file(name);
    }
}
