//! A user's photo: `/users/{key}/photo` says what it is, `/photo/$value` is the picture.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use directory::{Photo, Refusal};
use edm::Members;

use super::body::{self, Incoming};
use super::call::{Authorised, Call};
use super::envelope::GraphError;
use super::etag;
use super::operation::operations;
use super::render::{self, Context, Dress as _};
use super::users::subject;
use crate::http::headers::Metadata;

operations! {
    "ReadPhoto" {
        routes: [
            GET "users/{key}/photo" => Depends,
            GET "me/photo" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "Its metadata; 404 `ImageNotFound` where there is none",
            "graph_parts"::"a_photo_is_kept_as_it_was_sent",
        run: |request| read(request)
    }
    "ReadPhotoValue" {
        routes: [
            GET "users/{key}/photo/$value" => Depends,
            GET "me/photo/$value" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Served,
            "With `ETag`",
            "graph_parts"::"a_photo_is_kept_as_it_was_sent",
        run: |request| read_value(request)
    }
    "ListPhotos" {
        routes: [
            GET "users/{key}/photos" => Depends,
            GET "me/photos" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("Photos"),
            "The one photo there is, or none",
            "graph_parts"::"each_documented_size_answers_the_photo",
        run: |request| list(request)
    }
    "ReadSizedPhoto" {
        routes: [
            GET "users/{key}/photos/{other}" => Depends,
            GET "me/photos/{other}" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("Photos"),
            "Each documented size answers the photo, not scaled",
            "graph_parts"::"each_documented_size_answers_the_photo",
        run: |request| read_sized(request)
    }
    "ReadSizedPhotoValue" {
        routes: [
            GET "users/{key}/photos/{other}/$value" => Depends,
            GET "me/photos/{other}/$value" => Person,
        ],
        cost: One, body: Nothing, leaves: [],
        documented: 200, Differs("Photos"),
            "Each documented size answers the photo, not scaled",
            "graph_parts"::"each_documented_size_answers_the_photo",
        run: |request| read_sized_value(request)
    }
    "PutPhoto" {
        routes: [
            PUT "users/{key}/photo/$value" => Depends,
            PATCH "users/{key}/photo/$value" => Depends,
            PUT "me/photo/$value" => Person,
            PATCH "me/photo/$value" => Person,
        ],
        cost: One, body: Photo, leaves: ["Set user photo"],
        documented: 200, Differs("Photos"),
            "JPEG or PNG, at most 4 MB",
            "graph_parts"::"what_is_no_photo_is_refused",
        run: |request, body| put(request, body)
    }
    "DeletePhoto" {
        routes: [
            DELETE "users/{key}/photo/$value" => Depends,
            DELETE "me/photo/$value" => Person,
        ],
        cost: One, body: Nothing, leaves: ["Remove user photo"],
        documented: 204, Served,
            "",
            "graph_parts"::"a_photo_is_kept_as_it_was_sent",
        run: |request| delete(request)
    }
}

/// The sizes that the documents list, each of as many pixels in width as in height.
const SIZES: [u32; 9] = [48, 64, 96, 120, 240, 360, 432, 504, 648];

/// GET …/photo
pub async fn read(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let photo = head(request).await?;
    let set = format!("users('{}')/photo", photo.user);
    Ok(photo_answer(&request.call, &photo, &set, &set))
}

/// GET …/photos
pub async fn list(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let call = &request.call;
    let directory = &call.app.directory;
    let photo = match directory
        .photo_head(&request.actor, &subject(request)?)
        .await
    {
        Ok(photo) => Some(photo),
        Err(Refusal::NoPhoto) => None,
        Err(refusal) => return Err(refusal.into()),
    };
    let set = match (&photo, call.params.key) {
        (Some(photo), _) => format!("users('{}')/photos", photo.user),
        (None, Some(key)) => format!("users('{}')/photos", key.replace('\'', "''")),
        (None, None) => "me/photos".to_owned(),
    };
    let context = Context {
        set: &set,
        selected: None,
        single: false,
    };
    let items = photo.map(|photo| described(call, &photo, &format!("{set}('{}')", size(&photo))));
    let text = render::collection(call, &context, None, items);
    Ok(render::json(call, StatusCode::OK, text))
}

/// GET …/photos/{size}
pub async fn read_sized(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let photo = head(request).await?;
    check_size(request, &photo)?;
    let set = format!("users('{}')/photos", photo.user);
    let own = format!("{set}('{}')", size(&photo));
    Ok(photo_answer(&request.call, &photo, &set, &own))
}

/// GET …/photos/{size}/$value
pub async fn read_sized_value(request: &Authorised<'_>) -> Result<Response, GraphError> {
    check_size(request, &head(request).await?)?;
    read_value(request).await
}

async fn head(request: &Authorised<'_>) -> Result<Photo, GraphError> {
    let directory = &request.call.app.directory;
    Ok(directory
        .photo_head(&request.actor, &subject(request)?)
        .await?)
}

/// Refuses what is no size. The one picture there is stands for each: it is not scaled, and says
/// its own size.
fn check_size(request: &Authorised<'_>, photo: &Photo) -> Result<(), GraphError> {
    let sent = request.call.other()?;
    let listed = SIZES.iter().map(|side| format!("{side}X{side}"));
    let mut all = listed.chain([size(photo)]);
    if all.any(|known| known.eq_ignore_ascii_case(sent)) {
        Ok(())
    } else {
        Err(super::unknown(sent))
    }
}

fn size(photo: &Photo) -> String {
    format!("{}X{}", photo.row.width, photo.row.height)
}

fn photo_answer(call: &Call<'_>, photo: &Photo, set: &str, own: &str) -> Response {
    let context = Context {
        set,
        selected: None,
        single: true,
    };
    let text = render::object(call, &context, &described(call, photo, own));
    render::json(call, StatusCode::OK, text).versioned(photo.row.version)
}

fn described(call: &Call<'_>, photo: &Photo, own: &str) -> Members {
    let row = &photo.row;
    let mut members = Members::new();
    if call.metadata == Metadata::Full {
        members.text("@odata.type", "#microsoft.graph.profilePhoto");
    }
    if call.metadata != Metadata::None {
        // The documents print its URL without being asked for it.
        members.text("@odata.id", &format!("{}/{own}", call.base()));
    }
    members.text("@odata.mediaContentType", &row.media_type);
    members.text("@odata.mediaEtag", &etag::of(row.version));
    members.text("id", &size(photo));
    members.json("height", row.height);
    members.json("width", row.width);
    members
}

/// GET …/photo/$value
pub async fn read_value(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let directory = &request.call.app.directory;
    let photo = directory.photo(&request.actor, &subject(request)?).await?;
    let version = photo.row.version;
    if etag::is_known(request.call.headers, version) {
        return Ok(StatusCode::NOT_MODIFIED.into_response().versioned(version));
    }
    let media_type = HeaderValue::from_str(&photo.row.media_type)
        .map_err(|error| GraphError::internal(format!("media type: {error}")))?;
    let mut answer = Response::new(axum::body::Body::from(photo.row.picture));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, media_type);
    // Somebody's file under this server's name: a browser that opens it shows a picture and runs
    // nothing.
    let nothing = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(CONTENT_SECURITY_POLICY, nothing);
    Ok(answer.versioned(version))
}

/// PUT and PATCH …/photo/$value
pub async fn put(request: &Authorised<'_>, sent: Incoming) -> Result<Response, GraphError> {
    let call = &request.call;
    let key = subject(request)?;
    let condition = etag::condition(call.headers);
    let file = body::bytes(call.headers, sent).await?;
    if file.is_empty() {
        return Err(GraphError::broken("Empty Payload. A picture is expected."));
    }
    let directory = &call.app.directory;
    directory
        .put_photo(&request.actor, &key, file.to_vec(), condition)
        .await?;
    Ok(StatusCode::OK.into_response())
}

/// DELETE …/photo/$value
pub async fn delete(request: &Authorised<'_>) -> Result<Response, GraphError> {
    let key = subject(request)?;
    let condition = etag::condition(request.call.headers);
    let directory = &request.call.app.directory;
    directory
        .delete_photo(&request.actor, &key, condition)
        .await?;
    Ok(render::no_content())
}
