//! Reads the forms of a page, as much as a browser needs to send one: action, named fields,
//! buttons.
//!
//! Only our own pages are read, and only by `try`; still the scan never goes back and keeps at most
//! what it read.

/// A form of a page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// `action`; empty means the page itself.
    pub action: String,
    /// Named inputs and their values, in page order; submit buttons are not among them.
    pub fields: Vec<(String, String)>,
    /// Name of the field that asks for a one-time code (`autocomplete="one-time-code"`).
    pub code_field: Option<String>,
    /// Names, values and texts of the submit buttons.
    pub buttons: Vec<Button>,
}

/// A submit button.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Button {
    /// `name` and `value`, sent when it is pressed and has a name.
    pub field: Option<(String, String)>,
    /// What it says.
    pub text: String,
}

impl Form {
    /// Fills a field in.
    pub fn fill(&mut self, name: &str, value: &str) {
        for (_, old) in self.fields.iter_mut().filter(|(field, _)| field == name) {
            value.clone_into(old);
        }
    }

    /// What a browser sends when that button is pressed.
    pub fn pressed(mut self, button: usize) -> Vec<(String, String)> {
        if button < self.buttons.len() {
            self.fields.extend(self.buttons.swap_remove(button).field);
        }
        self.fields
    }
}

/// All forms of the page that are sent by POST.
pub fn forms(html: &str) -> Vec<Form> {
    let mut found = Vec::new();
    let mut current: Option<Form> = None;
    let mut in_button = false;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (text, tag_on) = rest.split_at(start);
        if let Some(button) = current
            .as_mut()
            .and_then(|form| form.buttons.last_mut())
            .filter(|_| in_button)
        {
            button.text.push_str(&decode(text));
        }
        let Some((tag, after)) = tag(tag_on) else {
            break;
        };
        rest = after;
        match (tag.name.as_str(), current.as_mut()) {
            ("form", _)
                if tag
                    .get("method")
                    .is_some_and(|method| method.eq_ignore_ascii_case("post")) =>
            {
                current = Some(Form {
                    action: tag.get("action").unwrap_or_default(),
                    ..Form::default()
                });
            }
            ("/form", _) => found.extend(current.take()),
            ("button", Some(form)) => {
                in_button = true;
                let field = tag
                    .get("name")
                    .map(|name| (name, tag.get("value").unwrap_or_default()));
                form.buttons.push(Button {
                    field,
                    text: String::new(),
                });
            }
            ("/button", Some(_)) => in_button = false,
            ("input", Some(form)) => {
                if let Some(name) = tag.get("name") {
                    if tag
                        .get("autocomplete")
                        .is_some_and(|wanted| wanted == "one-time-code")
                    {
                        form.code_field = Some(name.clone());
                    }
                    form.fields
                        .push((name, tag.get("value").unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    found
}

struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    fn get(&self, name: &str) -> Option<String> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }
}

/// Reads one tag at the head of `text` and what follows it; none when the page ends inside it.
fn tag(text: &str) -> Option<(Tag, &str)> {
    let text = text.strip_prefix('<')?;
    let end = text.find(|letter: char| letter.is_whitespace() || letter == '>')?;
    let (name, mut rest) = text.split_at(end);
    let mut tag = Tag {
        name: name.to_ascii_lowercase(),
        attributes: Vec::new(),
    };
    loop {
        rest = rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return Some((tag, after));
        }
        let end =
            rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '=' | '>' | '/'))?;
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(after)?,
            None => ("", after),
        };
        // A stray quote or equals sign would otherwise stand still.
        rest = if end == 0 && after.len() == rest.len() {
            skip(rest)
        } else {
            after
        };
        tag.attributes
            .push((name.to_ascii_lowercase(), decode(value)));
    }
}

fn value(text: &str) -> Option<(&str, &str)> {
    for quote in ['"', '\''] {
        if let Some(text) = text.strip_prefix(quote) {
            return text.split_once(quote);
        }
    }
    let end = text.find(|letter: char| letter.is_whitespace() || letter == '>')?;
    Some(text.split_at(end))
}

fn skip(text: &str) -> &str {
    let mut letters = text.chars();
    letters.next();
    letters.as_str()
}

/// The text of a piece of HTML, its tags left out.
pub fn text(html: &str) -> String {
    let mut out = String::new();
    for piece in html.split('<') {
        out.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
    }
    decode(out.trim())
}

/// Decodes the character references that our templates write.
fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after
            .split_once(';')
            .and_then(|(name, after)| Some((reference(name)?, after)));
        rest = if let Some((letter, after)) = known {
            out.push(letter);
            after
        } else {
            out.push('&');
            after
        };
    }
    out.push_str(rest);
    out
}

fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_its_forms() {
        let found = forms(
            "<!doctype html><form method=get action=/find><input name=q></form>
             <form class='a' method=\"post\" action=\"/redeem/x/code?a=1&amp;b=2\">
               <input type=hidden name=csrf value=\"a&#x2f;b&quot;\"><label>Code <input name='code' autocomplete=one-time-code required></label>
               <button type=submit name=go value=yes>Send <b>code</b></button><button>Not now</button>
             </form><form method=POST></form>",
        );
        assert_eq!(found.len(), 2);
        let form = &found[0];
        assert_eq!(form.action, "/redeem/x/code?a=1&b=2");
        assert_eq!(form.code_field.as_deref(), Some("code"));
        assert_eq!(form.fields.len(), 2, "buttons are no fields");
        assert_eq!(form.fields[0], ("csrf".to_owned(), "a/b\"".to_owned()));
        assert_eq!(form.buttons[0].text, "Send code");
        assert_eq!(form.buttons[1].text, "Not now");
    }

    #[test]
    fn a_press_sends_the_fields_and_its_own_name() {
        let page = "<form method=post action=a><input name=code><input name=t value=1><button name=go value=y>x</button></form>";
        let mut form = forms(page).remove(0);
        form.fill("code", "12345678");
        let sent = [("code", "12345678"), ("t", "1"), ("go", "y")];
        assert_eq!(
            form.pressed(0),
            sent.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn text_is_read_without_tags() {
        assert_eq!(
            text(" Hello, <b>A &amp; B</b> <br/>there"),
            "Hello, A & B there"
        );
        assert_eq!(text("plain"), "plain");
    }

    #[test]
    fn broken_pages_end() {
        for page in [
            "<",
            "<form",
            "<form method=post",
            "<form method=post>",
            "<a =\"x\" '>",
            "<form method='post' = ' >",
            "&#x;&",
        ] {
            assert!(forms(page).is_empty(), "{page}");
        }
        assert_eq!(decode("&#xffffffff;&nope;&lt"), "&#xffffffff;&nope;&lt");
    }
}
