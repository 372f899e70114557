//! The notation the rules are written in, and what it compiles to.
//!
//! `name = …` at the beginning of a line; further lines are indented. Spaces are sequence, `/` is
//! alternative, `[…]` is optional, `*x` is none or more, `+x` is one or more, `(…)` groups. `"…"`
//! is a text in any case, `'…'` in exactly this one, `<…>` one character out of a set with ranges,
//! in which a backslash takes the next character literally and `\u` is every character beyond
//! ASCII. `#` begins a comment.

use super::Grammar;
use std::collections::HashMap;

/// A mistake in the notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rule {rule:?}: {what}")]
pub struct NotationError {
    rule: String,
    what: &'static str,
}

/// One way in which a rule can be met.
#[derive(Debug)]
pub(super) struct Production {
    pub(super) rule: usize,
    pub(super) symbols: Vec<Symbol>,
}

/// A part of a production.
#[derive(Clone, Debug)]
pub(super) enum Symbol {
    Rule(usize),
    /// A text; `true` in any case.
    Text(String, bool),
    /// One character of these ranges.
    Set(Vec<(char, char)>),
    /// One of the names of the model.
    Names(Vec<String>),
}

/// Collects rules.
#[derive(Default)]
pub(super) struct Compiler {
    numbers: HashMap<String, usize>,
    names: Vec<String>,
    productions: Vec<Production>,
}

/// A group that is being read.
struct Group {
    open: char,
    repeat: Option<char>,
    alternatives: Vec<Vec<Symbol>>,
    sequence: Vec<Symbol>,
    outer_repeat: Option<char>,
}

impl Compiler {
    fn number(&mut self, name: &str) -> usize {
        let name = name.to_ascii_lowercase();
        if let Some(number) = self.numbers.get(&name) {
            return *number;
        }
        let number = self.names.len();
        self.numbers.insert(name.clone(), number);
        self.names.push(name);
        number
    }

    /// A rule without a name.
    fn made_up(&mut self) -> usize {
        self.names.push(String::new());
        self.names.len() - 1
    }

    /// Reads rules.
    pub(super) fn read(&mut self, text: &str) -> Result<(), NotationError> {
        let mut rule = String::new();
        let mut body = String::new();
        for line in text.lines() {
            let trimmed = line.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if trimmed.len() == line.len() {
                self.rule(&rule, &body)?;
                let (name, first) = line.split_once('=').ok_or_else(|| NotationError {
                    rule: line.to_owned(),
                    what: "no =",
                })?;
                name.trim().clone_into(&mut rule);
                first.clone_into(&mut body);
            } else {
                body.push(' ');
                body.push_str(trimmed);
            }
        }
        self.rule(&rule, &body)
    }

    /// The rule matches these names and nothing else.
    pub(super) fn names(&mut self, rule: &str, names: Vec<String>) {
        let rule = self.number(rule);
        self.productions
            .retain(|production| production.rule != rule);
        let symbols = vec![Symbol::Names(names)];
        self.productions.push(Production { rule, symbols });
    }

