//! What the commands of an administrator have in common: which tenant, how the answer looks, and
//! tables.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use directory::{Directory, Tenant};
use serde_json::Value;

use super::place::InstanceArgs;
use super::stopped;
use crate::terminal::{self, Failure, printable};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
}

/// `--output`.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct OutputArgs {
    /// How to print the answer
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t,
        display_order = 800
    )]
    pub output: Format,
    /// Print JSON: short for --output json
    #[arg(long, conflicts_with = "output", display_order = 801)]
    pub json: bool,
}

impl OutputArgs {
    /// Whether JSON is wanted.
    pub fn is_json(self) -> bool {
        self.json || self.output == Format::Json
    }

    /// Prints the one or the other.
    pub fn show(self, json: &Value, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.is_json() {
            terminal::print_json(json)?;
        } else {
            terminal::print(&text())?;
        }
        Ok(())
    }

    /// Prints a list: as `{"value": […]}`, or as a table.
    pub fn list(
        self,
        rows: Vec<Value>,
        head: &[&str],
        cells: &[Vec<String>],
    ) -> Result<(), Failure> {
        let mut document = serde_json::Map::new();
        document.insert("value".to_owned(), Value::Array(rows));
        self.show(&Value::Object(document), || table(head, cells))
    }
}

/// Which tenant of which instance, and how the answer looks.
#[derive(Args, Clone, Debug, Default)]
pub struct Common {
    #[command(flatten)]
    pub(super) place: InstanceArgs,
    /// Tenant id or domain, where the instance has several
    #[arg(long, value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    #[command(flatten)]
    pub(super) shape: OutputArgs,
}

impl Common {
    /// Opens the instance beside its server and works in the tenant.
    pub fn within<T, W>(&self, work: W) -> Result<T, Failure>
    where
        W: AsyncFnOnce(&Directory, &Tenant) -> Result<T, Failure>,
    {
        stopped::with_directory(&self.place, async |directory| {
            let tenant = stopped::tenant(directory, self.tenant.as_deref()).await?;
            work(directory, &tenant).await
        })
    }
}

/// Columns under a head, two blanks apart. What people named is made printable.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cell = |text: &str| printable(text).replace(['\n', '\t'], " ");
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|text| cell(text)).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let longest = cells.map(|text| text.chars().count()).max().unwrap_or(0);
        longest.max(head.get(column).map_or(0, |title| title.len()))
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (cell, width) in cells.zip(&widths) {
            // A string takes all that is written to it.
            let _infallible = write!(text, "{cell:<width$}  ");
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    };
    let mut out = line(&mut head.iter().copied());
    for row in &rows {
        out.push_str(&line(&mut row.iter().map(String::as_str)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_aligned_and_cannot_steer_the_terminal() {
        let rows = [
            vec!["a".to_owned(), "x\u{1b}[2J".to_owned()],
            vec!["longer".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["ID", "NAME"], &rows),
            "ID      NAME\na       x\\u{1b}[2J\nlonger\n"
        );
        assert_eq!(table(&["ID"], &[]), "ID\n");
    }
}
