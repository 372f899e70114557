//! Languages of messages: well-formed BCP 47 tags and their Windows locale numbers (R-51).

/// Longest tag taken, in bytes: RFC 5646, 4.4.1 shows that 35 holds every tag without extensions;
/// extensions may follow.
const MAX_TAG: usize = 100;

/// The locale number of a language without one, and of no language at all: English, United States.
pub const DEFAULT_LCID: u32 = 1033;

/// Whether `tag` is well-formed by RFC 5646, 2.1 (not whether the registry knows it).
///
/// The irregular grandfathered tags (`i-klingon` and the like) are refused: no text exists in them
/// and the grammar calls them historical.
pub fn is_well_formed(tag: &str) -> bool {
    if tag.len() > MAX_TAG {
        return false;
    }
    let mut subtags = tag.split('-').peekable();
    let alpha = |s: &str| s.bytes().all(|b| b.is_ascii_alphabetic());
    let alnum = |s: &str| s.bytes().all(|b| b.is_ascii_alphanumeric());
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());

    let Some(language) = subtags.next() else {
        return false;
    };
    if language.eq_ignore_ascii_case("x") {
        return subtags.peek().is_some() && subtags.all(|s| alnum(s) && (1..=8).contains(&s.len()));
    }
    if !alpha(language) || !(2..=8).contains(&language.len()) {
        return false;
    }
    if language.len() <= 3 {
        let mut extended = 0;
        while extended < 3 && subtags.next_if(|s| alpha(s) && s.len() == 3).is_some() {
            extended += 1;
        }
    }
    let _script = subtags.next_if(|s| alpha(s) && s.len() == 4);
    let _region = subtags.next_if(|s| (alpha(s) && s.len() == 2) || (digits(s) && s.len() == 3));
    let is_variant = |s: &str| {
        alnum(s)
            && ((5..=8).contains(&s.len())
                || (s.len() == 4 && s.bytes().next().is_some_and(|b| b.is_ascii_digit())))
    };
    while subtags.next_if(|s| is_variant(s)).is_some() {}
    while let Some(singleton) = subtags.next_if(|s| s.len() == 1 && alnum(s)) {
        let private = singleton.eq_ignore_ascii_case("x");
        let shortest = if private { 1 } else { 2 };
        let mut parts = 0;
        while subtags
            .next_if(|s| alnum(s) && (shortest..=8).contains(&s.len()))
            .is_some()
        {
            parts += 1;
        }
        if parts == 0 {
            return false;
        }
        if private {
            break;
        }
    }
    subtags.next().is_none()
}

/// The locale number of a language tag: the tag itself, else shorter and shorter starts of it, else
/// 1033 (R-51).
pub fn lcid(tag: Option<&str>) -> u32 {
    let mut rest = tag.unwrap_or_default();
    loop {
        if let Some((_, number)) = LCIDS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(rest))
        {
            return *number;
        }
        match rest.rsplit_once('-') {
            Some((shorter, _)) => rest = shorter,
            None => return DEFAULT_LCID,
        }
    }
}

