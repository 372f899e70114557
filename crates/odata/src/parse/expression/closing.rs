//! What stands open around an expression, closed or gone on with.

use super::parser::{Call, Frame, Parser};
use super::{Argument, ExprId, ExprKind};
use crate::limits;
use crate::syntax_error::{SyntaxErrorKind, SyntaxFault};

/// What closing a frame came to.
pub(super) enum Closed {
    /// The whole of it, which may be part of more.
    Operand(ExprId),
    /// Another expression follows in it.
    Next,
    /// Nothing stood open: this is all.
    End(ExprId),
}

impl Parser<'_, '_> {
    /// Closes the operators on top of the stack that bind at least as tightly.
    pub(super) fn reduce(&mut self, mut operand: ExprId, binding: u8) -> ExprId {
        const NOT: u8 = 3;
        const MINUS: u8 = 8;
        loop {
            let closes = match self.frames.last() {
                Some(Frame::Binary { op, .. }) => op.binding() >= binding,
                Some(Frame::Not { .. }) => NOT >= binding,
                Some(Frame::Minus { .. }) => MINUS >= binding,
                _ => false,
            };
            if !closes {
                return operand;
            }
            self.lexer.steps += 1;
            operand = match self.frames.pop() {
                Some(Frame::Binary { at, op, left }) => {
                    let right = operand;
                    self.tree.add(at, ExprKind::Binary { op, left, right })
                }
                Some(Frame::Not { at }) => {
                    self.depth -= 1;
                    self.tree.add(at, ExprKind::Not(operand))
                }
                Some(Frame::Minus { at }) => {
                    self.depth -= 1;
                    self.tree.add(at, ExprKind::Minus(operand))
                }
                _ => operand,
            };
        }
    }

    /// Closes, or goes on with, what stands open around a whole expression.
    pub(super) fn close(&mut self, operand: ExprId) -> Result<Closed, SyntaxFault> {
        let operand = self.reduce(operand, 0);
        let Some(frame) = self.frames.pop() else {
            return Ok(Closed::End(operand));
        };
        self.lexer.steps += 1;
        match frame {
            Frame::Group if self.accept(')')? => {
                self.depth -= 1;
                Ok(Closed::Operand(operand))
            }
            Frame::Lambda {
                at,
                base,
                all,
                variable,
            } if self.accept(')')? => {
                let body = Some(operand);
                Ok(self.close_with(
                    at,
                    ExprKind::Lambda {
                        base,
                        all,
                        variable,
                        body,
                    },
                ))
            }
            Frame::Condition { at, arms } if self.accept(':')? => {
                let condition = operand;
                Ok(self.keep_open(Frame::Arm {
                    at,
                    arms,
                    condition,
                }))
            }
            Frame::Condition { .. } => self.expected("a colon after the condition"),
            // The others were closed by `reduce`.
            Frame::Group
            | Frame::Lambda { .. }
            | Frame::Binary { .. }
            | Frame::Not { .. }
            | Frame::Minus { .. } => self.expected("an operator or a closing parenthesis"),
            frame => {
                let (end, missing) = match frame {
                    Frame::List { .. } => (']', "a comma or a closing bracket"),
                    Frame::Object { .. } => ('}', "a comma or a closing brace"),
                    _ => (')', "a comma or a closing parenthesis"),
                };
                if self.accept(',')? {
                    self.collect(frame, operand, true)
                } else if self.accept(end)? {
                    self.collect(frame, operand, false)
                } else {
                    self.expected(missing)
                }
            }
        }
    }

    /// Adds an expression to those of a frame that holds many; `more` of them follow, or it is
    /// whole.
    fn collect(
        &mut self,
        frame: Frame,
        operand: ExprId,
        more: bool,
    ) -> Result<Closed, SyntaxFault> {
        match frame {
            Frame::Call(mut call) => {
                call.arguments.push(Argument {
                    name: call.pending.take(),
                    value: operand,
                });
                bounded(call.at, call.arguments.len())?;
                if more {
                    self.argument(&mut call)?;
                    return Ok(self.keep_open(Frame::Call(call)));
                }
                let Call {
                    at,
                    base,
                    name,
                    arguments,
                    ..
                } = call;
                let call = Some(arguments);
                Ok(self.close_with(at, ExprKind::Member { base, name, call }))
            }
            Frame::Items {
                at,
                left,
                mut items,
            } => {
                items.push(operand);
                bounded(at, items.len())?;
                Ok(if more {
                    self.keep_open(Frame::Items { at, left, items })
                } else {
                    self.close_with(at, ExprKind::In { left, items })
                })
            }
            Frame::List { at, mut items } => {
                items.push(operand);
                bounded(at, items.len())?;
                Ok(if more {
                    self.keep_open(Frame::List { at, items })
                } else {
                    self.close_with(at, ExprKind::List(items))
                })
            }
            Frame::Object {
                at,
                mut members,
                name,
            } => {
                members.push((name, operand));
                bounded(at, members.len())?;
                if more {
                    let name = self.member_name()?;
                    return Ok(self.keep_open(Frame::Object { at, members, name }));
                }
                Ok(self.close_with(at, ExprKind::Object(members)))
            }
            Frame::Arm {
                at,
                mut arms,
                condition,
            } => {
                arms.push((condition, operand));
                bounded(at, arms.len())?;
                Ok(if more {
                    self.keep_open(Frame::Condition { at, arms })
                } else {
                    self.close_with(at, ExprKind::Case(arms))
                })
            }
            // No other holds many.
            _ => Ok(Closed::Operand(operand)),
        }
    }

    /// A frame is closed, and came to this.
    fn close_with(&mut self, at: usize, kind: ExprKind) -> Closed {
        self.depth -= 1;
        Closed::Operand(self.tree.add(at, kind))
    }

    /// A frame stays open for another expression.
    fn keep_open(&mut self, frame: Frame) -> Closed {
        self.frames.push(frame);
        Closed::Next
    }
}

fn bounded(at: usize, items: usize) -> Result<(), SyntaxFault> {
    if items > limits::LIST_ITEMS {
        return Err((at, SyntaxErrorKind::TooManyItems));
    }
    Ok(())
}
