//! Domain names as lower-case A-labels.

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::{AddressFault, twin};

/// The canonical form of a domain name: UTS-46 `ToASCII`, non-transitional, STD3 rules, lengths
/// checked (T-55).
///
/// # Errors
/// `LookAlike` where UTS-46 would turn a character into ASCII or drop it: `faKrikam` written with a
/// Kelvin sign is then not another spelling of the ASCII name but a refusal. `Domain` for
/// everything else, an IP address and a single label included.
pub fn canonical(domain: &str) -> Result<String, AddressFault> {
    if domain
        .chars()
        .any(|c| c.is_ascii() && !(c.is_ascii_alphanumeric() || matches!(c, '-' | '.')))
    {
        return Err(AddressFault::Domain);
    }
    if domain.chars().any(twin::maps_to_ascii_or_nothing) {
        return Err(AddressFault::LookAlike);
    }
    if domain.len() > super::MAX_ADDRESS && domain.is_ascii() {
        return Err(AddressFault::TooLong);
    }
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| AddressFault::Domain)?
        .into_owned();
    let last = ascii
        .rsplit_once('.')
        .map(|(_, last)| last)
        .ok_or(AddressFault::Domain)?;
    // A last label of digits alone is an IPv4 address to every URL parser and to many mail servers.
    if last.bytes().all(|b| b.is_ascii_digit()) {
        return Err(AddressFault::Domain);
    }
    Ok(ascii)
}
