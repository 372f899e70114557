//! POST /users/{id}/convertExternalToInternalMemberUser, which beta alone has.

use axum::http::StatusCode;
use axum::response::Response;
use directory::{ConversionFault, Refusal};
use edm::complex::{conversion_user_details as details, password_profile};
use edm::{Json, Members, NAMESPACE, Property, Purpose, instant, user};

use super::body::{self, Incoming};
use super::call::Authorised;
use super::envelope::GraphError;
use super::etag;
use super::operation::operations;
use super::render::{self, Context};
use super::users::subject;

operations! {
    "ConvertToInternal" {
        routes: [POST "users/{key}/convertExternalToInternalMemberUser()" in Beta => Needs(ConvertToInternal)],
        cost: One, body: Json, leaves: ["Update user", "Convert external user to internal member"],
        documented: 200, Differs("Converting a guest"),
            "Name, password and mail in the own domains; what opened the account before opens it no more",
            "graph_conversion"::"a_guest_becomes_a_member_who_signs_in_here",
        run: |request, body| run(request, body)
    }
}

/// What the action takes.
const ALLOWED_MEMBERS: [&str; 3] = [
    user::USER_PRINCIPAL_NAME.name(),
    user::PASSWORD_PROFILE.name(),
    user::MAIL.name(),
];

/// POST /users/{id}/convertExternalToInternalMemberUser
pub async fn run(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let (mut json, _) = body::json(call.headers, sent).await?;
    let why = "it takes userPrincipalName, passwordProfile and mail";
    body::only(&json, &ALLOWED_MEMBERS, why)?;
    prepare(&mut json).map_err(Refusal::Conversion)?;
    let body = edm::body::check(
        &json,
        request.entity(&user::TYPE),
        call.version,
        Purpose::Update,
    );
    let body = body.map_err(Refusal::Body)?;
    let directory = &call.app.directory;
    let condition = etag::condition(call.headers);
    let key = subject(request)?;
    let converted = directory
        .convert_to_internal(&request.actor, &key, body.set, condition)
        .await?;
    let context = Context {
        set: &format!("{NAMESPACE}.{}", details::TYPE.name()),
        selected: None,
        single: false,
    };
    let mut members = Members::new();
    let mut text = |name: &str, text: Option<&str>| match text {
        Some(text) => members.text(name, text),
        None => members.json(name, "null"),
    };
    text(
        details::DISPLAY_NAME.name(),
        converted.display_name.as_deref(),
    );
    text(
        details::USER_PRINCIPAL_NAME.name(),
        Some(&converted.user_principal_name),
    );
    let at = instant::render(converted.at);
    text(
        details::CONVERTED_TO_INTERNAL_USER_DATE_TIME.name(),
        Some(&at),
    );
    text(details::MAIL.name(), converted.mail.as_deref());
    let text = render::object(call, &context, &members);
    Ok(render::json(call, StatusCode::OK, text))
}

/// Refuses what has a sentence of its own here, and reads the texts "true" and "false", which the
/// published examples send, as truth values. A mail that is null is not given.
fn prepare(json: &mut Json) -> Result<(), ConversionFault> {
    let Json::Object(members) = json else {
        return Ok(());
    };
    let is = |name: &str, property: &Property| name.eq_ignore_ascii_case(property.name());
    members.retain(|name, value| !(is(name, &user::MAIL) && value.is_null()));
    let mut has_name = false;
    for (name, value) in members.iter_mut() {
        if is(name, &user::USER_PRINCIPAL_NAME) {
            has_name = !value.is_null() && value.as_str() != Some("");
        } else if is(name, &user::MAIL) && value.as_str() == Some("") {
            return Err(ConversionFault::EmptyMail);
        } else if is(name, &user::PASSWORD_PROFILE)
            && let Json::Object(profile) = value
        {
            for (name, value) in profile.iter_mut() {
                let forces = is(name, &password_profile::FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN)
                    || is(
                        name,
                        &password_profile::FORCE_CHANGE_PASSWORD_NEXT_SIGN_IN_WITH_MFA,
                    );
                let truth = match value.as_str() {
                    Some("true") => true,
                    Some("false") => false,
                    _ => continue,
                };
                if forces {
                    *value = Json::Bool(truth);
                }
            }
        }
    }
    if has_name {
        Ok(())
    } else {
        Err(ConversionFault::NoName)
    }
}
