//! Version 4: indexes of the objects whose keys are cut, so that only their documents are read
//! (decision record 0084). A key longer than 1,025 bytes is cut (`query::keys`). The columns are
//! those whose values may be that long; a test compares them with the property table.

use super::Part;

pub(super) const PART: Part = Part::of(
    "cut keys",
    &[
        "CREATE INDEX IF NOT EXISTS users_cut_keys ON users (tenant_id, id) \
         WHERE length(city_key) > 1025 OR length(country_key) > 1025 OR length(creation_type_key) > 1025 \
         OR length(display_name_key) > 1025 OR length(employee_type_key) > 1025 \
         OR length(external_user_state_key) > 1025 OR length(fax_number_key) > 1025 \
         OR length(job_title_key) > 1025 OR length(mail_key) > 1025 OR length(office_location_key) > 1025 \
         OR length(on_premises_immutable_id_key) > 1025 OR length(on_premises_sam_account_name_key) > 1025 \
         OR length(on_premises_security_identifier_key) > 1025 \
         OR length(on_premises_user_principal_name_key) > 1025 OR length(password_policies_key) > 1025 \
         OR length(state_key) > 1025 OR length(street_address_key) > 1025 \
         OR length(user_principal_name_key) > 1025",
        "CREATE INDEX IF NOT EXISTS invitations_cut_keys ON invitations (tenant_id, id) \
         WHERE length(invited_user_display_name_key) > 1025 OR length(invited_user_email_address_key) > 1025 \
         OR length(status_key) > 1025",
        "CREATE INDEX IF NOT EXISTS user_values_cut ON user_values (tenant_id, property, object_id) \
         WHERE length(key) > 1025",
    ],
);
