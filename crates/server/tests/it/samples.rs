//! Bodies and objects that several tests use.

use std::path::PathBuf;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use testkit::{Reply, TestApp};

/// A server, and an app's token that may do everything.
pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) token: String,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let app = TestApp::new().await;
        let token = app.token().await;
        Self { app, token }
    }

    /// A request of v1.0.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let asking = self.app.ask(method, &format!("/v1.0/{path}"));
        let asking = asking.bearer(&self.token);
        match body {
            Some(body) => asking.json(&body).send().await,
            None => asking.send().await,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }
}

/// A user that can be created as it is; the name must be new.
pub(crate) fn user(name: &str) -> Value {
    json!({
        "accountEnabled": true,
        "displayName": name,
        "mailNickname": name,
        "userPrincipalName": format!("{name}@contoso.com"),
        "passwordProfile": { "password": "xWwvJ]6NMw+bWH-d" },
    })
}

/// Creates that user; its id.
pub(crate) async fn created(app: &TestApp, token: &str, name: &str) -> String {
    let reply = app
        .post("/v1.0/users")
        .bearer(token)
        .json(&user(name))
        .send()
        .await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text());
    reply.json()["id"].as_str().unwrap().to_owned()
}

/// The body with one member set to something else.
pub(crate) fn but(mut body: Value, name: &str, value: Value) -> Value {
    body[name] = value;
    body
}

/// The body without one member.
pub(crate) fn lacking(mut body: Value, name: &str) -> Value {
    body.as_object_mut().unwrap().remove(name);
    body
}

/// A Graph error without what differs from request to request.
pub(crate) fn masked(mut error: Value) -> Value {
    error["error"]
        .as_object_mut()
        .unwrap()
        .remove("innerError")
        .unwrap();
    error
}

/// The beginning of a PNG file of that size, which is all that anybody looks at.
pub(crate) fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    file.extend(width.to_be_bytes());
    file.extend(height.to_be_bytes());
    file
}

/// The texts of the reference folder, whatever they are called, if they are here.
pub(crate) fn reference_texts() -> Vec<String> {
    let folder = std::env::var_os("VESTIBULE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let files = std::fs::read_dir(folder.join("spec")).into_iter().flatten();
    let paths = files.flatten().map(|file| file.path());
    let texts: Vec<String> = paths
        .filter(|path| path.is_file())
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .collect();
    if texts.is_empty() {
        eprintln!("reference texts: not here");
    }
    texts
}

/// A file of the reference folder, if it is here; it is read in place.
pub(crate) fn reference(file: &str) -> Option<String> {
    let folder = std::env::var_os("VESTIBULE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join(file)).ok();
    if text.is_none() {
        eprintln!("{file}: not here");
    }
    text
}
