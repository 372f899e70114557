//! What the titles of files are called: by the API, by the forms and lists of the Entra portal in
//! any language, and by the files of the Microsoft 365 admin centre.

use edm::{Entity, Prop, Property, Version, fold, user};

/// A title as it is understood.
pub(super) struct Title<'t> {
    /// The name in it: of a property, or one of ours.
    pub(super) name: &'t str,
    /// It stands in brackets, as in the portal's forms: `Name [displayName] Required`.
    is_form: bool,
}

/// What columns are called that have another name in the API, without blanks and punctuation.
const OTHER_NAMES: [(&str, &Property); 34] = [
    // The portal's forms, and its list of users to download.
    ("physicaldeliveryofficename", &user::OFFICE_LOCATION),
    ("telephonenumber", &user::BUSINESS_PHONES),
    ("mobile", &user::MOBILE_PHONE),
    ("password", &user::PASSWORD_PROFILE),
    ("objectid", &user::ID),
    ("alternateemailaddress", &user::OTHER_MAILS),
    ("directorysynced", &user::ON_PREMISES_SYNC_ENABLED),
    ("invitationstate", &user::EXTERNAL_USER_STATE),
    // The Microsoft 365 admin centre: its list of users, and its form for adding many.
    ("username", &user::USER_PRINCIPAL_NAME),
    ("upn", &user::USER_PRINCIPAL_NAME),
    ("firstname", &user::GIVEN_NAME),
    ("lastname", &user::SURNAME),
    ("title", &user::JOB_TITLE),
    ("office", &user::OFFICE_LOCATION),
    ("officenumber", &user::OFFICE_LOCATION),
    ("officephone", &user::BUSINESS_PHONES),
    ("phonenumber", &user::BUSINESS_PHONES),
    ("fax", &user::FAX_NUMBER),
    ("address", &user::STREET_ADDRESS),
    ("stateorprovince", &user::STATE),
    ("ziporpostalcode", &user::POSTAL_CODE),
    ("countryorregion", &user::COUNTRY),
    ("countryregion", &user::COUNTRY),
    ("dirsyncenabled", &user::ON_PREMISES_SYNC_ENABLED),
    ("lastdirsynctime", &user::ON_PREMISES_LAST_SYNC_DATE_TIME),
    ("whencreated", &user::CREATED_DATE_TIME),
    (
        "lastpasswordchangetimestamp",
        &user::LAST_PASSWORD_CHANGE_DATE_TIME,
    ),
    // What says whether somebody may not sign in.
    ("blockcredential", &user::ACCOUNT_ENABLED),
    ("blocksignin", &user::ACCOUNT_ENABLED),
    ("blocksigninyesno", &user::ACCOUNT_ENABLED),
    ("signinblocked", &user::ACCOUNT_ENABLED),
    ("signinblockedyesno", &user::ACCOUNT_ENABLED),
    ("accountdisabled", &user::ACCOUNT_ENABLED),
    ("accountblocked", &user::ACCOUNT_ENABLED),
];

/// Columns of those lists that say nothing of a user here: what was paid for, how a password is
/// kept, who vouched.
const NOTHING: [&str; 7] = [
    "identityissuer",
    "licenses",
    "licenseassignmentdetails",
    "oathtokenmetadata",
    "passwordneverexpires",
    "releasetrack",
    "strongpasswordrequired",
];

/// The column that says when a user was deleted.
const DELETED: &str = "softdeletiontimestamp";

impl<'t> Title<'t> {
    /// Reads a title.
    pub(super) fn of(title: &'t str) -> Self {
        match in_brackets(title) {
            Some(name) => Self {
                name,
                is_form: true,
            },
            None => Self {
                name: title.trim(),
                is_form: false,
            },
        }
    }

    /// Whether its cells say that somebody is blocked where the property says that the account is
    /// on. In a form the name in the brackets decides: what stands before it is a sentence in the
    /// language of the portal.
    pub(super) fn is_opposite(&self, property: &Property) -> bool {
        *property == user::ACCOUNT_ENABLED
            && (self.is_form || !plain(self.name).eq_ignore_ascii_case(property.name()))
    }

    /// Whether the column says nothing that a user has here.
    pub(super) fn is_nothing(&self) -> bool {
        NOTHING.contains(&plain(self.name).as_str())
    }

    /// Whether the column says that a user was deleted.
    pub(super) fn is_deleted(&self) -> bool {
        plain(self.name) == DELETED
    }
}

/// The property that a title names. Own properties must be named in full, in any spelling of case:
/// without their underscores they could be mistaken for others.
pub(super) fn property(name: &str, users: Entity<'_>) -> Option<Prop> {
    if let Some(own) = own(name, users) {
        return Some(own);
    }
    let plain = plain(name);
    let other = OTHER_NAMES
        .iter()
        .find(|(other, _)| *other == plain)
        .map(|(_, property)| *property);
    other
        .or_else(|| user::TYPE.property(&plain, Version::V1))
        .or_else(|| user::TYPE.property(&plain, Version::Beta))
        .map(Prop::Core)
}

/// The own property with that name.
pub(super) fn own(name: &str, users: Entity<'_>) -> Option<Prop> {
    let mut own = users.own();
    let found = own.find(|own| own.name().eq_ignore_ascii_case(name));
    found.cloned()
}

/// `Country or region`, `CountryOrRegion` and `COUNTRY_OR_REGION` are the same.
pub(super) fn plain(name: &str) -> String {
    let mut plain = fold::display(name);
    plain.retain(char::is_alphanumeric);
    plain
}

/// `displayName` of `Name [displayName] Required`, `Nom [displayName] Obligatoire` and
/// `名前 [displayName] 必須`.
pub(super) fn in_brackets(title: &str) -> Option<&str> {
    let (before, _) = title.rsplit_once(']')?;
    let (_, name) = before.rsplit_once('[')?;
    let name = name.trim();
    (!name.is_empty()).then_some(name)
}
