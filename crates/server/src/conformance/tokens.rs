//! How clients get a token.

use super::Answer::{Differs, Refused, Served};
use super::{Example, Section, Test, get, post, rows, test};

/// A form for the token endpoint.
macro_rules! form {
    ($($field:literal),+) => {
        form(concat!("scope=https://graph.microsoft.com/.default", $("&", $field),+))
    };
}

const fn form(body: &'static str) -> Example {
    let headers = &[
        "Authorization: ",
        "Content-Type: application/x-www-form-urlencoded",
    ];
    post("/{tenant}/oauth2/v2.0/token", body).with(headers)
}

const GRANT: Test = test("auth_token", "a_bad_request_gets_the_standards_error");

/// `/{tenant}/oauth2/v2.0` and discovery.
pub(super) const TOKENS: Section = Section {
    title: "Tokens",
    intro: "Beside Graph, at the server's own root. `{tenant}` is the tenant's id or one of its domains. Errors are those \
            of OAuth. People do not sign in yet: every grant but that of apps is `unsupported_grant_type`.",
    finds: false,
    rows: rows! {
        "Discovery", get("/{tenant}/v2.0/.well-known/openid-configuration") =>
            Differs("Tokens"), 200, "", test("auth_discovery", "metadata_names_the_origin_that_was_asked");
        "Keys", get("/{tenant}/discovery/v2.0/keys") => Served, 200, "", test("auth_discovery", "keys_are_public_and_only_that");
        "`client_credentials`", form!("grant_type=client_credentials", "client_id={client}", "client_secret={secret}") =>
            Differs("Tokens"), 200, "By `client_secret_post` or `client_secret_basic`; a JWT of an hour", test("auth_token", "every_way_clients_ask_is_understood");
        "A wrong secret", form!("grant_type=client_credentials", "client_id={client}", "client_secret=x") =>
            Served, 401, "Slowed down when it is guessed", test("auth_token", "guessing_secrets_is_slowed_down");
        "Certificates in place of secrets", form!("grant_type=client_credentials", "client_id={client}", "client_assertion=x") =>
            Refused, 401, "", GRANT;
        "`authorization_code`", form!("grant_type=authorization_code", "client_id={client}", "code=x") => Refused, 400, "", GRANT;
        "`device_code`", form!("grant_type=device_code", "client_id={client}", "device_code=x") => Refused, 400, "", GRANT;
        "`refresh_token`", form!("grant_type=refresh_token", "client_id={client}", "refresh_token=x") => Refused, 400, "", GRANT;
        "`password`", form!("grant_type=password", "client_id={client}", "username=a", "password=b") => Refused, 400, "", GRANT;
        "On behalf of", form!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer", "client_id={client}", "assertion=x") =>
            Refused, 400, "", GRANT;
        "Signing people in", get("/{tenant}/oauth2/v2.0/authorize") =>
            Refused, 501, "", test("auth_discovery", "signing_in_says_that_it_is_not_served");
    },
};
