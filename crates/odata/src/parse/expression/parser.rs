//! Operator precedence with a stack of its own: what is open stands in [`Frame`]s, so that nesting
//! costs memory that is bounded by [`limits::NESTING`], and no calls.

use super::closing::Closed;
use super::{Argument, BinaryOp, Constant, ExprId, ExprKind, Lexer, Token, TokenKind, Tree};
use crate::limits;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// An expression, and the first token that is no part of it.
pub(crate) struct Parsed {
    pub(crate) tree: Tree,
    pub(crate) root: ExprId,
    pub(crate) next: Token,
}

/// What was begun and waits for an expression.
pub(super) enum Frame {
    Binary {
        at: usize,
        op: BinaryOp,
        left: ExprId,
    },
    Not {
        at: usize,
    },
    Minus {
        at: usize,
    },
    Group,
    Call(Call),
    Lambda {
        at: usize,
        base: ExprId,
        all: bool,
        variable: String,
    },
    Items {
        at: usize,
        left: ExprId,
        items: Vec<ExprId>,
    },
    List {
        at: usize,
        items: Vec<ExprId>,
    },
    Object {
        at: usize,
        members: Vec<(String, ExprId)>,
        name: String,
    },
    Condition {
        at: usize,
        arms: Vec<(ExprId, ExprId)>,
    },
    Arm {
        at: usize,
        arms: Vec<(ExprId, ExprId)>,
        condition: ExprId,
    },
}

/// A call whose arguments are being read.
pub(super) struct Call {
    pub(super) at: usize,
    pub(super) base: Option<ExprId>,
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    /// The name of the argument that is being read.
    pub(super) pending: Option<String>,
}

pub(super) struct Parser<'a, 'b> {
    pub(super) lexer: &'b mut Lexer<'a>,
    pub(super) token: Token,
    pub(super) tree: Tree,
    pub(super) frames: Vec<Frame>,
    /// Frames that nest: all but the binary ones, of which each level has no more than there are
    /// precedences.
    pub(super) depth: usize,
    pub(super) terms: usize,
}

/// Reads the longest expression; what follows it is for the caller to judge.
pub(crate) fn parse(lexer: &mut Lexer<'_>) -> Result<Parsed, SyntaxFault> {
    let token = lexer.next()?;
    let mut parser = Parser {
        lexer,
        token,
        tree: Tree::default(),
        frames: Vec::new(),
        depth: 0,
        terms: 0,
    };
    loop {
        let Some(operand) = parser.operand()? else {
            continue;
        };
        if let Some(root) = parser.after(operand)? {
            return Ok(Parsed {
                tree: parser.tree,
                root,
                next: parser.token,
            });
        }
    }
}

impl Parser<'_, '_> {
    fn advance(&mut self) -> Result<Token, SyntaxFault> {
        let next = self.lexer.next()?;
        Ok(core::mem::replace(&mut self.token, next))
    }

    fn is(&self, mark: char) -> bool {
        self.token.kind == TokenKind::Mark(mark)
    }

