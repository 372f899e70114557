use crate::xml::{Element, children, elements};
use edm::{Version, metadata, user};

/// Base types first, then what has a set, then what lives within others.
const ENTITY_TYPES: [&str; 19] = [
    "entity",
    "directoryObject",
    "application",
    "schemaExtension",
    "invitation",
    "invitationBlock",
    "user",
    "domain",
    "organization",
    "subscribedSku",
    "extensionProperty",
    "extension",
    "openTypeExtension",
    "attributeSet",
    "customSecurityAttributeDefinition",
    "allowedValue",
    "profilePhoto",
    "directory",
    "user",
];

#[test]
fn well_formed_and_complete() {
    for version in Version::ALL {
        let text = metadata::csdl(version);
        assert!(
            text.starts_with(
                "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<edmx:Edmx Version=\"4.0\""
            )
        );
        let all = elements(text);
        let named = |tag: &str| {
            all.iter()
                .filter(|e| e.name == tag)
                .filter_map(|e| e.get("Name"))
                .collect::<Vec<_>>()
        };
        assert_eq!(named("EntityType"), ENTITY_TYPES);
        assert_eq!(named("Singleton"), ["me", "directory"]);
        assert_eq!(named("Function"), ["delta", "delta"]);
        let beta = |names: &[&'static str]| match version {
            Version::V1 => Vec::new(),
            Version::Beta => names.to_vec(),
        };
        let actions = [
            beta(&["convertExternalToInternalMemberUser"]),
            vec![
                "getByIds",
                "getAvailableExtensionProperties",
                "resend",
                "restore",
                "revokeSignInSessions",
                "approve",
                "decline",
            ],
        ];
        assert_eq!(named("Action"), actions.concat());
        assert_eq!(
            named("EntitySet"),
            [
                "directoryObjects",
                "applications",
                "schemaExtensions",
                "invitations",
                "invitationBlocks",
                "users",
                "pendingMembers",
                "domains",
                "organization",
                "subscribedSkus"
            ]
        );
        let links = [
            vec![
                "extensionProperties",
                "invitedUser",
                "invitedUserSponsors",
                "directReports",
                "extensions",
                "manager",
                "sponsorOf",
                "sponsors",
            ],
            beta(&["transitiveReports"]),
            vec![
                "photo",
                "photos",
                "allowedValues",
                "deletedItems",
                "attributeSets",
                "customSecurityAttributeDefinitions",
            ],
        ];
        assert_eq!(named("NavigationProperty"), links.concat());
        every_type_is_declared(&all);
        let own = children(&all, ("EntityType", "user"), "Property")
            .unwrap()
            .len();
        assert_eq!(
            own + 2,
            user::TYPE
                .properties
                .iter()
                .filter(|p| p.is_in(version))
                .count()
        );
    }
}

/// Every type that a property names is there.
fn every_type_is_declared(all: &[Element]) {
    let has = |tag: &str, name: &str| {
        let mut all = all.iter();
        all.any(|e| e.name == tag && e.get("Name") == Some(name))
    };
    for ty in all
        .iter()
        .filter_map(|e| e.get("Type").or(e.get("BaseType")))
    {
        let ty = ty.trim_start_matches("Collection(").trim_end_matches(')');
        let name = ty.rsplit('.').next().unwrap();
        let declared = ["EntityType", "ComplexType", "EnumType"]
            .iter()
            .any(|tag| has(tag, name));
        let is_vocabulary = ty.starts_with("Org.OData.Core.V1.");
        assert!(ty.starts_with("Edm.") || is_vocabulary || declared, "{ty}");
    }
}

#[test]
fn versions_differ() {
    let v1 = metadata::csdl(Version::V1);
    let beta = metadata::csdl(Version::Beta);
    for only_beta in [
        "deviceKeys",
        "Namespace=\"microsoft.graph.cloudLicensing\"",
        "mailboxRecipientType",
    ] {
        assert!(
            !v1.contains(only_beta) && beta.contains(only_beta),
            "{only_beta}"
        );
    }
    assert!(v1.contains("<Property Name=\"id\" Type=\"Edm.String\" Nullable=\"false\"/>"));
    for line in [
        "<NavigationPropertyBinding Path=\"invitedUser\" Target=\"users\"/>",
        "<NavigationProperty Name=\"manager\" Type=\"graph.directoryObject\"/>",
        "<NavigationProperty Name=\"sponsors\" Type=\"Collection(graph.directoryObject)\"/>",
        "<NavigationPropertyBinding Path=\"manager\" Target=\"directoryObjects\"/>",
    ] {
        assert!(v1.contains(line), "{line}");
    }
}

/// In the words of the vocabulary, so that generated clients know the other way to a user.
#[test]
fn the_alternate_key_of_a_user() {
    for version in Version::ALL {
        let text = metadata::csdl(version).replace('\n', "");
        let (_, after) = text
            .split_once("<EntityType Name=\"user\" BaseType")
            .unwrap();
        let (user, _) = after.split_once("</EntityType>").unwrap();
        let expected = "<Annotation Term=\"Org.OData.Core.V1.AlternateKeys\"><Collection>\
            <Record Type=\"Org.OData.Core.V1.AlternateKey\"><PropertyValue Property=\"Key\"><Collection>\
            <Record Type=\"Org.OData.Core.V1.PropertyRef\">\
            <PropertyValue Property=\"Name\" PropertyPath=\"userPrincipalName\"/>\
            <PropertyValue Property=\"Alias\" String=\"userPrincipalName\"/>\
            </Record></Collection></PropertyValue></Record></Collection></Annotation>";
        assert!(user.ends_with(expected), "{user}");
        // Of a user and of an application.
        assert_eq!(text.matches("AlternateKeys").count(), 2);
    }
}

/// The 63 rows of "Add pendingMembers" stand under the workload's own namespace, after the graph's
/// user of the same name.
#[test]
fn pending_members_have_a_namespace_of_their_own() {
    for version in Version::ALL {
        let text = metadata::csdl(version);
        let (_, own) = text
            .split_once("<Schema Namespace=\"Microsoft.DirectoryServices\"")
            .unwrap();
        let properties = own.matches("<Property ").count();
        let expected = user::TYPE
            .properties
            .iter()
            .filter(|property| property.directory_services && property.is_in(version));
        // The inherited two are told once, at the base type.
        assert_eq!(properties + 2, expected.count());
        assert!(!own.contains("\"skills\""));
        for action in ["approve", "decline"] {
            assert!(own.contains(&format!("<Action Name=\"{action}\" IsBound=\"true\">")));
        }
        let set =
            "<EntitySet Name=\"pendingMembers\" EntityType=\"Microsoft.DirectoryServices.user\">";
        assert!(text.contains(set));
    }
    assert_eq!(edm::pending_member::TYPE.properties.len(), 63);
}

#[test]
fn the_service_document() {
    let sets: Vec<_> = metadata::ENTITY_SETS.iter().map(|ty| ty.set).collect();
    assert_eq!(
        sets,
        [
            "directoryObjects",
            "applications",
            "schemaExtensions",
            "invitations",
            "invitationBlocks",
            "users",
            "pendingMembers",
            "domains",
            "organization",
            "subscribedSkus"
        ]
    );
}
