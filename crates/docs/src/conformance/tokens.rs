//! How clients get a token.

use super::Answer::{Differs, Refused, Served};
use super::{Example, Section, Test, get, post, rows, test};

/// A form for the token endpoint.
macro_rules! form {
    ($($field:literal),+) => {
        form(concat!("scope=https://graph.microsoft.com/.default", $("&", $field),+))
    };
}

const FORM: &[&str] = &[
    "Authorization: ",
    "Content-Type: application/x-www-form-urlencoded",
];

const fn form(body: &'static str) -> Example {
    post("/{tenant}/oauth2/v2.0/token", body).with(FORM)
}

const GRANT: Test = test("oauth_token", "a_bad_request_gets_the_standards_error");

/// `/{tenant}/oauth2/v2.0` and discovery.
pub(super) const TOKENS: Section = Section {
    title: "Tokens",
    intro: "Beside Graph, at the server's own root. `{tenant}` is the tenant's id or one of its domains. Errors are those \
            of OAuth. People do not sign in yet: every grant but that of apps is `unsupported_grant_type`.",
    finds: false,
    rows: rows! {
        "Discovery", get("/{tenant}/v2.0/.well-known/openid-configuration") =>
            Differs("Tokens"), 200, "", test("oauth_discovery", "metadata_names_the_origin_that_was_asked");
        "Discovery for the older endpoint", get("/{tenant}/.well-known/openid-configuration") =>
            Differs("Tokens"), 200, "", test("oauth_discovery", "the_older_metadata_names_the_older_token_endpoint");
        "Is this an authority?", get("/common/discovery/instance?authorization_endpoint=https://localhost/common/oauth2/v2.0/authorize") =>
            Differs("Tokens"), 200, "For this server's own names, with and without the port", test("oauth_discovery", "this_host_is_an_authority_of_its_own_tenants");
        "Where a cloud has its services", get("/metadata/endpoints?api-version=2022-09-01") =>
            Differs("Tokens"), 200, "What the Azure CLI and Terraform's provider read; all of it is this server", test("oauth_discovery", "tools_of_several_clouds_find_this_one");
        "Subscriptions to the cloud", get("/subscriptions") =>
            Served, 200, "None; the Azure CLI asks for them when an app signs in", test("oauth_discovery", "there_are_no_subscriptions");
        "Keys", get("/{tenant}/discovery/v2.0/keys") => Served, 200, "", test("oauth_discovery", "keys_are_public_and_only_that");
        "`client_credentials`", form!("grant_type=client_credentials", "client_id={client}", "client_secret={secret}") =>
            Differs("Tokens"), 200, "By `client_secret_post` or `client_secret_basic`; a JWT of an hour", test("oauth_token", "every_way_clients_ask_is_understood");
        "A wrong secret", form!("grant_type=client_credentials", "client_id={client}", "client_secret=x") =>
            Served, 401, "Slowed down when it is guessed", test("oauth_token", "guessing_secrets_is_slowed_down_and_locks_nobody_out");
        "Scopes of people's sign-in beside `.default`", form("grant_type=client_credentials&client_id={client}&client_secret={secret}&scope=openid https://graph.microsoft.com/.default offline_access") =>
            Served, 200, "Client libraries always add them", test("oauth_token", "scopes_of_people_beside_default_are_taken");
        "`resource` at the older endpoint", post("/{tenant}/oauth2/token", "grant_type=client_credentials&client_id={client}&client_secret={secret}&resource=https://graph.microsoft.com").with(FORM) =>
            Served, 200, "Numbers are text, as its clients expect", test("oauth_token", "the_older_endpoint_takes_a_resource");
        "Certificates in place of secrets", form!("grant_type=client_credentials", "client_id={client}", "client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion=x") =>
            Refused, 401, "The answer says what is wrong with the assertion", test("oauth_token", "an_assertion_is_told_what_is_wrong_with_assertions");
        "`authorization_code`", form!("grant_type=authorization_code", "client_id={client}", "code=x") => Refused, 400, "", GRANT;
        "`device_code`", form!("grant_type=device_code", "client_id={client}", "device_code=x") => Refused, 400, "", GRANT;
        "`refresh_token`", form!("grant_type=refresh_token", "client_id={client}", "refresh_token=x") => Refused, 400, "", GRANT;
        "`password`", form!("grant_type=password", "client_id={client}", "username=a", "password=b") => Refused, 400, "", GRANT;
        "On behalf of", form!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "client_id={client}", "assertion=x") =>
            Refused, 400, "", GRANT;
        "Signing in by a code on another device", post("/{tenant}/oauth2/v2.0/devicecode", "client_id={client}&scope=openid").with(FORM) =>
            Refused, 400, "", test("oauth_discovery", "every_path_of_an_authority_answers_as_oauth_does");
        "How somebody signs in", get("/common/userrealm/{id}@contoso.com?api-version=1.0") =>
            Refused, 404, "Any other path of an authority is an error of OAuth as well", test("oauth_discovery", "every_path_of_an_authority_answers_as_oauth_does");
        "Signing people in", get("/{tenant}/oauth2/v2.0/authorize") =>
            Refused, 501, "", test("oauth_discovery", "signing_in_says_that_it_is_not_served");
    },
};
