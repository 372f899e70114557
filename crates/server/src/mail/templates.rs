//! The templates of mails and of dev's outbox, built into the program.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use super::samples;

/// A template that cannot be rendered: a defect of this program, never of a letter.
#[derive(Debug, thiserror::Error)]
#[error("template: {0:#}")]
pub struct TemplateError(#[from] Error);

/// Why an operator's template cannot be used.
pub(super) use crate::templates::TemplateFault;

/// Fills a template of an operator's set.
pub(super) fn render_in(
    set: &Environment<'static>,
    name: &str,
    values: &Value,
) -> Result<String, TemplateError> {
    Ok(set.get_template(name)?.render(values)?)
}

/// The embedded templates, each replaced by the operator's file of the same name, and all of them
/// tried out.
pub(super) fn own(folder: &Path) -> Result<Environment<'static>, TemplateFault> {
    let mut set = empty();
    let files = crate::templates::files(folder, &REPLACEABLE, &[])?;
    for (name, source) in SOURCES {
        let own = files.iter().find(|(known, _)| *known == name);
        let parsed = match own {
            Some((_, text)) => set.add_template_owned(name, text.clone()),
            None => set.add_template(name, source),
        };
        parsed.map_err(|error| TemplateFault::of(folder, &error))?;
    }
    samples::try_out(&set, folder, &files)?;
    Ok(set)
}

/// Those of mails; the outbox is dev's own.
const REPLACEABLE: [&str; 7] = [
    "frame.html",
    "invitation.html",
    "invitation.txt",
    "code.html",
    "code.txt",
    "plain.html",
    "plain.txt",
];

/// Fills a template.
pub(super) fn render(name: &str, values: &Value) -> Result<String, TemplateError> {
    Ok(TEMPLATES.get_template(name)?.render(values)?)
}

const SOURCES: [(&str, &str); 8] = [
    ("frame.html", include_str!("templates/frame.html")),
    ("invitation.html", include_str!("templates/invitation.html")),
    ("invitation.txt", include_str!("templates/invitation.txt")),
    ("code.html", include_str!("templates/code.html")),
    ("code.txt", include_str!("templates/code.txt")),
    ("plain.html", include_str!("templates/plain.html")),
    ("plain.txt", include_str!("templates/plain.txt")),
    ("outbox.html", include_str!("templates/outbox.html")),
];

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = empty();
    for (name, source) in SOURCES {
        // One that does not parse is missing from here on; a test renders each.
        let _ = templates.add_template(name, source);
    }
    templates
});

/// The engine as mails need it, without a template.
fn empty() -> Environment<'static> {
    let mut templates = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
    {
        templates.set_syntax(syntax);
    }
    // A value that was not given is a defect, not an empty sentence.
    templates.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    templates.set_auto_escape_callback(|name| {
        if has_markup(name) {
            AutoEscape::Html
        } else {
            AutoEscape::None
        }
    });
    templates.set_formatter(escaped);
    templates
}

fn has_markup(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, kind)| kind == "html")
}

/// Escapes what HTML needs escaped. The library would write every `/` as a character reference too,
/// and a mail full of links in disguise is what spam filters look for.
fn escaped(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let escapes = matches!(state.auto_escape(), AutoEscape::Html);
    if !escapes || value.is_safe() || value.kind() != ValueKind::String {
        return escape_formatter(out, state, value);
    }
    for c in value.as_str().unwrap_or_default().chars() {
        match c {
            '&' => out.write_str("&amp;"),
            '<' => out.write_str("&lt;"),
            '>' => out.write_str("&gt;"),
            '"' => out.write_str("&quot;"),
            '\'' => out.write_str("&#39;"),
            c => out.write_char(c),
        }
        .map_err(Error::from)?;
    }
    Ok(())
}
