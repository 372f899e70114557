//! `$expand`: relationships with options of their own in parentheses.

use crate::limits;
use crate::option::OptionName;
use crate::parse::select::{self, Term};
use crate::percent::Decoded;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};
use edm::Version;

/// One item, not compared with a type yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ExpandItem {
    pub(crate) at: usize,
    /// The path as it was sent, `*` and `/$ref` included.
    pub(crate) path: String,
    pub(crate) select: Vec<Term>,
    pub(crate) levels: Option<Levels>,
    /// The text of `$filter`, and the position of the option.
    pub(crate) filter: Option<(usize, String)>,
    /// The other options within `$expand`, and their positions.
    pub(crate) others: Vec<(usize, OptionName)>,
}

/// `$levels`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Levels {
    /// That many; one or more.
    Number(u16),
    /// `max`: all there are.
    Max,
}

/// Reads the comma list.
pub(crate) fn items(value: &Decoded, version: Version) -> Result<Vec<ExpandItem>, SyntaxFault> {
    let mut items = Vec::new();
    for (from, to) in parts(value, 0, value.text.len(), ',')? {
        if items.len() >= limits::EXPANSIONS {
            return Err((value.place(from), SyntaxErrorKind::TooManyItems));
        }
        items.push(item(value, from, to, version)?);
    }
    Ok(items)
}

/// The parts between separators that stand in no parentheses and no quotes; white space around them
/// is cut off.
fn parts(
    value: &Decoded,
    from: usize,
    to: usize,
    separator: char,
) -> Result<Vec<(usize, usize)>, SyntaxFault> {
    let text = value.text.get(from..to).unwrap_or_default();
    let mut found = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut quote: Option<(char, usize)> = None;
    let mut start = from;
    for (offset, c) in text.char_indices() {
        let at = from + offset;
        match (quote, c) {
            (Some((mark, _)), c) if c == mark => quote = None,
            (Some(_), _) | (None, ')') if quote.is_some() || open.pop().is_some() => {}
            (None, '\'' | '"') => quote = Some((c, at)),
            (None, '(') => open.push(at),
            (None, ')') => {
                return Err((value.place(at), SyntaxErrorKind::Expected("an option")));
            }
            (None, c) if c == separator && open.is_empty() => {
                found.push((start, at));
                start = at + 1;
            }
            _ => {}
        }
        if open.len() > limits::NESTING {
            return Err((value.place(at), SyntaxErrorKind::TooDeep));
        }
    }
    if let Some(at) = quote.map(|(_, at)| at).or(open.pop()) {
        return Err((value.place(at), SyntaxErrorKind::Unterminated));
    }
    found.push((start, to));
    let trimmed = found.into_iter().map(|(from, to)| {
        let part = value.text.get(from..to).unwrap_or_default();
        let after = part.trim_start();
        let from = to - after.len();
        (from, from + after.trim_end().len())
    });
    Ok(trimmed.collect())
}

fn item(
    value: &Decoded,
    from: usize,
    to: usize,
    version: Version,
) -> Result<ExpandItem, SyntaxFault> {
    let text = value.text.get(from..to).unwrap_or_default();
    let path_end = text.find('(').unwrap_or(text.len());
    let path = text.get(..path_end).unwrap_or_default().trim_end();
    if !path.split('/').all(is_step) || path.split('/').count() > limits::PATH_STEPS {
        let term = text.to_owned();
        return Err((value.place(from), SyntaxErrorKind::Select { term }));
    }
    let mut item = ExpandItem {
        at: value.place(from),
        path: path.to_owned(),
        ..ExpandItem::default()
    };
    if path_end == text.len() {
        return Ok(item);
    }
    if !text.ends_with(')') {
        let at = value.place(to);
        return Err((at, SyntaxErrorKind::Expected("a closing parenthesis")));
    }
    let mut seen = Vec::new();
    for (from, to) in parts(value, from + path_end + 1, to - 1, ';')? {
        let at = value.place(from);
        let text = value.text.get(from..to).unwrap_or_default();
        let Some((name, inner)) = text.split_once('=') else {
            return Err((at, SyntaxErrorKind::Expected("an option")));
        };
        let name = name.trim_end();
        let bare = match (name.strip_prefix('$'), version) {
            (Some(bare), _) => bare,
            (None, Version::Beta) => name,
            (None, Version::V1) => return Err((at, SyntaxErrorKind::Expected("an option"))),
        };
        let Some(option) = OptionName::named(bare) else {
            return Err((at, SyntaxErrorKind::UnknownOption(name.to_owned())));
        };
        if seen.contains(&option) {
            return Err((at, SyntaxErrorKind::Duplicate(option)));
        }
        seen.push(option);
        let inner_from = to - inner.len();
        match option {
            OptionName::Select => item.select = select::terms(&value.part(inner_from, to))?,
            OptionName::Levels => {
                item.levels = Some(levels(inner.trim()).ok_or((
                    value.place(inner_from),
                    SyntaxErrorKind::Expected("a number of levels or max"),
                ))?);
            }
            OptionName::Filter => item.filter = Some((at, inner.trim().to_owned())),
            option => item.others.push((at, option)),
        }
    }
    Ok(item)
}

fn levels(text: &str) -> Option<Levels> {
    if text.eq_ignore_ascii_case("max") {
        return Some(Levels::Max);
    }
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits).map(Levels::Number)
}

fn is_step(step: &str) -> bool {
    matches!(step, "*" | "$ref" | "$count" | "$value") || select::is_name(step)
}
