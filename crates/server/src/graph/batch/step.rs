//! One step of a batch as a request of its own, in all the ways in which the official clients write
//! one.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, TRANSFER_ENCODING,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::value::RawValue;

use super::Nested;
use super::json::{Members, Pairs, malformed};
use super::target;
use crate::graph::call::Call;
use crate::graph::envelope::{Detail, GraphError};
use crate::http::request_id::CLIENT_REQUEST_ID;

/// A step.
pub(super) struct BatchStep {
    /// Its name in the batch, as it was sent.
    pub(super) id: String,
    /// `atomicityGroup`
    pub(super) group: Option<String>,
    /// `dependsOn`
    pub(super) after: Vec<String>,
    /// The request, or why it is none.
    pub(super) request: Result<Request, GraphError>,
}

/// Headers that belong to the connection or to the batch. One token is for the whole batch: a
/// step's own is ignored.
const NOT_OF_A_STEP: [HeaderName; 6] = [
    AUTHORIZATION,
    CONNECTION,
    CONTENT_LENGTH,
    COOKIE,
    HOST,
    TRANSFER_ENCODING,
];

/// Either alphabet, with padding or without: clients differ.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const FOR_URLS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

impl BatchStep {
    /// Reads a step. An error is one of the whole batch; what is wrong with the request alone is
    /// told in its place.
    pub(super) fn read(call: &Call<'_>, at: usize, sent: &Members<'_>) -> Result<Self, GraphError> {
        let place = |name: &str| format!("requests[{at}].{name}");
        let text = |name: &str| -> Result<Option<String>, GraphError> {
            let Some(raw) = sent.get(&[name]) else {
                return Ok(None);
            };
            let text = serde_json::from_str(raw.get());
            text.map(Some)
                .map_err(|_| malformed(&place(name), "it must be a string"))
        };
        let id = text("id")?.filter(|id| !id.is_empty());
        let id = id.ok_or_else(|| malformed(&place("id"), "it is missing or empty"))?;
        let method = text("method")?.ok_or_else(|| malformed(&place("method"), "it is missing"))?;
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes())
            .map_err(|_| malformed(&place("method"), "it is none"))?;
        let url = text("url")?.ok_or_else(|| malformed(&place("url"), "it is missing"))?;
        // Python writes `depends_on`, and always.
        let after = match sent.get(&["dependsOn", "depends_on"]) {
            None => Vec::new(),
            Some(raw) => serde_json::from_str(raw.get())
                .map_err(|_| malformed(&place("dependsOn"), "it must be an array of strings"))?,
        };
        let mut headers = match sent.get(&["headers"]) {
            None => HeaderMap::new(),
            Some(raw) => headers(raw).map_err(|why| malformed(&place("headers"), why))?,
        };
        for name in [AUTHORIZATION, CLIENT_REQUEST_ID] {
            if let (false, Some(value)) = (headers.contains_key(&name), call.headers.get(&name)) {
                headers.insert(name, value.clone());
            }
        }
        let request = request(call, method, &url, headers, sent.get(&["body"]));
        Ok(Self {
            id,
            group: text("atomicityGroup")?.filter(|name| !name.is_empty()),
            after,
            request,
        })
    }
}

/// The headers of a step, without those that are not its own. Names in several spellings are one
/// header: the same value twice is that value, and of two values none can be chosen.
fn headers(raw: &RawValue) -> Result<HeaderMap, String> {
    let Pairs(sent) =
        serde_json::from_str(raw.get()).map_err(|error| format!("not an object: {error}"))?;
    let mut headers = HeaderMap::new();
    for (name, value) in sent {
        let text: String = serde_json::from_str(value.get())
            .map_err(|_| format!("the value of {name} must be a string"))?;
        let header = HeaderName::from_bytes(name.as_bytes());
        let header = header.map_err(|_| format!("{name:?} is no header"))?;
        let value = HeaderValue::from_str(text.trim_matches([' ', '\t']))
            .map_err(|_| format!("the value of {name} cannot stand in a header"))?;
        if NOT_OF_A_STEP.contains(&header) {
            continue;
        }
        if headers.get(&header).is_some_and(|before| *before != value) {
            return Err(format!("{name} stands twice, with different values"));
        }
        headers.insert(header, value);
    }
    Ok(headers)
}

fn request(
    call: &Call<'_>,
    method: Method,
    url: &str,
    mut headers: HeaderMap,
    body: Option<&RawValue>,
) -> Result<Request, GraphError> {
    let uri = target::uri(&call.app.origins, call.version, url)?;
    let body = match body {
        None => Body::empty(),
        Some(raw) => content(raw, &mut headers)?,
    };
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    request.extensions_mut().insert(Nested);
    Ok(request)
}

/// The body's bytes: JSON as it stands, or what a string holds in base64. One client sends JSON so,
/// and says no type.
fn content(raw: &RawValue, headers: &mut HeaderMap) -> Result<Body, GraphError> {
    let text = raw.get();
    if !text.starts_with('"') {
        return Ok(Body::from(text.to_owned()));
    }
    let sent: String = serde_json::from_str(text).map_err(|_| no_base64())?;
    let bytes = PLAIN.decode(&sent).or_else(|_| FOR_URLS.decode(&sent));
    let bytes = bytes.map_err(|_| no_base64())?;
    let is_object = bytes
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte == b'{');
    if is_object && !headers.contains_key(CONTENT_TYPE) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(Body::from(bytes))
}

fn no_base64() -> GraphError {
    let why = "a string must be base64";
    GraphError::broken("The body of a batch step is a JSON object or a base64 string.")
        .detail(Detail::of("InvalidBatch", "body", why))
}
