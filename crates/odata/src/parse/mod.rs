//! The grammar: which options a query string holds, with which text, where.

pub(crate) mod expand;
pub(crate) mod expression;
pub(crate) mod order_by;
pub(crate) mod search;
pub(crate) mod select;

use crate::limits;
use crate::option::OptionName;
use crate::percent::{Decoded, decode};
use crate::syntax_error::{SyntaxError, SyntaxErrorKind, SyntaxFault};
use edm::Version;
use expand::ExpandItem;
use expression::{ExprId, Lexer, TokenKind, Tree};
use order_by::SortKey;
use search::SearchStep;
use select::Term;

/// A query string that follows the grammar; nothing in it has been compared with a type yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Syntax {
    /// The system query options, each once, in the order in which they were sent.
    pub(crate) options: Vec<QueryOption>,
    /// The first name that means nothing.
    pub(crate) unrecognized: Option<Unrecognized>,
}

impl Syntax {
    /// Whether the option was sent, and not without a value where that asks for nothing.
    pub fn has(&self, name: OptionName) -> bool {
        let is_it = |option: &QueryOption| match option {
            QueryOption::Select(terms) => name == OptionName::Select && !terms.is_empty(),
            option => option.name() == name,
        };
        self.options.iter().any(is_it)
    }

    /// `$top`, where it is a number.
    pub fn top(&self) -> Option<u16> {
        self.options.iter().find_map(|option| match option {
            QueryOption::Text(OptionName::Top, text) => text.parse().ok(),
            _ => None,
        })
    }
}

/// A name in the query string that no option has, as `filter` in v1.0, where it is `$filter`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unrecognized {
    /// As it was sent, decoded, without white space around it.
    pub name: String,
    /// What was meant, where that is clear.
    pub meant: Option<OptionName>,
}

/// One system query option, parsed as far as its own grammar goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum QueryOption {
    /// `$select`; no terms when it was sent without a value.
    Select(Vec<Term>),
    /// `$filter`, with its text for next links.
    Filter {
        source: String,
        tree: Tree,
        root: ExprId,
    },
    /// `$orderby`
    OrderBy(Vec<SortKey>),
    /// `$search`, with its text for next links.
    Search {
        source: String,
        steps: Vec<SearchStep>,
    },
    /// `$expand`
    Expand(Vec<ExpandItem>),
    /// Any other option, with its decoded text.
    Text(OptionName, String),
}

impl QueryOption {
    pub(crate) fn name(&self) -> OptionName {
        match self {
            Self::Select(_) => OptionName::Select,
            Self::Filter { .. } => OptionName::Filter,
            Self::OrderBy(_) => OptionName::OrderBy,
            Self::Search { .. } => OptionName::Search,
            Self::Expand(_) => OptionName::Expand,
            Self::Text(name, _) => *name,
        }
    }
}

/// Takes a query string (what stands after `?`) apart. Names match caselessly; in beta the `$` may
/// be left out; `+` is a space, and so is any other white space around names and within values, but
/// for texts in quotes. A name that no option has is kept for [`crate::check`] to refuse.
pub fn parse(query: &str, version: Version) -> Result<Syntax, SyntaxError> {
    let fail = |option, (offset, kind)| SyntaxError {
        option,
        offset,
        kind,
    };
    if query.len() > limits::QUERY_BYTES {
        return Err(fail(None, (limits::QUERY_BYTES, SyntaxErrorKind::TooLong)));
    }
    let mut syntax = Syntax::default();
    let mut seen: Vec<OptionName> = Vec::new();
    let mut start = 0;
    for (count, pair) in query.split('&').enumerate() {
        if count >= limits::OPTIONS {
            return Err(fail(None, (start, SyntaxErrorKind::TooManyOptions)));
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let named = option_named(name, start, version).map_err(|error| fail(None, error))?;
        if let NameMeaning::Nothing(unrecognized) = named {
            // Between two `&`, or behind the last one, nothing was sent.
            if !pair.is_empty() && syntax.unrecognized.is_none() {
                syntax.unrecognized = Some(unrecognized);
            }
        } else if let NameMeaning::Option(option) = named {
            if seen.contains(&option) {
                let twice = SyntaxErrorKind::Duplicate(option);
                return Err(fail(Some(option), (start, twice)));
            }
            seen.push(option);
            // A pair without `=` has its empty value at its end.
            let value_start = start + (name.len() + 1).min(pair.len());
            let value = decode(value, value_start).map_err(|error| fail(Some(option), error))?;
            let parsed = option_value(option, &value, version);
            syntax
                .options
                .push(parsed.map_err(|error| fail(Some(option), error))?);
        }
        start += pair.len() + 1;
    }
    Ok(syntax)
}

/// An option's value, read by its own grammar.
fn option_value(
    option: OptionName,
    value: &Decoded,
    version: Version,
) -> Result<QueryOption, SyntaxFault> {
    Ok(match option {
        OptionName::Select => QueryOption::Select(select::terms(value)?),
        OptionName::Filter => {
            let placed = |(at, kind)| (value.place(at), kind);
            let mut lexer = Lexer::new(&value.text);
            let parsed = expression::parse(&mut lexer).map_err(placed)?;
            if parsed.next.kind != TokenKind::End {
                let kind = SyntaxErrorKind::Expected("an operator or the end");
                return Err(placed((parsed.next.at, kind)));
            }
            QueryOption::Filter {
                tree: parsed.tree.placed(value),
                root: parsed.root,
                source: value.text.trim().to_owned(),
            }
        }
        OptionName::OrderBy => QueryOption::OrderBy(order_by::keys(value)?),
        OptionName::Search => QueryOption::Search {
            steps: search::steps(value)?,
            source: value.text.trim().to_owned(),
        },
        OptionName::Expand => QueryOption::Expand(expand::items(value, version)?),
        _ => QueryOption::Text(option, value.text.trim().to_owned()),
    })
}

/// What a name means.
enum NameMeaning {
    Option(OptionName),
    Nothing(Unrecognized),
}

/// The system query option that the name means.
fn option_named(raw: &str, start: usize, version: Version) -> Result<NameMeaning, SyntaxFault> {
    let decoded = decode(raw, start)?;
    let name = decoded.text.trim();
    if let Some(system) = name.strip_prefix('$') {
        return match OptionName::named(system) {
            Some(option) => Ok(NameMeaning::Option(option)),
            None => Err((start, SyntaxErrorKind::UnknownOption(name.to_owned()))),
        };
    }
    let meant = OptionName::named(name.trim_start_matches(['?', '$']));
    Ok(match meant {
        Some(option) if version == Version::Beta && !name.starts_with('?') => {
            NameMeaning::Option(option)
        }
        meant => NameMeaning::Nothing(Unrecognized {
            name: name.to_owned(),
            meant,
        }),
    })
}
