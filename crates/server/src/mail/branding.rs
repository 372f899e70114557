//! What mails carry of the organisation that sends them: its colour, its logo, its own templates,
//! where replies go, what stands at the foot.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use directory::{Directory, MailPicture, Refusal};
use minijinja::{Environment, Value};
use store::TenantId;

use super::templates::{self, TemplateError, TemplateFault};
use crate::pages::Colour;

/// Bytes of a logo: every mail carries it, and a sign of 88 pixels needs less.
pub const LOGO_BYTES: usize = 64 * 1024;

/// What all tenants of the server have; cheap to clone.
#[derive(Clone, Default)]
pub struct Branding(Arc<Inner>);

#[derive(Default)]
struct Inner {
    logos: HashMap<TenantId, MailPicture>,
    templates: Option<Environment<'static>>,
}

impl Branding {
    /// With the logos of tenants, and the templates of an operator's folder: its subfolder `mail`
    /// holds those of mails.
    ///
    /// # Errors
    /// [`TemplateFault`], which names file and line.
    pub fn load(
        logos: impl IntoIterator<Item = (TenantId, MailPicture)>,
        folder: Option<&Path>,
    ) -> Result<Self, TemplateFault> {
        let templates = folder
            .map(|folder| folder.join("mail"))
            .filter(|folder| folder.exists())
            .map(|folder| templates::own(&folder))
            .transpose()?;
        Ok(Self(Arc::new(Inner {
            logos: logos.into_iter().collect(),
            templates,
        })))
    }

    /// A tenant's logo.
    pub fn logo(&self, tenant: TenantId) -> Option<&MailPicture> {
        self.0.logos.get(&tenant)
    }

    /// What a tenant's mails carry now.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub async fn of(&self, directory: &Directory, tenant: TenantId) -> Result<Brand, Refusal> {
        let settings = directory.tenant(tenant).await?.settings;
        Ok(Brand {
            branding: self.clone(),
            logo: self.logo(tenant).cloned(),
            accent: settings.accent.as_deref().and_then(Colour::parse),
            reply_to: settings.reply_to,
            footer: settings.footer,
            default_language: settings.default_language,
        })
    }
}

/// What the mails of one tenant carry.
#[derive(Clone, Default)]
pub struct Brand {
    pub(super) branding: Branding,
    pub(super) logo: Option<MailPicture>,
    pub(super) accent: Option<Colour>,
    pub(super) reply_to: Option<String>,
    pub(super) footer: Option<String>,
    pub(super) default_language: Option<String>,
}

impl Brand {
    /// Fills a template: the operator's, where there is one of that name.
    pub(super) fn render(&self, name: &str, values: &Value) -> Result<String, TemplateError> {
        match &self.branding.0.templates {
            Some(own) => templates::render_in(own, name, values),
            None => templates::render(name, values),
        }
    }
}

/// What kind of picture a file is, by its first bytes; `None` for any other kind.
pub fn picture(bytes: Vec<u8>) -> Option<MailPicture> {
    let media_type = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        "image/png"
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        "image/jpeg"
    } else {
        return None;
    };
    (bytes.len() <= LOGO_BYTES).then(|| MailPicture {
        media_type,
        bytes: bytes.into(),
    })
}
