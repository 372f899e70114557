//! The one table from outcomes to answers: status, Graph code, sentence, details, headers
//! (P-users-1, P-users-5, P-invitations-4). No arm stands for "the rest": a new outcome does
//! not compile until somebody has decided what clients are told.

use axum::http::StatusCode;
use directory::permission;
use directory::{
    ConversionFault, Operation, PHOTO_BYTES, PasswordRule, PictureFault, Quota, Refusal, Resync,
    StrictRule, Unique,
};
use edm::{BodyError, Rule};
use uuid::Uuid;

use super::envelope::{Detail, GraphError, code};
use super::page_token;

/// One of several values is wrong; which, stands in the details.
const INVALID_VALUES: &str = "One or more property values specified are invalid.";
/// The documented catch-all for values that do not fit each other.
const INVALID_COMBINATION: &str = "One or more properties contains invalid values.";
/// Another object has the value, and the documents have no sentence for that property.
const CONFLICT: &str = "A conflicting object with one or more of the specified property values is \
                        present in the directory.";

/// The code of a detail that names a broken rule.
const INVALID: &str = "InvalidValue";

impl From<Refusal> for GraphError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound { key } => not_found(&key),
            Refusal::Denied { operation } => hidden(operation),
            Refusal::DeniedProperty {
                operation,
                property,
            } => {
                let message = format!("The property '{property}' needs a further permission.");
                denied()
                    .hinting(permission::needed(operation))
                    .detail(Detail::of(code::DENIED, &property, message))
                    .logging(format!("{operation:?} of {property}"))
            }
            Refusal::Body(error) => body(error),
            Refusal::Missing { resource, property } => required(&property, resource.name()),
            Refusal::PasswordMissing => {
                let message = "A password must be specified to create a new user.";
                let detail = Detail::of("RequiredValue", "passwordProfile/password", message);
                Self::refused(message).detail(detail)
            }
            Refusal::Invalid {
                resource,
                property,
                why,
            } => invalid(&property, resource.name(), why.into_owned()),
            Refusal::Malformed { property, why } => {
                let error = Self::refused(format!("Property {property} is invalid."));
                error.detail(Detail::of(INVALID, property, why))
            }
            Refusal::Combination { property, why } => {
                Self::refused(INVALID_COMBINATION).detail(Detail::of(INVALID, property, why))
            }
            Refusal::Domain { property } => domain(property),
            Refusal::Password { broken } => password(&broken),
            Refusal::ReadOnly { property } => read_only(&property),
            Refusal::Taken { unique, owner } => conflict(unique, owner),
            Refusal::DefinitionExists { name } => {
                let message = format!("An extension property exists with the name {name}.");
                let detail = Detail::of("ObjectConflict", "name", message.clone());
                Self::refused(message).detail(detail)
            }
            Refusal::NotOwner => Self::new(
                StatusCode::FORBIDDEN,
                "AccessDenied",
                "Cannot perform this extension schema write operation.",
            ),
            Refusal::Exists { property, owner } => exists(property, owner),
            Refusal::Repeated { property, line } => {
                let message = format!("The file has the same {property} in line {line}.");
                let detail = Detail::of("ObjectConflict", property, message.clone());
                Self::refused(message).detail(detail)
            }
            Refusal::NoPhoto => Self::new(
                StatusCode::NOT_FOUND,
                "ImageNotFound",
                "The user has no photo.",
            ),
            Refusal::Extension(fault) => super::open_extensions::refused(fault),
            Refusal::Picture(fault) => picture(fault),
            Refusal::AlreadyLinked { property } => already_linked(property),
            Refusal::InviteeExists { owner, blocked } => invitee_exists(owner, blocked),
            Refusal::InviteeDomain => Self::broken(
                "This user cannot be invited because the domain of the user's email address is a \
                 verified domain of this directory.",
            )
            .detail(Detail::of(
                INVALID,
                ADDRESS,
                "a verified domain of this directory",
            )),
            Refusal::InviteeAddress => Self::broken(
                "The email you're using to invite this user doesn't match any emails on the user \
                 object. Please add this email to the user object and try again.",
            )
            .detail(Detail::of(INVALID, ADDRESS, "none of the user's addresses")),
            Refusal::Conversion(fault) => conversion(fault),
            Refusal::InvitationsOff => Self::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "Guest invitations not allowed for your company. Contact your company \
                 administrator for more details.",
            ),
            Refusal::Redirect { why } => Self::broken("inviteRedirectUrl is not allowed").detail(
                Detail::of(INVALID, edm::invitation::INVITE_REDIRECT_URL.name(), why),
            ),
            Refusal::Quota { quota, retry_after } => quota_exceeded(quota, retry_after),
            Refusal::IdempotencyMismatch => idempotency_mismatch(),
            Refusal::MailNotConfigured { setting } => mail_not_configured(setting),
            Refusal::VersionMismatch { found } => precondition_failed(found),
            Refusal::Strict(rule) => strict(&rule),
            Refusal::Resync { after, why } => resync(why).logging(format!("since {after}")),
            Refusal::ExpiredPageToken => page_token::expired(),
            Refusal::Undone => undone(),
            Refusal::NotServed { what } => not_served(&what),
            Refusal::Unavailable(cause) => Self::unavailable(cause.retry_after, cause.log),
            Refusal::Internal { log } => Self::internal(log),
        }
    }
}

