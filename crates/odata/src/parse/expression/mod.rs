//! The expression language of `$filter` and `$orderby`: text to a tree with positions.
//!
//! The whole language of the protocol is read here, what is not served too, so that whoever sends
//! it is told what it is and where ([`crate::check`] decides). Names mean nothing yet. The tree is
//! a flat list, children before their parents, and is built and walked without recursion.

mod closing;
mod lexer;
mod literal;
mod parser;

pub(crate) use lexer::{Lexer, Token, TokenKind};
pub(crate) use literal::{Constant, Moment};
pub(crate) use parser::parse;

use crate::limits;
use crate::percent::{self, Decoded};

/// Place of an expression in its [`Tree`].
pub(crate) type ExprId = usize;

/// Expressions, children before their parents.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tree {
    nodes: Vec<Expr>,
}

impl Tree {
    pub(crate) fn get(&self, id: ExprId) -> Option<&Expr> {
        self.nodes.get(id)
    }

    fn add(&mut self, at: usize, kind: ExprKind) -> ExprId {
        self.nodes.push(Expr { at, kind });
        self.nodes.len() - 1
    }

    /// From offsets in the decoded text to offsets in the query string.
    pub(crate) fn placed(mut self, text: &Decoded) -> Self {
        for node in &mut self.nodes {
            node.at = text.place(node.at);
        }
        self
    }
}

/// An expression and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expr {
    pub(crate) at: usize,
    pub(crate) kind: ExprKind,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ExprKind {
    Constant(Constant),
    /// A name, after a path or at its beginning, called with arguments or not. An empty name is a
    /// second pair of parentheses.
    Member {
        base: Option<ExprId>,
        name: String,
        call: Option<Vec<Argument>>,
    },
    /// `path/any(…)`, `path/all(…)`; only `any` may have no body.
    Lambda {
        base: ExprId,
        all: bool,
        variable: String,
        body: Option<ExprId>,
    },
    Not(ExprId),
    Minus(ExprId),
    Binary {
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
    },
    /// `… in (…)`
    In {
        left: ExprId,
        items: Vec<ExprId>,
    },
    /// `[…]`
    List(Vec<ExprId>),
    /// `{…}`
    Object(Vec<(String, ExprId)>),
    /// `case(condition:value,…)`
    Case(Vec<(ExprId, ExprId)>),
}

/// An argument of a call, named or not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Argument {
    pub(crate) name: Option<String>,
    pub(crate) value: ExprId,
}

/// Two-sided operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Has,
    In,
    Add,
    Sub,
    Mul,
    Div,
    DivBy,
    Mod,
}

impl BinaryOp {
    /// Each with its name.
    pub(crate) const ALL: [(&'static str, Self); 16] = [
        ("or", Self::Or),
        ("and", Self::And),
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("lt", Self::Lt),
        ("le", Self::Le),
        ("has", Self::Has),
        ("in", Self::In),
        ("add", Self::Add),
        ("sub", Self::Sub),
        ("mul", Self::Mul),
        ("div", Self::Div),
        ("divby", Self::DivBy),
        ("mod", Self::Mod),
    ];

    /// The operator of that name, in any spelling of case.
    fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, op)| op)
    }

    /// Whether it makes a condition of its sides, and not a value.
    pub(crate) const fn is_condition(self) -> bool {
        !matches!(
            self,
            Self::Has | Self::Add | Self::Sub | Self::Mul | Self::Div | Self::DivBy | Self::Mod
        )
    }

    /// How tightly it binds (`OData` URL Conventions, operator precedence). `not` binds looser than
    /// a comparison, as its grammar and users read it; for booleans that is the same.
    const fn binding(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Eq | Self::Ne => 4,
            Self::Gt | Self::Ge | Self::Lt | Self::Le => 5,
            Self::Add | Self::Sub => 6,
            Self::Mul | Self::Div | Self::DivBy | Self::Mod => 7,
            Self::Has | Self::In => 9,
        }
    }
}

/// How many tokens are read and frames closed until the text of a condition, percent-encoded, is
/// read or refused: what reading it costs, whatever the machine.
pub fn steps(text: &str) -> usize {
    let text = text.get(..limits::QUERY_BYTES).unwrap_or(text);
    let Ok(decoded) = percent::decode(text, 0) else {
        return 0;
    };
    let mut lexer = Lexer::new(&decoded.text);
    let _ = parse(&mut lexer);
    lexer.steps
}
