//! English: the table the others are held to.

use super::{Language, Notice, Text, Unit, rounded};

pub(super) static LANGUAGE: Language = Language {
    tag: "en",
    dir: "ltr",
    text: &TEXT,
    duration,
};

fn duration(seconds: u64) -> String {
    let (count, unit) = rounded(seconds);
    let unit = match unit {
        Unit::Second => "second",
        Unit::Minute => "minute",
        Unit::Hour => "hour",
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

static TEXT: Text = Text {
    made_with: "Invitations by Vestibule",
    step: "Step {n} of {count}",

    landing_title: "Invitation to {organisation}",
    landing_invited_by: "{inviter} invited you to join {organisation}",
    landing_invited: "You're invited to join {organisation} as a guest",
    landing_for: "This invitation is for {address}.",
    wrote: "{inviter} wrote:",
    next_heading: "What happens next",
    next_code: "We'll email a code to {address} to confirm it's you.",
    next_consent: "You see what {organisation} will see about you, then accept or decline.",
    next_land: "Then you continue to {host}.",
    next_land_here: "Then you're done.",
    send_code: "Send code to this address",
    landing_quiet: "Not expecting this? Close this page and nothing happens.",
    code_waits: "A code was already sent.",
    code_enter: "Enter the code",

    code_title: "Enter your code",
    code_sent: "We sent a code of {digits} digits to {address}. It works for {time}, in this browser only.",
    code_label: "Code from the email",
    code_hint: "{digits} digits. Spaces and dashes don't matter.",
    code_button: "Continue",
    code_wrong: "That code is not right. Use the code from the newest email, or request a new one.",
    code_void: "That code was entered wrong too often and no longer works. You need a new code.",
    resend_heading: "No email?",
    resend_spam: "Check your spam folder.",
    resend_wait: "You can request a new code in {time}.",
    resend_now: "You can request a new code; the earlier one then stops working.",
    resend_spent: "No more codes can be sent from this page. Open the link from your email again in {time}.",
    resend_button: "Send a new code",

    consent_title: "Join {organisation} as a guest?",
    consent_by: "{inviter} invited you.",
    consent_shares: "What {organisation} will see",
    consent_name: "Your name",
    consent_address: "Your email address",
    consent_answer: "Your answer",
    consent_answer_text: "accepted or declined, and when",
    consent_next: "If you accept, you continue to {host}.",
    consent_next_here: "If you accept, you stay on this site.",
    accept: "Accept",
    decline: "Decline",

    done_title: "You joined {organisation}",
    done_text: "You are now a guest of {organisation}.",
    done_plain: "Your invitation is accepted.",
    done_no_target: "The page you were to continue to is no longer approved, so we don't send you there. Ask the person who invited you where to go.",
    close: "You can close this page.",

    declined_title: "You declined the invitation",
    declined_text: "You did not join {organisation}.",
    declined_mind: "If you change your mind, the link in your email works until it expires.",

    never_button: "Do not invite me again",
    never_title: "No more invitations from {organisation}?",
    never_text: "{organisation} will send no more invitations to {address}. You can't undo this here; only {organisation} can.",
    never_proof: "To confirm it's you, we'll email you a code.",
    back_to_start: "Back to the invitation",
    never_done_title: "You will not be invited again",
    never_done_text: "{organisation} sends no more invitations to {address}. Only {organisation} can undo this.",

    code_left: "Tries left with this code: {count}.",
    code_incomplete: "The code has {digits} digits.",
    code_outdated: "Too many wrong codes were entered for this address, so the code from your last email no longer works. You need a new code; it has {digits} digits.",
    resend_left: "New codes left in this browser: {count}.",
    resend_reopen: "No more codes can be sent from this page. Open the link from your email again.",
    consent_told: "{organisation} sees when you request a code and whether you accept. No one else does.",
    done_plain_title: "You are in",
    never_code: "Once you enter the code, {organisation} will not invite you again.",
    used_onward: "Already accepted it? Continue to {host}",
    error_title: "Error: {title}",
    wrote_organisation: "Message from {organisation}:",

    not_valid: Notice {
        title: "This link is not valid",
        text: "There is no invitation for this link.",
        next: "Check that you opened the whole link from your email, or ask the person who invited you for a new invitation.",
    },
    ended: Notice {
        title: "This invitation can no longer be used",
        text: "It was used already, has expired, or was withdrawn or replaced by a newer one.",
        next: "If a newer email has come, use the link in that one. Otherwise ask the person who invited you for a new invitation.",
    },
    reopen: Notice {
        title: "Open the link from your mail again",
        text: "This page belongs to an invitation that was opened in another browser, or too long ago.",
        next: "Go back to the email and open its link in this browser.",
    },
    stale_form: Notice {
        title: "This form is out of date",
        text: "It did not come from the page that this browser has open, so nothing was done.",
        next: "Open the link from your email again and continue from there.",
    },
    disabled: Notice {
        title: "Ask your administrator",
        text: "The account that this invitation is for has been switched off.",
        next: "An administrator of the organisation that invited you can switch it on again.",
    },
    unreadable: Notice {
        title: "This form could not be read",
        text: "What arrived was empty or incomplete, so nothing was done.",
        next: "Go back, fill in the form and send it again.",
    },
    many_links: Notice {
        title: "Too many links that are not valid",
        text: "Too many of them were opened from your network, so we pause for a moment.",
        next: "Try again in {time}.",
    },
    many_codes: Notice {
        title: "No further code just now",
        text: "The last one is on its way, or too many were requested. Check your spam folder, too.",
        next: "You can request a new code in {time}.",
    },
    unavailable: Notice {
        title: "This does not work right now",
        text: "The fault is on our side, and nothing was lost.",
        next: "Try again in {time}.",
    },
    no_page: Notice {
        title: "There is no such page",
        text: "This address leads nowhere.",
        next: "Open the link from your email again.",
    },
};
