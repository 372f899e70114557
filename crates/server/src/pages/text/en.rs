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
    landing_invited_by: "{inviter} invites you to {organisation}",
    landing_invited: "You are invited to {organisation}",
    landing_for: "This invitation is for {address}.",
    wrote: "{inviter} wrote:",
    next_heading: "What happens next",
    next_code: "You get a code by mail and enter it here. That shows that the mailbox is yours.",
    next_consent: "You see what {organisation} gets to know, and accept or decline.",
    next_land: "After that you go on to {host}.",
    next_land_here: "After that you are done.",
    send_code: "Send code to this address",
    landing_quiet: "Not expecting this? Close the page and nothing happens.",
    code_waits: "A code was sent already.",
    code_enter: "Enter the code",

    code_title: "Enter your code",
    code_sent: "We sent a code of 8 digits to {address}. It works for {time}, in this browser only.",
    code_label: "Code from the mail",
    code_hint: "8 digits. Spaces and dashes do not matter.",
    code_button: "Continue",
    code_wrong: "That code is not right. Use the code from the newest mail, or have a new one sent.",
    code_void: "That code was entered wrongly too often and no longer works. Have a new code sent and use that one.",
    code_empty: "Type the 8 digits from the mail.",
    resend_heading: "No mail?",
    resend_spam: "Look in spam first.",
    resend_wait: "You can have a new code sent in {time}.",
    resend_now: "You can have a new code sent now; the earlier one then stops working.",
    resend_spent: "No more codes can be sent from this page. Open the link from your mail again later.",
    resend_button: "Send a new code",

    consent_title: "Become a guest of {organisation}?",
    consent_by: "{inviter} invited you.",
    consent_shares: "{organisation} gets to know",
    consent_name: "Your name",
    consent_address: "Your mail address",
    consent_answer: "Your answer",
    consent_answer_text: "accepted or declined, and when",
    consent_next: "If you accept, you go on to {host}.",
    consent_next_here: "If you accept, you stay on this site.",
    accept: "Accept",
    decline: "Decline",

    done_title: "You are in",
    done_text: "You are now a guest of {organisation}.",
    done_plain: "Your invitation is accepted.",
    done_no_target: "The page you were to go on to is no longer approved, so we do not send you there. Ask the person who invited you where to go.",
    close: "You can close this page.",

    declined_title: "You declined",
    declined_text: "You did not become a guest of {organisation}.",
    declined_mind: "If you change your mind, the link in your mail works until it expires.",

    never_button: "Do not invite me again",
    never_title: "No more invitations from {organisation}?",
    never_text: "We will send no more mail from {organisation} to {address}. You cannot undo this here; only {organisation} can.",
    never_proof: "Only the owner of the mailbox can ask for this. Have a code sent there; once you have entered it, choose this again on the next page.",
    back_to_start: "Back to the invitation",
    never_done_title: "You will not be invited again",
    never_done_text: "We send no more mail from {organisation} to {address}.",

    not_valid: Notice {
        title: "This link is not valid",
        text: "There is no invitation behind this link.",
        next: "Check that you opened the whole link from your mail, or ask the person who invited you for a new invitation.",
    },
    ended: Notice {
        title: "This invitation can no longer be used",
        text: "It was used already, has expired, or was withdrawn or replaced by a newer one.",
        next: "If a newer mail has come, use the link in that one. Otherwise ask the person who invited you for a new invitation.",
    },
    reopen: Notice {
        title: "Open the link from your mail again",
        text: "This page belongs to an invitation that was opened in another browser, or too long ago.",
        next: "Go back to the mail and open its link in this browser.",
    },
    stale_form: Notice {
        title: "This form is out of date",
        text: "It did not come from the page that this browser has open, so nothing was done.",
        next: "Open the link from your mail again and go on from there.",
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
    many_guesses: Notice {
        title: "Too many wrong codes",
        text: "To protect the mailbox, no code is accepted for it for now.",
        next: "Try again in {time}, with a new code.",
    },
    many_codes: Notice {
        title: "No further code just now",
        text: "The last one is on its way, or too many were asked for. Look in spam, too.",
        next: "You can have a new code sent in {time}.",
    },
    unavailable: Notice {
        title: "This does not work right now",
        text: "The fault is on our side, and nothing was lost.",
        next: "Try again in {time}.",
    },
    no_page: Notice {
        title: "There is no such page",
        text: "This address leads nowhere.",
        next: "Open the link from your mail again.",
    },
};
