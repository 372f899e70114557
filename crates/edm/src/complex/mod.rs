//! The complex types. Each is a module of its own: `TYPE`, and one static per member.

mod licence;
mod mailbox;
mod on_premises;
mod sign_in;

pub use licence::{
    assigned_license, assigned_plan, cloud_licensing, license_assignment_state, print,
    provisioned_plan, service_provisioning_error,
};
pub use mailbox::{
    AUTOMATIC_REPLIES_STATUS, DAY_OF_WEEK, DELEGATE_MEETING_MESSAGE_DELIVERY_OPTIONS,
    EXTERNAL_AUDIENCE_SCOPE, MAILBOX_RECIPIENT_TYPE, USER_PURPOSE, automatic_replies_setting,
    date_time_time_zone, locale, mailbox_settings, time_zone_base, user_purpose, working_hours,
};
pub use on_premises::{extension_attributes, provisioning_error, sip};
pub use sign_in::{
    authorization, cloud_realtime_communication, conversion_user_details,
    custom_security_attributes, device_key, employee_org, identity_governance, object_identity,
    password_profile, sign_in_activity,
};

/// Declares one complex type: a module holding `TYPE` and one static per member.
macro_rules! complex {
    ($(#[$doc:meta])* $module:ident $name:literal $({$($flag:ident: $value:expr),+})? $($member:ident $spelling:literal $note:literal = $row:expr;)*) => {
        $(#[$doc])*
        pub mod $module {
            use super::*;

            crate::rows::order! { $name $($member)* }
            crate::rows::properties! { $($member $spelling $note = $row;)* }

            /// The type itself.
            pub static TYPE: ComplexType =
                ComplexType::core($name, PROPERTIES)$($(.$flag($value))+)?;
        }
    };
}
pub(crate) use complex;
