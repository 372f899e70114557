//! What must hold of the table whatever it says.

use edm::{
    Complex, EntityType, Kept, Op, Prop, Property, PropertyId, Returned, Search, Sort, Type,
    Version, invitation, user,
};
use std::collections::{HashMap, HashSet};

fn in_order(properties: &[Prop]) {
    for (at, property) in properties.iter().enumerate() {
        assert_eq!(usize::from(property.index), at, "{}", property.name());
    }
    let names: HashSet<_> = properties
        .iter()
        .map(|p| p.name().to_ascii_lowercase())
        .collect();
    assert_eq!(names.len(), properties.len(), "two properties of one name");
}

/// The properties of an entity type.
fn core(ty: &EntityType) -> Vec<Prop> {
    ty.properties.iter().copied().map(Prop::Core).collect()
}

/// Every complex type the properties reach.
fn reached(ty: &EntityType) -> Vec<Complex> {
    let mut found: Vec<Complex> = Vec::new();
    let mut left = core(ty);
    while let Some(property) = left.pop() {
        let types = [Some(&property.ty), property.beta_ty.as_ref()];
        for ty in types.into_iter().flatten() {
            if let Type::Complex(complex) = ty
                && !found.iter().any(|seen| seen.name() == complex.name())
            {
                found.push(complex.clone());
                left.extend(complex.properties());
            }
        }
    }
    found
}

/// Every property of the core, with the type that it is of.
fn all_of_the_core() -> Vec<(&'static str, Prop)> {
    let mut types: Vec<&EntityType> = edm::metadata::ENTITY_SETS.to_vec();
    types.extend([&edm::entity::ENTITY, &edm::open_extension::TYPE]);
    let mut all = Vec::new();
    for ty in types {
        all.extend(core(ty).into_iter().map(|property| (ty.name, property)));
        let links = ty
            .navigation
            .iter()
            .map(|link| (ty.name, link.property.into()));
        all.extend(links);
        // An action returns it, and no property has it.
        let returned = Complex::Core(&edm::complex::conversion_user_details::TYPE);
        for complex in reached(ty).into_iter().chain([returned]) {
            let Complex::Core(complex) = complex else {
                panic!("{complex:?} is no type of the core");
            };
            all.extend(complex.properties().map(|member| (complex.name(), member)));
        }
    }
    all
}

#[test]
fn numbers_tell_properties_apart() {
    let mut known: HashMap<PropertyId, *const Property> = HashMap::new();
    for (of, property) in all_of_the_core() {
        assert!(!property.id().is_own(), "{of}.{}", property.name());
        let row = core::ptr::from_ref(property.core().unwrap());
        let first = *known.entry(property.id()).or_insert(row);
        assert!(
            core::ptr::eq(first, row),
            "{of}.{} has the number of another",
            property.name()
        );
    }
    assert!(known.len() > 200, "{}", known.len());
}

/// Numbers stand in nothing that is stored, but a build must find those of another one: they follow
/// from names alone.
#[test]
fn numbers_stay() {
    let check = |property: &Property, of: &str, number| {
        assert_eq!(property.id(), PropertyId::core(of, property.name()));
        assert_eq!(property.id().number(), number, "{}", property.name());
    };
    check(&user::ID, "directoryObject", 0x64a9_3a99_075a_d32e);
    check(&user::MAIL, "user", 0x3671_40a2_553b_30eb);
    check(
        &edm::complex::password_profile::PASSWORD,
        "passwordProfile",
        0x50dc_e8a0_80da_6a74,
    );
}

