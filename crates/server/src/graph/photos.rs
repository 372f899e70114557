//! A user's photo: `/users/{key}/photo` says what it is, `/photo/$value` is the picture.

use axum::body::Body as HttpBody;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use directory::PHOTO_BYTES;

use super::call::Authorised;
use super::envelope::GraphError;
use super::render::{self, Context, Dress as _};
use super::users::subject;
use super::{body, etag};

/// GET …/photo
pub async fn read(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &asked.call;
    let directory = &call.app.directory;
    let photo = directory.photo_head(&asked.actor, &subject(asked)?).await?;
    let (row, set) = (&photo.row, format!("users('{}')/photo", photo.user));
    let context = Context {
        set: &set,
        selected: None,
        single: true,
    };
    let media = serde_json::json!({
        "@odata.mediaContentType": row.media_type,
        "@odata.mediaEtag": etag::of(row.version),
        "id": format!("{}X{}", row.width, row.height),
        "height": row.height,
        "width": row.width,
    });
    let text = media.to_string();
    let members = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    let text = render::object(call, &context, members.unwrap_or_default());
    Ok(render::json(call, StatusCode::OK, text).versioned(row.version))
}

/// GET …/photo/$value
pub async fn read_value(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    let directory = &asked.call.app.directory;
    let photo = directory.photo(&asked.actor, &subject(asked)?).await?;
    let version = photo.row.version;
    if etag::is_known(asked.call.headers, version) {
        return Ok(StatusCode::NOT_MODIFIED.into_response().versioned(version));
    }
    let media_type = HeaderValue::from_str(&photo.row.media_type)
        .map_err(|error| GraphError::internal(format!("media type: {error}")))?;
    let mut answer = Response::new(HttpBody::from(photo.row.picture));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    // Somebody's file under this server's name: a browser that opens it shows a picture and runs nothing.
    let nothing = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(CONTENT_SECURITY_POLICY, nothing);
    Ok(answer.versioned(version))
}

/// PUT and PATCH …/photo/$value
pub async fn put(asked: &Authorised<'_>, sent: HttpBody) -> Result<Response, GraphError> {
    let call = &asked.call;
    let key = subject(asked)?;
    let condition = etag::condition(call.headers);
    let file = body::bytes(call.headers, sent, PHOTO_BYTES).await?;
    if file.is_empty() {
        return Err(GraphError::broken("Empty Payload. A picture is expected."));
    }
    let directory = &call.app.directory;
    directory
        .put_photo(&asked.actor, &key, file.to_vec(), condition)
        .await?;
    Ok(StatusCode::OK.into_response())
}

/// DELETE …/photo/$value
pub async fn delete(asked: &Authorised<'_>) -> Result<Response, GraphError> {
    let key = subject(asked)?;
    let condition = etag::condition(asked.call.headers);
    let directory = &asked.call.app.directory;
    directory
        .delete_photo(&asked.actor, &key, condition)
        .await?;
    Ok(render::no_content())
}
