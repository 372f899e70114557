//! From the steps of a `$search` to a [`Filter`], against a type (P-queries-7).

use crate::check_error::{CheckResult, OptionErrorKind, entity_name};
use crate::filter::{Filter, Matching, Node, NodeId, Origin, Path};
use crate::parse::search::{Clause, SearchStep};
use crate::tokens::tokens;
use edm::{Entity, Search, Version, fold};

/// Checks the search.
pub(crate) fn check(steps: &[SearchStep], ty: Entity<'_>, version: Version) -> CheckResult<Filter> {
    let mut nodes = Vec::new();
    let mut done: Vec<NodeId> = Vec::new();
    for step in steps {
        let node = match step {
            SearchStep::Clause(clause) => Some(node(clause, ty, version)?),
            SearchStep::Not => done.pop().map(Node::Not),
            SearchStep::And | SearchStep::Or => {
                let children = done.split_off(done.len().saturating_sub(2));
                Some(if *step == SearchStep::And {
                    Node::And(children)
                } else {
                    Node::Or(children)
                })
            }
        };
        if let (Some(node), Ok(id)) = (node, u16::try_from(nodes.len())) {
            nodes.push(node);
            done.push(NodeId(id));
        }
    }
    Filter::new(nodes).ok_or((0, OptionErrorKind::TooManyTerms))
}

fn node(clause: &Clause, ty: Entity<'_>, version: Version) -> CheckResult<Node> {
    let fail = |kind| Err((clause.at, kind));
    let Some((name, text)) = clause.text.split_once(':').filter(|_| clause.quoted) else {
        return fail(OptionErrorKind::SearchClause);
    };
    let name = name.trim();
    let Some(property) = ty.property(name, version) else {
        let (name, on) = (name.to_owned(), entity_name(ty.ty()));
        return fail(OptionErrorKind::UnknownProperty { name, on });
    };
    match property.search {
        Search::No => fail(OptionErrorKind::Unsupported(property)),
        Search::Tokens => {
            let tokens = tokens(text);
            if tokens.is_empty() {
                return fail(OptionErrorKind::NothingToSearch);
            }
            Ok(Node::Tokens { property, tokens })
        }
        Search::Prefix if text.trim().is_empty() => fail(OptionErrorKind::NothingToSearch),
        Search::Prefix => Ok(Node::Text {
            path: Path {
                origin: Origin::Object,
                steps: vec![property],
            },
            how: Matching::StartsWith,
            text: fold::display(text),
        }),
    }
}
