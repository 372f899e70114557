//! German.

use super::{Language, Notice, Text, Unit, rounded};

pub(super) static LANGUAGE: Language = Language {
    tag: "de",
    dir: "ltr",
    text: &TEXT,
    duration,
};

fn duration(seconds: u64) -> String {
    let (count, unit) = rounded(seconds);
    let unit = match unit {
        Unit::Second => "Sekunde",
        Unit::Minute => "Minute",
        Unit::Hour => "Stunde",
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "n" })
}

static TEXT: Text = Text {
    made_with: "Einladungen mit Vestibule",
    step: "Schritt {n} von {count}",

    landing_title: "Einladung zu {organisation}",
    landing_invited_by: "{inviter} hat Sie zu {organisation} eingeladen",
    landing_invited: "Sie sind als Gast zu {organisation} eingeladen",
    landing_for: "Diese Einladung gilt für {address}.",
    wrote: "{inviter} schreibt:",
    next_heading: "Wie es weitergeht",
    next_code: "Wir senden einen Code an {address}, um zu prüfen, dass das Postfach Ihnen gehört.",
    next_consent: "Sie sehen, was {organisation} über Sie erfährt, und nehmen an oder lehnen ab.",
    next_land: "Danach geht es weiter zu {host}.",
    next_land_here: "Danach sind Sie fertig.",
    send_code: "Code an diese Adresse senden",
    landing_quiet: "Sie erwarten keine Einladung? Schließen Sie die Seite, dann geschieht nichts.",
    code_waits: "Ein Code wurde schon gesendet.",
    code_enter: "Code eingeben",

    code_title: "Code eingeben",
    code_sent: "Wir haben einen Code aus {digits} Ziffern an {address} gesendet. Er gilt {time} und nur in diesem Browser.",
    code_label: "Code aus der E-Mail",
    code_hint: "{digits} Ziffern. Leerzeichen und Bindestriche stören nicht.",
    code_button: "Weiter",
    code_wrong: "Dieser Code stimmt nicht. Nehmen Sie den Code aus der neuesten E-Mail oder fordern Sie einen neuen an.",
    code_void: "Dieser Code wurde zu oft falsch eingegeben und gilt nicht mehr. Sie brauchen einen neuen Code.",
    resend_heading: "Keine E-Mail bekommen?",
    resend_spam: "Sehen Sie im Spam-Ordner nach.",
    resend_wait: "Einen neuen Code können Sie in {time} anfordern.",
    resend_now: "Sie können jetzt einen neuen Code anfordern; der frühere gilt dann nicht mehr.",
    resend_spent: "Von dieser Seite aus können keine weiteren Codes gesendet werden. Öffnen Sie den Link aus Ihrer E-Mail in {time} noch einmal.",
    resend_button: "Neuen Code senden",

    consent_title: "Als Gast zu {organisation}?",
    consent_by: "{inviter} hat Sie eingeladen.",
    consent_shares: "Was {organisation} sieht",
    consent_name: "Ihr Name",
    consent_address: "Ihre E-Mail-Adresse",
    consent_answer: "Ihre Antwort",
    consent_answer_text: "angenommen oder abgelehnt, und wann",
    consent_next: "Wenn Sie annehmen, geht es weiter zu {host}.",
    consent_next_here: "Wenn Sie annehmen, bleiben Sie auf dieser Website.",
    accept: "Annehmen",
    decline: "Ablehnen",

    done_title: "Sie sind jetzt Gast von {organisation}",
    done_text: "Ihre Einladung zu {organisation} ist angenommen.",
    done_plain: "Ihre Einladung ist angenommen.",
    done_no_target: "Die Seite, zu der es weitergehen sollte, ist nicht mehr zugelassen; deshalb leiten wir Sie nicht dorthin. Fragen Sie die Person, die Sie eingeladen hat, wo es weitergeht.",
    close: "Sie können diese Seite schließen.",

    declined_title: "Sie haben die Einladung abgelehnt",
    declined_text: "Sie sind nicht Gast von {organisation} geworden.",
    declined_mind: "Wenn Sie es sich anders überlegen: Der Link in Ihrer E-Mail gilt, bis er abläuft.",

    never_button: "Keine Einladungen mehr erhalten",
    never_title: "Keine Einladungen mehr von {organisation}?",
    never_text: "{organisation} sendet dann keine Einladungen mehr an {address}. Hier können Sie das nicht rückgängig machen, nur {organisation} kann es.",
    never_proof: "Das kann nur tun, wem das Postfach gehört. Um das zu prüfen, senden wir Ihnen einen Code.",
    back_to_start: "Zurück zur Einladung",
    never_done_title: "Sie erhalten keine Einladungen mehr",
    never_done_text: "{organisation} sendet keine Einladungen mehr an {address}. Nur {organisation} kann das rückgängig machen.",

    code_left: "Verbleibende Versuche mit diesem Code: {count}.",
    code_incomplete: "Der Code hat {digits} Ziffern.",
    code_outdated: "Für diese Adresse wurden zu viele falsche Codes eingegeben; deshalb gilt der Code aus Ihrer letzten E-Mail nicht mehr. Sie brauchen einen neuen Code; er hat {digits} Ziffern.",
    resend_left: "Weitere Codes in diesem Browser: {count}.",
    resend_reopen: "Von dieser Seite aus können keine weiteren Codes gesendet werden. Öffnen Sie den Link aus Ihrer E-Mail noch einmal.",
    consent_told: "{organisation} sieht, wann Sie einen Code anfordern und ob Sie annehmen. Sonst sieht das niemand.",
    done_plain_title: "Sie sind dabei",
    never_code: "Sobald Sie den Code eingeben, lädt {organisation} Sie nicht mehr ein.",
    used_onward: "Schon angenommen? Weiter zu {host}",
    error_title: "Fehler: {title}",
    wrote_organisation: "Nachricht von {organisation}:",

    not_valid: Notice {
        title: "Dieser Link ist nicht gültig",
        text: "Zu diesem Link gibt es keine Einladung.",
        next: "Prüfen Sie, ob Sie den ganzen Link aus Ihrer E-Mail geöffnet haben, oder bitten Sie die Person, die Sie eingeladen hat, um eine neue Einladung.",
    },
    ended: Notice {
        title: "Diese Einladung kann nicht mehr benutzt werden",
        text: "Sie wurde schon benutzt, ist abgelaufen, wurde zurückgezogen oder durch eine neuere ersetzt.",
        next: "Wenn eine neuere E-Mail gekommen ist, nehmen Sie den Link aus dieser. Sonst bitten Sie die Person, die Sie eingeladen hat, um eine neue Einladung.",
    },
    reopen: Notice {
        title: "Öffnen Sie den Link aus Ihrer E-Mail noch einmal",
        text: "Diese Seite gehört zu einer Einladung, die in einem anderen Browser oder vor zu langer Zeit geöffnet wurde.",
        next: "Gehen Sie zurück zur E-Mail und öffnen Sie den Link in diesem Browser.",
    },
    stale_form: Notice {
        title: "Dieses Formular ist veraltet",
        text: "Es kam nicht von der Seite, die dieser Browser offen hat; deshalb ist nichts geschehen.",
        next: "Öffnen Sie den Link aus Ihrer E-Mail noch einmal und machen Sie dort weiter.",
    },
    disabled: Notice {
        title: "Fragen Sie Ihre Administration",
        text: "Das Konto, für das diese Einladung gilt, ist ausgeschaltet.",
        next: "Die Administration der Organisation, die Sie eingeladen hat, kann es wieder einschalten.",
    },
    unreadable: Notice {
        title: "Dieses Formular war nicht lesbar",
        text: "Es kam leer oder unvollständig an; deshalb ist nichts geschehen.",
        next: "Gehen Sie zurück, füllen Sie das Formular aus und senden Sie es noch einmal.",
    },
    many_links: Notice {
        title: "Zu viele ungültige Links",
        text: "Aus Ihrem Netz wurden zu viele davon geöffnet; deshalb machen wir eine kurze Pause.",
        next: "Versuchen Sie es in {time} noch einmal.",
    },
    many_codes: Notice {
        title: "Im Moment kein weiterer Code",
        text: "Der letzte ist unterwegs, oder es wurden zu viele angefordert. Sehen Sie auch im Spam-Ordner nach.",
        next: "Einen neuen Code können Sie in {time} anfordern.",
    },
    unavailable: Notice {
        title: "Das geht gerade nicht",
        text: "Der Fehler liegt bei uns, und es ist nichts verloren.",
        next: "Versuchen Sie es in {time} noch einmal.",
    },
    no_page: Notice {
        title: "Diese Seite gibt es nicht",
        text: "Diese Adresse führt ins Leere.",
        next: "Öffnen Sie den Link aus Ihrer E-Mail noch einmal.",
    },
};
