//! The answer: the members of the documented example in its order, then `invitedUserType` and
//! `resetRedemption`.

use edm::Property;
use edm::invitation::{self, email_address, link, message_info, recipient};
use serde_json::{Map, Value, json};
use store::UserType;
use uuid::Uuid;

use super::request::Request;

/// The facts of the answer that are not in the request.
pub(super) struct Facts<'a> {
    pub(super) id: Uuid,
    pub(super) link: Option<&'a str>,
    pub(super) display_name: Option<&'a str>,
    /// As the tenant's manner words it.
    pub(super) status: &'static str,
    pub(super) user: Uuid,
    pub(super) user_type: Option<UserType>,
}

/// The members of the answer, in order.
pub(super) fn members(request: &Request, facts: &Facts<'_>) -> Map<String, Value> {
    let copy = request.copy.as_ref();
    let mail = object([
        (
            &email_address::NAME,
            json!(copy.and_then(|copy| copy.name.as_deref())),
        ),
        (&email_address::ADDRESS, json!(copy.map(|copy| &copy.sent))),
    ]);
    let info = object([
        (&message_info::MESSAGE_LANGUAGE, json!(request.language)),
        (
            &message_info::CC_RECIPIENTS,
            json!([object([(&recipient::EMAIL_ADDRESS, mail)])]),
        ),
        (
            &message_info::CUSTOMIZED_MESSAGE_BODY,
            json!(request.message),
        ),
    ]);
    map([
        (&invitation::ID, json!(facts.id)),
        (&invitation::INVITE_REDEEM_URL, json!(facts.link)),
        (
            &invitation::INVITED_USER_DISPLAY_NAME,
            json!(facts.display_name),
        ),
        (
            &invitation::INVITED_USER_EMAIL_ADDRESS,
            json!(request.sent_address),
        ),
        (&invitation::SEND_INVITATION_MESSAGE, json!(request.send)),
        (&invitation::INVITED_USER_MESSAGE_INFO, info),
        (&invitation::INVITE_REDIRECT_URL, json!(request.redirect)),
        (&invitation::STATUS, json!(facts.status)),
        (
            &invitation::INVITED_USER,
            object([(&link::ID, json!(facts.user))]),
        ),
        (
            &invitation::INVITED_USER_TYPE,
            json!(type_name(facts.user_type)),
        ),
        (&invitation::RESET_REDEMPTION, json!(request.reset)),
    ])
}

const fn type_name(user_type: Option<UserType>) -> &'static str {
    match user_type {
        Some(UserType::Member) => crate::users::row::MEMBER,
        Some(UserType::Guest) | None => crate::users::row::GUEST,
    }
}

fn object<const N: usize>(members: [(&'static Property, Value); N]) -> Value {
    Value::Object(map(members))
}

fn map<const N: usize>(members: [(&'static Property, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(property, value)| (property.name().to_owned(), value))
        .collect()
}
