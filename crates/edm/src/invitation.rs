//! The `invitation` type, its properties in the order of the documented answer, and the
//! complex types only invitations use.

use crate::Blank;
use crate::complex::complex;
use crate::rows::{boolean, of, properties, text};
use crate::{ComplexType, EntityType, Navigation, Op, Type, entity, user};

pub use crate::entity::ID;

crate::rows::order! {
    "invitation"
    ID
    INVITE_REDEEM_URL
    INVITED_USER_DISPLAY_NAME
    INVITED_USER_EMAIL_ADDRESS
    SEND_INVITATION_MESSAGE
    INVITED_USER_MESSAGE_INFO
    INVITE_REDIRECT_URL
    STATUS
    ; navigation INVITED_USER INVITED_USER_SPONSORS;
    INVITED_USER_TYPE
    RESET_REDEMPTION
}

/// Characters of a mail address: 64, `@` and 255 (RFC 5321).
const MAIL_ADDRESS: u32 = 320;

/// Characters of a redirect URL: what browsers and proxies carry everywhere.
const URL: u32 = 2_048;

/// Characters of the inviter's own words. A longer text serves phishing more than greeting (T-20).
const MESSAGE: u32 = 500;

/// What texts can be filtered by. The documented service lists no invitations at all, so that here
/// no operator waits for an advanced query.
const TEXT: &[Op] = &[
    Op::Eq,
    Op::Ne,
    Op::Not,
    Op::Ge,
    Op::Le,
    Op::In,
    Op::StartsWith,
    Op::EndsWith,
    Op::Null,
];

properties! {
    INVITE_REDEEM_URL "inviteRedeemUrl" "The link. Shown once, in the answer that made it (R-48)."
        = text().by_default();
    INVITED_USER_DISPLAY_NAME "invitedUserDisplayName" "The guest's name; when none is sent, the one they got (R-44)."
        = text().max(256).created().by_default().filter(TEXT, &[]).sorted();
    INVITED_USER_EMAIL_ADDRESS "invitedUserEmailAddress" "The address invited, echoed as sent."
        = text().not_null().max(MAIL_ADDRESS).created().required().by_default().filter(TEXT, &[]).sorted();
    SEND_INVITATION_MESSAGE "sendInvitationMessage" "Whether the server mails the link."
        = boolean().unset("false").created().by_default().filter(&[Op::Eq, Op::Ne, Op::Not, Op::In], &[]);
    INVITED_USER_MESSAGE_INFO "invitedUserMessageInfo" "Language, own words and copy of the message."
        = of(Type::complex(&message_info::TYPE)).created().by_default();
    INVITE_REDIRECT_URL "inviteRedirectUrl" "Where the guest lands after redemption, echoed as sent."
        = text().not_null().max(URL).created().required().by_default();
    STATUS "status" "Completed, InProgress or Error: delivery only (R-43)."
        = text().by_default().filter(&[Op::Eq, Op::Ne, Op::Not, Op::In], &[]).sorted();
    INVITED_USER "invitedUser" "The guest. In a request, properties to give them (R-46); in answers, their id."
        = of(Type::complex(&link::TYPE)).created().by_default();
    INVITED_USER_SPONSORS "invitedUserSponsors" "Who answers for the guest, five at most; the inviting person when none is sent."
        = of(Type::complex(&link::TYPE)).list().items(5).created();
    INVITED_USER_TYPE "invitedUserType" "Guest or Member; Member needs more than the right to invite (R-29)."
        = text().one_of(&["Guest", "Member"]).unset("\"Guest\"").created().by_default()
        .filter(&[Op::Eq, Op::Ne, Op::Not, Op::In], &[]).sorted();
    RESET_REDEMPTION "resetRedemption" "Whether an existing guest has to redeem again."
        = boolean().unset("false").created().by_default();
}

complex! {
    /// The message that carries the link.
    message_info "invitedUserMessageInfo"
    MESSAGE_LANGUAGE "messageLanguage" "Language tag (R-51)." = text().max(64).written();
    CC_RECIPIENTS "ccRecipients" "One at most; gets the message without the link (R-52)."
        = of(Type::complex(&recipient::TYPE)).list().items(1).written();
    CUSTOMIZED_MESSAGE_BODY "customizedMessageBody" "The inviter's own words, as plain text." = text().max(MESSAGE).written();
}

complex! {
    /// Somebody who gets a mail.
    recipient "recipient"
    EMAIL_ADDRESS "emailAddress" "Name and address." = of(Type::complex(&email_address::TYPE)).written();
}

complex! {
    /// A mail address with the name before it.
    email_address "emailAddress"
    NAME "name" "The name." = text().max(256).written();
    ADDRESS "address" "The address." = text().max(MAIL_ADDRESS).written();
}

complex! {
    /// A link to another object, by its id. Not in CSDL: there it is a navigation property.
    link "entity"
    ID "id" "The object's id." = text().not_null().written();
}

/// The navigation property `invitedUser`.
pub static INVITED_USER_NAVIGATION: Navigation = Navigation {
    property: &INVITED_USER,
    target: "user",
    set: "users",
    objects: &user::TYPE,
    linked: false,
    sent: true,
    tracked: false,
    contained: false,
};

/// The navigation property `invitedUserSponsors`: sent as objects or as links, kept as the guest's
/// own sponsors.
pub static INVITED_USER_SPONSORS_NAVIGATION: Navigation = Navigation {
    property: &INVITED_USER_SPONSORS,
    target: entity::DIRECTORY_OBJECT.name,
    set: entity::DIRECTORY_OBJECT.set,
    objects: &user::TYPE,
    linked: true,
    sent: true,
    tracked: false,
    contained: false,
};

/// `graph.invitation`.
pub static TYPE: EntityType = EntityType {
    name: "invitation",
    resource: "Invitation",
    set: "invitations",
    base: Some(&entity::ENTITY),
    open: false,
    is_abstract: false,
    properties: PROPERTIES,
    alternate_keys: &[],
    blank: Blank::Absent,
    navigation: &[&INVITED_USER_NAVIGATION, &INVITED_USER_SPONSORS_NAVIGATION],
};
