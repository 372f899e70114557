//! German.

use super::Sentences;

pub(super) const SENTENCES: Sentences = Sentences {
    tag: "de",
    direction: "ltr",
    invitation: "{inviter} lädt Sie zu {organisation} ein",
    copy: "Kopie einer Einladung von {inviter} zu {organisation}",
    standing: "Die Einladung zu {organisation} ({domain}) gilt für {address}.",
    copy_notice: "Dies ist eine Kopie zu Ihrer Kenntnis ohne den Link: Der ging nur an {address}. Die Einladung lautet:",
    wrote: "{inviter} schreibt:",
    open: "Einladung öffnen",
    open_by_hand: "Falls die Schaltfläche nicht funktioniert, kopieren Sie diese Adresse in Ihren Browser:",
    next: "Wie es weitergeht",
    next_steps: "Die Seite schickt einen Code an {address}, um zu sehen, dass das Postfach Ihres ist. Danach nehmen Sie an oder lehnen ab.",
    next_host: "Wenn Sie angenommen haben, gelangen Sie weiter zu {host}.",
    told: "{organisation} erfährt, wann Sie einen Code anfordern und ob Sie annehmen oder ablehnen. Sonst erfährt niemand etwas.",
    until: "Der Link gilt bis {date}.",
    unexpected: "Wenn Sie diese Einladung nicht erwartet haben, ignorieren Sie sie: Es geschieht nichts, solange Sie nicht annehmen.",
    never_again: "Wenn Sie von {organisation} nie wieder eingeladen werden möchten, öffnen Sie den Link und sagen Sie es dort.",
    code: "Ihr Code für die Einladung zu {organisation}",
    code_purpose: "Geben Sie diesen Code auf der Seite ein, auf der Sie ihn angefordert haben, um mit der Einladung zu {organisation} fortzufahren:",
    code_lifetime: "Der Code gilt {minutes} Minuten ab dem Zeitpunkt, an dem Sie ihn angefordert haben, und nur im selben Browser.",
    code_secret: "Geben Sie ihn niemandem. Niemand wird Sie je danach fragen, weder am Telefon noch per E-Mail.",
    code_unexpected: "Wenn Sie keinen Code angefordert haben, ignorieren Sie diese Nachricht. Ohne den Code kann niemand in Ihrem Namen annehmen.",
    sent_by: "Gesendet von Vestibule im Auftrag von {organisation}. Antworten auf diese Nachricht werden nicht gelesen.",
    date: "{day}. {month} {year}, {time} Uhr (UTC)",
    months: [
        "Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember",
    ],
};