#[test]
fn places_are_the_order() {
    in_order(&core(&user::TYPE));
    for ty in reached(&user::TYPE)
        .into_iter()
        .chain(reached(&invitation::TYPE))
    {
        in_order(&ty.properties().collect::<Vec<_>>());
    }
    // The navigation properties have places between two others, so that answers show the first of
    // them there.
    let places: Vec<u16> = invitation::TYPE
        .properties
        .iter()
        .map(|p| p.index)
        .collect();
    assert_eq!(places, [0, 1, 2, 3, 4, 5, 6, 7, 10, 11]);
    assert_eq!(invitation::INVITED_USER.index, 8);
    assert_eq!(invitation::INVITED_USER_SPONSORS.index, 9);
}

#[test]
fn counts() {
    let count = |version| {
        user::TYPE
            .properties
            .iter()
            .filter(|p| p.is_in(version))
            .count()
    };
    assert_eq!(user::TYPE.properties.len(), 89);
    assert_eq!(count(Version::V1), 81);
    assert_eq!(count(Version::Beta), 89);
    let flagged =
        |flag: fn(&Property) -> bool| user::TYPE.properties.iter().filter(|p| flag(p)).count();
    assert_eq!(flagged(|p| p.seed_000), 76);
    assert_eq!(flagged(|p| p.directory_services), 63);
    assert_eq!(flagged(|p| p.profile), 13);
    assert_eq!(flagged(|p| p.seed_000 && !p.directory_services), 13);
}

#[test]
fn defaults() {
    let names = |version: Version| -> Vec<_> {
        user::TYPE
            .properties
            .iter()
            .filter(|p| p.is_default_in(version))
            .map(|p| p.name())
            .collect()
    };
    let v1 = "id businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage \
              surname userPrincipalName";
    assert_eq!(names(Version::V1).join(" "), v1);
    let beta: HashSet<_> = names(Version::Beta).into_iter().collect();
    let left_out: Vec<_> = user::TYPE
        .properties
        .iter()
        .map(|p| p.name())
        .filter(|name| !beta.contains(name))
        .collect();
    let expected = "aboutMe birthday customSecurityAttributes deviceEnrollmentLimit employeeLeaveDateTime hireDate \
                    interests mailboxSettings mySite pastProjects preferredName responsibilities schools \
                    signInActivity skills";
    assert_eq!(left_out.join(" "), expected);
}

#[test]
fn required_in_a_create_body() {
    let names = |ty: &'static EntityType| {
        ty.required()
            .map(edm::Property::name)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(
        names(&user::TYPE),
        "accountEnabled displayName mailNickname passwordProfile userPrincipalName"
    );
    assert_eq!(
        names(&invitation::TYPE),
        "invitedUserEmailAddress inviteRedirectUrl"
    );
}

#[test]
fn writable_texts_are_bounded() {
    let all = reached(&user::TYPE)
        .into_iter()
        .chain(reached(&invitation::TYPE))
        .flat_map(|ty| ty.properties().collect::<Vec<_>>());
    for property in core(&user::TYPE)
        .into_iter()
        .chain(core(&invitation::TYPE))
        .chain(all)
    {
        let free = matches!(property.ty, Type::String)
            && property.values.is_any()
            && !property.is_read_only();
        // The password's length is a password rule; a link's id is compared, never kept.
        let elsewhere = property.returned == Returned::Never || property == invitation::link::ID;
        assert!(
            !free || elsewhere || property.max_len.is_some(),
            "{} has no limit",
            property.name()
        );
        assert!(
            !property.collection || property.is_read_only() || property.max_items.is_some(),
            "{} may have any number of elements",
            property.name()
        );
    }
}

#[test]
fn unset_values_are_json_of_the_type() {
    for property in user::TYPE
        .properties
        .iter()
        .chain(invitation::TYPE.properties)
    {
        let json: serde_json::Value = serde_json::from_str(property.unset)
            .unwrap_or_else(|error| panic!("{}: {error}", property.name()));
        assert_eq!(json.is_array(), property.collection, "{}", property.name());
        let set_by_server =
            property.is_read_only() || property.write.required || property.name() == "id";
        assert!(
            !json.is_null() || property.nullable || set_by_server,
            "{} would be null",
            property.name()
        );
    }
}

