//! `$search`: clauses joined by AND, OR, NOT and parentheses (P-queries-7). Clauses side by side
//! are joined by AND.

use crate::limits;
use crate::percent::Decoded;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// One step of a search in post-order: clauses are put on a stack, the others take theirs from it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SearchStep {
    Clause(Clause),
    Not,
    And,
    Or,
}

/// `"property:text"`, or a bare word.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clause {
    pub(crate) at: usize,
    pub(crate) text: String,
    pub(crate) quoted: bool,
}

enum Lexeme {
    Open,
    Close,
    And,
    Or,
    Not,
    Clause(Clause),
}

/// What is open: operators that wait for their right side, and parentheses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Frame {
    Group,
    Or,
    And,
    Not,
}

/// Reads a search expression.
pub(crate) fn steps(value: &Decoded) -> Result<Vec<SearchStep>, SyntaxFault> {
    let placed = |(at, kind)| (value.place(at), kind);
    parse(&value.text).map_err(placed).map(|mut steps| {
        for step in &mut steps {
            if let SearchStep::Clause(clause) = step {
                clause.at = value.place(clause.at);
            }
        }
        steps
    })
}

fn parse(text: &str) -> Result<Vec<SearchStep>, SyntaxFault> {
    let mut steps = Vec::new();
    let mut frames: Vec<Frame> = Vec::new();
    // A clause or a closing parenthesis stands before this place: an operator may follow.
    let mut operand = false;
    let mut at = 0;
    let (mut depth, mut terms) = (0_usize, 0_usize);
    while let Some((start, lexeme, end)) = lexeme(text, at)? {
        at = end;
        let begins = matches!(lexeme, Lexeme::Open | Lexeme::Not | Lexeme::Clause(_));
        if begins && operand {
            reduce(&mut frames, &mut steps, Frame::And);
            frames.push(Frame::And);
        } else if !begins && !operand {
            return Err((start, SyntaxErrorKind::Expected("a clause of the search")));
        }
        operand = match lexeme {
            Lexeme::Clause(clause) => {
                terms += 1;
                if terms > limits::TERMS {
                    return Err((start, SyntaxErrorKind::TooManyTerms));
                }
                steps.push(SearchStep::Clause(clause));
                true
            }
            Lexeme::Open | Lexeme::Not => {
                depth += 1;
                if depth > limits::NESTING {
                    return Err((start, SyntaxErrorKind::TooDeep));
                }
                frames.push(if matches!(lexeme, Lexeme::Open) {
                    Frame::Group
                } else {
                    Frame::Not
                });
                false
            }
            Lexeme::And | Lexeme::Or => {
                let frame = if matches!(lexeme, Lexeme::And) {
                    Frame::And
                } else {
                    Frame::Or
                };
                reduce(&mut frames, &mut steps, frame);
                frames.push(frame);
                false
            }
            Lexeme::Close => {
                reduce(&mut frames, &mut steps, Frame::Or);
                if frames.pop() != Some(Frame::Group) {
                    return Err((start, SyntaxErrorKind::Expected("an operator or the end")));
                }
                depth = depth.saturating_sub(1);
                true
            }
        };
    }
    if !operand {
        return Err((
            text.len(),
            SyntaxErrorKind::Expected("a clause of the search"),
        ));
    }
    reduce(&mut frames, &mut steps, Frame::Or);
    if frames.is_empty() {
        Ok(steps)
    } else {
        Err((
            text.len(),
            SyntaxErrorKind::Expected("a closing parenthesis"),
        ))
    }
}

/// Closes the operators on top that bind at least as tightly.
fn reduce(frames: &mut Vec<Frame>, steps: &mut Vec<SearchStep>, binding: Frame) {
    while let Some(top) = frames.last()
        && *top >= binding
    {
        steps.push(match top {
            Frame::Not => SearchStep::Not,
            Frame::And => SearchStep::And,
            Frame::Or | Frame::Group => SearchStep::Or,
        });
        frames.pop();
    }
}

/// The next lexeme with where it begins and ends; `None` at the end.
fn lexeme(text: &str, from: usize) -> Result<Option<(usize, Lexeme, usize)>, SyntaxFault> {
    let rest = text.get(from..).unwrap_or_default();
    let trimmed = rest.trim_start();
    let at = from + rest.len() - trimmed.len();
    let Some(first) = trimmed.chars().next() else {
        return Ok(None);
    };
    if first == '(' || first == ')' {
        let lexeme = if first == '(' {
            Lexeme::Open
        } else {
            Lexeme::Close
        };
        return Ok(Some((at, lexeme, at + 1)));
    }
    if first == '"' {
        let (clause, end) = quoted(trimmed, at)?;
        return Ok(Some((at, Lexeme::Clause(clause), at + end)));
    }
    let length = trimmed
        .find(|c: char| c.is_whitespace() || "()\"".contains(c))
        .unwrap_or(trimmed.len());
    let word = trimmed.get(..length).unwrap_or_default();
    let lexeme = match word {
        "AND" => Lexeme::And,
        "OR" => Lexeme::Or,
        "NOT" => Lexeme::Not,
        word => Lexeme::Clause(Clause {
            at,
            text: bounded(word.to_owned(), at)?,
            quoted: false,
        }),
    };
    Ok(Some((at, lexeme, at + length)))
}

/// A clause in double quotes; a backslash takes the quote and itself literally.
fn quoted(text: &str, at: usize) -> Result<(Clause, usize), SyntaxFault> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((offset, c)) = chars.next() {
        match c {
            '"' => {
                let text = bounded(out, at)?;
                let clause = Clause {
                    at,
                    text,
                    quoted: true,
                };
                return Ok((clause, offset + 1));
            }
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => out.push(c),
                // Nothing else needs one: a lone backslash is meant as itself.
                Some((_, c)) => out.extend(['\\', c]),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err((at, SyntaxErrorKind::Unterminated))
}

fn bounded(text: String, at: usize) -> Result<String, SyntaxFault> {
    if text.chars().count() > limits::TEXT_CHARS {
        Err((at, SyntaxErrorKind::TextTooLong))
    } else {
        Ok(text)
    }
}
