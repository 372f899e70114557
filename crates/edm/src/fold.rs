//! Folding of display text, and sort keys made of it.
//!
//! Only display text goes through here. User principal names and addresses fold ASCII alone
//! (R-65, T-55): folding them further would make one address of two.

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use std::borrow::Cow;

/// Version of the folding. Raise it when the same text folds to something else, as it can under
/// another version of Unicode. Databases store it (decision record 0069): where theirs is older,
/// the next start makes all keys anew.
pub const VERSION: u32 = 1;

/// NFC, full Unicode case folding, and NFC again, because folding can take composed letters apart.
/// Two texts that differ in case or composition only fold to the same.
pub fn display(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let nfc = ComposingNormalizer::new_nfc();
    let composed = nfc.normalize(text);
    let folded = CaseMapper::new().fold_string(&composed);
    nfc.normalize(&folded).into_owned()
}

/// NFC alone, where the case of letters still matters.
pub fn compose(text: &str) -> Cow<'_, str> {
    ComposingNormalizer::new_nfc().normalize(text)
}
