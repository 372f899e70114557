//! Why an operation did not happen: a closed list. Each refusal carries the facts for the public
//! sentence, and apart from them those for the log only. Statuses, codes and sentences are in the
//! server's one table.

use std::borrow::Cow;

use edm::BodyError;
use odata::Breach;
use store::{Conflict, StoreError};
use uuid::Uuid;

use crate::permission::operation::Operation;

/// Seconds after which it is worth asking a busy store again: a batch takes milliseconds, a full
/// disk longer than any figure.
const STORE_RETRY: u32 = 1;
/// Seconds after which it is worth asking again for a read that took too long: it will take as
/// long again, unless the server was busy with others.
const OVERDUE_RETRY: u32 = 10;

/// The kind of object a sentence names, as in "… of resource 'User'."
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// A user.
    User,
    /// An invitation.
    Invitation,
    /// An open extension.
    OpenExtension,
    /// The definition of a directory extension.
    ExtensionProperty,
    /// The definition of a schema extension.
    SchemaExtension,
    /// An attribute set.
    AttributeSet,
    /// The definition of a custom security attribute.
    AttributeDefinition,
    /// A predefined value of one.
    AllowedValue,
}

impl Resource {
    /// The word in the documented sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Invitation => "Invitation",
            Self::OpenExtension => edm::open_extension::TYPE.resource,
            Self::ExtensionProperty => "ExtensionProperty",
            Self::SchemaExtension => edm::schema_extension::TYPE.resource,
            Self::AttributeSet => edm::attribute_set::TYPE.resource,
            Self::AttributeDefinition => edm::attribute_definition::TYPE.resource,
            Self::AllowedValue => edm::allowed_value::TYPE.resource,
        }
    }
}

/// The rule that a password breaks. The answer is always the one documented sentence about
/// complexity; the rule is in `details[]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordRule {
    /// Fewer than 8 characters after NFKC.
    TooShort,
    /// More than 256 characters after NFKC.
    TooLong,
    /// Holds a control character.
    Control,
    /// Stands on the list of common passwords.
    Common,
    /// Contains the local part of the user principal name.
    ContainsName,
    /// Fewer than three of: lower case, upper case, digit, symbol.
    Classes,
}

/// A limit over time that is used up (T-8, T-17).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quota {
    /// Invitations to one address in a day.
    InvitationsPerAddress,
    /// Invitations of a tenant in a day.
    InvitationsPerTenant,
    /// Passcodes to one address in an hour, or too soon after each other.
    Codes,
    /// Wrong passcodes for one address in a day.
    Guesses,
}

/// Why changes cannot be followed from where a client left off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resync {
    /// Longer ago than changes are kept.
    TooOld,
    /// The directory began to count anew, or was restored from a copy that is older than the
    /// client's position.
    Reset,
}

/// A value that two objects of a tenant cannot both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// `userPrincipalName`
    UserPrincipalName,
    /// `mail`, `otherMails` and `proxyAddresses`: Graph's sentence names `proxyAddresses`.
    ProxyAddresses,
    /// `identities`
    Identities,
    /// `onPremisesImmutableId`
    ImmutableId,
    /// The object id itself, or a name the server chose; the client cannot help it.
    Id,
}

/// Why nothing could be done now. Nothing was changed, or that is unknown; the client may try
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unavailable {
    /// Seconds for `Retry-After`.
    pub retry_after: u32,
    /// For the log only.
    pub log: String,
}

/// What the documented service refuses and the friendly manner does not.
#[derive(Debug, Clone, PartialEq)]
pub enum StrictRule {
    /// Something about a query.
    Query(Breach),
    /// `+` in an invited address, which the documents exclude (P-invitations-2). Other
    /// characters that they exclude are refused in either manner.
    PlusAddress,
    /// `usageLocation` is null in an update; there it cannot be cleared once it is set.
    ClearedUsageLocation,
    /// Invitations can be made there, but not looked at (P-invitations-1).
    ReadInvitations,
}

/// Why a file is not accepted as a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFault {
    /// Neither JPEG nor PNG, or cut off before it says how large it is.
    Kind,
    /// Too many bytes.
    Bytes,
    /// Too many pixels, or none.
    Pixels,
}

/// Why an open extension is not there or not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtensionFault {
    /// The user has none of that name.
    NotFound,
    /// The user has one of that name already.
    Exists,
    /// The app has added as many to this user as it may.
    TooMany,
    /// Larger than extensions may be.
    TooLarge,
}