/// The property at fault in refusals about an invited address.
const ADDRESS: &str = edm::invitation::INVITED_USER_EMAIL_ADDRESS.name();

/// Status 404. Alike for an id of another tenant, of nobody, and of somebody deleted: only the
/// key as the client wrote it comes back.
pub(super) fn not_found(key: &str) -> GraphError {
    let message = format!(
        "Resource '{key}' does not exist or one of its queried reference-property objects are not \
         present."
    );
    GraphError::new(StatusCode::NOT_FOUND, code::NOT_FOUND, message)
}

/// Status 403.
pub(super) fn denied() -> GraphError {
    let message = "Insufficient privileges to complete the operation.";
    GraphError::new(StatusCode::FORBIDDEN, code::DENIED, message)
}

/// 403 for want of the permission of an operation.
pub(super) fn hidden(operation: Operation) -> GraphError {
    denied()
        .hinting(permission::needed(operation))
        .logging(format!("{operation:?}"))
}

/// Status 501, naming what is not served yet.
pub(super) fn not_served(what: &str) -> GraphError {
    not_served_because(what, "not served by this version")
}

/// Status 501, naming what is not served and what it is about it.
pub(super) fn not_served_because(what: &str, why: impl Into<String>) -> GraphError {
    let message = "This operation target is not yet supported.";
    GraphError::new(StatusCode::NOT_IMPLEMENTED, code::NOT_IMPLEMENTED, message).detail(Detail::of(
        code::NOT_IMPLEMENTED,
        what,
        why,
    ))
}

fn required(property: &str, resource: &str) -> GraphError {
    let message =
        format!("A value is required for property '{property}' of resource '{resource}'.");
    GraphError::refused(message.clone()).detail(Detail::of("RequiredValue", property, message))
}

fn read_only(property: &str) -> GraphError {
    let message = format!("Property '{property}' is read-only and cannot be set.");
    GraphError::refused(message.clone()).detail(Detail::of("ReadOnly", property, message))
}

/// The sentence names the property of the resource, the detail the path inside it.
fn invalid(path: &str, resource: &str, why: impl Into<String>) -> GraphError {
    let property = path.split('/').next().unwrap_or(path);
    let message =
        format!("Invalid value specified for property '{property}' of resource '{resource}'.");
    GraphError::refused(message).detail(Detail::of(INVALID, path, why))
}

/// A body that breaks the property table. The answer always names the property.
fn body(error: BodyError) -> GraphError {
    let why = error.rule.to_string();
    match error.rule {
        Rule::ReadOnly => read_only(&error.target),
        Rule::Unknown => {
            let why = format!("'{}' is no property of '{}'", error.target, error.resource);
            let is_added_later = edm::user::EXTENSIONS
                .name()
                .eq_ignore_ascii_case(&error.target);
            let answer = GraphError::refused(INVALID_VALUES).detail(Detail::of(
                "UnknownProperty",
                error.target,
                why,
            ));
            if is_added_later {
                answer.hinting(
                    "Open extensions are added to a user who exists: POST /users/{id}/extensions.",
                )
            } else {
                answer
            }
        }
        Rule::Hidden => hidden(Operation::WriteSecurityAttributes),
        Rule::Undeclared => undeclared(error.target),
        Rule::WrongType { .. } => {
            GraphError::refused(INVALID_VALUES).detail(Detail::of("WrongType", error.target, why))
        }
        Rule::TooLong { .. }
        | Rule::TooManyBytes { .. }
        | Rule::TooMany { .. }
        | Rule::NotNullable
        | Rule::Deactivated
        | Rule::Empty
        | Rule::Malformed { .. }
        | Rule::NotAllowed { .. } => invalid(&error.target, error.resource, why),
    }
}

