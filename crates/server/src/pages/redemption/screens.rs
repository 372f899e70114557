//! The pages of redemption: what each may show.

use minijinja::Value;
use serde::Serialize;

use crate::pages::shell::fill::plain;
use crate::pages::shell::text::Text;
use crate::pages::shell::view::{Frame, Message, Page, titled};

/// Steps that a person counts: see the invitation, enter the code, answer.
const STEPS: u8 = 3;

/// Every template, by the name an operator may replace it under.
pub(super) const FILES: [(&str, &str); 4] = [
    ("landing.html", include_str!("templates/landing.html")),
    ("code.html", include_str!("templates/code.html")),
    ("consent.html", include_str!("templates/consent.html")),
    ("never.html", include_str!("templates/never.html")),
];

/// First page: who invites whom to what.
#[derive(Clone, Debug, Serialize)]
pub struct Landing {
    /// Invitation id, in every step's address.
    pub invitation: String,
    /// Token of the forms before the proof.
    pub csrf: String,
    /// Display name of the person who invited, from the directory (T-20).
    pub inviter: Option<String>,
    /// Masked (T-6).
    pub address: String,
    /// The inviter's own words.
    pub message: Option<String>,
    /// Where the person goes at the end; absent for our own last page.
    pub host: Option<String>,
    /// A code that still works was sent to this visit.
    pub code_waits: bool,
}

/// Second page: the code.
#[derive(Clone, Debug, Serialize)]
pub struct CodeEntry {
    /// Invitation id.
    pub invitation: String,
    /// Token of the forms before the proof.
    pub csrf: String,
    /// Masked.
    pub address: String,
    /// What the forms' addresses have behind the invitation.
    pub suffix: &'static str,
    /// Whether the code leads to "do not invite me again".
    pub never: bool,
    /// How long a code works, in words.
    pub life: String,
    /// How many digits it has.
    pub digits: String,
    /// What was typed last time.
    pub typed: String,
    /// What is wrong with it.
    pub error: Option<String>,
    /// Tries left with this code, once one was wrong.
    pub guesses_left: Option<u32>,
    /// The code works no longer: there is nothing to type, only a new one to ask for.
    pub void: bool,
    /// Whether and when a further code may be asked for.
    pub resend: Resend,
}

/// Whether a further code may be asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Resend {
    /// Not from this browser any more.
    pub spent: bool,
    /// How many more from this browser.
    pub left: u32,
    /// In words; absent: now.
    pub wait: Option<String>,
    /// Seconds after which the page shows the button that works, where that is soon.
    pub reveal: Option<u64>,
}

/// Third page: the question.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Invitation id.
    pub invitation: String,
    /// Token of the forms after the proof.
    pub csrf: String,
    /// Display name of the person who invited.
    pub inviter: Option<String>,
    /// The guest's name in the directory.
    pub name: Option<String>,
    /// Whole: the mailbox is proved.
    pub address: String,
    /// Where Accept leads; absent for our own last page.
    pub host: Option<String>,
}

/// Asks again before no more invitations are sent.
#[derive(Clone, Debug, Serialize)]
pub struct Never {
    /// Invitation id.
    pub invitation: String,
    /// Token of the page's form.
    pub csrf: String,
    /// Masked.
    pub address: String,
    /// A code that still works was sent to this visit.
    pub code_waits: bool,
    /// Whether the mailbox is proved; if not, the page offers the code first.
    pub proven: bool,
}

/// One page of redemption with what it shows.
#[derive(Clone, Debug)]
pub enum Screen {
    /// First page.
    Landing(Landing),
    /// Second page.
    Code(CodeEntry),
    /// Third page.
    Consent(Consent),
    /// The quiet way out.
    Never(Never),
    /// Errors and farewells.
    Message(Message),
}

impl Page for Screen {
    fn template(&self) -> &'static str {
        match self {
            Self::Landing(_) => "landing.html",
            Self::Code(_) => "code.html",
            Self::Consent(_) => "consent.html",
            Self::Never(_) => "never.html",
            Self::Message(message) => message.template(),
        }
    }

    fn steps(&self) -> (Option<u8>, u8) {
        let step = match self {
            Self::Landing(_) => Some(1),
            Self::Code(_) => Some(2),
            Self::Consent(_) => Some(3),
            Self::Never(_) | Self::Message(_) => None,
        };
        (step, STEPS)
    }

    fn title(&self, text: &Text, organisation: &str) -> String {
        let filled = |title: &str| plain(title, &[("organisation", organisation)]);
        match self {
            Self::Landing(_) => filled(text.landing_title),
            Self::Code(_) => titled(text.code_title, organisation),
            Self::Consent(_) => filled(text.consent_title),
            Self::Never(_) => filled(text.never_title),
            Self::Message(message) => message.title(text, organisation),
        }
    }

    fn is_wrong(&self) -> bool {
        match self {
            Self::Code(code) => code.error.is_some() || code.void,
            Self::Message(message) => message.is_wrong(),
            Self::Landing(_) | Self::Consent(_) | Self::Never(_) => false,
        }
    }

    fn values(&self, frame: &Frame<'_>) -> Value {
        match self {
            Self::Landing(landing) => frame.around(landing),
            Self::Code(code) => frame.around(code),
            Self::Consent(consent) => frame.around(consent),
            Self::Never(never) => frame.around(never),
            Self::Message(message) => message.values(frame),
        }
    }
}
