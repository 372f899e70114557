//! The person: names, age, language, country.

use super::{ADVANCED_TEXT, LISTED, NE_NOT, NE_NOT_NULL, ORDER, ORDERED_TEXT};
use crate::rows::{properties, text};

properties! {
    AGE_GROUP "ageGroup" "Null, Minor, NotAdult or Adult."
        = text().one_of(&["Minor", "NotAdult", "Adult"]).written().filter(LISTED, NE_NOT);
    CONSENT_PROVIDED_FOR_MINOR "consentProvidedForMinor" "Null, Granted, Denied or NotRequired."
        = text().one_of(&["Granted", "Denied", "NotRequired"]).written().filter(LISTED, NE_NOT);
    DISPLAY_NAME "displayName" "The name in the address book. Cannot be cleared."
        = text().max(256).written().required().by_default().filter(ORDERED_TEXT, NE_NOT_NULL).sorted().tokenised();
    GIVEN_NAME "givenName" "First name."
        = text().max(64).written().by_default().filter(ORDERED_TEXT, NE_NOT_NULL);
    LEGAL_AGE_GROUP_CLASSIFICATION "legalAgeGroupClassification" "Computed from ageGroup and consentProvidedForMinor."
        = text().computed();
    PREFERRED_DATA_LOCATION "preferredDataLocation" "Where the user's data should lie."
        = text().max(64).written();
    PREFERRED_LANGUAGE "preferredLanguage" "Language tag: en-US."
        = text().max(64).written().by_default().filter(&[], ADVANCED_TEXT);
    SURNAME "surname" "Family name."
        = text().max(64).written().by_default().filter(ORDERED_TEXT, NE_NOT_NULL);
    USAGE_LOCATION "usageLocation" "Two letters of ISO 3166. In strict manner it cannot be cleared once set."
        = text().max(2).written().filter(ORDERED_TEXT, NE_NOT_NULL);
}
