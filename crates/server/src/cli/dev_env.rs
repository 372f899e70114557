//! `dev.env`: how shells, tools and our own commands find a dev server.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Names of the variables, in the order they are written.
pub mod name {
    /// `https://localhost:PORT`
    pub const BASE_URL: &str = "BASE_URL";
    /// `http://localhost:PORT`
    pub const HTTP_URL: &str = "HTTP_URL";
    /// Where tokens come from, without tenant and trailing slash: client libraries append `/TENANT`
    /// themselves.
    pub const AUTHORITY: &str = "AUTHORITY";
    /// The tenant's id.
    pub const TENANT: &str = "TENANT";
    /// The app's client id.
    pub const CLIENT_ID: &str = "CLIENT_ID";
    /// Its secret.
    pub const CLIENT_SECRET: &str = "CLIENT_SECRET";
    /// Absolute path of the certificate authority to trust.
    pub const CA_FILE: &str = "CA_FILE";
    /// The tenant's default domain.
    pub const DOMAIN: &str = "DOMAIN";
    /// The tenant's initial domain, by which an authority or a user name may call it.
    pub const INITIAL_DOMAIN: &str = "INITIAL_DOMAIN";
}

/// Shell assignments that programs started later see; every value stands in single quotes, inside
/// which a shell interprets nothing.
pub fn write(values: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in values {
        // Writing to a String cannot fail.
        let _written = writeln!(text, "export {name}={}", always_quoted(value));
    }
    text
}

/// A word for a shell, quoted only where it must be: for people to read and copy.
pub fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+:@%=,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        always_quoted(word)
    }
}

fn always_quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Reads what [`write()`] wrote, and the same assignments with double quotes, without quotes or
/// after `export`, as people edit them. Nothing is expanded.
pub fn read(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let line = line.trim();
        let (name, value) = line
            .strip_prefix("export ")
            .unwrap_or(line)
            .split_once('=')?;
        (!name.starts_with('#')).then(|| (name.trim().to_owned(), unquote(value)))
    };
    text.lines().filter_map(line).collect()
}

fn unquote(value: &str) -> String {
    for quote in ['\'', '"'] {
        if let Some(inner) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
        {
            return inner.replace(r"'\''", "'");
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_shell_and_the_way_back() {
        for value in ["plain", "", "it's", "a b $HOME `x` \"q\" \\", "/tmp/o'c'l"] {
            let text = write(&[("NAME", value)]);
            assert_eq!(
                read(&text).get("NAME").map(String::as_str),
                Some(value),
                "{text}"
            );
            let echoed = std::process::Command::new("sh")
                .args(["-c", &format!("{text}sh -c 'printf %s \"$NAME\"'")])
                .output();
            assert_eq!(
                echoed.ok().map(|out| out.stdout),
                Some(value.as_bytes().to_vec()),
                "{text}"
            );
        }
    }

    #[test]
    fn edited_files_are_read_too() {
        let read = read("# BASE_URL=no\nexport TENANT=\"t\"\n  CLIENT_ID=c\nnonsense\n");
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            [
                ("CLIENT_ID".to_owned(), "c".to_owned()),
                ("TENANT".to_owned(), "t".to_owned()),
            ]
        );
    }
}