/// Why an operation did not happen.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No such object in this tenant, for this actor, or not any more. Answers for another tenant's
    /// object are the same.
    #[error("no object {key:?}")]
    NotFound {
        /// The key as asked for.
        key: String,
    },
    /// A permission or role is missing.
    #[error("not permitted: {operation:?}")]
    Denied {
        /// The operation; for the log.
        operation: Operation,
    },
    /// A permission or role is missing, for one property of the body.
    #[error("not permitted: {operation:?} of {property}")]
    DeniedProperty {
        /// The operation that writing the property is.
        operation: Operation,
        /// The property.
        property: String,
    },
    /// The body broke a rule of the property table.
    #[error("body: {0:?}")]
    Body(BodyError),
    /// A needed property is absent or null.
    #[error("missing {property} of {resource:?}")]
    Missing {
        /// Whose property.
        resource: Resource,
        /// Its name, a path for members: `emailAddress/address`.
        property: String,
    },
    /// `passwordProfile/password` is absent where one is needed; it has a sentence of its own.
    #[error("no password")]
    PasswordMissing,
    /// "Invalid value specified for property … of resource …"
    #[error("invalid {property} of {resource:?}: {why}")]
    Invalid {
        /// Whose property.
        resource: Resource,
        /// Its name or path.
        property: String,
        /// Which rule, in plain words that hold nothing of the request; goes to `details[]`.
        why: Cow<'static, str>,
    },
    /// The userPrincipalName does not have its form: "Property userPrincipalName is invalid."
    #[error("malformed {property}: {why}")]
    Malformed {
        /// The property.
        property: &'static str,
        /// Which rule; goes to `details[]`.
        why: &'static str,
    },
    /// The documented catch-all: "One or more properties contains invalid values."
    #[error("invalid values: {property}: {why}")]
    Combination {
        /// The property that does not fit the others.
        property: &'static str,
        /// Which rule; goes to `details[]`.
        why: &'static str,
    },
    /// The domain of the userPrincipalName is none of the tenant's.
    #[error("not a verified domain in {property}")]
    Domain {
        /// The property.
        property: &'static str,
    },
    /// The password breaks these rules.
    #[error("password: {broken:?}")]
    Password {
        /// The rules, in the order of [`PasswordRule`].
        broken: Vec<PasswordRule>,
    },
    /// A read-only property was written.
    #[error("{property} is read-only")]
    ReadOnly {
        /// The property.
        property: String,
    },
    /// Another object has the value.
    #[error("{unique:?} is taken by {owner:?}")]
    Taken {
        /// The value that cannot be shared.
        unique: Unique,
        /// The other object. An administrator of the same tenant may see it.
        owner: Option<Uuid>,
    },
    /// The application defines a directory extension of that name already.
    #[error("{name} is defined")]
    DefinitionExists {
        /// The whole name, as it was defined.
        name: String,
    },
    /// The schema extension belongs to another app than the one that the call is made for.
    #[error("another app owns it")]
    NotOwner,
    /// A row of a file names a user who exists, where none may.
    #[error("{property} is of an existing user: {owner}")]
    Exists {
        /// The key.
        property: &'static str,
        /// The user.
        owner: Uuid,
    },
    /// A row of a file has the key of an earlier one.
    #[error("{property} stands in line {line} already")]
    Repeated {
        /// The key.
        property: &'static str,
        /// The line of the earlier row, from 1.
        line: u64,
    },
    /// The user has no photo.
    #[error("no photo")]
    NoPhoto,
    /// An open extension is not there, or not added.
    #[error("open extension: {0:?}")]
    Extension(ExtensionFault),
    /// The file is not accepted as a photo.
    #[error("photo: {0:?}")]
    Picture(PictureFault),
    /// The link exists already.
    #[error("{property} has this link")]
    AlreadyLinked {
        /// The property.
        property: &'static str,
    },
    /// The invited address belongs to a member, or to a user made here.
    #[error("the invited user exists: {owner}")]
    InviteeExists {
        /// That user.
        owner: Uuid,
        /// Whether the account is disabled.
        blocked: bool,
    },
    /// The invited address lies in one of the tenant's own domains.
    #[error("the invited address is in a verified domain")]
    InviteeDomain,
    /// `resetRedemption` with an address that the user does not have.
    #[error("the invited address is none of the user's")]
    InviteeAddress,
    /// The user does not become an internal one.
    #[error("conversion: {0:?}")]
    Conversion(crate::users::ConversionFault),
    /// The tenant does not let this actor invite.
    #[error("invitations are not allowed")]
    InvitationsOff,
    /// The redirect is not on the tenant's list, or no URL we would send a browser to (T-14).
    #[error("redirect not allowed: {why}")]
    Redirect {
        /// Which rule; goes to `details[]`.
        why: &'static str,
    },
    /// A limit over time is used up.
    #[error("quota {quota:?}")]
    Quota {
        /// Which.
        quota: Quota,
        /// Seconds until it is worth trying again.
        retry_after: u32,
    },
    /// The `Idempotency-Key` was sent before with another body.
    #[error("idempotency key used with another body")]
    IdempotencyMismatch,
    /// No guest could ever accept: there is no way to send a mail.
    #[error("no mail: {setting}")]
    MailNotConfigured {
        /// The setting that is missing.
        setting: &'static str,
    },
    /// `If-Match` or `If-None-Match` does not allow the present version.
    #[error("version {found} is the present one")]
    VersionMismatch {
        /// The present version.
        found: i64,
    },
    /// The documented service refuses this, and the tenant is in the strict manner.
    #[error("strict: {0:?}")]
    Strict(StrictRule),
    /// The changes since then are not known any more, or never were: the client has to begin anew.
    #[error("changes after {after} are not known: {why:?}")]
    Resync {
        /// The last change the client has seen.
        after: i64,
        /// Why.
        why: Resync,
    },
    /// A page token of a build that answered the query in another order: the client has to begin
    /// anew.
    #[error("the page began in another order")]
    ExpiredPageToken,
    /// Another request of the same all-or-nothing group failed, so that nothing of this one
    /// happened.
    #[error("another request of the group failed")]
    Undone,
    /// Known, but not built.
    #[error("not served: {what}")]
    NotServed {
        /// What.
        what: String,
    },
    /// Try again later.
    #[error("unavailable: {}", .0.log)]
    Unavailable(Unavailable),
    /// Something here is broken. Nothing of it may be shown.
    #[error("internal: {log}")]
    Internal {
        /// For the log only.
        log: String,
    },
}

