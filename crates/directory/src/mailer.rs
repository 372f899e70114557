//! The interface to a mail server, for finished messages. The server crate implements it by SMTP;
//! tests collect the messages.

use std::sync::Arc;

use futures_util::future::BoxFuture;

/// One envelope, ready to go: it has exactly one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Without angle brackets. It stays the same when the mail is sent once more after a failure.
    pub message_id: String,
    /// The one envelope recipient, domain in A-label form.
    pub to: String,
    /// What the `From` header shows beside the configured address.
    pub from_name: Option<String>,
    /// Shown in the `Cc` header; gets an envelope of its own, if at all.
    pub cc: Option<String>,
    /// Where replies go, if anywhere.
    pub reply_to: Option<String>,
    /// A page of ours for `List-Unsubscribe`.
    pub unsubscribe: Option<String>,
    /// A picture that the HTML part shows as `cid:logo`.
    pub logo: Option<MailPicture>,
    /// Subject, without line breaks.
    pub subject: String,
    /// The plain-text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// BCP 47 language of both parts.
    pub language: String,
}

/// A picture inside a mail. It travels with the mail: a remote picture would tell the sender when
/// the mail is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailPicture {
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// Why a message was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailFailure {
    /// Try again later: no connection, 4xx, STARTTLS not offered (T-21). The text is for the
    /// operator's log.
    #[error("not now: {0}")]
    Later(String),
    /// Failed for good: 5xx for this recipient or this message. The text is for the operator's log.
    #[error("never: {0}")]
    Never(String),
}

/// Hands messages over.
pub trait Mailer: Send + Sync + 'static {
    /// Hands over one message; `Ok` means that the next server took responsibility for it.
    fn send<'a>(&'a self, mail: &'a Mail) -> BoxFuture<'a, Result<(), MailFailure>>;

    /// Checks without a mail whether mail could be handed over now: the connection, its
    /// certificate, the password. `Ok` where a mailer cannot tell.
    fn probe(&self) -> BoxFuture<'_, Result<(), MailFailure>> {
        Box::pin(std::future::ready(Ok(())))
    }
}
