//! What stands open around an expression, closed or gone on with.

use super::parser::{Call, Fault, Frame, Parser};
use super::{Argument, ExprId, Kind};
use crate::limits;
use crate::syntax_error::SyntaxErrorKind;

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
                    self.tree.add(at, Kind::Binary { op, left, right })
                }
                Some(Frame::Not { at }) => {
                    self.depth -= 1;
                    self.tree.add(at, Kind::Not(operand))
                }
                Some(Frame::Minus { at }) => {
                    self.depth -= 1;
                    self.tree.add(at, Kind::Minus(operand))
                }
                _ => operand,
            };
        }
    }

    /// Closes, or goes on with, what stands open around a whole expression.
    pub(super) fn close(&mut self, operand: ExprId) -> Result<Closed, Fault> {
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
                Ok(self.whole(
                    at,
                    Kind::Lambda {
                        base,
                        all,
                        variable,
                        body,
                    },
                ))
            }
            Frame::Condition { at, arms } if self.accept(':')? => {
                let condition = operand;
                Ok(self.again(Frame::Arm {
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
    fn collect(&mut self, frame: Frame, operand: ExprId, more: bool) -> Result<Closed, Fault> {
        match frame {
            Frame::Call(mut call) => {
                call.arguments.push(Argument {
                    name: call.pending.take(),
                    value: operand,
                });
                bounded(call.at, call.arguments.len())?;
                if more {
                    self.argument(&mut call)?;
                    return Ok(self.again(Frame::Call(call)));
                }
                let Call {
                    at,
                    base,
                    name,
                    arguments,
                    ..
                } = call;
                let call = Some(arguments);
                Ok(self.whole(at, Kind::Member { base, name, call }))
            }
            Frame::Items {
                at,
                left,
                mut items,
            } => {
                items.push(operand);
                bounded(at, items.len())?;
                Ok(if more {
                    self.again(Frame::Items { at, left, items })
                } else {
                    self.whole(at, Kind::In { left, items })
                })
            }
            Frame::List { at, mut items } => {
                items.push(operand);
                bounded(at, items.len())?;
                Ok(if more {
                    self.again(Frame::List { at, items })
                } else {
                    self.whole(at, Kind::List(items))
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
                    return Ok(self.again(Frame::Object { at, members, name }));
                }
                Ok(self.whole(at, Kind::Object(members)))
            }
            Frame::Arm {
                at,
                mut arms,
                condition,
            } => {
                arms.push((condition, operand));
                bounded(at, arms.len())?;
                Ok(if more {
                    self.again(Frame::Condition { at, arms })
                } else {
                    self.whole(at, Kind::Case(arms))
                })
            }
            // No other holds many.
            _ => Ok(Closed::Operand(operand)),
        }
    }

    /// A frame is closed, and came to this.
    fn whole(&mut self, at: usize, kind: Kind) -> Closed {
        self.depth -= 1;
        Closed::Operand(self.tree.add(at, kind))
    }

    /// A frame stays open for another expression.
    fn again(&mut self, frame: Frame) -> Closed {
        self.frames.push(frame);
        Closed::Next
    }
}

fn bounded(at: usize, items: usize) -> Result<(), Fault> {
    if items > limits::LIST_ITEMS {
        return Err((at, SyntaxErrorKind::TooManyItems));
    }
    Ok(())
}
