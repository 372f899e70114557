//! Bodies: form, encoding, size.

use axum::http::StatusCode;
use testkit::{TestApp, TestRequest};

use crate::samples::user;

const UNREADABLE: &str = "Unable to read JSON request payload. Please ensure Content-Type header is set and \
                          payload is of valid JSON format.";
const EMPTY: &str = "Empty Payload. JSON content expected.";

#[tokio::test]
async fn a_body_must_be_json_and_say_so() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let check = async |asking: TestRequest, status: u16, code: &str, message: &str| {
        let reply = asking.bearer(&token).send().await;
        assert_eq!(reply.status, status, "{}", reply.text());
        assert_eq!(reply.error(), (code.to_owned(), message.to_owned()));
    };
    let post = || app.post("/v1.0/users");
    let body = user("adele").to_string();
    check(post(), 400, "BadRequest", EMPTY).await;
    check(post().json_text(""), 400, "BadRequest", EMPTY).await;
    check(post().json_text(" \r\n"), 400, "BadRequest", EMPTY).await;
    check(post().body(body.clone()), 400, "BadRequest", UNREADABLE).await;
    for text in [
        "{",
        "[]",
        "null",
        "\"x\"",
        "{} {}",
        "{'a':1}",
        "{\"a\":1,}",
        "\u{1}",
        "{\"a\":NaN}",
    ] {
        check(post().json_text(text), 400, "BadRequest", UNREADABLE).await;
    }
    let deep = format!("{}1{}", "{\"a\":".repeat(70), "}".repeat(70));
    check(post().json_text(&deep), 400, "BadRequest", UNREADABLE).await;
    let deeper = "[".repeat(100_000);
    check(post().json_text(&deeper), 400, "BadRequest", UNREADABLE).await;
    for media in [
        "text/plain",
        "application/xml",
        "application/jsonx",
        "multipart/form-data",
        "x",
    ] {
        let asking = post().json_text(&body).header("content-type", media);
        check(asking, 415, "UnsupportedMediaType", UNREADABLE).await;
    }
}

#[tokio::test]
async fn media_types_may_have_parameters() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let medias = [
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/json;odata.metadata=minimal",
    ];
    for (at, media) in medias.into_iter().enumerate() {
        let body = user(&format!("user{at}")).to_string();
        let reply = app
            .post("/v1.0/users")
            .bearer(&token)
            .json_text(&body)
            .header("content-type", media);
        assert_eq!(reply.send().await.status, StatusCode::CREATED, "{media}");
    }
}

#[tokio::test]
async fn a_name_stands_once_in_any_case() {
    let app = TestApp::new().await;
    let token = app.token().await;
    for (extra, name) in [
        ("\"displayName\":\"x\"", "displayName"),
        ("\"DISPLAYNAME\":\"x\"", "DISPLAYNAME"),
        (
            "\"passwordProfile\":{\"password\":\"a\",\"Password\":\"b\"}",
            "Password",
        ),
    ] {
        let text = user("adele").to_string();
        let text = if name == "Password" {
            let mut without = user("adele");
            without.as_object_mut().unwrap().remove("passwordProfile");
            without.to_string()
        } else {
            text
        };
        let text = text.strip_suffix('}').unwrap();
        let reply = app
            .post("/v1.0/users")
            .bearer(&token)
            .json_text(&format!("{text},{extra}}}"));
        let reply = reply.send().await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{extra}");
        assert_eq!(reply.targets(), [name], "{}", reply.text());
    }
}

#[tokio::test]
async fn bodies_have_a_largest_size() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let text = |size: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(size));
    let large = app
        .post("/v1.0/users")
        .bearer(&token)
        .json_text(&text(512 * 1024))
        .send()
        .await;
    assert_eq!(
        large.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{}",
        large.text()
    );
    assert_eq!(large.error().0, "RequestEntityTooLarge");
    let fits = app
        .post("/v1.0/users")
        .bearer(&token)
        .json_text(&text(512 * 1024 - 8))
        .send()
        .await;
    assert_eq!(fits.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn gzip_bodies_are_read_within_bounds() {
    let app = TestApp::new().await;
    let token = app.token().await;
    let post = |bytes: Vec<u8>| {
        let asking = app
            .post("/v1.0/users")
            .bearer(&token)
            .header("content-type", "application/json");
        asking.header("content-encoding", "gzip").body(bytes).send()
    };
    let made = post(stored(user("adele").to_string().as_bytes())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let bomb = spaces(64 * 1024 * 1024);
    assert!(bomb.len() < 512 * 1024, "{}", bomb.len());
    let refused = post(bomb).await;
    assert_eq!(
        refused.status,
        StatusCode::PAYLOAD_TOO_LARGE,
        "{}",
        refused.text()
    );
    let broken = post(b"\x1f\x8b\x08nonsense".to_vec()).await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST, "{}", broken.text());
    let large = post(vec![0x1f; 600 * 1024]).await;
    assert!(large.status.is_client_error(), "{}", large.text());
    for encoding in ["br", "deflate", "gzip, gzip"] {
        let asking = app.post("/v1.0/users").bearer(&token).json(&user("b"));
        let reply = asking.header("content-encoding", encoding).send().await;
        assert_eq!(
            reply.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{encoding} {}",
            reply.text()
        );
    }
}

/// gzip header: deflate, nothing else.
const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// Uncompressed gzip of up to 64 KiB.
fn stored(plain: &[u8]) -> Vec<u8> {
    let length = u16::try_from(plain.len()).unwrap();
    let mut bytes = GZIP.to_vec();
    bytes.push(1);
    bytes.extend(length.to_le_bytes());
    bytes.extend((!length).to_le_bytes());
    bytes.extend(plain);
    let mut crc = u32::MAX;
    for byte in plain {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    bytes.extend((!crc).to_le_bytes());
    bytes.extend(u32::from(length).to_le_bytes());
    bytes
}

/// gzip of at least so many spaces: one literal, then the longest match of the deflate format over
/// and over (13 bits for 258 bytes).
fn spaces(count: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let mut code = |value: u32, length: u32| {
        bits.extend((0..length).rev().map(|at| value >> at & 1 == 1));
    };
    code(0x30 + 32, 8);
    for _ in 0..count / 258 {
        code(0b1100_0101, 8);
        code(0, 5);
    }
    code(0, 7);
    let mut bytes = GZIP.to_vec();
    for chunk in bits.chunks(8) {
        bytes.push(
            chunk
                .iter()
                .enumerate()
                .fold(0, |byte, (at, bit)| byte | u8::from(*bit) << at),
        );
    }
    bytes
}
