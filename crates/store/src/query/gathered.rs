//! Conditions that are answered by gathering: the ids that pass are read first, from the table of
//! values or of tokens, sorted and each once. A count of all objects and the words of a search use
//! this.

use super::cut::CutKeys;
use super::keys;
use super::parts::{self, Along, Part};
use crate::query::compose::Composed;
use crate::query::kind::{KeyedMember, Table};
use odata::filter::{Comparison, Filter, Literal, Node, Origin, Quantifier};

/// Renders a condition on the elements of a collection, on a member of a complex value or on a
/// token, as membership in a set that is gathered first; `false`, with nothing rendered, where it
/// is no such condition.
pub(crate) fn gathered(out: &mut Composed, filter: &Filter, node: &Node) -> bool {
    let table = out.kind().table;
    match node {
        // All elements pass where none fails.
        Node::Lambda {
            path,
            how: Quantifier::All,
            body: Some(body),
        } if path.origin == Origin::Object && parts::is_about_element(filter, *body) => {
            let Some(member) = table.member(&path.steps) else {
                return false;
            };
            out.push("u.id NOT IN (");
            parts::values(out, &member).push(" AND NOT (");
            parts::element(out, filter, &member, *body);
            out.push(")").push(EACH_ONCE).push(")");
            true
        }
        _ if null_of_own(out, node) => true,
        Node::Tokens { property, tokens }
            if table.has_tokens(property)
                && (2..=parts::TOKENS).contains(&tokens.len())
                && tokens
                    .iter()
                    .all(|token| keys::kept_token(token).len() == token.len()) =>
        {
            self::tokens(out, filter, tokens.iter());
            true
        }
        _ => match having(table, filter, node) {
            Some(part) => {
                out.push("u.id IN (");
                select_once(out, filter, &part);
                out.push(")");
                true
            }
            None => false,
        },
    }
}

/// The own value of which the node asks whether it is null, where it has keys.
pub(crate) fn is_null_of_own(table: &'static Table, node: &Node) -> Option<KeyedMember> {
    match node {
        Node::Compare {
            path,
            op: Comparison::Eq,
            value: Literal::Null,
        } if path.origin == Origin::Object => {
            let found = table.member(&path.steps);
            found.filter(|member| member.is_own() && member.is_single())
        }
        _ => None,
    }
}

/// Renders that an own value is null, which it is where there is no key; `false`, with nothing
/// rendered, where the node is about something else.
pub(crate) fn null_of_own(out: &mut Composed, node: &Node) -> bool {
    let Some(member) = is_null_of_own(out.kind().table, node) else {
        return false;
    };
    out.push("u.id NOT IN (");
    parts::values(out, &member).push(")");
    true
}

/// Renders the condition that the object has each of the tokens.
pub(crate) fn tokens<'a>(
    out: &mut Composed,
    filter: &Filter,
    tokens: impl Iterator<Item = &'a String>,
) {
    out.push("(1 = 1");
    for token in tokens {
        out.push(" AND u.id IN (");
        select_once(
            out,
            filter,
            &Part::Token(keys::kept_token(token).to_owned()),
        );
        out.push(")");
    }
    out.push(")");
}

/// The set of objects with such an element or token; `None` if the node says anything else too.
pub(crate) fn having(table: &'static Table, filter: &Filter, node: &Node) -> Option<Part> {
    parts::part(table, filter, node, &CutKeys::default())
        .filter(|(part, exact)| {
            *exact
                && matches!(
                    part,
                    Part::ValuesWhere(..)
                        | Part::AnyValue(_)
                        | Part::Token(_)
                        | Part::Range(Along::Values(_), _)
                )
        })
        .map(|(part, _)| part)
}

/// Sorts the ids and removes repetitions. For a million ids this takes a fifth of the time that
/// SQLite needs to put them into a set one by one, in the order in which they come.
const EACH_ONCE: &str = " GROUP BY v.object_id";

/// [`parts::select`] of a set by elements, by id and each once.
pub(crate) fn select_once(out: &mut Composed, filter: &Filter, part: &Part) {
    parts::select(out, filter, part);
    let member = match part {
        Part::Range(Along::Values(member), _)
        | Part::Values(member, _)
        | Part::ValuesWhere(member, ..)
        | Part::AnyValue(member) => Some(member),
        Part::Ids(..) | Part::Keys(..) | Part::Range(..) | Part::Linked(..) | Part::Token(_) => {
            None
        }
    };
    // An object has at most one key of a single value, so nothing can be repeated.
    if !member.is_some_and(|member| member.is_own() && member.is_single()) {
        out.push(EACH_ONCE);
    }
}
