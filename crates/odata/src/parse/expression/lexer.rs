//! Words, constants and punctuation of the expression language.

use super::literal::{self, Constant};
use crate::limits;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// A token and where it stands in the decoded text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) at: usize,
    pub(crate) end: usize,
    pub(crate) kind: TokenKind,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum TokenKind {
    /// A name, a keyword or an operator; `$it`, `@alias` and names with dots among them.
    Word(String),
    Constant(Constant),
    /// A text in double quotes, as JSON has them.
    JsonText(String),
    /// One of `( ) [ ] { } , : ; / = -`
    Mark(char),
    End,
}

/// Reads tokens one after another. It never goes back.
pub(crate) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    /// Tokens read, and frames that the parser closed: what the work is measured by.
    pub(crate) steps: usize,
}

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            steps: 0,
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether this stands right behind the token read last.
    pub(crate) fn looks_at(&self, mark: char) -> bool {
        self.rest().starts_with(mark)
    }

    /// The next token; white space before it is passed over, line ends among it: people lay long
    /// queries out in lines.
    pub(crate) fn next(&mut self) -> Result<Token, SyntaxFault> {
        self.steps += 1;
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
        let at = self.at;
        let rest = self.rest();
        let token = |kind, end| Token { at, end, kind };
        let Some(first) = rest.chars().next() else {
            return Ok(token(TokenKind::End, at));
        };
        let kind = match first {
            '\'' => TokenKind::Constant(Constant::Text(self.text_literal()?)),
            '"' => TokenKind::JsonText(self.json_text()?),
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | ':' | ';' | '/' | '=' => {
                self.at += 1;
                TokenKind::Mark(first)
            }
            _ => match literal::scan(rest) {
                Ok(Some((constant, length))) => {
                    self.at += length;
                    TokenKind::Constant(constant)
                }
                Err(expected) => return Err((at, SyntaxErrorKind::Expected(expected))),
                Ok(None) if first == '-' => {
                    self.at += 1;
                    TokenKind::Mark('-')
                }
                Ok(None) => self.word(first)?,
            },
        };
        Ok(token(kind, self.at))
    }

    /// A name; or the name of a type before a text.
    fn word(&mut self, first: char) -> Result<TokenKind, SyntaxFault> {
        let at = self.at;
        let rest = self.rest();
        if !(first.is_alphabetic() || "_$@".contains(first)) {
            return Err((at, SyntaxErrorKind::Expected("a name or a value")));
        }
        let annotation = first == '@';
        let follows = |c: char| c.is_alphanumeric() || "_.-".contains(c) || annotation && c == '#';
        let length = rest
            .char_indices()
            .skip(1)
            .find(|(_, c)| !follows(*c))
            .map_or(rest.len(), |(at, _)| at);
        let word = rest.get(..length).unwrap_or_default();
        if word.chars().count() > limits::NAME_CHARS {
            return Err((at, SyntaxErrorKind::NameTooLong));
        }
        self.at += length;
        if self.rest().starts_with('\'') {
            let text = self.text_literal()?;
            return Ok(TokenKind::Constant(Constant::Typed {
                name: word.to_owned(),
                text,
            }));
        }
        Ok(TokenKind::Word(word.to_owned()))
    }

    /// A text in single quotes; a quote within is doubled.
    fn text_literal(&mut self) -> Result<String, SyntaxFault> {
        let start = self.at;
        let mut text = String::new();
        let mut left = self.rest().strip_prefix('\'').unwrap_or_default();
        loop {
            let Some((before, after)) = left.split_once('\'') else {
                return Err((start, SyntaxErrorKind::Unterminated));
            };
            text.push_str(before);
            left = after;
            match left.strip_prefix('\'') {
                Some(after) => {
                    text.push('\'');
                    left = after;
                }
                None => break,
            }
        }
        self.at = self.text.len() - left.len();
        bounded(text, start)
    }

    /// A text in double quotes, with the escapes of JSON.
    fn json_text(&mut self) -> Result<String, SyntaxFault> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + at + 1;
                    return bounded(text, start);
                }
                '\\' => {
                    let escaped = match chars.next() {
                        Some((_, c @ ('"' | '\\' | '/'))) => Some(c),
                        Some((_, 'b')) => Some('\u{8}'),
                        Some((_, 'f')) => Some('\u{c}'),
                        Some((_, 'n')) => Some('\n'),
                        Some((_, 'r')) => Some('\r'),
                        Some((_, 't')) => Some('\t'),
                        Some((_, 'u')) => {
                            let hex: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                            let whole =
                                hex.len() == 4 && hex.bytes().all(|b| b.is_ascii_hexdigit());
                            u32::from_str_radix(&hex, 16)
                                .ok()
                                .filter(|_| whole)
                                .map(|code| char::from_u32(code).unwrap_or('\u{fffd}'))
                        }
                        _ => None,
                    };
                    match escaped {
                        Some(c) => text.push(c),
                        None => {
                            return Err((
                                start + at,
                                SyntaxErrorKind::Expected("an escape of JSON"),
                            ));
                        }
                    }
                }
                c => text.push(c),
            }
        }
        Err((start, SyntaxErrorKind::Unterminated))
    }
}

fn bounded(text: String, start: usize) -> Result<String, SyntaxFault> {
    if text.chars().count() > limits::TEXT_CHARS {
        Err((start, SyntaxErrorKind::TextTooLong))
    } else {
        Ok(text)
    }
}