    pub(super) fn accept(&mut self, mark: char) -> Result<bool, SyntaxFault> {
        let found = self.is(mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    pub(super) fn expected<T>(&self, what: &'static str) -> Result<T, SyntaxFault> {
        Err((self.token.at, SyntaxErrorKind::Expected(what)))
    }

    fn open(&mut self, at: usize, frame: Frame) -> Result<(), SyntaxFault> {
        self.depth += 1;
        if self.depth > limits::NESTING {
            return Err((at, SyntaxErrorKind::TooDeep));
        }
        self.frames.push(frame);
        Ok(())
    }

    fn term(&mut self, at: usize) -> Result<(), SyntaxFault> {
        self.terms += 1;
        if self.terms > limits::TERMS {
            return Err((at, SyntaxErrorKind::TooManyTerms));
        }
        Ok(())
    }

    /// Where an operand must begin: opens frames (`None`, another operand follows) or reads one.
    fn operand(&mut self) -> Result<Option<ExprId>, SyntaxFault> {
        let token = self.advance()?;
        let at = token.at;
        match token.kind {
            TokenKind::Mark('(') => self.open(at, Frame::Group).map(|()| None),
            TokenKind::Mark('-') => self.open(at, Frame::Minus { at }).map(|()| None),
            TokenKind::Mark('[') => {
                if self.accept(']')? {
                    return Ok(Some(self.tree.add(at, ExprKind::List(Vec::new()))));
                }
                let items = Vec::new();
                self.open(at, Frame::List { at, items }).map(|()| None)
            }
            TokenKind::Mark('{') => {
                if self.accept('}')? {
                    return Ok(Some(self.tree.add(at, ExprKind::Object(Vec::new()))));
                }
                let name = self.member_name()?;
                let members = Vec::new();
                self.open(at, Frame::Object { at, members, name })
                    .map(|()| None)
            }
            TokenKind::Constant(constant) => {
                Ok(Some(self.tree.add(at, ExprKind::Constant(constant))))
            }
            TokenKind::JsonText(text) => Ok(Some(
                self.tree.add(at, ExprKind::Constant(Constant::Text(text))),
            )),
            TokenKind::Word(word) => self.word(at, word),
            TokenKind::Mark(_) | TokenKind::End => {
                Err((at, SyntaxErrorKind::Expected("a condition or a value")))
            }
        }
    }

    /// A word where an operand must begin.
    fn word(&mut self, at: usize, word: String) -> Result<Option<ExprId>, SyntaxFault> {
        if self.is('(') && word.eq_ignore_ascii_case("case") {
            self.advance()?;
            let arms = Vec::new();
            return self.open(at, Frame::Condition { at, arms }).map(|()| None);
        }
        if !self.is('/') {
            if word.eq_ignore_ascii_case("not") {
                return self.open(at, Frame::Not { at }).map(|()| None);
            }
            if !self.is('(')
                && let Some(constant) = keyword(&word)
            {
                return Ok(Some(self.tree.add(at, ExprKind::Constant(constant))));
            }
        }
        self.member(at, None, word)
    }

    /// A name, and what its parentheses begin. `None` when an argument follows.
    fn member(
        &mut self,
        at: usize,
        base: Option<ExprId>,
        name: String,
    ) -> Result<Option<ExprId>, SyntaxFault> {
        if !self.is('(') {
            let call = None;
            return Ok(Some(
                self.tree.add(at, ExprKind::Member { base, name, call }),
            ));
        }
        self.advance()?;
        self.term(at)?;
        let quantifier = ["any", "all"]
            .into_iter()
            .find(|own| own.eq_ignore_ascii_case(&name));
        if let (Some(base), Some(quantifier)) = (base, quantifier) {
            return self.lambda(at, base, quantifier == "all");
        }
        if self.accept(')')? {
            let call = Some(Vec::new());
            return Ok(Some(
                self.tree.add(at, ExprKind::Member { base, name, call }),
            ));
        }
        let mut call = Call {
            at,
            base,
            name,
            arguments: Vec::new(),
            pending: None,
        };
        self.argument(&mut call)?;
        self.open(at, Frame::Call(call)).map(|()| None)
    }

    /// Reads the name of an argument, where it has one.
    pub(super) fn argument(&mut self, call: &mut Call) -> Result<(), SyntaxFault> {
        call.pending = None;
        if let TokenKind::Word(word) = &self.token.kind
            && self.lexer.looks_at('=')
        {
            call.pending = Some(word.clone());
            self.advance()?;
            self.accept('=')?;
        }
        Ok(())
    }

    fn lambda(
        &mut self,
        at: usize,
        base: ExprId,
        all: bool,
    ) -> Result<Option<ExprId>, SyntaxFault> {
        if !all && self.accept(')')? {
            let kind = ExprKind::Lambda {
                base,
                all,
                variable: String::new(),
                body: None,
            };
            return Ok(Some(self.tree.add(at, kind)));
        }
        let TokenKind::Word(variable) = self.token.kind.clone() else {
            return self.expected("a range variable");
        };
        self.advance()?;
        if !self.accept(':')? {
            return self.expected("a colon after the range variable");
        }
        let frame = Frame::Lambda {
            at,
            base,
            all,
            variable,
        };
        self.open(at, frame).map(|()| None)
    }

    /// `"name":` of an object's member.
    pub(super) fn member_name(&mut self) -> Result<String, SyntaxFault> {
        let TokenKind::JsonText(name) = self.token.kind.clone() else {
            return self.expected("the name of a member");
        };
        self.advance()?;
        if self.accept(':')? {
            Ok(name)
        } else {
            self.expected("a colon after the name of a member")
        }
    }

    /// After an operand: continues its path, opens an operator, or closes what stands open. `Some`
    /// when the expression is at its end, `None` when another operand follows.
    fn after(&mut self, mut operand: ExprId) -> Result<Option<ExprId>, SyntaxFault> {
        loop {
            self.lexer.steps += 1;
            match &self.token.kind {
                TokenKind::Mark('/') => {
                    self.advance()?;
                    let TokenKind::Word(name) = self.token.kind.clone() else {
                        return self.expected("a name after the slash");
                    };
                    let at = self.advance()?.at;
                    match self.member(at, Some(operand), name)? {
                        Some(member) => operand = member,
                        None => return Ok(None),
                    }
                }
                TokenKind::Mark('(') if self.is_called(operand) => {
                    let at = self.token.at;
                    match self.member(at, Some(operand), String::new())? {
                        Some(member) => operand = member,
                        None => return Ok(None),
                    }
                }
                TokenKind::Word(word) => {
                    let op = BinaryOp::named(word);
                    match op {
                        Some(op) => match self.operator(op, operand)? {
                            Some(whole) => operand = whole,
                            None => return Ok(None),
                        },
                        None => match self.close(operand)? {
                            Closed::Operand(whole) => operand = whole,
                            Closed::Next => return Ok(None),
                            Closed::End(root) => return Ok(Some(root)),
                        },
                    }
                }
                _ => match self.close(operand)? {
                    Closed::Operand(whole) => operand = whole,
                    Closed::Next => return Ok(None),
                    Closed::End(root) => return Ok(Some(root)),
                },
            }
        }
    }

    /// Whether the operand ends with the parentheses of a call.
    fn is_called(&self, operand: ExprId) -> bool {
        matches!(
            self.tree.get(operand).map(|expr| &expr.kind),
            Some(ExprKind::Member { call: Some(_), .. })
        )
    }

    /// Opens an operator; `Some` for `in ()`, which is whole at once.
    fn operator(&mut self, op: BinaryOp, operand: ExprId) -> Result<Option<ExprId>, SyntaxFault> {
        let left = self.reduce(operand, op.binding());
        let at = self.advance()?.at;
        // What connects counts as well, so that bare booleans are bounded too.
        self.term(at)?;
        if op == BinaryOp::In && self.accept('(')? {
            let items = Vec::new();
            if self.accept(')')? {
                return Ok(Some(self.tree.add(at, ExprKind::In { left, items })));
            }
            return self
                .open(at, Frame::Items { at, left, items })
                .map(|()| None);
        }
        self.frames.push(Frame::Binary { at, op, left });
        Ok(None)
    }
}

fn keyword(word: &str) -> Option<Constant> {
    let is = |own: &str| word.eq_ignore_ascii_case(own);
    if is("null") {
        Some(Constant::Null)
    } else if is("true") || is("false") {
        Some(Constant::Bool(is("true")))
    } else if word == "INF" || word == "NaN" {
        Some(Constant::Number(word.to_owned()))
    } else {
        None
    }
}
