//! Counts of the repeated tests, from the house's table: the short column, or the full one
//! when `cargo xtask test --full` says so.

/// The count called `name`. `cargo xtask test` tells which it was.
pub(crate) fn count(name: &str) -> usize {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../xtask/scale.toml");
    let table = std::fs::read_to_string(path).unwrap();
    let row = table
        .lines()
        .find(|line| line.starts_with(&format!("{name} = ")))
        .unwrap();
    let column = |column: &str| -> usize {
        let (_, rest) = row.split_once(&format!("{column} = ")).unwrap();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    if std::env::var_os("VESTIBULE_FULL").is_some() {
        column("full")
    } else {
        column("short")
    }
}
