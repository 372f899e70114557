//! Characters that some mapping turns into others. An address with one of them could pass for
//! another address (T-55).

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_normalizer::uts46::Uts46MapperBorrowed;

/// Look-alikes of `@` and `.`: refused at every place and with every setting.
pub(super) fn is_separator_look_alike(c: char) -> bool {
    matches!(
        c,
        // full-width and small commercial at
        '\u{ff20}' | '\u{fe6b}'
        // ideographic, full-width and half-width ideographic full stop: UTS-46 reads them as dots
        | '\u{3002}' | '\u{ff0e}' | '\u{ff61}'
        // one dot leader, small full stop: NFKC reads them as dots
        | '\u{2024}' | '\u{fe52}'
    )
}

/// White space, controls and format characters that print as nothing. None may stand in an address
/// or a header (T-19).
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Whether NFC alone turns this non-ASCII character into ASCII (the Kelvin sign, the Greek question
/// mark, the Greek varia).
pub(super) fn composes_to_ascii(c: char) -> bool {
    !c.is_ascii()
        && ComposingNormalizerBorrowed::new_nfc()
            .normalize_iter(std::iter::once(c))
            .any(|m| m.is_ascii())
}

/// Whether UTS-46 maps this non-ASCII character onto ASCII, wholly or in part, or drops it.
pub(super) fn maps_to_ascii_or_nothing(c: char) -> bool {
    if c.is_ascii() {
        return false;
    }
    let uts46 = Uts46MapperBorrowed::new();
    let mut mapped = uts46.map_normalize(std::iter::once(c)).peekable();
    mapped.peek().is_none() || mapped.any(|m| m.is_ascii())
}
