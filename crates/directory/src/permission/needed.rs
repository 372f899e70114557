//! The needs of an operation in words, made from the table, for the hint of a refusal.

use super::{Operation, RESETTERS, TABLE, Together};
use crate::roles::Role;

/// The needs of an operation in words, for somebody who was refused.
pub fn needed(operation: Operation) -> String {
    let mut sentences = Vec::new();
    let Some(row) = TABLE.iter().find(|rule| rule.operation == operation) else {
        return String::new();
    };
    if row.application.is_empty() {
        sentences.push("An app cannot do it.".to_owned());
    } else {
        sentences.push(format!("An app needs {}.", one_of(row.application)));
    }
    if !row.application_with_role.is_empty() {
        let these = one_of(row.application_with_role);
        sentences.push(format!(
            "{these} does for an app that also holds {}.",
            any_role(RESETTERS)
        ));
    }
    if !row.delegated.is_empty() {
        let and_a = if row.person_roles.is_empty() {
            String::new()
        } else {
            format!(", and the role {}", any_role(row.person_roles))
        };
        sentences.push(format!(
            "A signed-in person needs {}{and_a}.",
            one_of(row.delegated)
        ));
    }
    if !row.person_roles.is_empty() {
        sentences.push(
            "A user who holds a role can be changed only by somebody whose role stands above it."
                .to_owned(),
        );
    }
    sentences.join(" ")
}

fn one_of(alternatives: &[Together]) -> String {
    let all = |all: &Together| {
        let names: Vec<_> = all.iter().map(|one| one.name()).collect();
        names.join(" with ")
    };
    either(&alternatives.iter().map(all).collect::<Vec<_>>())
}

fn any_role(roles: &[Role]) -> String {
    either(
        &roles
            .iter()
            .map(|role| role.name().to_owned())
            .collect::<Vec<_>>(),
    )
}

/// `a`, `a or b`, `a, b or c`.
fn either(words: &[String]) -> String {
    match words {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Operation, TABLE, either, needed};

    #[test]
    fn every_operation_says_what_it_needs() {
        for rule in TABLE {
            let sentences = needed(rule.operation);
            for alternative in rule.application.iter().chain(rule.delegated) {
                for permission in *alternative {
                    assert!(
                        sentences.contains(permission.name()),
                        "{:?}: {sentences}",
                        rule.operation
                    );
                }
            }
            for role in rule.person_roles {
                assert!(
                    sentences.contains(role.name()),
                    "{:?}: {sentences}",
                    rule.operation
                );
            }
        }
        let enable = needed(Operation::EnableDisable);
        assert!(
            enable.starts_with("An app needs User.EnableDisableAccount.All with User.Read.All, "),
            "{enable}"
        );
        assert!(needed(Operation::ReadSelf).starts_with("An app cannot do it."));
    }

    #[test]
    fn words_are_listed_as_people_do() {
        let list = |words: &[&str]| {
            either(
                &words
                    .iter()
                    .map(|word| (*word).to_owned())
                    .collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            [
                list(&[]),
                list(&["a"]),
                list(&["a", "b"]),
                list(&["a", "b", "c"])
            ],
            ["", "a", "a or b", "a, b or c"]
        );
    }
}
