//! The stylesheet and the icon, under names that change with their content.

use aws_lc_rs::digest;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use directory::MailPicture;

use super::accent::{self, Colour};

/// Where assets are served.
pub(in crate::pages) const PREFIX: &str = "/assets/";

/// Raised when `accent::stylesheet` writes other rules for the same colour, so that nobody keeps
/// the old.
const ACCENT_EDITION: &str = "accent-1-";

const CSS: &str = concat!(
    include_str!("assets/shared.css"),
    "\n",
    include_str!("assets/vestibule.css")
);
const ICON: &str = include_str!("assets/vestibule.svg");

/// One file with its address.
struct Asset {
    name: String,
    media_type: &'static str,
    body: String,
}

impl Asset {
    fn new(stem: &str, extension: &str, media_type: &'static str, body: String) -> Self {
        let name = hashed(stem, body.as_bytes());
        Self {
            name: format!("{name}.{extension}"),
            media_type,
            body,
        }
    }

    fn href(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

/// A name that changes with the content.
fn hashed(stem: &str, body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    // 64 bits name one of a handful of files; nobody gains by making two collide.
    hash.as_ref()
        .iter()
        .take(8)
        .fold(format!("{stem}-"), |name, byte| format!("{name}{byte:02x}"))
}

/// The files of the pages.
pub(in crate::pages) struct Assets {
    stylesheet: Asset,
    icon: Asset,
    logos: Vec<(String, MailPicture)>,
}

impl Assets {
    /// The embedded files, or an operator's own `vestibule.css` and `vestibule.svg`.
    pub(in crate::pages) fn new(css: Option<String>, icon: Option<String>) -> Self {
        let css = css.unwrap_or_else(|| CSS.to_owned());
        let icon = icon.unwrap_or_else(|| ICON.to_owned());
        Self {
            stylesheet: Asset::new("vestibule", "css", "text/css; charset=utf-8", css),
            icon: Asset::new("vestibule", "svg", "image/svg+xml", icon),
            logos: Vec::new(),
        }
    }

    /// Serves a tenant's logo; its address.
    pub(in crate::pages) fn serve_logo(&mut self, picture: &MailPicture) -> String {
        let extension = picture.media_type.rsplit('/').next().unwrap_or("png");
        let name = format!("{}.{extension}", hashed("logo", &picture.bytes));
        let href = format!("{PREFIX}{name}");
        self.logos.push((name, picture.clone()));
        href
    }

    /// Address of the stylesheet.
    pub(in crate::pages) fn stylesheet(&self) -> String {
        self.stylesheet.href()
    }

    /// Address of the icon.
    pub(in crate::pages) fn icon(&self) -> String {
        self.icon.href()
    }

    /// Name and text of every file.
    pub(in crate::pages) fn files(&self) -> [(&str, &str); 2] {
        [&self.stylesheet, &self.icon].map(|asset| (asset.name.as_str(), asset.body.as_str()))
    }

    /// Address of a tenant's colours.
    pub(in crate::pages) fn accent(colour: Colour) -> String {
        format!("{PREFIX}{ACCENT_EDITION}{}.css", colour.hex())
    }

    /// The answer to `GET /assets/{name}`. A name from another edition is 404, and never cached:
    /// the same name may be served by the next process during an upgrade.
    pub(in crate::pages) fn answer(&self, name: &str) -> Response {
        if let Some(asset) = [&self.stylesheet, &self.icon]
            .into_iter()
            .find(|asset| asset.name == name)
        {
            return file(asset.media_type, asset.body.clone());
        }
        if let Some((_, logo)) = self.logos.iter().find(|(known, _)| known == name) {
            return file(logo.media_type, logo.bytes.to_vec());
        }
        let colour = name
            .strip_prefix(ACCENT_EDITION)
            .and_then(|rest| rest.strip_suffix(".css"))
            .and_then(|hex| Colour::parse(hex).filter(|colour| colour.hex() == hex));
        match colour {
            Some(colour) => file("text/css; charset=utf-8", accent::stylesheet(colour)),
            None => (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")]).into_response(),
        }
    }
}

fn file(media_type: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    // A year: the name changes when the content does.
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    // An SVG opened by itself is a document; it may run and load nothing.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_content() {
        let assets = Assets::new(None, None);
        let check = |name: &str, expected: u16, cached: bool| {
            let response = assets.answer(name);
            assert_eq!(response.status().as_u16(), expected, "{name}");
            let control = response.headers()[header::CACHE_CONTROL].to_str().unwrap();
            assert_eq!(control.contains("immutable"), cached, "{name}");
        };
        check(assets.stylesheet().strip_prefix(PREFIX).unwrap(), 200, true);
        check(assets.icon().strip_prefix(PREFIX).unwrap(), 200, true);
        check("accent-1-1f6feb.css", 200, true);
        check("accent-1-1F6FEB.css", 404, false);
        check("accent-1-red.css", 404, false);
        check("vestibule.css", 404, false);
        check("../vestibule.css", 404, false);
    }

    #[test]
    fn an_operator_may_replace_the_stylesheet() {
        let assets = Assets::new(Some("p{}".to_owned()), None);
        assert_ne!(assets.stylesheet(), Assets::new(None, None).stylesheet());
        assert_eq!(assets.icon(), Assets::new(None, None).icon());
    }
}