impl Refusal {
    /// An invalid property of a user.
    pub fn invalid_user(property: impl Into<String>, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid {
            resource: Resource::User,
            property: property.into(),
            why: why.into(),
        }
    }

    /// A missing property of a user.
    pub fn missing_user(property: impl Into<String>) -> Self {
        Self::Missing {
            resource: Resource::User,
            property: property.into(),
        }
    }

    /// Something here is broken.
    pub fn internal(log: impl Into<String>) -> Self {
        Self::Internal { log: log.into() }
    }
}

impl From<StoreError> for Refusal {
    /// Conflicts become [`Refusal::Taken`]; an address clash is told of `proxyAddresses` unless the
    /// operation knows better.
    fn from(error: StoreError) -> Self {
        let taken = |unique, owner| Self::Taken { unique, owner };
        match error {
            StoreError::Conflict(Conflict::Address { owner, .. }) => {
                taken(Unique::ProxyAddresses, Some(owner))
            }
            StoreError::Conflict(Conflict::Identity { owner, .. }) => {
                taken(Unique::Identities, Some(owner))
            }
            StoreError::Conflict(Conflict::ImmutableId { owner }) => {
                taken(Unique::ImmutableId, Some(owner))
            }
            StoreError::Conflict(Conflict::Id) => taken(Unique::Id, None),
            StoreError::Busy | StoreError::Full | StoreError::Gone | StoreError::Locked => {
                Self::Unavailable(Unavailable {
                    retry_after: STORE_RETRY,
                    log: error.to_string(),
                })
            }
            StoreError::Overdue => Self::Unavailable(Unavailable {
                retry_after: OVERDUE_RETRY,
                log: error.to_string(),
            }),
            StoreError::Undone => Self::Undone,
            StoreError::ExpiredPageToken => Self::ExpiredPageToken,
            StoreError::Corrupt(_)
            | StoreError::Newer { .. }
            | StoreError::NewerPart { .. }
            | StoreError::Outdated { .. }
            | StoreError::OldKeys { .. }
            | StoreError::UnfinishedKeys
            | StoreError::NewerKeys { .. }
            | StoreError::Unclosed(_)
            | StoreError::OtherKey
            | StoreError::Weak(_) => Self::internal(error.to_string()),
            // What fails again when it is run alone gets 503.
            StoreError::Driver(_) => Self::Unavailable(Unavailable {
                retry_after: STORE_RETRY,
                log: error.to_string(),
            }),
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}
