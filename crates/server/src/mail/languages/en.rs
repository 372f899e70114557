//! English, and what every other language falls back to.

use super::Sentences;

pub(super) const SENTENCES: Sentences = Sentences {
    tag: "en",
    direction: "ltr",
    invitation: "{inviter} invites you to {organisation}",
    copy: "Copy of an invitation by {inviter} to {organisation}",
    standing: "The invitation to {organisation} ({domain}) is for {address}.",
    copy_notice: "This is a copy for your information, without the link: that went to {address} only. The invitation says:",
    wrote: "{inviter} wrote:",
    open: "Open the invitation",
    open_by_hand: "If the button does not work, copy this address into your browser:",
    next: "What happens next",
    next_steps: "The page sends a code to {address} to see that the mailbox is yours. Then you accept or decline.",
    next_host: "Once you have accepted, you go on to {host}.",
    told: "{organisation} is told when you ask for a code and whether you accept or decline. Nobody else is told anything.",
    until: "The link works until {date}.",
    unexpected: "If you did not expect this invitation, ignore it: nothing happens unless you accept.",
    never_again: "If you never want to be invited by {organisation} again, open the link and say so there.",
    code: "Your code for the invitation to {organisation}",
    code_purpose: "Type this code on the page where you asked for it, to go on with the invitation to {organisation}:",
    code_lifetime: "The code works for {minutes} minutes from when you asked for it, and only in the browser in which you asked.",
    code_secret: "Do not give it to anyone. Nobody will ever ask you for it, neither by telephone nor by mail.",
    code_unexpected: "If you did not ask for a code, ignore this mail. Without the code nobody can accept in your name.",
    sent_by: "Sent by Vestibule on behalf of {organisation}. Replies to this mail are not read.",
    date: "{day} {month} {year}, {time} UTC",
    months: [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ],
};
