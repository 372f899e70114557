//! Conditions as short texts, to compare with.

use edm::instant;
use odata::filter::{Filter, Literal, Node, Origin, Path, Quantifier};

fn path(path: &Path) -> String {
    let mut steps: Vec<String> = match path.origin {
        Origin::Object => Vec::new(),
        Origin::Variable(depth) => vec![format!("${depth}")],
    };
    steps.extend(path.steps.iter().map(|step| step.name().to_owned()));
    steps.join("/")
}

fn literal(value: &Literal) -> String {
    match value {
        Literal::Null => "null".to_owned(),
        Literal::Bool(value) => value.to_string(),
        Literal::Int(value) => value.to_string(),
        Literal::Text(text) => text.clone(),
        Literal::Instant(at) => instant::render(*at),
        Literal::Guid(id) => id.to_string(),
    }
}

/// The condition, innermost parts first on a stack, as its nodes stand.
pub(crate) fn filter_text(filter: &Filter) -> String {
    let mut done: Vec<String> = Vec::new();
    for node in filter.nodes() {
        let children = done.split_off(done.len() - node.children().len());
        done.push(match node {
            Node::Constant(holds) => holds.to_string(),
            Node::And(_) => format!("({})", children.join(" and ")),
            Node::Or(_) => format!("({})", children.join(" or ")),
            Node::Not(_) => format!("not({})", children.join("")),
            Node::Compare {
                path: of,
                op,
                value,
            } => {
                format!("{} {op:?} {}", path(of), literal(value))
            }
            Node::In { path: of, values } => {
                let values: Vec<_> = values.iter().map(literal).collect();
                format!("{} in ({})", path(of), values.join(", "))
            }
            Node::Text {
                path: of,
                how,
                text,
            } => format!("{} {how:?} {text}", path(of)),
            Node::Lambda { path: of, how, .. } => {
                let how = match how {
                    Quantifier::Any => "any",
                    Quantifier::All => "all",
                };
                match children.as_slice() {
                    [] => format!("{how}({})", path(of)),
                    body => format!("{how}({}: {})", path(of), body.join("")),
                }
            }
            Node::Size {
                path: of,
                op,
                value,
            } => format!("count({}) {op:?} {value}", path(of)),
            Node::Linked { navigation, ids } => {
                format!("{} is {ids:?}", navigation.property.name())
            }
            Node::Tokens { property, tokens } => {
                format!("{} has {}", property.name(), tokens.join("+"))
            }
        });
    }
    done.concat()
}
