//! What tools made for several clouds read before anything else: which addresses this one has. Here
//! they are all the one origin that was asked.

use axum::extract::{Extension, RawQuery};
use axum::response::Response;
use serde_json::{Value, json};

use super::discovery::cacheable;
use crate::http::origin::Origin;

/// Services a cloud may have and this one has not. Tools read the names whether they use them or
/// not.
const SUFFIXES: [&str; 6] = [
    "acrLoginServer",
    "azureDataLakeAnalyticsCatalogAndJob",
    "azureDataLakeStoreFileSystem",
    "keyVaultDns",
    "sqlServerHostname",
    "storage",
];

/// The form of the document. Each tool asks for the version it was written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// 2015: a few addresses, which the Azure CLI reads when it registers a cloud.
    Few,
    /// 2019 and 2020: a list of clouds.
    List,
    /// 2022 and later, and without a version: one cloud.
    One,
}

impl Form {
    fn of(query: &str) -> Self {
        let version = form_urlencoded::parse(query.as_bytes())
            .find(|(name, _)| name.eq_ignore_ascii_case("api-version"))
            .map(|(_, version)| version);
        match version.as_deref().and_then(|version| version.get(..4)) {
            Some("2015" | "2016" | "2017" | "2018") => Self::Few,
            Some("2019" | "2020") => Self::List,
            _ => Self::One,
        }
    }
}

/// `GET /metadata/endpoints`
pub async fn endpoints(
    RawQuery(query): RawQuery,
    Extension(origin): Extension<Origin>,
) -> Response {
    let origin = origin.as_str();
    let authentication = json!({
        "loginEndpoint": origin,
        "audiences": [origin],
        "tenant": "common",
        "identityProvider": "AAD",
    });
    let few = json!({
        "galleryEndpoint": origin,
        "graphEndpoint": origin,
        "portalEndpoint": origin,
        "authentication": authentication,
    });
    let suffixes: serde_json::Map<String, Value> = SUFFIXES
        .into_iter()
        .map(|name| (name.to_owned(), Value::from("")))
        .collect();
    let cloud = json!({
        "name": "Vestibule",
        "portal": origin,
        "authentication": authentication,
        "resourceManager": origin,
        "graph": origin,
        "graphAudience": origin,
        "microsoftGraphResourceId": origin,
        "gallery": origin,
        "batch": "",
        "media": "",
        "sqlManagement": "",
        "vmImageAliasDoc": "",
        "activeDirectoryDataLake": "",
        "suffixes": suffixes,
    });
    cacheable(&match Form::of(query.as_deref().unwrap_or_default()) {
        Form::Few => few,
        Form::List => json!([cloud]),
        Form::One => cloud,
    })
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn the_version_decides_the_form() {
        let check = |query: &str, expected: Form| assert_eq!(Form::of(query), expected, "{query}");
        check("", Form::One);
        check("api-version=2015-01-01", Form::Few);
        check("x=1&Api-Version=2019-05-01", Form::List);
        check("api-version=2020-06-01", Form::List);
        check("api-version=2022-09-01", Form::One);
        check("api-version=", Form::One);
        check("api-version=202%C3%A4", Form::One);
    }
}
