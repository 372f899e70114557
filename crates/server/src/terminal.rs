//! What the commands print: one place for colour, alignment and the shape of an error.

use directory::names::steers;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// How a command failed; the number is the process's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was asked rightly and could not be done.
    Failed = 1,
    /// It was asked wrongly.
    Usage = 2,
}

/// A failed command: what happened, why, and the command that mends it.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    what: String,
    why: Vec<String>,
    mend: Option<String>,
}

impl Failure {
    /// It was asked rightly and could not be done.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            what: what.into(),
            why: Vec::new(),
            mend: None,
        }
    }

    /// It was asked wrongly.
    pub fn usage(what: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            ..Self::new(what)
        }
    }

    /// Adds a reason; each stands on its own line.
    #[must_use]
    pub fn because(mut self, why: impl fmt::Display) -> Self {
        self.why.push(why.to_string());
        self
    }

    /// Names the command or the edit that mends it.
    #[must_use]
    pub fn mend(mut self, command: impl Into<String>) -> Self {
        self.mend = Some(command.into());
        self
    }

    /// Why, line by line.
    pub fn reasons(&self) -> &[String] {
        &self.why
    }

    /// Prints to standard error and gives the exit code.
    pub fn report(&self) -> ExitCode {
        let mut text = format!("{} {}\n", Style::stderr().red("error:"), self.what);
        for why in &self.why {
            text = text + "  why: " + why + "\n";
        }
        if let Some(mend) = &self.mend {
            text = text + "  try: " + mend + "\n";
        }
        // With standard error gone there is nobody left to tell; the exit code still does.
        let _gone = io::stderr().write_all(text.as_bytes());
        ExitCode::from(self.exit as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// A pipe that its reader closed (`vestibule token | head -0`) is a failure without more words.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::new("cannot write the answer").because(error)
    }
}

/// Colour where a person reads, and none where `NO_COLOR` or a pipe says so. Colour never says what
/// the words do not.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// For standard output.
    pub fn stdout() -> Self {
        Self::for_stream(io::stdout().is_terminal())
    }

    /// For standard error.
    pub fn stderr() -> Self {
        Self::for_stream(io::stderr().is_terminal())
    }

    fn for_stream(terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colour: terminal && !refused,
        }
    }

    fn wrap(self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Headings and what the eye should find first.
    pub fn bold(self, text: &str) -> String {
        self.wrap("1", text)
    }

    /// Labels and remarks.
    pub fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    /// What worked.
    pub fn green(self, text: &str) -> String {
        self.wrap("32", text)
    }

    /// What failed.
    pub fn red(self, text: &str) -> String {
        self.wrap("1;31", text)
    }
}

/// Lines gathered for one write, so that a screen appears whole.
pub struct Screen {
    style: Style,
    text: String,
    label_width: usize,
}

impl Screen {
    /// A screen whose labels are at most `label_width` characters.
    pub fn new(label_width: usize) -> Self {
        Self {
            style: Style::stdout(),
            text: String::new(),
            label_width,
        }
    }

    /// How this screen shows emphasis.
    pub fn style(&self) -> Style {
        self.style
    }

    /// A line as it is.
    pub fn line(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
        self
    }

    /// A heading after an empty line.
    pub fn heading(&mut self, text: &str) -> &mut Self {
        let text = self.style.bold(text);
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.line(text)
    }

    /// A label and what it names, aligned with the others.
    pub fn row(&mut self, label: &str, value: impl AsRef<str>) -> &mut Self {
        // Padded before it is coloured: the escape characters have no width on the screen but count
        // in a format string.
        let label = self
            .style
            .dim(&format!("{label:<width$}", width = self.label_width));
        self.line(format!("  {label}  {}", value.as_ref()))
    }

    /// Writes everything gathered to standard output.
    pub fn show(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        print(&text)
    }
}

/// How this program was started, to be typed again: `vestibule`, a path, or
/// `cargo run --release --`.
pub fn own_name() -> String {
    let typed = std::env::args_os().next().unwrap_or_default();
    let typed = typed.to_string_lossy();
    if std::env::var_os("CARGO").is_none() {
        return typed.into_owned();
    }
    // Cargo sets the variable for what it runs, and passes a path below the profile's folder.
    let release = typed.split('/').any(|part| part == "release");
    format!("cargo run {}--", if release { "--release " } else { "" })
}

/// Writes to standard output at once; a closed pipe is an error, not a panic.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Prints a warning to standard error. What cannot be printed there can be told nowhere.
pub fn warn(text: &str) {
    let label = Style::stderr().red("warning:");
    let _gone = writeln!(io::stderr(), "{label} {text}");
}

/// Prints a value for machines: one JSON document and a line end.
pub fn print_json(value: &serde_json::Value) -> io::Result<()> {
    print(&format!("{value:#}\n"))
}

/// Text from elsewhere (a mail, an error body) with its control characters made visible, so that it
/// cannot steer the terminal (T-47). Line ends and tabs stay.
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\t' => out.push(letter),
            '\r' => {}
            control if steers(control) => out.extend(control.escape_unicode()),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_cannot_steer_the_terminal() {
        for (text, expected) in [
            ("plain\ttext\r\n", "plain\ttext\n"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a\u{9b}b\0", "a\\u{9b}b\\u{0}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }

    #[test]
    fn rows_are_aligned_and_plain_without_a_terminal() {
        let mut screen = Screen::new(6);
        screen.heading("Head").row("a", "1").row("longer", "2");
        assert_eq!(screen.text, "Head\n  a       1\n  longer  2\n");
    }
}
