//! Earley's algorithm: all ways to read a text at once, left to right, without recursion or going
//! back.

use super::Grammar;
use super::notation::{Production, Symbol};
use std::collections::{HashMap, HashSet};

/// A production that has been read as far as `dot`, from the place `from` on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Item {
    production: usize,
    dot: usize,
    from: usize,
}

/// What may stand at one place of the text.
#[derive(Default)]
struct Place {
    items: Vec<Item>,
    seen: HashSet<Item>,
    /// Items that wait for a rule to be met from here on.
    waiting: HashMap<usize, Vec<Item>>,
    predicted: HashSet<usize>,
}

impl Place {
    fn add(&mut self, item: Item) {
        if self.seen.insert(item) {
            self.items.push(item);
        }
    }
}

/// `Err` is the farthest byte up to which the text could be read.
pub(super) fn recognise(grammar: &Grammar, rule: usize, text: &str) -> Result<(), usize> {
    let mut run = Run {
        grammar,
        text,
        places: (0..=text.len()).map(|_| Place::default()).collect(),
        farthest: 0,
    };
    run.predict(rule, 0);
    for at in 0..=text.len() {
        let mut next = 0;
        while let Some(item) = run.places.get(at).and_then(|place| place.items.get(next)) {
            let item = *item;
            next += 1;
            run.step(item, at);
        }
    }
    let whole = run.places.last().is_some_and(|place| {
        place.items.iter().any(|item| {
            item.from == 0
                && grammar
                    .productions
                    .get(item.production)
                    .is_some_and(|production| {
                        production.rule == rule && production.symbols.len() == item.dot
                    })
        })
    });
    if whole { Ok(()) } else { Err(run.farthest) }
}

struct Run<'a> {
    grammar: &'a Grammar,
    text: &'a str,
    places: Vec<Place>,
    farthest: usize,
}

impl Run<'_> {
    fn add(&mut self, at: usize, item: Item) {
        if let Some(place) = self.places.get_mut(at) {
            place.add(item);
        }
    }

    fn production(&self, item: Item) -> Option<&Production> {
        self.grammar.productions.get(item.production)
    }

    fn step(&mut self, item: Item, at: usize) {
        let Some(production) = self.production(item) else {
            return;
        };
        let after = Item {
            dot: item.dot + 1,
            ..item
        };
        match production.symbols.get(item.dot) {
            None => self.complete(production.rule, item.from, at),
            Some(Symbol::Rule(rule)) => {
                let rule = *rule;
                if let Some(place) = self.places.get_mut(at) {
                    place.waiting.entry(rule).or_default().push(item);
                }
                self.predict(rule, at);
                if self.grammar.nullable.get(rule).copied().unwrap_or(false) {
                    self.add(at, after);
                }
            }
            Some(symbol) => {
                let (ends, read) = ends(symbol, self.text, at);
                self.farthest = self.farthest.max(read);
                for end in ends {
                    self.add(end, after);
                }
            }
        }
    }

    /// The rule was met from `from` to `at`.
    fn complete(&mut self, rule: usize, from: usize, at: usize) {
        let waiting = self
            .places
            .get(from)
            .and_then(|place| place.waiting.get(&rule));
        for item in waiting.cloned().unwrap_or_default() {
            let dot = item.dot + 1;
            self.add(at, Item { dot, ..item });
        }
    }

    /// The rule may begin here. Productions whose first character does not stand here are left out.
    fn predict(&mut self, rule: usize, at: usize) {
        let fresh = self
            .places
            .get_mut(at)
            .is_some_and(|place| place.predicted.insert(rule));
        if !fresh {
            return;
        }
        let grammar = self.grammar;
        for production in grammar.of_rule.get(rule).into_iter().flatten() {
            let first = grammar
                .productions
                .get(*production)
                .and_then(|production| production.symbols.first());
            if let Some(symbol) = first
                && !matches!(symbol, Symbol::Rule(_))
            {
                let (ends, read) = ends(symbol, self.text, at);
                self.farthest = self.farthest.max(read);
                if ends.is_empty() {
                    continue;
                }
            }
            self.add(
                at,
                Item {
                    production: *production,
                    dot: 0,
                    from: at,
                },
            );
        }
    }
}

/// Where the symbol ends when it stands at `at`, and how far the text could be read looking for it.
fn ends(symbol: &Symbol, text: &str, at: usize) -> (Vec<usize>, usize) {
    let rest = text.get(at..).unwrap_or_default();
    match symbol {
        Symbol::Rule(_) => (Vec::new(), at),
        Symbol::Text(own, caseless) => {
            let read = common(rest, own, *caseless);
            let whole = (read == own.len()).then_some(at + read);
            (whole.into_iter().collect(), at + read)
        }
        Symbol::Set(ranges) => match rest.chars().next() {
            Some(c)
                if ranges
                    .iter()
                    .any(|(first, last)| (first..=last).contains(&&c)) =>
            {
                let end = at + c.len_utf8();
                (vec![end], end)
            }
            _ => (Vec::new(), at),
        },
        Symbol::Names(names) => {
            let whole = names
                .iter()
                .filter(|name| rest.starts_with(name.as_str()))
                .map(|name| at + name.len());
            let read = names.iter().map(|name| common(rest, name, false)).max();
            (whole.collect(), at + read.unwrap_or(0))
        }
    }
}

/// Bytes in which two texts agree from their beginning.
fn common(text: &str, own: &str, caseless: bool) -> usize {
    text.bytes()
        .zip(own.bytes())
        .take_while(|(one, other)| one == other || caseless && one.eq_ignore_ascii_case(other))
        .count()
}