/// Language tags and their numbers, of the published list of Windows locale identifiers. A language
/// alone has the number of the region its users mostly mean, as the redeem link of the documents
/// does (`lc=1033`).
#[rustfmt::skip]
const LCIDS: &[(&str, u32)] = &[
    ("af", 1078), ("af-ZA", 1078), ("am", 1118), ("am-ET", 1118), ("ar", 1025), ("ar-SA", 1025), ("ar-IQ", 2049), ("ar-EG", 3073),
    ("ar-LY", 4097), ("ar-DZ", 5121), ("ar-MA", 6145), ("ar-TN", 7169), ("ar-OM", 8193), ("ar-YE", 9217), ("ar-SY", 10241),
    ("ar-JO", 11265), ("ar-LB", 12289), ("ar-KW", 13313), ("ar-AE", 14337), ("ar-BH", 15361), ("ar-QA", 16385), ("as", 1101),
    ("as-IN", 1101), ("az", 1068), ("az-Latn", 1068), ("az-Latn-AZ", 1068), ("az-Cyrl-AZ", 2092), ("be", 1059), ("be-BY", 1059),
    ("bg", 1026), ("bg-BG", 1026), ("bn", 1093), ("bn-IN", 1093), ("bn-BD", 2117), ("br", 1150), ("br-FR", 1150), ("bs", 5146),
    ("bs-Latn-BA", 5146), ("bs-Cyrl-BA", 8218), ("ca", 1027), ("ca-ES", 1027), ("cs", 1029), ("cs-CZ", 1029), ("cy", 1106),
    ("cy-GB", 1106), ("da", 1030), ("da-DK", 1030), ("de", 1031), ("de-DE", 1031), ("de-CH", 2055), ("de-AT", 3079),
    ("de-LU", 4103), ("de-LI", 5127), ("el", 1032), ("el-GR", 1032), ("en", 1033), ("en-US", 1033), ("en-GB", 2057),
    ("en-AU", 3081), ("en-CA", 4105), ("en-NZ", 5129), ("en-IE", 6153), ("en-ZA", 7177), ("en-JM", 8201), ("en-BZ", 10249),
    ("en-TT", 11273), ("en-ZW", 12297), ("en-PH", 13321), ("en-IN", 16393), ("en-MY", 17417), ("en-SG", 18441), ("es", 3082),
    ("es-ES", 3082), ("es-MX", 2058), ("es-GT", 4106), ("es-CR", 5130), ("es-PA", 6154), ("es-DO", 7178), ("es-VE", 8202),
    ("es-CO", 9226), ("es-PE", 10250), ("es-AR", 11274), ("es-EC", 12298), ("es-CL", 13322), ("es-UY", 14346), ("es-PY", 15370),
    ("es-BO", 16394), ("es-SV", 17418), ("es-HN", 18442), ("es-NI", 19466), ("es-PR", 20490), ("es-US", 21514), ("et", 1061),
    ("et-EE", 1061), ("eu", 1069), ("eu-ES", 1069), ("fa", 1065), ("fa-IR", 1065), ("fi", 1035), ("fi-FI", 1035), ("fil", 1124),
    ("fil-PH", 1124), ("fo", 1080), ("fo-FO", 1080), ("fr", 1036), ("fr-FR", 1036), ("fr-BE", 2060), ("fr-CA", 3084),
    ("fr-CH", 4108), ("fr-LU", 5132), ("fr-MC", 6156), ("fy", 1122), ("fy-NL", 1122), ("ga", 2108), ("ga-IE", 2108), ("gd", 1169),
    ("gd-GB", 1169), ("gl", 1110), ("gl-ES", 1110), ("gu", 1095), ("gu-IN", 1095), ("ha", 1128), ("ha-Latn-NG", 1128),
    ("he", 1037), ("he-IL", 1037), ("hi", 1081), ("hi-IN", 1081), ("hr", 1050), ("hr-HR", 1050), ("hr-BA", 4122), ("hu", 1038),
    ("hu-HU", 1038), ("hy", 1067), ("hy-AM", 1067), ("id", 1057), ("id-ID", 1057), ("ig", 1136), ("ig-NG", 1136), ("is", 1039),
    ("is-IS", 1039), ("it", 1040), ("it-IT", 1040), ("it-CH", 2064), ("ja", 1041), ("ja-JP", 1041), ("ka", 1079), ("ka-GE", 1079),
    ("kk", 1087), ("kk-KZ", 1087), ("km", 1107), ("km-KH", 1107), ("kn", 1099), ("kn-IN", 1099), ("ko", 1042), ("ko-KR", 1042),
    ("ky", 1088), ("ky-KG", 1088), ("lb", 1134), ("lb-LU", 1134), ("lo", 1108), ("lo-LA", 1108), ("lt", 1063), ("lt-LT", 1063),
    ("lv", 1062), ("lv-LV", 1062), ("mi", 1153), ("mi-NZ", 1153), ("mk", 1071), ("mk-MK", 1071), ("ml", 1100), ("ml-IN", 1100),
    ("mn", 1104), ("mn-MN", 1104), ("mr", 1102), ("mr-IN", 1102), ("ms", 1086), ("ms-MY", 1086), ("ms-BN", 2110), ("mt", 1082),
    ("mt-MT", 1082), ("my", 1109), ("my-MM", 1109), ("nb", 1044), ("nb-NO", 1044), ("no", 1044), ("ne", 1121), ("ne-NP", 1121),
    ("nl", 1043), ("nl-NL", 1043), ("nl-BE", 2067), ("nn", 2068), ("nn-NO", 2068), ("or", 1096), ("or-IN", 1096), ("pa", 1094),
    ("pa-IN", 1094), ("pl", 1045), ("pl-PL", 1045), ("ps", 1123), ("ps-AF", 1123), ("pt", 1046), ("pt-BR", 1046), ("pt-PT", 2070),
    ("rm", 1047), ("rm-CH", 1047), ("ro", 1048), ("ro-RO", 1048), ("ro-MD", 2072), ("ru", 1049), ("ru-RU", 1049), ("ru-MD", 2073),
    ("rw", 1159), ("rw-RW", 1159), ("sa", 1103), ("sa-IN", 1103), ("si", 1115), ("si-LK", 1115), ("sk", 1051), ("sk-SK", 1051),
    ("sl", 1060), ("sl-SI", 1060), ("sq", 1052), ("sq-AL", 1052), ("sr", 9242), ("sr-Latn", 9242), ("sr-Latn-RS", 9242),
    ("sr-Cyrl", 10266), ("sr-Cyrl-RS", 10266), ("sr-Latn-BA", 6170), ("sr-Cyrl-BA", 7194), ("sr-Latn-ME", 11290),
    ("sr-Cyrl-ME", 12314), ("sv", 1053), ("sv-SE", 1053), ("sv-FI", 2077), ("sw", 1089), ("sw-KE", 1089), ("ta", 1097),
    ("ta-IN", 1097), ("ta-LK", 2121), ("te", 1098), ("te-IN", 1098), ("tg", 1064), ("tg-Cyrl-TJ", 1064), ("th", 1054),
    ("th-TH", 1054), ("ti", 2163), ("ti-ER", 2163), ("ti-ET", 1139), ("tk", 1090), ("tk-TM", 1090), ("tn", 1074), ("tn-ZA", 1074),
    ("tr", 1055), ("tr-TR", 1055), ("tt", 1092), ("tt-RU", 1092), ("ug", 1152), ("ug-CN", 1152), ("uk", 1058), ("uk-UA", 1058),
    ("ur", 1056), ("ur-PK", 1056), ("ur-IN", 2080), ("uz", 1091), ("uz-Latn-UZ", 1091), ("uz-Cyrl-UZ", 2115), ("vi", 1066),
    ("vi-VN", 1066), ("wo", 1160), ("wo-SN", 1160), ("xh", 1076), ("xh-ZA", 1076), ("yo", 1130), ("yo-NG", 1130), ("zh", 2052),
    ("zh-CN", 2052), ("zh-Hans", 2052), ("zh-Hans-CN", 2052), ("zh-SG", 4100), ("zh-Hant", 1028), ("zh-TW", 1028),
    ("zh-Hant-TW", 1028), ("zh-HK", 3076), ("zh-Hant-HK", 3076), ("zh-MO", 5124), ("zu", 1077), ("zu-ZA", 1077),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_judged_by_their_form() {
        let long = format!("en-x-{}", "abcdefgh-".repeat(12));
        for (tag, expected) in [
            ("en", true),
            ("en-US", true),
            ("EN-us", true),
            ("zh-Hant-TW", true),
            ("zh-cmn-Hans-CN", true),
            ("sr-Latn-RS", true),
            ("es-419", true),
            ("de-CH-1901", true),
            ("sl-rozaj-biske", true),
            ("de-DE-u-co-phonebk", true),
            ("en-a-myext-b-another", true),
            ("x-whatever", true),
            ("qaa-Qaaa-QM-x-southern", true),
            ("klingon", true),
            ("", false),
            ("e", false),
            ("en_US", false),
            ("en-", false),
            ("-en", false),
            ("en--US", false),
            ("en-US-", false),
            ("en US", false),
            ("1n", false),
            ("en-x", false),
            ("en-u", false),
            ("x", false),
            ("en-US-US", false),
            ("englishlanguage", false),
            ("en-\u{ff35}S", false),
            ("en\r\nBcc:a", false),
            (&long, false),
        ] {
            assert_eq!(is_well_formed(tag), expected, "{tag:?}");
        }
    }

    #[test]
    fn locale_numbers_fall_back_by_parts() {
        for (tag, expected) in [
            (None, 1033),
            (Some("en-US"), 1033),
            (Some("de"), 1031),
            (Some("DE-at"), 3079),
            (Some("de-XX"), 1031),
            (Some("de-DE-u-co-phonebk"), 1031),
            (Some("zh-Hant-TW"), 1028),
            (Some("ja-JP"), 1041),
            (Some("es-419"), 3082),
            (Some("tlh"), 1033),
            (Some("x-whatever"), 1033),
        ] {
            assert_eq!(lcid(tag), expected, "{tag:?}");
        }
    }

    #[test]
    fn the_table_names_well_formed_tags_once() {
        let mut names: Vec<_> = LCIDS
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .collect();
        assert!(names.iter().all(|name| is_well_formed(name)));
        names.sort();
        let before = names.len();
        names.dedup();
        assert_eq!(names.len(), before);
    }
}
