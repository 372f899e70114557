//! Commands that open an instance themselves, beside a running server or without one.

use std::path::{Path, PathBuf};

use directory::{Actor, Directory, Policy, Tenant};
use store::{Role, TenantId};

use super::place::{InstanceArgs, read_config};
use super::running;
use crate::instance::master_key::MasterKey;
use crate::instance::open::OpenFor;
use crate::instance::{MASTER_KEY, open};
use crate::terminal::Failure;

/// Opens the instance and runs `work` on it; the store is closed in every case. Nobody is invited,
/// so that the mail policy does not matter.
pub fn with_directory<T, W>(place: &InstanceArgs, work: W) -> Result<T, Failure>
where
    W: AsyncFnOnce(&Directory) -> Result<T, Failure>,
{
    with_policy(place, policy_without_mail(String::new()), work)
}

/// Runs `work` on a stopped instance, with the policy of its server: for commands that invite.
pub fn with_policy<T, W>(place: &InstanceArgs, policy: Policy, work: W) -> Result<T, Failure>
where
    W: AsyncFnOnce(&Directory) -> Result<T, Failure>,
{
    with_opened(place, policy, async |directory, _| work(directory).await)
}

/// Runs `work` on a stopped instance, for commands that need the master key as well.
pub fn with_opened<T, W>(place: &InstanceArgs, policy: Policy, work: W) -> Result<T, Failure>
where
    W: AsyncFnOnce(&Directory, &MasterKey) -> Result<T, Failure>,
{
    let (data_dir, key_file) = instance_paths(place)?;
    running::runtime()?.block_on(async {
        let key = read_key(&data_dir, &key_file).await?;
        let directory = open_tool(&data_dir, &key, policy)?;
        // With another key nothing would open, and a record chained under it would break the audit
        // trail.
        let done = match directory.signing_keys().await {
            Ok(_) => timed(&directory, &key, work).await,
            Err(error) => Err(Failure::new(format!(
                "cannot open the database in {}",
                data_dir.display()
            ))
            .because(error)),
        };
        directory.store().close().await;
        done
    })
}

/// Links end by the same time in a command as in the server.
async fn timed<T, W>(directory: &Directory, key: &MasterKey, work: W) -> Result<T, Failure>
where
    W: AsyncFnOnce(&Directory, &MasterKey) -> Result<T, Failure>,
{
    let resumed = directory.restore_expiry_clock().await;
    resumed.map_err(|refusal| refused("cannot read the time", &refusal))?;
    work(directory, key).await
}

/// The folder of the data and the file of the master key.
pub fn instance_paths(place: &InstanceArgs) -> Result<(PathBuf, PathBuf), Failure> {
    Ok(match &place.config {
        Some(path) => {
            let config = read_config(path)?;
            (config.data_dir, config.key_file)
        }
        None => (place.dev_dir(), place.dev_dir().join(MASTER_KEY)),
    })
}

/// Refuses a folder without an instance.
pub fn has_database(data_dir: &Path) -> Result<(), Failure> {
    open::is_there(data_dir).map_err(|why| {
        Failure::new(format!("there is no instance in {}", data_dir.display()))
            .because(why)
            .mend("vestibule dev or vestibule init makes one; name it with --dir or --config")
    })
}

async fn read_key(data_dir: &Path, key_file: &Path) -> Result<MasterKey, Failure> {
    has_database(data_dir)?;
    open::master_key(data_dir, key_file, OpenFor::Serving)
        .await
        .map_err(|error| Failure::new("the instance's key cannot be read").because(error))
}

/// The directory for a command beside the server.
fn open_tool(data_dir: &Path, key: &MasterKey, policy: Policy) -> Result<Directory, Failure> {
    let store = open::store(data_dir, key, Role::Tool).map_err(|error| {
        let place = data_dir.display();
        let failure = Failure::new(format!("cannot open the database in {place}"));
        match error {
            store::StoreError::Busy => failure
                .because(
                    "another command has it for itself, as an import into an empty directory does",
                )
                .mend("the same command, when that one has ended"),
            error => failure.because(error),
        }
    })?;
    Ok(open::directory(store, key, policy))
}

/// What holds where nobody is invited.
pub fn policy_without_mail(public_origin: String) -> Policy {
    Policy {
        public_origin,
        ..Policy::idle()
    }
}

/// The server itself, acting in a tenant.
pub async fn actor(directory: &Directory, tenant: TenantId) -> Result<Actor, Failure> {
    let actor = directory.server_actor(tenant).await;
    actor.map_err(|refusal| refused("cannot read the tenant's definitions", &refusal))
}

/// The tenant that was named, or the only one there is.
pub async fn tenant(directory: &Directory, asked: Option<&str>) -> Result<Tenant, Failure> {
    if let Some(name) = asked {
        return directory
            .find_tenant(name)
            .await
            .map_err(|refusal| Failure::new(format!("no tenant {name}")).because(refusal));
    }
    let mut tenants = directory
        .tenants()
        .await
        .map_err(|refusal| refused("cannot read the tenants", &refusal))?;
    match (tenants.pop(), tenants.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => {
            Err(Failure::new("the instance has no tenant").mend("vestibule init makes one"))
        }
        (Some(last), false) => {
            tenants.push(last);
            let all: Vec<_> = tenants
                .into_iter()
                .map(|tenant| tenant.initial_domain)
                .collect();
            Err(Failure::usage("the instance has several tenants")
                .mend(format!("--tenant {}", all.join(" | "))))
        }
    }
}

/// A refusal as a failed command.
pub fn refused(what: &str, refusal: &directory::Refusal) -> Failure {
    Failure::new(what).because(refusal)
}
