//! Properties that are never stored, but follow from others whenever a user is rendered.

use uuid::Uuid;

/// `legalAgeGroupClassification` from `ageGroup` and `consentProvidedForMinor` (users.md section 11). A minor of whom
/// nothing is known of consent has no classification.
pub fn legal_age_group(age_group: Option<&str>, consent: Option<&str>) -> Option<&'static str> {
    match (age_group?, consent) {
        ("Adult", _) => Some("Adult"),
        ("NotAdult", _) => Some("NotAdult"),
        ("Minor", Some("Granted")) => Some("MinorWithParentalConsent"),
        ("Minor", Some("Denied")) => Some("MinorWithOutParentalConsent"),
        ("Minor", Some("NotRequired")) => Some("MinorNoParentalConsentRequired"),
        _ => None,
    }
}

/// `securityIdentifier` from the id: `S-1-12-1-` and the GUID's bytes as four little-endian numbers.
pub fn security_identifier(id: Uuid) -> String {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = id.to_bytes_le();
    let part = u32::from_le_bytes;
    format!(
        "S-1-12-1-{}-{}-{}-{}",
        part([a, b, c, d]),
        part([e, f, g, h]),
        part([i, j, k, l]),
        part([m, n, o, p])
    )
}
