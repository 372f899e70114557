//! The user principal name a guest gets.

use aws_lc_rs::digest;

use crate::address::Address;
use crate::users::names::is_plain;

/// Longest local part of a guest's name, `#EXT#` included.
const MAX_LOCAL: usize = 64;
/// What marks a guest's name.
pub(crate) const MARK: &str = "#EXT#";
/// Hex digits of the address key's hash in a cut or clashing name.
const HASH_DIGITS: usize = 8;

/// Whether the name is already another guest's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clash {
    /// The name is free as far as known.
    No,
    /// Another object has the plain name (`a+b@x.com` and `a_b@x.com` look alike once written as a
    /// name).
    Yes,
}

/// The local part of the guest's name, which is the mailNickname too: the address in ASCII form,
/// `@` and every character outside the UPN set as `_`; cut and clashing ones carry 8 hex digits of
/// the address key's hash.
pub(crate) fn local_part(address: &Address, clash: Clash) -> String {
    let base: String = address
        .as_str()
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let cut = base.len() + MARK.len() > MAX_LOCAL;
    if !cut && clash == Clash::No {
        return base + MARK;
    }
    let room = MAX_LOCAL - MARK.len() - HASH_DIGITS - 1;
    // `base` is ASCII: every other character became `_`.
    let start = base.get(..room).unwrap_or(&base);
    let hash = digest::digest(&digest::SHA256, address.key().as_bytes());
    let [a, b, c, d] = hash.as_ref().first_chunk().copied().unwrap_or_default();
    format!("{start}_{a:02x}{b:02x}{c:02x}{d:02x}{MARK}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::LocalParts;

    #[test]
    fn names_follow_the_address() {
        let long = format!("{}@fabrikam.example", "a".repeat(60));
        let fits = format!("{}@x.example", "a".repeat(49));
        for (address, clash, expected) in [
            (
                "AdeleVance@adatum.com",
                Clash::No,
                "AdeleVance_adatum.com#EXT#".to_owned(),
            ),
            (
                "sam+list@fabrikam.example",
                Clash::No,
                "sam_list_fabrikam.example#EXT#".to_owned(),
            ),
            (
                "sam@bücher.example",
                Clash::No,
                "sam_xn--bcher-kva.example#EXT#".to_owned(),
            ),
            (
                "sam@fabrikam.example",
                Clash::Yes,
                "sam_fabrikam.example_7c7e846d#EXT#".to_owned(),
            ),
            (
                &fits,
                Clash::No,
                format!("{}_x.example#EXT#", "a".repeat(49)),
            ),
            (
                &long,
                Clash::No,
                format!("{}_2654a733#EXT#", "a".repeat(50)),
            ),
        ] {
            let address = Address::parse(address, LocalParts::Ascii).unwrap();
            let found = local_part(&address, clash);
            assert_eq!(found, expected);
            assert!(found.len() <= MAX_LOCAL, "{found}");
        }
    }
}
