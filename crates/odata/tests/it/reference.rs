//! The published test cases, where they are at hand. They are read in place; elsewhere the
//! comparison says "not here".

use edm::{Version, user};
use odata::{Mode, Shape};
use oracle::grammar::{Grammar, Mismatch};
use serde_json::Value;
use std::path::PathBuf;

/// A file of the reference folder, if it is here.
fn reference(file: &str) -> Option<Value> {
    let folder = std::env::var_os("VESTIBULE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Ok(text) = std::fs::read_to_string(folder.join("data/odata-abnf").join(file)) else {
        eprintln!("odata-abnf/{file}: not here");
        return None;
    };
    Some(serde_json::from_str(&text).expect(file))
}

fn grammar() -> Option<Grammar> {
    let names = reference("constraints.json")?;
    let rules = names.as_object().expect("rules by name");
    let model = rules.iter().map(|(rule, names)| {
        let names = names.as_array().expect("names");
        let names = names.iter().filter_map(Value::as_str);
        (rule.as_str(), names.map(str::to_owned).collect())
    });
    Some(Grammar::with_names(model).expect("the rules"))
}

/// Every case of the file is judged as it is marked.
fn check(file: &str, expected: usize) {
    let (Some(cases), Some(grammar)) = (reference(file), grammar()) else {
        return;
    };
    let cases = cases.as_array().expect("cases");
    let (mut wrong, mut refused, mut same_place) = (Vec::new(), 0, 0);
    for case in cases {
        let text = |member: &str| case[member].as_str().expect(member);
        let (rule, input) = (text("rule"), text("input"));
        let should_pass = case["should_pass"].as_bool().expect("should_pass");
        let found = grammar.recognise(rule, input);
        if let Err(Mismatch::At(at)) = &found {
            refused += 1;
            same_place += usize::from(case["fail_at"].as_u64() == u64::try_from(*at).ok());
        }
        if found.is_ok() != should_pass {
            wrong.push(format!(
                "{rule} {input} should_pass {should_pass}: {found:?}"
            ));
        }
    }
    eprintln!(
        "{file}: {} of {} judged as marked; {same_place} of {refused} refused at the marked place",
        cases.len() - wrong.len(),
        cases.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases.len(), expected, "{file}");
}

#[test]
fn relevant() {
    check("relevant.json", 822);
}

#[test]
fn core() {
    check("core.json", 559);
}

/// The parsers that answer requests against the same cases: expressions are read whole wherever the
/// grammar has them, names apart, and no query of any kind ends otherwise than with an answer or a
/// reason.
#[test]
fn parsers() {
    let Some(cases) = reference("relevant.json") else {
        return;
    };
    let expressions = [
        "boolcommonexpr",
        "commonexpr",
        "filter",
        "firstmemberexpr",
        "isofexpr",
        "notexpr",
        "orderby",
        "propertypathexpr",
    ];
    let (mut read, mut unread, mut queries) = (0, Vec::new(), 0);
    for case in cases.as_array().expect("cases") {
        let text = |member: &str| case[member].as_str().expect(member);
        let (rule, input) = (text("rule").to_lowercase(), text("input"));
        let query = match rule.as_str() {
            "filter" | "orderby" | "search" | "select" | "expand" | "queryoptions" | "compute" => {
                input.to_owned()
            }
            _ => format!("$filter={input}"),
        };
        queries += 1;
        let parsed = odata::parse(&query, Version::Beta);
        if expressions.contains(&rule.as_str()) && case["should_pass"] == true {
            match &parsed {
                Ok(_) => read += 1,
                Err(error) => unread.push(format!("{input}: {error}")),
            }
        }
        if let Ok(syntax) = parsed {
            let _ = odata::check(
                syntax,
                edm::Entity::core(&user::TYPE),
                Version::Beta,
                Shape::Collection,
                Mode::default(),
            );
        }
    }
    eprintln!(
        "{read} expressions read of {}; {queries} queries answered",
        read + unread.len()
    );
    assert_eq!(unread, [""; 0]);
}
