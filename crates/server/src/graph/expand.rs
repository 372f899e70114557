//! `$expand`: related users within the object they belong to (odata.md section 3).

use std::collections::HashMap;
use std::fmt::Write as _;

use directory::Relationship;
use odata::{Expansion, Levels};
use store::UserRow;
use uuid::Uuid;

use super::call::Authorised;
use super::envelope::GraphError;
use super::errors::not_served;
use super::links;
use super::render;
use super::users::members;

/// Related objects shown with each object: the documented number. A link leads to the rest.
const MOST: u16 = 20;

/// Managers of managers that one answer shows: no organisation is deeper, and a ring of them ends here.
const LEVELS: u16 = 100;

/// The members to append to each object of a page.
pub async fn of_page(
    asked: &Authorised<'_>,
    expansions: &[Expansion],
    ids: Vec<Uuid>,
) -> Result<HashMap<Uuid, String>, GraphError> {
    let mut out = HashMap::new();
    for expansion in expansions {
        if !matches!(expansion.levels, None | Some(Levels::Number(1))) {
            // A thousand objects of a hundred levels each are no page.
            return Err(not_served("$levels on a collection"));
        }
        one_level(asked, expansion, ids.clone(), &mut out).await?;
    }
    Ok(out)
}

/// The members to append to a single object.
pub async fn of_one(
    asked: &Authorised<'_>,
    expansions: &[Expansion],
    id: Uuid,
) -> Result<Option<String>, GraphError> {
    let mut out = HashMap::new();
    for expansion in expansions {
        match expansion.levels {
            None | Some(Levels::Number(1)) => {
                one_level(asked, expansion, vec![id], &mut out).await?;
            }
            Some(levels) => {
                let levels = match levels {
                    Levels::Number(number) => number.min(LEVELS),
                    Levels::Max => LEVELS,
                };
                let text = chain(asked, expansion, id, levels).await?;
                append(out.entry(id).or_default(), &text);
            }
        }
    }
    Ok(out.remove(&id))
}

/// Puts further members behind those that are there.
pub fn append(members: &mut String, more: &str) {
    if !members.is_empty() && !more.is_empty() {
        members.push(',');
    }
    members.push_str(more);
}

async fn one_level(
    asked: &Authorised<'_>,
    expansion: &Expansion,
    ids: Vec<Uuid>,
    out: &mut HashMap<Uuid, String>,
) -> Result<(), GraphError> {
    let relationship = relationship(expansion)?;
    let name = expansion.navigation.property.name;
    let is_list = expansion.navigation.property.collection;
    let directory = &asked.call.app.directory;
    // One more than is shown tells whether a link is needed.
    let found = directory
        .expand(&asked.actor, ids.clone(), relationship, MOST + 1)
        .await?;
    let mut by_id: HashMap<Uuid, Vec<UserRow>> = found
        .into_iter()
        .map(|related| (related.of, related.users))
        .collect();
    for id in ids {
        let mut users = by_id.remove(&id).unwrap_or_default();
        let text = if is_list {
            let has_more = users.len() > usize::from(MOST);
            users.truncate(usize::from(MOST));
            let last = users.last().map(|row| row.id).filter(|_| has_more);
            let mut text = list(asked, expansion, users)?;
            if let Some(last) = last {
                let canonical = selection(expansion);
                let link = links::next_of(asked, id, relationship, &canonical, last)?;
                let link = serde_json::Value::from(link);
                // Writing into a String does not fail.
                let _ = write!(text, ",\"{name}@odata.nextLink\":{link}");
            }
            text
        } else {
            match users.into_iter().next() {
                // Without a manager the member is left out, as the service does.
                None => continue,
                Some(user) => format!("\"{name}\":{{{}}}", object(asked, expansion, user)?),
            }
        };
        append(out.entry(id).or_default(), &text);
    }
    Ok(())
}

fn list(
    asked: &Authorised<'_>,
    expansion: &Expansion,
    users: Vec<UserRow>,
) -> Result<String, GraphError> {
    let mut text = format!("\"{}\":[", expansion.navigation.property.name);
    for (at, user) in users.into_iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(text, "{comma}{{{}}}", object(asked, expansion, user)?);
    }
    text.push(']');
    Ok(text)
}

/// A manager, his manager within him, and so on.
async fn chain(
    asked: &Authorised<'_>,
    expansion: &Expansion,
    id: Uuid,
    levels: u16,
) -> Result<String, GraphError> {
    let relationship = relationship(expansion)?;
    let name = expansion.navigation.property.name;
    let directory = &asked.call.app.directory;
    let mut seen = vec![id];
    let mut members = Vec::new();
    let mut of = id;
    for _ in 0..levels {
        let found = directory
            .expand(&asked.actor, vec![of], relationship, 1)
            .await?;
        let next = found.into_iter().next();
        let Some(user) = next.and_then(|related| related.users.into_iter().next()) else {
            break;
        };
        of = user.id;
        if seen.contains(&of) {
            break;
        }
        seen.push(of);
        members.push(object(asked, expansion, user)?);
    }
    let mut text = String::new();
    for mut inner in members.into_iter().rev() {
        append(&mut inner, &text);
        text = format!("\"{name}\":{{{inner}}}");
    }
    Ok(text)
}

fn object(
    asked: &Authorised<'_>,
    expansion: &Expansion,
    user: UserRow,
) -> Result<String, GraphError> {
    let call = &asked.call;
    let members = members(call, user, expansion.select.as_ref(), false)?;
    Ok(render::typed(call, &members))
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
        GraphError::internal(format!("no relationship {}", navigation.property.name))
    })
}
