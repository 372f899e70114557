//! `$expand`: related users within the object they belong to (P-queries-3).

use std::collections::HashMap;

use directory::Relationship;
use edm::{Members, user};
use odata::{Expansion, Levels};
use store::UserRow;
use uuid::Uuid;

use super::call::Authorised;
use super::envelope::{Detail, GraphError};
use super::links;
use super::open_extensions;
use super::render;
use super::users::members;

/// Related objects shown with each object: the documented number. A link leads to the rest.
pub(super) const MOST: u16 = 20;

/// Managers of managers that one answer shows: no organisation is deeper, and a ring of them ends
/// here.
const LEVELS: u16 = 100;

/// Users that one answer shows above others: a page of 999 under ten levels each. At a kilobyte
/// each that is ten megabytes.
const MOST_SHOWN: usize = 10_000;

/// The members to append to each object of a page.
pub async fn of_page(
    request: &Authorised<'_>,
    expansions: &[Expansion],
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, Members>, GraphError> {
    let mut out = HashMap::new();
    for expansion in expansions {
        level_by_level(request, expansion, ids.clone(), &mut out).await?;
    }
    Ok(out)
}

/// The members to append to a single object.
pub async fn of_one(
    request: &Authorised<'_>,
    expansions: &[Expansion],
    id: Uuid,
) -> Result<Option<Members>, GraphError> {
    let mut out = HashMap::new();
    for expansion in expansions {
        level_by_level(request, expansion, vec![id], &mut out).await?;
    }
    Ok(out.remove(&id))
}

async fn level_by_level(
    request: &Authorised<'_>,
    expansion: &Expansion,
    ids: Vec<Uuid>,
    out: &mut HashMap<Uuid, Members>,
) -> Result<(), GraphError> {
    if expansion.navigation.contained {
        return open_extensions::within(request, expansion, ids, out).await;
    }
    let levels = match expansion.levels {
        None | Some(Levels::Number(1)) => return one_level(request, expansion, ids, out).await,
        Some(Levels::Number(number)) => number.min(LEVELS),
        Some(Levels::Max) => LEVELS,
    };
    let above = above(request, expansion, &ids, levels).await?;
    let mut shown = 0;
    for id in ids {
        let more = chain(expansion, &above, id, levels, &mut shown)?;
        out.entry(id).or_default().append(&more);
    }
    Ok(())
}

async fn one_level(
    request: &Authorised<'_>,
    expansion: &Expansion,
    ids: Vec<Uuid>,
    out: &mut HashMap<Uuid, Members>,
) -> Result<(), GraphError> {
    let relationship = relationship(expansion)?;
    let name = expansion.navigation.property.name();
    let is_list = expansion.navigation.property.collection;
    let directory = &request.call.app.directory;
    // One more than is shown tells whether a link is needed.
    let found = directory
        .expand(&request.actor, ids.clone(), relationship, MOST + 1)
        .await?;
    let mut by_id: HashMap<Uuid, Vec<UserRow>> = found
        .into_iter()
        .map(|related| (related.of, related.users))
        .collect();
    for id in ids {
        let mut users = by_id.remove(&id).unwrap_or_default();
        let mut more = Members::new();
        if is_list {
            let has_more = users.len() > usize::from(MOST);
            users.truncate(usize::from(MOST));
            let last = users.last().map(|row| row.id).filter(|_| has_more);
            let items = users
                .into_iter()
                .map(|user| object(request, expansion, user));
            let items: Vec<_> = items.collect::<Result<_, _>>()?;
            more.list(name, items);
            if let Some(last) = last {
                let canonical = selection(expansion);
                let link = links::next_of(request, id, relationship, &canonical, last)?;
                more.text(&format!("{name}@odata.nextLink"), &link);
            }
        } else {
            // Without a manager the member is left out, as the service does.
            let Some(user) = users.into_iter().next() else {
                continue;
            };
            more.nested(name, &object(request, expansion, user)?);
        }
        out.entry(id).or_default().append(&more);
    }
    Ok(())
}

/// Who stands above each of these and above those who do, each with their own id and members: a
/// question to the directory for each level, whatever the number of users.
async fn above(
    request: &Authorised<'_>,
    expansion: &Expansion,
    ids: &[Uuid],
    levels: u16,
) -> Result<HashMap<Uuid, Option<(Uuid, Members)>>, GraphError> {
    let relationship = relationship(expansion)?;
    let directory = &request.call.app.directory;
    let mut above: HashMap<Uuid, Option<(Uuid, Members)>> = HashMap::new();
    let mut left = ids.to_vec();
    for _ in 0..levels {
        left.sort_unstable();
        left.dedup();
        left.retain(|id| !above.contains_key(id));
        if left.is_empty() {
            break;
        }
        let found = directory
            .expand(&request.actor, std::mem::take(&mut left), relationship, 1)
            .await?;
        for related in found {
            let user = related.users.into_iter().next();
            let user = match user {
                None => None,
                Some(user) => {
                    left.push(user.id);
                    Some((user.id, object(request, expansion, user)?))
                }
            };
            above.insert(related.of, user);
        }
        if above.len() > MOST_SHOWN {
            return Err(too_many());
        }
    }
    Ok(above)
}

/// A manager, theirs within them, and so on.
fn chain(
    expansion: &Expansion,
    above: &HashMap<Uuid, Option<(Uuid, Members)>>,
    id: Uuid,
    levels: u16,
    shown: &mut usize,
) -> Result<Members, GraphError> {
    let name = expansion.navigation.property.name();
    let mut seen = vec![id];
    let mut members = Vec::new();
    let mut of = id;
    for _ in 0..levels {
        let Some(Some((user, text))) = above.get(&of) else {
            break;
        };
        if seen.contains(user) {
            break;
        }
        seen.push(*user);
        members.push(text);
        of = *user;
    }
    *shown += members.len();
    if *shown > MOST_SHOWN {
        return Err(too_many());
    }
    let mut within = Members::new();
    for one in members.into_iter().rev() {
        let mut one: Members = one.clone();
        one.append(&within);
        within = Members::new();
        within.nested(name, &one);
    }
    Ok(within)
}

fn too_many() -> GraphError {
    let message =
        "$levels shows too many users in one answer. Ask for fewer levels or a smaller page.";
    let why = "more users than one answer shows";
    GraphError::query(message).detail(Detail::of("InvalidQueryOption", "$expand", why))
}

fn object(
    request: &Authorised<'_>,
    expansion: &Expansion,
    user: UserRow,
) -> Result<Members, GraphError> {
    let call = &request.call;
    let id = user.id;
    let members = members(request, user, expansion.select.as_ref(), false)?;
    Ok(render::typed(
        call,
        request.entity(&user::TYPE),
        id,
        &members,
    ))
}

/// The options within the expansion, as the link to the rest repeats them.
fn selection(expansion: &Expansion) -> String {
    match &expansion.select {
        Some(selection) => format!("$select={}", selection.canonical_text()),
        None => String::new(),
    }
}

fn relationship(expansion: &Expansion) -> Result<Relationship, GraphError> {
    let navigation = expansion.navigation;
    Relationship::of(navigation).ok_or_else(|| {
        GraphError::internal(format!("no relationship {}", navigation.property.name()))
    })
}
