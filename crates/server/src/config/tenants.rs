//! What the configuration says of a tenant.

use std::path::PathBuf;

use directory::{ServiceMode, Settings};
use serde::Deserialize;

/// `[tenants."contoso.onmicrosoft.com"]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantSettings {
    /// Hosts that `inviteRedirectUrl` may name. Without the setting any https host, which the guest
    /// sees first, so that a link cannot lead on unnoticed.
    #[serde(default)]
    pub redirect_hosts: Vec<String>,
    /// Where a guest goes who was added without a redirect URL; our own page until set.
    pub default_redirect: Option<String>,
    /// Who is told that somebody's joining awaits approval, and whom that person may ask; nobody
    /// until set.
    pub inviter_mail: Option<String>,
    /// `friendly` or `strict`: whether more is accepted than the documented service accepts.
    #[serde(default)]
    pub manner: ServiceMode,
    /// Accent colour of pages and mails, `#rrggbb`; too pale or too dark a one is adjusted until it
    /// can be read.
    pub accent: Option<String>,
    /// PNG or JPEG file with the organisation's logo, for pages and mails.
    pub logo: Option<PathBuf>,
    /// Where replies to mails go.
    pub reply_to: Option<String>,
    /// What stands at the foot of mails: an imprint.
    pub footer: Option<String>,
    /// Language of pages and mails where an invitation names none.
    pub default_language: Option<String>,
}

impl From<TenantSettings> for Settings {
    fn from(settings: TenantSettings) -> Self {
        let TenantSettings {
            redirect_hosts,
            default_redirect,
            inviter_mail,
            manner,
            accent,
            logo: _,
            reply_to,
            footer,
            default_language,
        } = settings;
        Self {
            default_redirect,
            inviter_mail,
            redirect_hosts,
            manner,
            accent,
            reply_to,
            footer,
            default_language,
        }
    }
}
