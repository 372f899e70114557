//! Users on their way into a file, page by page and with their links: first, by id, those without
//! manager and sponsors, then the others, each after the users they are linked to.

use std::collections::HashMap;

use directory::users::bulk::{Exported, Link, Linked};
use directory::{Actor, Directory, Refusal};
use edm::Property;
use uuid::Uuid;

/// Users in a page: some hundred kilobytes of documents.
const PAGE: u32 = 1000;

/// The users whom one is linked to, by their names and in the order of the property table.
pub type Binds = Vec<(&'static Property, Vec<String>)>;

/// Reads users.
pub struct Outgoing<'a> {
    directory: &'a Directory,
    actor: &'a Actor,
    linked: &'a Linked,
    hashes: bool,
    /// The last of those without links; `None` before the first.
    after: Option<Uuid>,
    is_past_the_free: bool,
    /// How many of those with links were read.
    taken: usize,
}

impl<'a> Outgoing<'a> {
    /// From the beginning.
    pub fn new(
        directory: &'a Directory,
        actor: &'a Actor,
        linked: &'a Linked,
        hashes: bool,
    ) -> Self {
        Self {
            directory,
            actor,
            linked,
            hashes,
            after: None,
            is_past_the_free: false,
            taken: 0,
        }
    }

    /// The next users; `None` behind the last. A page may be empty.
    pub async fn next(&mut self) -> Result<Option<Vec<(Exported, Binds)>>, Refusal> {
        let (directory, actor) = (self.directory, self.actor);
        if !self.is_past_the_free {
            let page = directory.export_users(actor, self.after, PAGE, self.hashes);
            let page = page.await?;
            if let Some(last) = page.last() {
                self.after = Some(last.id);
                let free = page
                    .into_iter()
                    .filter(|user| self.linked.links(user.id).is_empty());
                return Ok(Some(free.map(|user| (user, Binds::new())).collect()));
            }
            self.is_past_the_free = true;
        }
        let ids = self.linked.in_order(self.taken, PAGE as usize);
        if ids.is_empty() {
            return Ok(None);
        }
        self.taken += ids.len();
        let links = ids.iter().flat_map(|id| self.linked.links(*id));
        let names = names(directory, actor, links.map(|link| link.target)).await?;
        let users = directory.export_users_of(actor, ids, self.hashes).await?;
        let with_binds = users.into_iter().map(|user| {
            let links = self.linked.links(user.id).iter();
            let binds = binds(links.filter(|link| !link.is_late), &names);
            (user, binds)
        });
        Ok(Some(with_binds.collect()))
    }
}

/// By what names these users are linked to.
pub(super) async fn names(
    directory: &Directory,
    actor: &Actor,
    ids: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, Refusal> {
    let mut ids: Vec<_> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let mut names = HashMap::with_capacity(ids.len());
    for some in ids.chunks(PAGE as usize) {
        names.extend(directory.export_names(actor, some.to_vec()).await?);
    }
    Ok(names)
}

/// Deleted users have no name: the links to them are not seen anywhere.
pub(super) fn binds<'l>(
    links: impl Iterator<Item = &'l Link>,
    names: &HashMap<Uuid, String>,
) -> Binds {
    let mut binds = Binds::new();
    for link in links {
        let Some(name) = names.get(&link.target) else {
            continue;
        };
        match binds.last_mut() {
            Some((property, all)) if *property == link.property() => all.push(name.clone()),
            _ => binds.push((link.property(), vec![name.clone()])),
        }
    }
    binds
}
