//! How to reach the user, and where they sit. (Addresses that are unique stand with identity.)

use super::{ADVANCED_ORDERED, ADVANCED_TEXT, LINE, NE_NOT_NULL, ORDER, ORDERED_TEXT};
use crate::Op;
use crate::rows::{boolean, properties, text};

properties! {
    BUSINESS_PHONES "businessPhones" "Telephone at work; one only, though a collection."
        = text().list().not_null().items(1).max(64).written().sensitive().by_default()
            .filter(&[], &[Op::Eq, Op::Ge, Op::Le, Op::Not, Op::StartsWith]);
    CITY "city" "City."
        = text().max(128).written().filter(ORDERED_TEXT, NE_NOT_NULL);
    COUNTRY "country" "Country or region."
        = text().max(128).written().filter(ORDERED_TEXT, NE_NOT_NULL);
    FAX_NUMBER "faxNumber" "Fax."
        = text().max(LINE).written().filter(&[], ADVANCED_TEXT);
    IM_ADDRESSES "imAddresses" "SIP addresses."
        = text().list().filter(&[Op::Eq, Op::Ge, Op::Le, Op::StartsWith], &[Op::Not]);
    INFO_CATALOGS "infoCatalogs" "Catalogues of the user; beta only."
        = text().list().not_null().beta_only().filter(&[Op::Eq, Op::Ge, Op::Le, Op::StartsWith], &[Op::Ne]);
    MOBILE_PHONE "mobilePhone" "Mobile telephone."
        = text().max(64).written().sensitive().by_default().filter(&[], ADVANCED_TEXT);
    OFFICE_LOCATION "officeLocation" "Where at work."
        = text().max(128).written().by_default().filter(&[], ADVANCED_TEXT);
    POSTAL_CODE "postalCode" "Postal code."
        = text().max(40).written().filter(&[], ADVANCED_TEXT);
    SHOW_IN_ADDRESS_LIST "showInAddressList" "Reserved: kept as sent; false for invited guests."
        = boolean().written().filter(&[], ADVANCED_ORDERED);
    STATE "state" "State or province."
        = text().max(128).written().filter(ORDERED_TEXT, NE_NOT_NULL);
    STREET_ADDRESS "streetAddress" "Street."
        = text().max(1024).written().filter(&[], ADVANCED_TEXT);
}
