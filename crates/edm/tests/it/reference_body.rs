//! Bodies of `POST /users/$ref` (P-references-1, R-2, R-40).

use edm::json::parse;
use edm::reference::{Document, Reference, Who, check};
use edm::{Entity, Property, Type, user};

/// What a body says in a few words, or which property breaks which rule.
fn outcome(text: &str) -> String {
    match check(&parse(text.as_bytes()).unwrap(), Entity::core(&user::TYPE)) {
        Err(error) => format!("{}: {}", error.target, error.rule),
        Ok(Reference { document, who, .. }) => match who {
            Who::Id(id) => format!("{document:?} id {id}"),
            Who::Url(url) => format!("{document:?} url {url}"),
            Who::New { body, ignored } => {
                let set: Vec<_> = body.set.properties().map(edm::Property::name).collect();
                let ignored: Vec<_> = ignored.iter().map(|property| property.name()).collect();
                format!("{document:?} {} -{}", set.join(","), ignored.join(","))
            }
        },
    }
}

#[test]
fn the_type_decides() {
    let check = |annotation: &str, expected: &str| {
        let text = format!(r#"{{"@odata.type":"{annotation}","displayName":"Ann"}}"#);
        assert_eq!(outcome(&text), expected, "{annotation}");
    };
    let (invited, pending) = ("InvitedUser displayName -", "PendingMember displayName -");
    check("#microsoft.graph.user", invited);
    check("microsoft.graph.user", invited);
    check("#Microsoft.Graph.User", invited);
    check("#Microsoft.DirectoryServices.user", pending);
    check("Microsoft.DirectoryServices.User", pending);
    check("#microsoft.directoryservices.USER", pending);
    let other = "@odata.type: not microsoft.graph.user or Microsoft.DirectoryServices.user";
    for name in [
        "#microsoft.graph.group",
        "",
        "user",
        "##microsoft.graph.user",
        "#Microsoft.DirectoryServices.group",
    ] {
        check(name, other);
    }
    assert_eq!(outcome(r#"{"displayName":"Ann"}"#), invited);
    assert_eq!(
        outcome(r##"{"@OData.Type":"#Microsoft.DirectoryServices.user"}"##),
        "PendingMember  -"
    );
    assert_eq!(
        outcome(r#"{"@odata.type":7}"#),
        "@odata.type: not of type Edm.String"
    );
    assert_eq!(outcome("{}"), "InvitedUser  -");
}

#[test]
fn an_id_alone_links() {
    let id = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
    let check = |text: &str, expected: &str| assert_eq!(outcome(text), expected, "{text}");
    check(
        &format!(r#"{{"id":"{id}"}}"#),
        &format!("InvitedUser id {id}"),
    );
    check(
        &format!(r##"{{"ID":"{id}","@odata.type":"#Microsoft.DirectoryServices.user"}}"##),
        &format!("PendingMember id {id}"),
    );
    check(
        &format!(r#"{{"@odata.id":"https://graph.microsoft.com/v1.0/users/{id}"}}"#),
        &format!("InvitedUser url https://graph.microsoft.com/v1.0/users/{id}"),
    );
    let alone = "not the only property: it links a user who exists";
    check(
        &format!(r#"{{"id":"{id}","city":"Bonn"}}"#),
        &format!("id: {alone}"),
    );
    check(
        &format!(r#"{{"@odata.id":"users/{id}","id":"{id}"}}"#),
        &format!("@odata.id: {alone}"),
    );
    check(r#"{"id":"x"}"#, "id: not a GUID");
    check(
        r#"{"id":"87d349ed44d743e19a835f2406dee5bd"}"#,
        "id: not a GUID",
    );
    check(r#"{"id":null}"#, "id: not of type Edm.String");
    check(r#"{"@odata.id":7}"#, "@odata.id: not of type Edm.String");
}

/// A value of the property's type, and one that is of no type but text.
fn value(property: &Property) -> &'static str {
    let single = match property.ty_in(edm::Version::Beta) {
        Type::Boolean => "true",
        Type::Int32 | Type::Int64 => "3",
        Type::DateTimeOffset => r#""2014-01-01T00:00:00Z""#,
        Type::Complex(_) => "{}",
        _ if property.values.is_any() => r#""x""#,
        _ if property.name() == "userType" => r#""Guest""#,
        _ if property.name() == "ageGroup" => r#""Adult""#,
        _ => r#""Granted""#,
    };
    match (single, property.collection) {
        (single, false) => single,
        ("{}", true) => "[{}]",
        (_, true) => r#"["x"]"#,
    }
}

/// Every row of both tables, and what is no row of theirs.
#[test]
fn every_property_is_set_or_ignored_or_refused() {
    let mut counts = Vec::new();
    for document in [Document::InvitedUser, Document::PendingMember] {
        let ty = document.type_name();
        let mut count = [0, 0];
        for property in user::TYPE
            .properties
            .iter()
            .filter(|property| ***property != user::ID)
        {
            let name = property.name();
            let text = format!(
                r##"{{"@odata.type":"#{ty}","{name}":{}}}"##,
                value(property)
            );
            let writable = property.write.create;
            let expected = match (document.lists(property), writable) {
                (true, true) => format!("{document:?} {name} -"),
                (true, false) => format!("{document:?}  -{name}"),
                (false, _) if document == Document::PendingMember => {
                    format!("{name}: not declared")
                }
                (false, _) => format!("{name}: unknown"),
            };
            assert_eq!(outcome(&text), expected, "{text}");
            if document.lists(property) {
                count[usize::from(writable)] += 1;
                let placeholder = format!(r##"{{"@odata.type":"#{ty}","{name}":"String"}}"##);
                let refused = outcome(&placeholder);
                assert!(refused.starts_with(&format!("{name}: not ")), "{refused}");
            }
        }
        counts.push((document.properties().count(), count));
    }
    assert_eq!(counts, [(76, [26, 49]), (63, [25, 37])]);
}

#[test]
fn placeholders_are_no_data_and_ignored_values_still_have_their_type() {
    let check = |members: &str, expected: &str| {
        assert_eq!(outcome(&format!("{{{members}}}")), expected, "{members}");
    };
    let placeholder = "not a value: the document prints this as a placeholder";
    check(r#""city":"String""#, &format!("city: {placeholder}"));
    check(
        r#""skills":["Rust","String"]"#,
        &format!("skills: {placeholder}"),
    );
    check(
        r#""accountEnabled":"Boolean""#,
        &format!("accountEnabled: {placeholder}"),
    );
    check(
        r#""createdDateTime":"String (timestamp)""#,
        &format!("createdDateTime: {placeholder}"),
    );
    check(
        r#""mailboxSettings":{"timeZone":"String"}"#,
        &format!("mailboxSettings: {placeholder}"),
    );
    check(r#""city":"Stringtown""#, "InvitedUser city -");
    check(
        r#""createdDateTime":"yesterday""#,
        "createdDateTime: not of type Edm.DateTimeOffset",
    );
    check(r#""createdDateTime":null"#, "InvitedUser  -createdDateTime");
    check(
        r#""assignedPlans":{}"#,
        "assignedPlans: not of type Collection(graph.assignedPlan)",
    );
    check(
        r#""assignedPlans":["x"]"#,
        "assignedPlans: not of type Collection(graph.assignedPlan)",
    );
    check(
        r#""assignedPlans":[{"@odata.type":"microsoft.graph.assignedPlan"}]"#,
        "InvitedUser  -assignedPlans",
    );
    check(
        r#""externalUserStateChangeDateTime":"2014-01-01T00:00:00Z""#,
        "InvitedUser  -externalUserStateChangeDateTime",
    );
    check(r#""city":7"#, "city: not of type Edm.String");
    check(r#""nickname":"x""#, "nickname: unknown");
    check(
        r#""@odata.type":"microsoft.directoryservices.user","nickname":"x""#,
        "nickname: not declared",
    );
    check(
        r#""CITY":"Bonn","custom@odata.note":"x""#,
        "InvitedUser city -",
    );
}