    fn rule(&mut self, name: &str, body: &str) -> Result<(), NotationError> {
        if name.is_empty() {
            return Ok(());
        }
        let fail = |what| NotationError {
            rule: name.to_owned(),
            what,
        };
        let rule = self.number(name);
        let mut groups = vec![Group {
            open: '=',
            repeat: None,
            alternatives: Vec::new(),
            sequence: Vec::new(),
            outer_repeat: None,
        }];
        let mut left = body.trim();
        while let Some(first) = left.chars().next() {
            let group = groups.last_mut().ok_or_else(|| fail("closed too often"))?;
            let mut rest = left.get(first.len_utf8()..).unwrap_or_default();
            let mut symbol = None;
            match first {
                '*' | '+' => group.repeat = Some(first),
                '/' => {
                    let sequence = core::mem::take(&mut group.sequence);
                    group.alternatives.push(sequence);
                }
                '(' | '[' => {
                    let outer_repeat = group.repeat.take();
                    groups.push(Group {
                        open: first,
                        repeat: None,
                        alternatives: Vec::new(),
                        sequence: Vec::new(),
                        outer_repeat,
                    });
                }
                ')' | ']' => {
                    let mut group = groups.pop().ok_or_else(|| fail("closed too often"))?;
                    if (group.open == '(') != (first == ')') {
                        return Err(fail("closed by another bracket"));
                    }
                    group.alternatives.push(group.sequence);
                    if first == ']' {
                        group.alternatives.push(Vec::new());
                    }
                    let number = self.made_up();
                    self.alternatives(number, group.alternatives);
                    symbol = Some(self.repeated(Symbol::Rule(number), group.outer_repeat));
                    let outer = groups.last_mut().ok_or_else(|| fail("closed too often"))?;
                    outer.sequence.extend(symbol.take());
                }
                '"' | '\'' => {
                    let (text, after) = rest.split_once(first).ok_or_else(|| fail("no quote"))?;
                    symbol = Some(Symbol::Text(text.to_owned(), first == '"'));
                    rest = after;
                }
                '<' => {
                    let (set, after) = set(rest).ok_or_else(|| fail("no set"))?;
                    symbol = Some(Symbol::Set(set));
                    rest = after;
                }
                c if c.is_ascii_alphabetic() => {
                    let name_char = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                    let end = left.find(|c| !name_char(c)).unwrap_or(left.len());
                    let (name, after) = left.split_at(end);
                    symbol = Some(Symbol::Rule(self.number(name)));
                    rest = after;
                }
                c if c.is_whitespace() => {}
                _ => return Err(fail("not the notation")),
            }
            if let (Some(symbol), Some(group)) = (symbol, groups.last_mut()) {
                let repeat = group.repeat.take();
                let symbol = self.repeated(symbol, repeat);
                group.sequence.push(symbol);
            }
            left = rest;
        }
        let group = groups.pop().filter(|_| groups.is_empty());
        let mut group = group.ok_or_else(|| fail("not closed"))?;
        group.alternatives.push(group.sequence);
        self.alternatives(rule, group.alternatives);
        Ok(())
    }

    fn alternatives(&mut self, rule: usize, alternatives: Vec<Vec<Symbol>>) {
        let made = alternatives
            .into_iter()
            .map(|symbols| Production { rule, symbols });
        self.productions.extend(made);
    }

    /// A repetition is a rule that begins with itself.
    fn repeated(&mut self, symbol: Symbol, repeat: Option<char>) -> Symbol {
        let Some(repeat) = repeat else {
            return symbol;
        };
        let number = self.made_up();
        let first = if repeat == '*' {
            Vec::new()
        } else {
            vec![symbol.clone()]
        };
        let more = vec![Symbol::Rule(number), symbol];
        self.alternatives(number, vec![first, more]);
        Symbol::Rule(number)
    }

    pub(super) fn finish(self) -> Result<Grammar, NotationError> {
        let mut of_rule = vec![Vec::new(); self.names.len()];
        for (at, production) in self.productions.iter().enumerate() {
            if let Some(own) = of_rule.get_mut(production.rule) {
                own.push(at);
            }
        }
        if let Some(missing) = of_rule.iter().position(Vec::is_empty) {
            return Err(NotationError {
                rule: self.names.get(missing).cloned().unwrap_or_default(),
                what: "nothing says what it is",
            });
        }
        let mut nullable = vec![false; self.names.len()];
        loop {
            let mut changed = false;
            for production in &self.productions {
                let empty = production.symbols.iter().all(|symbol| match symbol {
                    Symbol::Rule(rule) => nullable.get(*rule).copied().unwrap_or(false),
                    _ => false,
                });
                if let Some(own) = nullable.get_mut(production.rule)
                    && empty
                    && !*own
                {
                    *own = true;
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        Ok(Grammar {
            names: self.names,
            productions: self.productions,
            of_rule,
            nullable,
        })
    }
}

/// The ranges of a set, and what follows its end.
fn set(text: &str) -> Option<(Vec<(char, char)>, &str)> {
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut range = false;
    let mut chars = text.char_indices();
    loop {
        let (at, c) = chars.next()?;
        let c = match c {
            '>' => return Some((ranges, text.get(at + 1..)?)),
            '-' if !range && !ranges.is_empty() => {
                range = true;
                continue;
            }
            '\\' => match chars.next()?.1 {
                'u' => {
                    ranges.push(('\u{80}', char::MAX));
                    continue;
                }
                c => c,
            },
            c => c,
        };
        if range {
            let (first, _) = ranges.pop()?;
            ranges.push((first, c));
            range = false;
        } else {
            ranges.push((c, c));
        }
    }
}
