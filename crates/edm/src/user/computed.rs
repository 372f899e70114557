//! Properties that are never stored, but follow from others whenever a user is rendered.

use uuid::Uuid;

/// `legalAgeGroupClassification` from `ageGroup` and `consentProvidedForMinor` (P-users-18). A
/// minor of whom nothing is known of consent has no classification.
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

/// `securityIdentifier` from the id: `S-1-12-1-` and the GUID's bytes as four little-endian
/// numbers.
pub fn security_identifier(id: Uuid) -> String {
    let number = u128::from_le_bytes(id.to_bytes_le());
    let part = |place: u32| number >> (32 * place) & u128::from(u32::MAX);
    format!("S-1-12-1-{}-{}-{}-{}", part(0), part(1), part(2), part(3))
}