/// The directory's own sentence (P-references-2).
fn undeclared(property: String) -> GraphError {
    let message = format!(
        "Property '{property}' does not exist as a declared property or extension property."
    );
    GraphError::refused(message.clone()).detail(Detail::of("UnknownProperty", property, message))
}

fn domain(property: &str) -> GraphError {
    let message = format!(
        "The domain portion of the {property} property is invalid. You must use one of the verified \
         domain names in your organization."
    );
    GraphError::refused(message).detail(Detail::of(INVALID, property, "not a verified domain"))
}

/// One documented sentence for all of them, and a detail for each broken rule.
fn password(broken: &[PasswordRule]) -> GraphError {
    let message = "The specified password does not comply with password complexity requirements. \
                   Please provide a different password.";
    let target = "passwordProfile/password";
    broken
        .iter()
        .fold(GraphError::refused(message), |error, rule| {
            error.detail(Detail::of("PasswordPolicy", target, password_rule(*rule)))
        })
}

const fn password_rule(rule: PasswordRule) -> &'static str {
    match rule {
        PasswordRule::TooShort => "shorter than 8 characters",
        PasswordRule::TooLong => "longer than 256 characters",
        PasswordRule::Control => "holds a control character",
        PasswordRule::Common => "on the list of common passwords",
        PasswordRule::ContainsName => "contains the user name",
        PasswordRule::Classes => "fewer than three of lower case, upper case, digits and symbols",
    }
}

/// Conflicts are 400 with a detail for the property and one with the other object's id, which a
/// caller who may create users of the tenant may see.
fn conflict(unique: Unique, owner: Option<Uuid>) -> GraphError {
    let named = |property: &str| {
        format!("Another object with the same value for property {property} already exists.")
    };
    let (target, message) = match unique {
        Unique::UserPrincipalName => {
            let name = edm::user::USER_PRINCIPAL_NAME.name();
            (name, named(name))
        }
        Unique::ProxyAddresses => {
            let name = edm::user::PROXY_ADDRESSES.name();
            (name, named(name))
        }
        Unique::Identities => (edm::user::IDENTITIES.name(), CONFLICT.to_owned()),
        Unique::ImmutableId => (
            edm::user::ON_PREMISES_IMMUTABLE_ID.name(),
            CONFLICT.to_owned(),
        ),
        Unique::Id => (edm::user::ID.name(), CONFLICT.to_owned()),
    };
    let detail = Detail::of("ObjectConflict", target, message.clone());
    let error = GraphError::refused(message).detail(detail);
    match owner {
        Some(owner) => error.detail(Detail::of("ConflictingObjects", target, owner.to_string())),
        None => error,
    }
}

/// A row of an import that must not meet anybody.
fn exists(property: &str, owner: Uuid) -> GraphError {
    let message =
        format!("Another object with the same value for property {property} already exists.");
    GraphError::refused(message.clone())
        .detail(Detail::of("ObjectConflict", property, message))
        .detail(Detail::of(
            "ConflictingObjects",
            property,
            owner.to_string(),
        ))
}

/// A photo that is not kept.
fn picture(fault: PictureFault) -> GraphError {
    match fault {
        PictureFault::Kind => GraphError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            code::UNSUPPORTED_MEDIA_TYPE,
            "A photo must be a JPEG or PNG file.",
        ),
        PictureFault::Bytes => GraphError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            format!("A photo has at most {PHOTO_BYTES} bytes."),
        ),
        PictureFault::Pixels => {
            let message = "A photo must have between 1 and 4096 pixels on each side.";
            GraphError::refused(message).detail(Detail::of(INVALID, "photo", message))
        }
    }
}

/// In the documented sentences, where there are some.
fn conversion(fault: ConversionFault) -> GraphError {
    let name = edm::user::USER_PRINCIPAL_NAME.name();
    let (message, target, why) = match fault {
        ConversionFault::Internal => (
            "The user authentication is already internal and isn't eligible for conversion.",
            edm::user::EXTERNAL_USER_STATE.name(),
            "the user was not invited, or is converted already",
        ),
        ConversionFault::Role => (
            "A user who holds a role can't be converted.",
            edm::user::ID.name(),
            "take the roles away first",
        ),
        ConversionFault::NoName => ("The provided UPN can't be empty.", name, "needed"),
        ConversionFault::NameDomain => (
            "The provided UPN doesn't have a valid domain.",
            name,
            "no verified domain whose users sign in here",
        ),
        ConversionFault::NoPassword => (
            "The provided password isn't valid.",
            "passwordProfile/password",
            "needed",
        ),
        ConversionFault::EmptyMail => (
            "The mail provided can't be empty.",
            edm::user::MAIL.name(),
            "empty; leave it out to keep the mail there is",
        ),
        ConversionFault::MailDomain => (
            "The provided mail doesn't have a valid domain.",
            edm::user::MAIL.name(),
            "no verified domain",
        ),
    };
    GraphError::refused(message).detail(Detail::of(INVALID, target, why))
}