#[test]
fn every_row_says_what_it_is() {
    for property in user::TYPE
        .properties
        .iter()
        .chain(invitation::TYPE.properties)
    {
        assert!(property.note().ends_with('.'), "{}", property.name());
    }
}

#[test]
fn sorting_and_searching_follow_from_filters() {
    for property in user::TYPE.properties {
        let ops = property.filter.any();
        let text = matches!(property.ty, Type::String) && !property.collection;
        assert_eq!(
            property.search != Search::No,
            text && !ops.is_empty(),
            "{}",
            property.name()
        );
        if property.sort == Sort::Advanced {
            assert!(
                ops.has(Op::Ge) && !property.collection,
                "{}",
                property.name()
            );
        }
    }
    assert_eq!(user::DISPLAY_NAME.search, Search::Tokens);
    let sorted = |sort| {
        let properties = user::TYPE.properties.iter();
        let found = properties.filter(|property| property.sort == sort);
        found.map(|property| property.name()).collect::<Vec<_>>()
    };
    assert_eq!(sorted(Sort::Default), ["displayName", "userPrincipalName"]);
    assert_eq!(
        sorted(Sort::Advanced),
        ["deletedDateTime", "createdDateTime"]
    );
}

#[test]
fn names_match_caselessly_and_by_version() {
    let find = |name, version| user::TYPE.property(name, version).map(edm::Property::name);
    assert_eq!(find("DISPLAYNAME", Version::V1), Some("displayName"));
    assert_eq!(find("deviceKeys", Version::V1), None);
    assert_eq!(find("devicekeys", Version::Beta), Some("deviceKeys"));
    assert_eq!(find("", Version::V1), None);
}

#[test]
fn computed_properties() {
    let check = |age, consent, expected| assert_eq!(user::legal_age_group(age, consent), expected);
    check(None, None, None);
    check(None, Some("Granted"), None);
    check(Some("Adult"), None, Some("Adult"));
    check(Some("NotAdult"), Some("Denied"), Some("NotAdult"));
    check(Some("Minor"), None, None);
    check(
        Some("Minor"),
        Some("Granted"),
        Some("MinorWithParentalConsent"),
    );
    check(
        Some("Minor"),
        Some("Denied"),
        Some("MinorWithOutParentalConsent"),
    );
    check(
        Some("Minor"),
        Some("NotRequired"),
        Some("MinorNoParentalConsentRequired"),
    );
    // The GUID's fields are little-endian: 0x00000001, 0x00030002, 0x07060504, 0x0b0a0908.
    let id = "00000001-0002-0003-0405-060708090a0b".parse().unwrap();
    assert_eq!(
        user::security_identifier(id),
        "S-1-12-1-1-196610-117835012-185207048"
    );
}

#[test]
fn where_properties_are_kept() {
    let check =
        |property: &Property, kept| assert_eq!(property.kept(), kept, "{}", property.name());
    check(&user::ID, Kept::Column);
    check(&user::DISPLAY_NAME, Kept::Column);
    check(&user::ACCOUNT_ENABLED, Kept::Column);
    check(&user::PROXY_ADDRESSES, Kept::Values);
    check(&user::EMPLOYEE_ORG_DATA, Kept::Values);
    check(&user::IDENTITIES, Kept::Values);
    check(&user::ABOUT_ME, Kept::Document);
    check(&user::ASSIGNED_LICENSES, Kept::Document);
    check(&user::CUSTOM_SECURITY_ATTRIBUTES, Kept::Computed);
    // It has a secret member.
    check(&user::PASSWORD_PROFILE, Kept::Document);
    check(&user::SECURITY_IDENTIFIER, Kept::Computed);
    for property in user::TYPE.properties {
        if property.sort != Sort::No {
            // A list is walked in the order of a key.
            check(property, Kept::Column);
        }
    }
}
