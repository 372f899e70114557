//! `$orderby`: expressions with a direction each.

use crate::limits;
use crate::parse::expression::{self, ExprId, Lexer, TokenKind, Tree};
use crate::percent::Decoded;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// One key, not compared with a type yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SortKey {
    pub(crate) tree: Tree,
    pub(crate) root: ExprId,
    pub(crate) descending: bool,
}

/// Reads the comma list.
pub(crate) fn keys(value: &Decoded) -> Result<Vec<SortKey>, SyntaxFault> {
    let placed = |(at, kind)| (value.place(at), kind);
    let mut lexer = Lexer::new(&value.text);
    let mut keys = Vec::new();
    loop {
        let parsed = expression::parse(&mut lexer).map_err(placed)?;
        let mut token = parsed.next;
        let mut descending = false;
        if let TokenKind::Word(word) = &token.kind {
            descending = word.eq_ignore_ascii_case("desc");
            if !descending && !word.eq_ignore_ascii_case("asc") {
                return Err(placed((token.at, SyntaxErrorKind::Expected("asc or desc"))));
            }
            token = lexer.next().map_err(placed)?;
        }
        if keys.len() >= limits::ORDER_KEYS {
            return Err(placed((token.at, SyntaxErrorKind::TooManyItems)));
        }
        keys.push(SortKey {
            tree: parsed.tree.placed(value),
            root: parsed.root,
            descending,
        });
        match token.kind {
            TokenKind::End => return Ok(keys),
            TokenKind::Mark(',') => {}
            _ => return Err(placed((token.at, SyntaxErrorKind::Expected("a comma")))),
        }
    }
}
