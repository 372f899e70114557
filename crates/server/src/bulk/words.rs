//! Yes and no as the portal's forms and spreadsheets write them, in the languages they speak.

use edm::fold;

/// Yes, and what spreadsheets write for true.
const YES: [&str; 37] = [
    "yes",
    "true",
    "1",
    "sí",
    "si",
    "sì",
    "oui",
    "ja",
    "sim",
    "はい",
    "是",
    "예",
    "да",
    "так",
    "tak",
    "ano",
    "evet",
    "igen",
    "ya",
    "ναι",
    "kyllä",
    "wahr",
    "vrai",
    "verdadero",
    "vero",
    "verdadeiro",
    "waar",
    "prawda",
    "pravda",
    "sant",
    "sand",
    "igaz",
    "doğru",
    "истина",
    "tosi",
    "真",
    "y",
];
/// No, and what spreadsheets write for false.
const NO: [&str; 41] = [
    "no",
    "false",
    "0",
    "non",
    "nein",
    "não",
    "nao",
    "いいえ",
    "否",
    "아니요",
    "아니오",
    "нет",
    "ні",
    "nie",
    "ne",
    "nee",
    "nej",
    "nei",
    "hayır",
    "hayir",
    "nem",
    "tidak",
    "όχι",
    "ei",
    "falsch",
    "faux",
    "falso",
    "onwaar",
    "fałsz",
    "nepravda",
    "falskt",
    "falsk",
    "usann",
    "hamis",
    "yanlış",
    "yanliş",
    "ложь",
    "epätosi",
    "偽",
    "假",
    "n",
];

/// What a word says; `None` for one that is neither.
pub fn truth(text: &str) -> Option<bool> {
    let text = fold::display(text.trim());
    // PowerShell writes `$true`.
    let text = text.strip_prefix('$').unwrap_or(&text);
    let is = |words: &[&str]| words.iter().any(|word| fold::display(word) == text);
    match (is(&YES), is(&NO)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_many_languages() {
        for yes in [
            "Yes",
            "TRUE",
            "1",
            "Sí",
            "SÍ",
            "Si\u{301}",
            "Sì",
            "Oui",
            "Ja",
            "JA",
            "Sim",
            "はい",
            "WAHR",
            "VRAI",
            "Vrai",
            "VERDADERO",
            "$True",
            " yes ",
            "\u{a0}oui",
        ] {
            assert_eq!(truth(yes), Some(true), "{yes}");
        }
        for no in [
            "No",
            "false",
            "0",
            "Non",
            "Nein",
            "Não",
            "Na\u{303}o",
            "いいえ",
            "FALSCH",
            "FAUX",
            "Falso",
            "$false",
            "NO ",
        ] {
            assert_eq!(truth(no), Some(false), "{no}");
        }
        for other in ["", "maybe", "oui!", "2", "-1", "nope", "blocked", "いい"] {
            assert_eq!(truth(other), None, "{other}");
        }
    }

    #[test]
    fn no_word_says_both() {
        for word in YES {
            assert_eq!(truth(word), Some(true), "{word}");
        }
        for word in NO {
            assert_eq!(truth(word), Some(false), "{word}");
        }
    }
}
