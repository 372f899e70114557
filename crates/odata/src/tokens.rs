//! The tokens of a text, as `$search` sees them (P-queries-7): of what is stored and of what is
//! searched alike.

use edm::fold;

/// What kind of character it is, for the borders between tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CharKind {
    Space,
    Digit,
    Lower,
    Letter,
    Symbol,
}

fn char_kind(c: char) -> CharKind {
    if c.is_whitespace() {
        CharKind::Space
    } else if c.is_numeric() {
        CharKind::Digit
    } else if c.is_lowercase() {
        CharKind::Lower
    } else if c.is_alphabetic() {
        CharKind::Letter
    } else {
        CharKind::Symbol
    }
}

/// The folded tokens, each once, in the order in which they first appear.
///
/// A text is split at white space, where a small letter stands before a capital (`HelloWorld`:
/// hello, world; but `HELLOworld` is one), between digits and letters, and at symbols, each of
/// which is a token itself. Where symbols hold pieces together, the pieces without them are one
/// token more: `hello.world` is hello, `.`, world, helloworld. What is searched for finds a text
/// when each of its tokens begins one of the text's.
pub fn tokens(text: &str) -> Vec<String> {
    let composed = fold::compose(text);
    let mut found = Found::default();
    let mut before = CharKind::Space;
    for c in composed.chars() {
        let now = char_kind(c);
        match now {
            CharKind::Space => found.end_word(),
            CharKind::Symbol => {
                found.end_piece();
                found.symbols = true;
                found.add(c.to_string());
            }
            CharKind::Digit | CharKind::Lower | CharKind::Letter => {
                let capital = before == CharKind::Lower && c.is_uppercase();
                let border = (before == CharKind::Digit) != (now == CharKind::Digit);
                if capital || border {
                    found.end_piece();
                }
                found.piece.push(c);
            }
        }
        before = now;
    }
    found.end_word();
    found.tokens
}

/// The tokens so far, and the word that is being read.
#[derive(Default)]
struct Found {
    tokens: Vec<String>,
    /// What stands since the last border.
    piece: String,
    /// The folded pieces since the last white space.
    word: String,
    /// A symbol stands in the word.
    symbols: bool,
}

impl Found {
    fn add(&mut self, token: String) {
        if !token.is_empty() && !self.tokens.contains(&token) {
            self.tokens.push(token);
        }
    }

    fn end_piece(&mut self) {
        let token = fold::display(&core::mem::take(&mut self.piece));
        self.word.push_str(&token);
        self.add(token);
    }

    fn end_word(&mut self) {
        self.end_piece();
        let word = core::mem::take(&mut self.word);
        if core::mem::take(&mut self.symbols) {
            self.add(word);
        }
    }
}
