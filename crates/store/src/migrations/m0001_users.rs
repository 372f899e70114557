//! Version 1, users and the keys they are found by. A key is one byte 0 for null, else one byte 1
//! and the value in a form that compares byte by byte; `query::columns` derives the
//! names from the property table, and a test compares.

pub(super) static STATEMENTS: &[&str] = &[
    // The keys stand before the texts, so that a walk does not read the overflow pages; the short
    // text before the long one, so that a list of default sets does not either. `rest` is what the
    // document holds beyond the default set. Both are packed.
    "CREATE TABLE IF NOT EXISTS users ( tenant_id bigint NOT NULL, id bytes NOT NULL, version bigint NOT NULL, \
     schema bigint NOT NULL, enabled bigint NOT NULL, user_type bigint, upn text NOT NULL, state bigint, \
     created_at bigint NOT NULL, deleted_at bigint, password_hash text, immutable_id text, \
     account_enabled_key bytes NOT NULL, age_group_key bytes NOT NULL, city_key bytes NOT NULL, \
     company_name_key bytes NOT NULL, consent_provided_for_minor_key bytes NOT NULL, \
     country_key bytes NOT NULL, created_date_time_key bytes NOT NULL, creation_type_key bytes NOT NULL, \
     department_key bytes NOT NULL, display_name_key bytes NOT NULL, employee_hire_date_key bytes NOT NULL, \
     employee_id_key bytes NOT NULL, employee_leave_date_time_key bytes NOT NULL, \
     employee_type_key bytes NOT NULL, external_user_state_key bytes NOT NULL, \
     external_user_state_change_date_time_key bytes NOT NULL, fax_number_key bytes NOT NULL, \
     given_name_key bytes NOT NULL, is_resource_account_key bytes NOT NULL, job_title_key bytes NOT NULL, \
     mail_key bytes NOT NULL, mail_nickname_key bytes NOT NULL, mobile_phone_key bytes NOT NULL, \
     office_location_key bytes NOT NULL, on_premises_immutable_id_key bytes NOT NULL, \
     on_premises_last_sync_date_time_key bytes NOT NULL, on_premises_sam_account_name_key bytes NOT NULL, \
     on_premises_security_identifier_key bytes NOT NULL, on_premises_sync_enabled_key bytes NOT NULL, \
     on_premises_user_principal_name_key bytes NOT NULL, password_policies_key bytes NOT NULL, \
     postal_code_key bytes NOT NULL, preferred_language_key bytes NOT NULL, \
     show_in_address_list_key bytes NOT NULL, state_key bytes NOT NULL, street_address_key bytes NOT NULL, \
     surname_key bytes NOT NULL, usage_location_key bytes NOT NULL, user_principal_name_key bytes NOT NULL, \
     user_type_key bytes NOT NULL, \
     brief text NOT NULL, rest text NOT NULL, PRIMARY KEY (tenant_id, id) )",
    "CREATE UNIQUE INDEX IF NOT EXISTS users_immutable_id ON users (tenant_id, immutable_id) \
     WHERE immutable_id IS NOT NULL",
    // Deleted users are in none of the indexes over live users.
    "CREATE INDEX IF NOT EXISTS users_deleted_at ON users (tenant_id, deleted_at, id) WHERE deleted_at IS NOT NULL",
    "CREATE INDEX IF NOT EXISTS users_user_principal_name ON users (tenant_id, user_principal_name_key, id) \
     WHERE deleted_at IS NULL",
    "CREATE INDEX IF NOT EXISTS users_mail ON users (tenant_id, mail_key, id) \
     WHERE deleted_at IS NULL",
    "CREATE INDEX IF NOT EXISTS users_employee_id ON users (tenant_id, employee_id_key, id) \
     WHERE deleted_at IS NULL AND employee_id_key <> NULL_KEY",
    "CREATE INDEX IF NOT EXISTS users_mail_nickname ON users (tenant_id, mail_nickname_key, id) \
     WHERE deleted_at IS NULL AND mail_nickname_key <> NULL_KEY",
    // A search for people by the beginning of a name shows a hundred of them at each letter typed.
    // What a list shows of them lies side by side in here, instead of on a hundred pages of the
    // table (decision record 0028).
    "CREATE INDEX IF NOT EXISTS users_display_name ON users (tenant_id, display_name_key, id, deleted_at, version, \
     schema, upn, created_at, brief) \
     WHERE deleted_at IS NULL",
    "CREATE INDEX IF NOT EXISTS users_surname ON users (tenant_id, surname_key, id) \
     WHERE deleted_at IS NULL",
    "CREATE INDEX IF NOT EXISTS users_created_date_time ON users (tenant_id, created_date_time_key, id) \
     WHERE deleted_at IS NULL",
    "CREATE INDEX IF NOT EXISTS users_given_name ON users (tenant_id, given_name_key, id) \
     WHERE deleted_at IS NULL",
    "CREATE INDEX IF NOT EXISTS users_company_name ON users (tenant_id, company_name_key, id) \
     WHERE deleted_at IS NULL AND company_name_key <> NULL_KEY",
    "CREATE INDEX IF NOT EXISTS users_department ON users (tenant_id, department_key, id) \
     WHERE deleted_at IS NULL",
    // One row for each element of a filterable collection, and for each member of a filterable
    // complex value. Those of deleted users stay until they are gone for good.
    "CREATE TABLE IF NOT EXISTS user_values ( tenant_id bigint NOT NULL, property text NOT NULL, key bytes NOT NULL, \
     object_id bytes NOT NULL, PRIMARY KEY (tenant_id, property, key, object_id) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS search_tokens ( tenant_id bigint NOT NULL, token bytes NOT NULL, object_id bytes NOT NULL, \
     PRIMARY KEY (tenant_id, token, object_id) ) CLUSTERED",
    "CREATE TABLE IF NOT EXISTS user_counts ( tenant_id bigint NOT NULL PRIMARY KEY, live bigint NOT NULL, \
     deleted bigint NOT NULL ) CLUSTERED",
];