fn already_linked(property: &'static str) -> GraphError {
    let message = format!(
        "One or more added object references already exist for the following modified properties: \
         '{property}'."
    );
    GraphError::refused(message.clone()).detail(Detail::of("ObjectConflict", property, message))
}

fn invitee_exists(owner: Uuid, blocked: bool) -> GraphError {
    let message = if blocked {
        format!(
            "The invited user already exists in the directory as object ID: {owner}, but the account \
             is blocked from signing in. If the account is unblocked, they can use that account to \
             sign in to shared apps and resources."
        )
    } else {
        format!(
            "The invited user already exists in the directory as object ID: {owner}. They can use \
             that account to sign in to shared apps and resources."
        )
    };
    GraphError::broken(message).detail(Detail::of("ObjectConflict", ADDRESS, owner.to_string()))
}

/// 429.
fn quota_exceeded(quota: Quota, retry_after: u32) -> GraphError {
    let why = match quota {
        Quota::InvitationsPerAddress => "This address has been invited too often today.",
        Quota::InvitationsPerTenant => "The directory's invitations of this day are used up.",
        Quota::Codes => "Too many codes were sent to this address.",
        Quota::Guesses => "Too many wrong codes were entered for this address.",
    };
    GraphError::new(StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY, why).after(retry_after)
}

/// What the documented service answers, and what would help.
fn strict(rule: &StrictRule) -> GraphError {
    match rule {
        StrictRule::Query(breach) => super::breach::refused(breach),
        StrictRule::PlusAddress => {
            let error = invalid(
                ADDRESS,
                "Invitation",
                "'+' is not taken in an invited address",
            );
            error.hinting("Leave out '+' and what follows it, or use the tenant's friendly manner.")
        }
        StrictRule::ClearedUsageLocation => {
            let name = edm::user::USAGE_LOCATION.name();
            let error = invalid(name, "User", "it cannot be cleared once set");
            error.hinting(
                "Set another country, or use the tenant's friendly manner, which clears it.",
            )
        }
        StrictRule::ReadInvitations => {
            let message = "Resource not found for the segment 'invitations'.";
            GraphError::new(StatusCode::NOT_FOUND, "UnknownError", message).hinting(
                "The documented service does not show invitations; in the tenant's friendly manner they can be read.",
            )
        }
    }
}

/// Status 422.
fn idempotency_mismatch() -> GraphError {
    let message = "The Idempotency-Key was used before with another request body.";
    let error = GraphError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "IdempotencyKeyReused",
        message,
    );
    error.detail(Detail::of(
        "IdempotencyKeyReused",
        "Idempotency-Key",
        message,
    ))
}

fn mail_not_configured(setting: &str) -> GraphError {
    let message = format!(
        "No mail can be sent, so that no guest could accept an invitation. Set '{setting}' in the \
         server's configuration."
    );
    GraphError::broken(message.clone()).detail(Detail::of("MailNotConfigured", setting, message))
}

/// Status 410. The caller adds the URL at which the client begins anew (P-users-14).
fn resync(why: Resync) -> GraphError {
    let (code, message) = match why {
        Resync::TooOld => (
            "syncStateNotFound",
            "The changes since this token was given are not known any more. Begin again.",
        ),
        Resync::Reset => (
            "resyncRequired",
            "This token does not belong to the present state of the directory. Begin again.",
        ),
    };
    GraphError::new(StatusCode::GONE, code, message).detail(Detail::of(
        "resyncRequired",
        "$deltatoken",
        "the Location header says where to begin again",
    ))
}

/// Status 424.
pub(super) fn undone() -> GraphError {
    let message =
        "Nothing of this request happened, because another request of its atomicityGroup failed.";
    GraphError::new(
        StatusCode::FAILED_DEPENDENCY,
        code::FAILED_DEPENDENCY,
        message,
    )
}

fn precondition_failed(found: i64) -> GraphError {
    let message = "The object's version is none that If-Match and If-None-Match let through.";
    GraphError::new(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        message,
    )
    .logging(format!("present version {found}"))
}
