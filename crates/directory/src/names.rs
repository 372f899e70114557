//! Names that are shown in mails, logs and pages: of organisations, apps, domains, settings.

/// Whether a character ends a line, or controls the display, in a mail's header, a log or a
/// terminal. U+2028 and U+2029 are no control characters in Unicode, but end a line too.
pub fn steers(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')
}

/// Whether a text is a name: one line with something in it.
pub fn one_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(steers)
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_name_is_one_line() {
        for good in ["Contoso", "Ωmega & Søns", "a b", "日本"] {
            assert!(one_line(good), "{good:?}");
        }
        for bad in [
            "",
            " ",
            "a\nb",
            "a\rb",
            "a\tb",
            "a\0",
            "a\u{1b}[2J",
            "a\u{85}b",
            "a\u{2028}b",
            "a\u{2029}b",
            "\u{9b}a",
        ] {
            assert!(!one_line(bad), "{bad:?}");
        }
    }
}
